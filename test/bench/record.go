package main

import (
	"context"
	"errors"
	"fmt"
)

// chunks is in how many parts an origin is recorded; the first and the last of
// them are compared.
const chunks = 5

// recording is what a recording came to beside its line in the table.
type recording struct {
	Exchanges int `json:"exchanges"`
	// Rates are the recorded exchanges per second of each chunk.
	Rates []float64 `json:"rates"`
	// Slowdown is the first rate to the last, Share the rate of all to that of
	// forwarding.
	Slowdown float64 `json:"slowdown"`
	Share    float64 `json:"share"`
}

// record has an understudy record an origin, each exchange once and none like
// another, in turns with one that only forwards to it.
func (s *suite) record(ctx context.Context) (err error) {
	chunk := max(s.records/chunks, 1)
	// The first chunk of all warms up.
	total := chunk * (chunks + 1)
	s.say("record %d exchanges", total-chunk)
	origin, err := s.startBare(ctx, exactSet, total)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, origin.stop()) }()
	var targets []target
	for _, t := range []struct{ mode, outcome string }{{"record", "recorded"}, {"forward", "forwarded"}} {
		folder, clean, err2 := s.folder()
		if err2 != nil {
			return err2
		}
		defer func() { err = errors.Join(err, clean()) }()
		p, err2 := s.startUnderstudy(ctx, aside, folder)
		if err2 != nil {
			return err2
		}
		defer func() { err = errors.Join(err, p.stop()) }()
		if err := p.declare(ctx, "http://"+origin.addr, t.mode); err != nil {
			return err
		}
		targets = append(targets, target{p, t.outcome})
	}
	done := recording{Exchanges: total - chunk}
	tallies := []*tally{{}, {}}
	for turn := range chunks + 1 {
		number := s.number()
		for at, t := range targets {
			if err := ctx.Err(); err != nil {
				return err
			}
			r, err := run(exactSet.hit(), t, s.conns, number, eachOnce(turn*chunk, (turn+1)*chunk))
			if err != nil {
				return err
			}
			if turn == 0 {
				continue
			}
			tallies[at].add(r)
			if at == 0 {
				done.Rates = append(done.Rates, float64(r.requests)/r.wall.Seconds())
			}
		}
	}
	kept, err := targets[0].recorded(ctx)
	if err != nil {
		return err
	}
	if kept != total {
		return fmt.Errorf("%d exchanges were recorded, %d stubs are there", total, kept)
	}
	line := compare(record, done.Exchanges, tallies[0], tallies[1])
	done.Slowdown = done.Rates[0] / done.Rates[chunks-1]
	done.Share = line.Understudy.Rate / line.Bare.Rate
	s.report.Results = append(s.report.Results, line)
	s.report.Recording = &done
	return nil
}
