package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// suite runs workloads and gathers what came of them.
type suite struct {
	*options
	report report
	rounds uint64 // started so far; the number of the next
}

// facts are what N stubs of a set cost before and beside their requests.
type facts struct {
	Set string `json:"set"`
	N   int    `json:"n"`
	// Import is from the first byte sent to the first right answer, in seconds.
	Import float64 `json:"importSeconds"`
	// Start is from starting the process on the same folder to the first right
	// answer, in seconds; 0 in memory.
	Start float64 `json:"startSeconds"`
	// EditP50 and EditMax are from sending one changed stub to the first right
	// answer by it, in milliseconds.
	EditP50 float64 `json:"editP50Millis"`
	EditMax float64 `json:"editMaxMillis"`
	// Resident memory after the import, after the start (in memory: the import)
	// and after the load, when the journal has filled too. Bare is the bare
	// server's after the load.
	Imported memory `json:"imported"`
	Started  memory `json:"started"`
	Loaded   memory `json:"loaded"`
	Bare     memory `json:"bare"`
	// PerStub is by how much resident memory after the start grows with each
	// stub from the smallest N of the set on, in bytes; 0 where there are too
	// few to tell. It holds the answer, so far as that is in memory.
	PerStub int64 `json:"perStub,omitempty"`
}

// run goes through the chosen workloads, set by set.
func (s *suite) run(ctx context.Context) error {
	for _, n := range s.ns {
		for _, set := range s.chosenSets() {
			if err := s.set(ctx, set, n); err != nil {
				return fmt.Errorf("%s, N=%d: %w", set.name, n, err)
			}
		}
	}
	if slices.Contains(s.workloads, record) {
		if err := s.record(ctx); err != nil {
			return fmt.Errorf("record: %w", err)
		}
	}
	s.report.finish()
	return nil
}

// chosenSets are the sets of the chosen workloads, each once.
func (s *suite) chosenSets() []*set {
	var sets []*set
	for _, w := range workloads {
		if slices.Contains(s.workloads, w.name) && !slices.Contains(sets, w.set) {
			sets = append(sets, w.set)
		}
	}
	return sets
}

// set measures the chosen workloads of a set with n stubs, in an understudy and
// a bare server of their own.
func (s *suite) set(ctx context.Context, set *set, n int) (err error) {
	folder, clean, err := s.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	f := facts{Set: set.name, N: n}
	understudy, err := s.prepare(ctx, set, folder, &f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, understudy.stop()) }()
	bare, err := s.startBare(ctx, set, n)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.stop()) }()
	for _, w := range workloads {
		if w.set != set || !slices.Contains(s.workloads, w.name) {
			continue
		}
		r, err := s.contest(ctx, w, n, understudy, bare)
		if err != nil {
			return err
		}
		s.report.Results = append(s.report.Results, r)
	}
	if f.Loaded, err = memoryOf(understudy.cmd.Process.Pid); err != nil {
		return err
	}
	if f.Bare, err = memoryOf(bare.cmd.Process.Pid); err != nil {
		return err
	}
	if err := s.edits(ctx, set, n, understudy, &f); err != nil {
		return err
	}
	s.report.Sets = append(s.report.Sets, f)
	return nil
}

// prepare starts an understudy, imports n stubs of the set and starts it again
// on what it has stored. Import and start have all processors; then it moves
// aside, for the load, by one more start. In memory it is there from the first.
func (s *suite) prepare(ctx context.Context, set *set, folder string, f *facts) (*process, error) {
	s.say("%s, N=%d: import", set.name, f.N)
	where := anywhere
	if folder == "" {
		where = aside
	}
	p, err := s.startUnderstudy(ctx, where, folder)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err = p.load(ctx, set, f.N); err == nil {
		f.Import, f.Imported, err = s.ready(set, p, f.N, begun)
	}
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	f.Started = f.Imported
	if folder == "" {
		return p, nil
	}
	if p, f.Start, f.Started, err = s.restart(ctx, set, p, anywhere, folder, f.N); err != nil || s.pinned == "" {
		return p, err
	}
	p, _, _, err = s.restart(ctx, set, p, aside, folder, f.N)
	return p, err
}

// restart ends an understudy and starts another on its folder; it returns that
// one, the seconds up to its first right answer, and what it then has resident.
func (s *suite) restart(ctx context.Context, set *set, p *process, where place, folder string, n int) (*process, float64, memory, error) {
	if err := p.stop(); err != nil {
		return nil, 0, memory{}, err
	}
	begun := time.Now()
	p, err := s.startUnderstudy(ctx, where, folder)
	if err != nil {
		return nil, 0, memory{}, err
	}
	took, m, err := s.ready(set, p, n, begun)
	if err != nil {
		return nil, 0, memory{}, errors.Join(err, p.stop())
	}
	return p, took, m, nil
}

// ready asks for the last of n stubs and returns the seconds since begun and
// what is resident then.
func (s *suite) ready(set *set, p *process, n int, begun time.Time) (float64, memory, error) {
	if err := ask(set.hit(), target{p, "stub"}, n-1, s.number()<<40); err != nil {
		return 0, memory{}, err
	}
	took := time.Since(begun).Seconds()
	m, err := memoryOf(p.cmd.Process.Pid)
	return took, m, err
}

// contest runs a workload at both servers in turns, after one short round at
// each that does not count.
func (s *suite) contest(ctx context.Context, w *workload, n int, understudy, bare *process) (result, error) {
	s.say("%s, N=%d", w.name, n)
	outcome := "stub"
	if w.miss {
		outcome = "miss"
	}
	targets := []target{{understudy, outcome}, {bare, ""}}
	tallies := []*tally{{}, {}}
	for turn := range s.turns + 1 {
		length, number := s.round, s.number()
		if turn == 0 {
			length = s.round / 4
		}
		for step := range targets {
			if err := ctx.Err(); err != nil {
				return result{}, err
			}
			// Who goes first changes, so that what the first one leaves
			// behind falls on both.
			at := (step + turn) % len(targets)
			r, err := run(w, targets[at], s.conns, number, randomly(s.seed+number, n, length))
			if err != nil {
				return result{}, err
			}
			if turn > 0 {
				tallies[at].add(r)
			}
		}
	}
	return compare(w.name, n, tallies[0], tallies[1]), nil
}

// number is another one for each round.
func (s *suite) number() uint64 {
	s.rounds++
	return s.rounds
}

// edits changes single stubs and puts them back, and waits for the answers.
func (s *suite) edits(ctx context.Context, set *set, n int, p *process, f *facts) error {
	const stubs = 10
	var took []time.Duration
	for e := range stubs {
		id := e * max(n/stubs, 1) % n
		for _, i := range []int{n + e, id} {
			begun := time.Now()
			if err := p.edit(ctx, set, id, i); err != nil {
				return err
			}
			if err := ask(set.hit(), target{p, "stub"}, i, s.number()<<40); err != nil {
				return err
			}
			took = append(took, time.Since(begun))
		}
	}
	slices.Sort(took)
	f.EditP50 = microseconds(percentile(took, 0.5)) / 1000
	f.EditMax = microseconds(took[len(took)-1]) / 1000
	return nil
}

// folder makes a place for understudy to store things, "" in memory, and
// returns what removes it.
func (s *suite) folder() (path string, clean func() error, err error) {
	if s.inMemory {
		return "", func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp(s.dir, "data-")
	if err != nil {
		return "", nil, err
	}
	return filepath.Join(dir, "store"), func() error { return os.RemoveAll(dir) }, nil
}
