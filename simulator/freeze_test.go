package simulator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
	inmemory "understudy/store/memory"
)

// TestFreezeAndRestoreAgree: a session that a fixture was restored into freezes to
// the same, over a restart too; what has a time keeps what is left of it.
func TestFreezeAndRestoreAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := memoryStore(t)
		r := rand.New(rand.NewPCG(7, 7))
		for range 50 {
			s := testSessions()
			f := randomFixture(r)
			written := f.Value().String()
			read, err := simulations.DecodeFixture([]byte(written))
			if err != nil {
				t.Fatalf("%s: %v", written, err)
			}
			if err := checkFixture(read); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if err := s.restore(t.Context(), st, "x", read); err != nil {
				t.Fatal(err)
			}
			for _, restarted := range []bool{false, true} {
				if restarted {
					s = testSessions()
					if err := s.load(t.Context(), st); err != nil {
						t.Fatal(err)
					}
				}
				again, err := s.freeze("x")
				if err != nil {
					t.Fatal(err)
				}
				if got := again.Value().String(); got != written {
					t.Fatalf("restarted %v, it freezes to\n%s, and was\n%s", restarted, got, written)
				}
			}
			if err := s.remove(t.Context(), st, "x"); err != nil || s.budget.Used() != 0 {
				t.Fatalf("%v, and %d bytes are held by nobody", err, s.budget.Used())
			}
		}
	})
}

func randomFixture(r *rand.Rand) *simulations.Fixture {
	f := &simulations.Fixture{Fixture: simulations.FixtureVersion, Scenarios: map[string]simulations.Frozen{"always": {Is: "x"}}, Values: map[string]simulations.Frozen{}, Answers: map[string]int{}, Collections: map[string]*simulations.FrozenCollection{}}
	frozen := func() simulations.Frozen {
		return simulations.Frozen{Is: strings.Repeat("\x00ä", 1+r.IntN(5)), TTL: simulations.Duration(time.Duration(r.IntN(2)) * time.Minute)}
	}
	for i := range r.IntN(4) {
		f.Scenarios[fmt.Sprint("sc", i)], f.Values[fmt.Sprint("/", i)] = frozen(), frozen()
		f.Answers[fmt.Sprint("s/", i)] = r.IntN(100)
	}
	for i := range r.IntN(4) {
		c := &simulations.FrozenCollection{Counter: int64(1 + r.IntN(9))}
		for _, in := range [][]string{{"a/b", "%"}, {"a", "b"}} { // in the order of their escaped forms
			l := simulations.FrozenList{In: in, Cleared: r.IntN(2) == 0}
			item := func(id string) simulations.FrozenItem {
				v := &simulations.Value{Kind: simulations.Object}
				v.Set("n", simulations.NewInt(int64(r.IntN(9))))
				return simulations.FrozenItem{ID: id, Item: v}
			}
			l.Created = append(l.Created, item("z"))
			for j := range r.IntN(3) {
				l.Changed, l.Created = append(l.Changed, item(fmt.Sprint("c", j))), append(l.Created, item(fmt.Sprint("n", 9-j)))
				l.Deleted = append(l.Deleted, fmt.Sprint("d", j))
			}
			c.Lists = append(c.Lists, l)
		}
		for j := range r.IntN(3) {
			c.Keys = append(c.Keys, simulations.FrozenAnswer{
				Key: fmt.Sprint("k", j), Request: strings.Repeat("0a", 32), TTL: simulations.Duration(time.Duration(1+r.IntN(9)) * time.Minute),
				Status: 201, Headers: simulations.Headers{"A": {"1", "2"}}, Trailers: simulations.Headers{"T": {""}}, Text: "ä",
			})
		}
		if r.IntN(2) == 0 {
			c.Keys = append(c.Keys, simulations.FrozenAnswer{Key: "z", Request: strings.Repeat("ff", 32), TTL: simulations.Duration(time.Hour), Base64: &simulations.Bytes{0xff}})
		}
		f.Collections[fmt.Sprint("s/c", i)] = c
	}
	f.Tables = map[string]*simulations.FrozenTable{}
	for i := range r.IntN(3) {
		f.Tables[fmt.Sprint("s/t", i)] = &simulations.FrozenTable{
			Version: "v", Changed: []simulations.FrozenRow{{Row: 1 + r.IntN(5), Cells: []string{"", "ä"}}}, Removed: []int{6 + r.IntN(5)}, Added: [][]string{{"a", "b"}, {"", "\n"}}[:r.IntN(3)],
		}
	}
	return f
}

// tearing is a store that fails at the n-th write of state.
type tearing struct {
	Store
	left int
}

func (s *tearing) PutState(ctx context.Context, entries []StateEntry) error {
	if s.left--; s.left < 0 {
		return errors.New("the power is gone")
	}
	return s.Store.PutState(ctx, entries)
}

func (s *tearing) DeleteState(ctx context.Context, prefix string) error {
	if s.left--; s.left < 0 {
		return errors.New("the power is gone")
	}
	return s.Store.DeleteState(ctx, prefix)
}

// TestFixturesAreWhole: wherever a change of a fixture breaks off, it is there as
// before or as after, and a start leaves nothing else in the store.
func TestFixturesAreWhole(t *testing.T) {
	fixture := func(size int) *simulations.Fixture {
		f := &simulations.Fixture{Fixture: simulations.FixtureVersion, Name: "f", Values: map[string]simulations.Frozen{}}
		for i := range size {
			f.Values[fmt.Sprint(i)] = simulations.Frozen{Is: strings.Repeat("x", simulations.MaxStateValue)}
		}
		return f
	}
	for steps := range 12 {
		for _, remove := range []bool{false, true} {
			st := inmemory.Open(slog.New(slog.DiscardHandler))
			torn := &tearing{Store: st, left: 1000}
			f := &fixtures{store: torn}
			if _, created, err := f.put(t.Context(), fixture(30), ""); err != nil || !created {
				t.Fatal(created, err)
			}
			torn.left = steps
			var err error
			if remove {
				err = f.remove(t.Context(), "f")
			} else {
				_, _, err = f.put(t.Context(), fixture(40), "")
			}
			f = &fixtures{store: st}
			if err := f.sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			values, pieces := 0, 0
			got, readErr := f.get(t.Context(), "f")
			if readErr == nil {
				values = len(got.Values)
			}
			want := map[bool]int{true: 30, false: 40}[err != nil]
			if remove && err == nil {
				want = 0
			}
			if values != want {
				t.Errorf("broken off after %d writes, removing %v: %v, and %d values, %v, want %d", steps, remove, err, values, readErr, want)
			}
			for e := range st.RangeState(t.Context(), "fixture") {
				if strings.HasPrefix(e.Key, fixtureGenerations.pieces) {
					pieces++
				}
				if strings.HasPrefix(e.Key, fixtureGenerations.loose) {
					t.Errorf("a mark is left after %d writes", steps)
				}
			}
			if need := (values*(simulations.MaxStateValue+8) + fixturePiece - 1) / fixturePiece; pieces < need-1 || pieces > need+1 {
				t.Errorf("broken off after %d writes, removing %v: there are %d pieces for %d values", steps, remove, pieces, values)
			}
			if err := st.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
}

// FuzzFixture: whatever is read as a fixture is refused or can be restored, and is
// written as it was read.
func FuzzFixture(f *testing.F) {
	f.Add([]byte(`{"fixture":"v1","scenarios":{"a":"b"},"values":{"k":{"is":"v","ttl":"5m"}},"answers":{"s/x":2}}`))
	f.Add([]byte("fixture: v1\ncollections: {s/c: {counter: 3, lists: [{in: [a], cleared: true, changed: [{id: '1', item: {}}], created: [{id: '2', item: {a: 1.10}}], deleted: ['3']}]}}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		fixture, err := simulations.DecodeFixture(data)
		if err != nil || checkFixture(fixture) != nil {
			return
		}
		s := testSessions()
		made, err := thaw(s.budget, fixture, time.Now().UnixNano())
		if err != nil {
			t.Fatal(err)
		}
		made.id = "x"
		s.put(s.shard("x"), made)
		written := fixture.Value().String()
		again, err := simulations.DecodeFixture([]byte(written))
		if err != nil || again.Value().String() != written {
			t.Fatalf("%q is written %s, and read as %v", data, written, err)
		}
		if _, err := s.freeze("x"); err != nil {
			t.Fatal(err)
		}
	})
}
