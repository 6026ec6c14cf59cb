package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// chunks is in how many parts an origin is recorded; the first and the last of
// them are compared.
const chunks = 5

// recording is what recordings came to beside their line in the table: the one of
// several whose share is in the middle.
type recording struct {
	Exchanges int `json:"exchanges"`
	// Rates are the recorded exchanges per second of each chunk.
	Rates []float64 `json:"rates"`
	// Share is the rate of all to that of forwarding, Slowdown the rate of the first
	// chunk to that of the last: both the median of the rounds, which Shares and
	// Slowdowns are, from the lowest up.
	Share     float64   `json:"share"`
	Shares    []float64 `json:"shares"`
	Slowdown  float64   `json:"slowdown"`
	Slowdowns []float64 `json:"slowdowns"`
}

// record has an understudy record an origin, each exchange once and none like
// another, in turns with one that only forwards to it: once in every round, with
// new processes and new folders.
func (s *suite) record(ctx context.Context) error {
	var all []*recording
	recorded, forwarded := &tally{}, &tally{}
	for range s.turns {
		one, err := s.recordOnce(ctx, recorded, forwarded)
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	done := middle(all)
	s.report.Results = append(s.report.Results, compare(record, done.Exchanges, recorded, forwarded))
	s.report.Recording = done
	return nil
}

// middle is the recording whose share is the median, with the medians of all.
func middle(all []*recording) *recording {
	slices.SortFunc(all, func(a, b *recording) int { return cmp.Compare(a.Share, b.Share) })
	m := *all[len(all)/2]
	for _, one := range all {
		m.Shares, m.Slowdowns = append(m.Shares, one.Share), append(m.Slowdowns, one.Slowdown)
	}
	slices.Sort(m.Slowdowns)
	m.Slowdown = m.Slowdowns[len(all)/2]
	return &m
}

// recordOnce is one round of record. It adds its chunks to both tallies.
func (s *suite) recordOnce(ctx context.Context, recorded, forwarded *tally) (done *recording, err error) {
	chunk := max(s.records/chunks, 1)
	// The first chunk of all warms up.
	total := chunk * (chunks + 1)
	s.say("record %d exchanges", total-chunk)
	origin, err := s.startBare(ctx, exactSet, total)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, origin.stop()) }()
	var targets []target
	for _, t := range []struct{ mode, outcome string }{{"record", "recorded"}, {"forward", "forwarded"}} {
		folder, clean, err2 := s.folder()
		if err2 != nil {
			return nil, err2
		}
		defer func() { err = errors.Join(err, clean()) }()
		p, err2 := s.startUnderstudy(ctx, aside, folder)
		if err2 != nil {
			return nil, err2
		}
		defer func() { err = errors.Join(err, p.stop()) }()
		if err := p.declare(ctx, "http://"+origin.addr, t.mode); err != nil {
			return nil, err
		}
		targets = append(targets, target{p, t.outcome})
	}
	done = &recording{Exchanges: total - chunk}
	rounds := []*tally{{}, {}} // this one's
	for turn := range chunks + 1 {
		number := s.number()
		for at := range targets {
			if turn%2 == 1 { // so that neither is always the first
				at = 1 - at
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			r, err := run(exactSet.hit(), targets[at], s.conns, number, eachOnce(turn*chunk, (turn+1)*chunk))
			if err != nil {
				return nil, err
			}
			if turn == 0 {
				continue
			}
			rounds[at].add(r)
			[]*tally{recorded, forwarded}[at].add(r)
			if at == 0 {
				done.Rates = append(done.Rates, float64(r.requests)/r.wall.Seconds())
			}
		}
	}
	kept, err := targets[0].recorded(ctx)
	if err != nil {
		return nil, err
	}
	if kept != total {
		return nil, fmt.Errorf("%d exchanges were recorded, %d stubs are there", total, kept)
	}
	done.Slowdown = done.Rates[0] / done.Rates[chunks-1]
	done.Share = rounds[0].side().Rate / rounds[1].side().Rate
	return done, nil
}
