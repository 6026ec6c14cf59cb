package simulator

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"understudy/simulations"
	inmemory "understudy/store/memory"
)

// TestSessionsAreWhole: wherever a restore, a reset or a removal breaks off, the
// next start finds the session as before or as after, and leaves nothing else in
// the store; who goes on without a start writes it with the next flush.
func TestSessionsAreWhole(t *testing.T) {
	fixture := func(size int, mark string) *simulations.Fixture {
		f := &simulations.Fixture{Fixture: simulations.FixtureVersion, Scenarios: map[string]simulations.Frozen{"only " + mark: {Is: mark}}, Values: map[string]simulations.Frozen{}}
		for i := range size {
			f.Values[fmt.Sprint(i)] = simulations.Frozen{Is: mark + strings.Repeat("x", simulations.MaxStateValue-len(mark))}
		}
		return f
	}
	restoring := func(size int, mark string) func(*sessions, Store) error {
		return func(s *sessions, st Store) error { return s.restore(t.Context(), st, "x/y", fixture(size, mark)) }
	}
	grown := func(s *sessions, st Store) error { // larger than one write, and never written at once
		for i := range 40 {
			if err := s.setValue(t.Context(), st, "x/y", fmt.Sprint("grown", i), strings.Repeat("g", simulations.MaxStateValue), 0); err != nil {
				return err
			}
		}
		return nil
	}
	many := func(s *sessions, st Store) error { // more keys than one write removes
		return s.edit(t.Context(), st, "x/y", func(se *session) error {
			return se.change(0, func() {
				for i := range maxStateEntries + 1 {
					se.set(memoValue, fmt.Sprint(i), kept{text: "m"})
				}
			})
		})
	}
	type step = func(*sessions, Store) error
	befores := map[string]step{
		"nothing": func(*sessions, Store) error { return nil }, "small": restoring(3, "before"), "large": restoring(40, "before"), "grown": grown, "many": many,
		"large and changed": func(s *sessions, st Store) error {
			if err := restoring(40, "before")(s, st); err != nil {
				return err
			}
			return s.setValue(t.Context(), st, "x/y", "changed", "1", 0)
		},
	}
	changes := map[string]step{
		"small": restoring(2, "after"), "large": restoring(45, "after"),
		"reset":  func(s *sessions, st Store) error { return s.reset(t.Context(), st, "x/y") },
		"remove": func(s *sessions, st Store) error { return s.remove(t.Context(), st, "x/y") },
	}
	holds := func(s *sessions) string {
		f, err := s.freeze("x/y")
		if err != nil || len(f.Scenarios)+len(f.Values) == 0 {
			return "nothing"
		}
		return f.Value().String()
	}
	for before, prepare := range befores {
		for what, change := range changes {
			if before == "nothing" && what == "remove" {
				continue
			}
			for steps, done := 0, false; !done; steps++ {
				st := inmemory.Open(slog.New(slog.DiscardHandler))
				torn := &tearing{Store: st, left: 1 << 20}
				s := testSessions()
				if err := prepare(s, torn); err != nil {
					t.Fatal(err)
				}
				old := holds(s)
				torn.left = steps
				done = change(s, torn) == nil && torn.left > 0
				acknowledged := done
				want := holds(s)
				started := func() *sessions {
					out := testSessions()
					if err := out.load(t.Context(), st); err != nil {
						t.Fatal(err)
					}
					return out
				}
				where := fmt.Sprintf("%s over %s, broken off after %d writes", what, before, steps)
				if steps%2 == 0 || done { // it goes on
					if !done {
						_ = s.flush(t.Context(), torn) // which fails once more
					}
					if err := s.flush(t.Context(), st); err != nil {
						t.Fatal(err)
					}
					acknowledged = true
				}
				again := started()
				switch got := holds(again); {
				case got == want, got == old && !acknowledged:
				default:
					t.Errorf("%s: it holds %.80q…, was %.80q… and is to be %.80q…", where, got, old, want)
				}
				// What is there is what the session needs, and it can be changed.
				f, _ := again.freeze("x/y")
				need := 0
				if f != nil {
					need = len(f.Scenarios) + len(f.Values) + len(again.homes)
				}
				there := 0
				for e := range st.RangeState(t.Context(), "session") {
					if there++; strings.HasPrefix(e.Key, sessionGenerations.loose) {
						t.Errorf("%s: a mark is left", where)
					}
				}
				if there != need {
					t.Errorf("%s: a start leaves %d keys, want %d", where, there, need)
				}
				if err := again.setValue(t.Context(), st, "x/y", "later", "1", 0); err != nil {
					t.Fatal(err)
				}
				if got, want := holds(started()), holds(again); got != want {
					t.Errorf("%s: changed, it holds %.80q…, want %.80q…", where, got, want)
				}
				if err := st.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if steps > 50 {
					t.Fatal("it takes too many writes")
				}
			}
		}
	}
}
