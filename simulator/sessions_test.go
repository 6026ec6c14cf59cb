package simulator

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"understudy/matchers"
	"understudy/simulations"
	inmemory "understudy/store/memory"
)

func stubOf(t *testing.T, id string, s *simulations.Stub) *matchers.Stub {
	t.Helper()
	s.ID = id
	if s.Response == nil && s.Responses == nil {
		s.Response = &simulations.Response{}
	}
	st, faults := accept("sim", s)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return st
}

// TestClaimsAreAtomic: however many ask at once, each step is granted as often
// as it may be.
func TestClaimsAreAtomic(t *testing.T) {
	s := newSessions(sessionOptions{idle: time.Hour, max: 1000, now: time.Now})
	ten := stubOf(t, "ten", &simulations.Stub{Times: 10})
	first := stubOf(t, "first", &simulations.Stub{Scenario: &simulations.Scenario{Name: "a", Requires: simulations.ScenarioStart, Sets: "b"}})
	second := stubOf(t, "second", &simulations.Stub{Scenario: &simulations.Scenario{Name: "a", Requires: "b", Sets: simulations.ScenarioStart}})
	seq := stubOf(t, "seq", &simulations.Stub{Responses: []*simulations.Response{{Status: 200, Repeat: 3}, {Status: 201}, {Status: 202}}})
	var tens, firsts, seconds atomic.Int64
	var statuses [3]atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range 1000 {
				if _, blocked := s.claim("x", ten, answersOf(ten), false, nil); blocked == nil {
					tens.Add(1)
				}
				if _, blocked := s.claim("x", first, answersOf(first), false, nil); blocked == nil {
					firsts.Add(1)
				} else if _, blocked := s.claim("x", second, answersOf(second), false, nil); blocked == nil {
					seconds.Add(1)
				}
				c, _ := s.claim("x", seq, answersOf(seq), false, nil)
				statuses[c.response.status-200].Add(1)
			}
		})
	}
	all.Wait()
	if tens.Load() != 10 {
		t.Errorf("times: 10 was granted %d times", tens.Load())
	}
	if d := firsts.Load() - seconds.Load(); d != 0 && d != 1 {
		t.Errorf("%d first steps, %d second ones", firsts.Load(), seconds.Load())
	}
	if a, b, c := statuses[0].Load(), statuses[1].Load(), statuses[2].Load(); a != 3 || b != 1 || c != 64*1000-4 {
		t.Errorf("the sequence gave %d, %d, %d", a, b, c)
	}
}

// TestDryClaimsMoveNothing: explain and rolled-back transactions see the state and leave it.
func TestDryClaimsMoveNothing(t *testing.T) {
	s := newSessions(sessionOptions{idle: time.Hour, max: 10, now: time.Now})
	st := stubOf(t, "s", &simulations.Stub{Times: 1, Scenario: &simulations.Scenario{Name: "a", Sets: "moved"}})
	for range 3 {
		if _, blocked := s.claim("x", st, answersOf(st), true, nil); blocked != nil {
			t.Fatalf("refused: %v", blocked)
		}
	}
	if s.count() != 0 {
		t.Error("a dry claim made a session")
	}
	if _, blocked := s.claim("x", st, answersOf(st), false, nil); blocked != nil {
		t.Fatalf("refused: %v", blocked)
	}
	if _, blocked := s.claim("x", st, answersOf(st), true, nil); blocked == nil || blocked.Field != "times" {
		t.Errorf("a dry claim does not see what was claimed: %v", blocked)
	}
}

// TestOrders: cycle begins again, random keeps to its weights.
func TestOrders(t *testing.T) {
	s := newSessions(sessionOptions{idle: time.Hour, max: 10, now: time.Now})
	cycle := stubOf(t, "c", &simulations.Stub{Order: simulations.OrderCycle, Responses: []*simulations.Response{{Status: 200, Repeat: 2}, {Status: 201}}})
	got := ""
	for range 7 {
		c, _ := s.claim("x", cycle, answersOf(cycle), false, nil)
		got += fmt.Sprint(c.response.status - 200)
	}
	if got != "0010010" {
		t.Errorf("cycle: %s", got)
	}
	random := stubOf(t, "r", &simulations.Stub{Order: simulations.OrderRandom, Responses: []*simulations.Response{{Status: 200, Weight: 9}, {Status: 201}}})
	n := 0
	for range 10_000 {
		if c, _ := s.claim("x", random, answersOf(random), false, nil); c.response.status == 201 {
			n++
		}
	}
	if n < 800 || n > 1200 { // 1000 expected; 6.7 standard deviations on both sides
		t.Errorf("one in ten came %d times in 10,000", n)
	}
}

// TestSessionsAreBounded: idle ones go, and the longest idle makes room.
func TestSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSessions(sessionOptions{idle: time.Minute, max: 64, now: time.Now})
		st := stubOf(t, "s", &simulations.Stub{Times: 1})
		claim := func(id string) {
			time.Sleep(time.Millisecond) // no two are idle for as long
			s.claim(id, st, answersOf(st), false, nil)
		}
		claim(defaultSession)
		for i := range 1000 {
			claim(fmt.Sprint(i))
		}
		if n := s.count(); n > 64 {
			t.Errorf("%d sessions", n)
		}
		if _, err := s.get(defaultSession); err != nil {
			t.Errorf("the default session made room: %v", err)
		}
		for _, i := range []int{999, 990, 940} {
			if _, err := s.get(fmt.Sprint(i)); err != nil {
				t.Errorf("one of the latest made room: %v", err)
			}
		}
		claim("late")
		time.Sleep(50 * time.Second)
		claim("late")
		time.Sleep(20 * time.Second)
		s.expire()
		if n := s.count(); n != 1 {
			t.Errorf("%d sessions after their time", n)
		}
		if _, err := s.get("late"); err != nil {
			t.Errorf("one that was used: %v", err)
		}
	})
}

// TestDraws: the distributions have the medians and tails that were asked for.
func TestDraws(t *testing.T) {
	constant := func(v float64) func() float64 { return func() float64 { return v } }
	for _, c := range []struct {
		name            string
		d               simulations.Delay
		uniform, normal float64
		want            time.Duration
	}{
		{"fixed", simulations.Delay{Fixed: simulations.Duration(time.Second)}, 0, 0, time.Second},
		{"uniform", simulations.Delay{Uniform: &simulations.Uniform{Min: 100, Max: 300}}, 0.5, 0, 200},
		{"median", simulations.Delay{Lognormal: &simulations.Lognormal{Median: 1000, P99: 5000}}, 0, 0, 1000},
		{"p99", simulations.Delay{Lognormal: &simulations.Lognormal{Median: 1000, P99: 5000}}, 0, z99, 5000},
		{"sigma", simulations.Delay{Lognormal: &simulations.Lognormal{Median: 1000, Sigma: 1}}, 0, 1, 2718},
		{"fixed and drawn", simulations.Delay{Fixed: 50, Uniform: &simulations.Uniform{Min: 100, Max: 300}}, 0.5, 0, 250},
		{"least", simulations.Delay{Lognormal: &simulations.Lognormal{Median: 1000, Sigma: 1, Min: 900}}, 0, -1, 900},
		{"most", simulations.Delay{Lognormal: &simulations.Lognormal{Median: 1000, Sigma: 1, Max: 1100}}, 0, 1, 1100},
		{"bound", simulations.Delay{Lognormal: &simulations.Lognormal{Median: simulations.Duration(time.Second), Sigma: 10}}, 0, 9, time.Duration(simulations.MaxDelay)},
	} {
		if got := draw(&c.d, 0, constant(c.uniform), constant(c.normal)); got < c.want-1 || got > c.want+1 {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// failing is a store of states that refuses to write while it is told to.
type failing struct {
	Store
	refuse bool
}

func (f *failing) PutState(ctx context.Context, entries []StateEntry) error {
	if f.refuse {
		return errors.New("no space left")
	}
	return f.Store.PutState(ctx, entries)
}

// everySession lists the ids of all sessions.
func everySession(s *sessions) (ids []string) {
	for _, info := range s.list(simulations.SessionFilter{Limit: 1 << 20}).Sessions {
		ids = append(ids, info.ID)
	}
	return ids
}

// TestSessionsAreWrittenBehind: what could not be written is written by the next
// flush, and what made room or was removed is not there after a restart.
func TestSessionsAreWrittenBehind(t *testing.T) {
	st := &failing{Store: inmemory.Open(slog.New(slog.DiscardHandler))}
	s := newSessions(sessionOptions{idle: time.Hour, max: 64, now: time.Now})
	move := stubOf(t, "move", &simulations.Stub{Scenario: &simulations.Scenario{Name: "a", Sets: "b"}})
	write := func(id string) {
		if err := s.memory(id, false, nil).Set("name", id); err != nil {
			t.Fatal(err)
		}
		s.claim(id, move, answersOf(move), false, nil)
	}
	restarted := func() *sessions {
		out := newSessions(sessionOptions{idle: time.Hour, max: 1 << 20, now: time.Now})
		if err := out.load(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		return out
	}
	st.refuse = true
	write("first")
	if err := s.flush(t.Context(), st); err == nil {
		t.Fatal("nothing failed")
	}
	st.refuse = false
	if err := s.flush(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	if info, err := restarted().get("first"); err != nil || info.Values["name"] != "first" || info.Scenarios["a"] != "b" {
		t.Fatalf("what could not be written at first: %+v, %v", info, err)
	}
	for i := range 500 {
		write(fmt.Sprint(i))
		if i%100 == 0 {
			if err := s.flush(t.Context(), st); err != nil {
				t.Fatal(err)
			}
		}
	}
	gone := everySession(s)[0]
	if err := s.remove(t.Context(), st, gone); err != nil {
		t.Fatal(err)
	}
	if err := s.flush(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	want, got := everySession(s), everySession(restarted())
	if len(want) > 64 || !slices.Equal(got, want) || slices.Contains(got, gone) {
		t.Errorf("after a restart there are %d sessions: %v, want %v", len(got), got, want)
	}
}

// TestStateIsClaimedAtOnce: what a stub requires of the session's values, and
// what it makes of them, is one step, however many ask at once.
func TestStateIsClaimedAtOnce(t *testing.T) {
	s := newSessions(sessionOptions{idle: time.Hour, max: 1000, now: time.Now})
	is := func(v string) simulations.Predicate { return simulations.Predicate{Value: simulations.NewString(v)} }
	take := stubOf(t, "take", &simulations.Stub{State: &simulations.State{
		Requires: map[string]simulations.Predicate{"lock": {Value: must(simulations.Parse([]byte(`{"any": ["free", {"absent": true}]}`)))}},
		Sets:     map[string]string{"lock": "held", "by": "someone"},
	}})
	give := stubOf(t, "give", &simulations.Stub{State: &simulations.State{
		Requires: map[string]simulations.Predicate{"lock": is("held")},
		Removes:  []string{"lock"},
	}})
	var taken, given atomic.Int64
	var all sync.WaitGroup
	for range 64 {
		all.Go(func() {
			for range 200 {
				if _, blocked := s.claim("x", take, answersOf(take), false, nil); blocked == nil {
					taken.Add(1)
				} else if _, blocked := s.claim("x", give, answersOf(give), false, nil); blocked == nil {
					given.Add(1)
				}
			}
		})
	}
	all.Wait()
	if d := taken.Load() - given.Load(); d != 0 && d != 1 {
		t.Errorf("taken %d times, given back %d times", taken.Load(), given.Load())
	}
	info, err := s.get("x")
	if err != nil || info.Values["by"] != "someone" {
		t.Fatalf("%+v, %v", info, err)
	}
	granted, _ := s.claim("y", take, answersOf(take), false, nil)
	before := granted.before
	if v, ok := before["lock"]; !ok || v != nil {
		t.Errorf("the values before: %v", before)
	}
	if _, blocked := s.claim("y", take, answersOf(take), true, nil); blocked == nil || blocked.Field != "state lock" || blocked.Actual != "held" {
		t.Errorf("blocked by %+v", blocked)
	}
	m := s.memory("y", false, before)
	if _, ok := m.Get("lock"); ok {
		t.Error("a template of the answer sees what the answer has changed")
	}
	if err := m.Set("lock", "mine"); err != nil {
		t.Fatal(err)
	}
	if v, _ := m.Get("lock"); v != "mine" {
		t.Errorf("a template does not see what it has set itself, but %q", v)
	}
}

// TestRemovedValueStaysGone: a restart does not bring it back.
func TestRemovedValueStaysGone(t *testing.T) {
	st := &keptState{}
	s := newSessions(sessionOptions{idle: time.Hour, max: 1000, now: time.Now})
	set := stubOf(t, "set", &simulations.Stub{State: &simulations.State{Sets: map[string]string{"a": "", "b": "1"}}})
	drop := stubOf(t, "drop", &simulations.Stub{State: &simulations.State{Removes: []string{"b"}}})
	s.claim("x", set, answersOf(set), false, nil)
	if err := s.flush(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	s.claim("x", drop, answersOf(drop), false, nil)
	if err := s.flush(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	again := newSessions(sessionOptions{idle: time.Hour, max: 1000, now: time.Now})
	if err := again.load(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	info, err := again.get("x")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := info.Values["a"]; !ok || v != "" {
		t.Errorf("an empty value is gone: %v", info.Values)
	}
	if _, ok := info.Values["b"]; ok {
		t.Errorf("a removed value is back: %v", info.Values)
	}
}

// keptState is a Store of states only.
type keptState struct {
	Store
	kept map[string][]byte
}

func (k *keptState) PutState(_ context.Context, entries []StateEntry) error {
	if k.kept == nil {
		k.kept = make(map[string][]byte)
	}
	for _, e := range entries {
		k.kept[e.Key] = e.Value
	}
	return nil
}

func (k *keptState) RangeState(_ context.Context, prefix string) iter.Seq2[StateEntry, error] {
	return func(yield func(StateEntry, error) bool) {
		for key, value := range k.kept {
			if value != nil && strings.HasPrefix(key, prefix) && !yield(StateEntry{Key: key, Value: value}, nil) {
				return
			}
		}
	}
}

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}
