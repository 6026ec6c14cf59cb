package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
	"understudy/store"
	"understudy/store/memory"
	"understudy/store/storetest"
)

var bg = context.Background()

// tape is an engine that remembers what was applied, in order. What a crash
// leaves is a prefix of it that holds at least what was synced.
type tape struct {
	store.Engine
	mu      sync.Mutex
	applied [][]store.Op
	synced  int
	// then, where set, is called after each transaction.
	then func()
}

func newTape() *tape { return &tape{Engine: memory.New()} }

func (e *tape) Apply(ops []store.Op, sync bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.Engine.Apply(ops, sync); err != nil {
		return err
	}
	kept := make([]store.Op, len(ops))
	for i, op := range ops {
		kept[i] = store.Op{Key: bytes.Clone(op.Key), Value: bytes.Clone(op.Value)}
	}
	if e.applied = append(e.applied, kept); sync {
		e.synced = len(e.applied)
	}
	if e.then != nil {
		e.then()
	}
	return nil
}

func (e *tape) onApply(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.then = f
}

func (e *tape) Sync() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.synced = len(e.applied)
	return nil
}

func (e *tape) at() (applied, synced int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.applied), e.synced
}

// prefix is an engine as a crash after n transactions leaves it.
func (e *tape) prefix(n int) store.Engine {
	out := memory.New()
	for _, ops := range e.applied[:n] {
		_ = out.Apply(ops, true) // memory does not fail
	}
	return out
}

func open(t *testing.T, e store.Engine) store.Store {
	t.Helper()
	s, err := store.Open(e, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(bg) })
	return s
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func stub(id, answer string) *simulations.StoredStub {
	return &simulations.StoredStub{Stub: &simulations.Stub{ID: id, Response: &simulations.Response{Text: &answer}}}
}

func stubs(n int, answer string) (out []*simulations.StoredStub) {
	for i := range n {
		out = append(out, stub(fmt.Sprintf("stub-%05d", i), answer))
	}
	return out
}

func recorded(take uint64, stubID string) *simulations.Recorded {
	return &simulations.Recorded{Take: take, StubID: stubID, Exchange: &simulations.Exchange{Take: take}}
}

func keys(t *testing.T, e store.Engine, kind string) (n int) {
	t.Helper()
	check(t, e.Scan([]byte(kind), nil, func(_, _ []byte) error { n++; return nil }))
	return n
}

// summary is what a store holds, short enough to compare at every prefix.
func summary(t *testing.T, s store.Store) string {
	t.Helper()
	var b strings.Builder
	c, err := s.Load(bg)
	check(t, err)
	for _, name := range slices.Sorted(maps.Keys(c.Simulations)) {
		x := c.Simulations[name]
		answers := make(map[string]int)
		for _, y := range storetest.ByAge(t, x.Stubs) {
			answers[(*y.Response.Text)[:1]]++
		}
		fmt.Fprintf(&b, "%s %d %v; ", name, len(x.Stubs), answers)
	}
	fmt.Fprint(&b, slices.Sorted(maps.Keys(c.Collaborators)), "; ")
	takes, err := s.Takes(bg)
	check(t, err)
	all := 0
	for _, x := range takes {
		n := 0
		for _, err := range s.Exchanges(bg, 0, x.ID) {
			check(t, err)
			n++
		}
		if n != x.Exchanges {
			t.Fatalf("take %d counts %d exchanges and has %d", x.ID, x.Exchanges, n)
		}
		all += n
		fmt.Fprintf(&b, "take %d: %d of %d requests; ", x.ID, n, x.Requests)
	}
	for _, err := range s.Exchanges(bg, 0) {
		check(t, err)
		all--
	}
	if all != 0 {
		t.Fatalf("takes have %d more exchanges than there are", all)
	}
	check(t, store.Verify(s))
	return b.String()
}

// TestEveryPrefix runs a scenario of all calls that take several transactions
// and then opens what a crash after each transaction would leave: it is the
// state before a call, or after it, and nothing of it is left over.
func TestEveryPrefix(t *testing.T) {
	long := strings.Repeat("x", 7000)
	e := newTape()
	s, err := store.Open(e, nil)
	check(t, err)
	type step struct {
		name string
		at   int // transactions when the call had returned
		sum  string
		// between says that there are states between the step before and this one.
		between bool
	}
	var steps []step
	durable := func(name string, err error) {
		t.Helper()
		check(t, err)
		applied, synced := e.at()
		// The collector may have written since, unsynced.
		if len(steps) > 0 && synced <= steps[len(steps)-1].at {
			t.Fatalf("%s returned with %d of %d transactions synced", name, synced, applied)
		}
		steps = append(steps, step{name: name, at: applied, sum: summary(t, s)})
	}
	// The collector may have swept by itself already, so nothing needs to have
	// been written.
	sweep := func(name string) {
		t.Helper()
		check(t, store.Sweep(s))
		check(t, e.Sync())
		applied, _ := e.at()
		steps = append(steps, step{name: name, at: applied, sum: summary(t, s)})
	}
	apply := func(name string, c *simulations.Change) {
		t.Helper()
		_, err := s.Apply(bg, c)
		durable(name, err)
	}
	durable("open", nil)
	apply("small replace", &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(3, "small")...)}})
	apply("large replace", &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(100, "1"+long)...)}, PutCollaborators: map[string]*simulations.Collaborator{"pay": {}}})
	apply("large replace again", &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(90, "2"+long)...)}})
	apply("large stub", &simulations.Change{Simulation: "b", PutStubs: []*simulations.StoredStub{stub("x", strings.Repeat("y", 900<<10))}})
	one, err := s.BeginTake(bg, "pay", "a", time.Time{})
	durable("begin", err)
	two, err := s.BeginTake(bg, "pay", "a", time.Time{})
	durable("begin again", err)
	for i := range 30 {
		take := []uint64{one.ID, two.ID}[i%2]
		check(t, s.Append(bg, recorded(take, fmt.Sprintf("stub-%05d", i%30)), nil, true))
	}
	rec := recorded(two.ID, "stub-00001")
	rec.Exchange.Request.Path = strings.Repeat("p", 300<<10)
	durable("appends", s.Append(bg, rec, &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{stub("rec", "r")}}, false))
	steps[len(steps)-1].between = true
	edit := &simulations.Change{Simulation: "a", PutStubs: stubs(290, "3"+long), DropStubs: []string{"rec"}}
	durable("drop of a take with a large edit", s.DropTake(bg, one.ID, edit))
	sweep("sweep")
	apply("drop of a simulation", &simulations.Change{DropSimulation: "a", DropCollaborators: []string{"pay"}})
	sweep("sweep of it")

	for n := steps[0].at; n <= len(e.applied); n++ {
		engine := e.prefix(n)
		after := open(t, engine)
		got := summary(t, after)
		at := slices.IndexFunc(steps, func(s step) bool { return s.at >= n })
		before, then := steps[max(0, at-1)], steps[at]
		switch {
		case n == then.at && got != then.sum:
			t.Fatalf("%q was acknowledged, a crash then left\n%s\nwant\n%s", then.name, got, then.sum)
		case !then.between && got != then.sum && got != before.sum:
			t.Fatalf("a crash after transaction %d, in %q (%d to %d), left\n%s\nbefore it was\n%s\nafter it is\n%s", n, then.name, before.at, then.at, got, before.sum, then.sum)
		}
		// What the crash left over goes away.
		check(t, store.Sweep(after))
		c, err := after.Load(bg)
		check(t, err)
		named := 0
		for _, x := range c.Simulations {
			named += len(x.Stubs)
		}
		if n := keys(t, engine, "cs"); n != named {
			t.Fatalf("%d stubs are stored, %d are named", n, named)
		}
		takes, err := after.Takes(bg)
		check(t, err)
		if n := keys(t, engine, "xt"); n != len(takes) {
			t.Fatalf("%d takes are stored, %d are listed", n, len(takes))
		}
		if summary(t, after) != got {
			t.Fatalf("the collector changed what is there")
		}
	}
	t.Logf("%d crashes", len(e.applied))
}

// TestRestoreAtEveryPrefix crashes a restore after each of its transactions.
func TestRestoreAtEveryPrefix(t *testing.T) {
	from := open(t, memory.New())
	_, err := from.Apply(bg, &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(400, "1"+strings.Repeat("x", 7000))...)}})
	check(t, err)
	var backup bytes.Buffer
	check(t, from.Backup(bg, &backup))
	want := summary(t, from)

	e := newTape()
	s, err := store.Open(e, nil)
	check(t, err)
	start, _ := e.at()
	empty := summary(t, s)
	check(t, s.Restore(bg, &backup))
	end, synced := e.at()
	if synced != end || end-start < 5 {
		t.Fatalf("transactions %d to %d, %d synced", start, end, synced)
	}
	for n := start; n <= end; n++ {
		got := summary(t, open(t, e.prefix(n)))
		if n < end && got != empty || n == end && got != want {
			t.Fatalf("after transaction %d of %d: %s", n, end, got)
		}
	}
}

// TestBackupInTheMidst takes a backup after each transaction of a large
// replacement: each holds the old simulation or the new one.
func TestBackupInTheMidst(t *testing.T) {
	e := newTape()
	s := open(t, e)
	put := func(answer string) {
		t.Helper()
		_, err := s.Apply(bg, &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(200, answer+strings.Repeat("x", 7000))...)}})
		check(t, err)
	}
	put("1")
	old := summary(t, s)
	var backups []*bytes.Buffer
	e.onApply(func() {
		b := new(bytes.Buffer)
		if err := s.Backup(bg, b); err != nil {
			t.Error(err)
		}
		backups = append(backups, b)
	})
	put("2")
	e.onApply(nil)
	now := summary(t, s)
	if len(backups) < 4 {
		t.Fatalf("%d transactions", len(backups))
	}
	for i, b := range backups {
		into := memory.New()
		restored := open(t, into)
		check(t, restored.Restore(bg, b))
		if n := keys(t, into, "cs"); n != 200 {
			t.Fatalf("backup %d holds %d stubs", i, n)
		}
		if got := summary(t, restored); got != old && got != now {
			t.Fatalf("backup %d holds %s", i, got)
		}
	}
}

// TestRelaxedWindow shows that unsynced writes are synced within the window.
func TestRelaxedWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newTape()
		s, err := store.Open(e, nil)
		check(t, err)
		take, err := s.BeginTake(bg, "pay", "a", time.Time{})
		check(t, err)
		for range 3 {
			check(t, s.Append(bg, recorded(take.ID, "x"), nil, true))
			check(t, s.PutState(bg, []simulations.StateEntry{{Key: "k", Value: []byte("v")}}))
			if applied, synced := e.at(); synced != applied-2 {
				t.Fatalf("%d of %d transactions are synced at once", synced, applied)
			}
			time.Sleep(store.RelaxedWindow)
			synctest.Wait()
			if applied, synced := e.at(); synced != applied {
				t.Fatalf("%d of %d transactions are synced after the window", synced, applied)
			}
		}
		check(t, s.Append(bg, recorded(take.ID, "x"), nil, true))
		check(t, s.Append(bg, recorded(take.ID, "x"), nil, false))
		if applied, synced := e.at(); synced != applied {
			t.Fatalf("%d of %d transactions are synced after one that is not relaxed", synced, applied)
		}
		check(t, s.Append(bg, recorded(take.ID, "x"), nil, true))
		check(t, s.Close(bg))
		if applied, synced := e.at(); synced != applied {
			t.Fatalf("%d of %d transactions are synced after closing", synced, applied)
		}
	})
}

// flaky is an engine that refuses some transactions.
type flaky struct {
	store.Engine
	mu   sync.Mutex
	rand *rand.Rand
	rate int // of 100
}

var errFlaky = errors.New("no room just now")

func (e *flaky) Apply(ops []store.Op, sync bool) error {
	e.mu.Lock()
	refuse := e.rand.IntN(100) < e.rate
	e.mu.Unlock()
	if refuse {
		return errFlaky
	}
	return e.Engine.Apply(ops, sync)
}

// TestRefusedTransactions: an append that failed has left nothing, one that was
// acknowledged is there, whatever happened to those around it.
func TestRefusedTransactions(t *testing.T) {
	e := &flaky{Engine: memory.New(), rand: rand.New(rand.NewPCG(1, 1))}
	s := open(t, e)
	take, err := s.BeginTake(bg, "pay", "a", time.Time{})
	check(t, err)
	e.mu.Lock()
	e.rate = 40
	e.mu.Unlock()
	var acknowledged sync.Map
	var w sync.WaitGroup
	for i := range 64 {
		w.Go(func() {
			for j := range 20 {
				rec := recorded(take.ID, fmt.Sprintf("s-%d-%d", i, j))
				edit := &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{stub(rec.StubID, "a")}}
				switch err := s.Append(bg, rec, edit, false); {
				case err == nil:
					acknowledged.Store(rec.StubID, rec.Seq)
				case !errors.Is(err, errFlaky) || rec.Seq != 0 || edit.PutStubs[0].Revision != 0:
					t.Errorf("%v, %d", err, rec.Seq)
				}
			}
		})
	}
	w.Wait()
	n := 0
	for rec, err := range s.Exchanges(bg, 0) {
		check(t, err)
		n++
		if seq, ok := acknowledged.Load(rec.StubID); !ok || seq != rec.Seq || rec.Seq != uint64(n) {
			t.Fatalf("exchange %d is %d, %s, acknowledged as %v", n, rec.Seq, rec.StubID, seq)
		}
	}
	st := s.Stats()
	if n == 0 || n == 64*20 || st.Recorded != uint64(n) || st.Failed != uint64(64*20-n) {
		t.Fatalf("%d of %d, told %+v", n, 64*20, st)
	}
	c, err := s.Load(bg)
	check(t, err)
	if len(c.Simulations["a"].Stubs) != n || c.Revision != uint64(n) {
		t.Fatalf("%d stubs, revision %d, %d exchanges", len(c.Simulations["a"].Stubs), c.Revision, n)
	}
	summary(t, s)
}
