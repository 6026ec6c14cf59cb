package storetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"understudy/simulations"
)

func testCatalog(t *testing.T, h Harness) {
	s := h.Open(t)
	c := load(t, s)
	if c.Revision != 0 || len(c.Simulations) != 0 || len(c.Collaborators) != 0 {
		t.Fatalf("a new store holds %+v", c)
	}

	whole := &simulations.Simulation{Name: "payments", Collaborator: "pay", Declares: []string{"pay"}, Stubs: Packed(stub("b", "1"), stub("a", "2"))}
	pay := &simulations.Collaborator{Hosts: []string{"pay"}, Upstream: "https://pay.internal", Mode: simulations.ModeRecord}
	equal(t, "revision", apply(t, s, &simulations.Change{Replace: whole, PutCollaborators: map[string]*simulations.Collaborator{"pay": pay}}), uint64(1))
	equal(t, "revision told", whole.Revision, uint64(1))
	equal(t, "age told", [2]uint64{whole.Stubs[1].Revision, uint64(whole.Stubs[1].Position)}, [2]uint64{1, 1})

	put := &simulations.Change{Simulation: "payments", PutStubs: []*simulations.StoredStub{stub("b", "newer"), stub("c", "3")}}
	equal(t, "revision", apply(t, s, put), uint64(2))
	equal(t, "age told", [2]uint64{put.PutStubs[1].Revision, uint64(put.PutStubs[1].Position)}, [2]uint64{2, 1})
	apply(t, s, &simulations.Change{Simulation: "made", PutStubs: []*simulations.StoredStub{stub("x", "")}})
	apply(t, s, &simulations.Change{Simulation: "nobody", DropStubs: []string{"x"}})

	s = h.reopened(t, s)
	c = load(t, s)
	equal(t, "catalog's revision", c.Revision, uint64(4))
	equal(t, "simulations", slices.Sorted(maps.Keys(c.Simulations)), []string{"made", "payments"})
	got := c.Simulations["payments"]
	stubs := ByAge(t, got.Stubs)
	equal(t, "order of age", ids(stubs), []string{"a", "b", "c"})
	equal(t, "stub", *stubs[1].Response.Text, "newer")
	equal(t, "ages", [3]uint64{stubs[0].Revision, stubs[1].Revision, stubs[2].Revision}, [3]uint64{1, 2, 2})
	equal(t, "header", [3]any{got.Revision, got.Collaborator, got.Declares}, [3]any{uint64(2), "pay", []string{"pay"}})
	equal(t, "collaborator", c.Collaborators["pay"], &simulations.StoredCollaborator{Collaborator: pay, Revision: 1})

	apply(t, s, &simulations.Change{DropSimulation: "payments", DropCollaborators: []string{"pay", "nobody"}})
	s = h.reopened(t, s)
	c = load(t, s)
	if len(c.Simulations) != 1 || len(c.Collaborators) != 0 || c.Revision != 5 {
		t.Fatalf("after dropping: %+v", c)
	}
	// A simulation that comes back has nothing of the former.
	apply(t, s, &simulations.Change{Simulation: "payments", PutStubs: []*simulations.StoredStub{stub("z", "")}})
	equal(t, "stubs", ids(ByAge(t, load(t, s).Simulations["payments"].Stubs)), []string{"z"})
}

// model is the catalog as a map, the oracle.
type model struct {
	revision      uint64
	stubs         map[string]map[string]string // simulation, "revision.position.id", answer
	collaborators map[string]string            // upstream and revision
}

func (m *model) apply(c *simulations.Change) {
	m.revision++
	for _, n := range c.DropCollaborators {
		delete(m.collaborators, n)
	}
	for n, x := range c.PutCollaborators {
		m.collaborators[n] = fmt.Sprint(x.Upstream, m.revision)
	}
	delete(m.stubs, c.DropSimulation)
	put := func(simulation string, i int, s *simulations.StoredStub) {
		m.drop(simulation, s.ID)
		m.stubs[simulation][fmt.Sprintf("%06d.%06d.%s", m.revision, i, s.ID)] = *s.Response.Text
	}
	if r := c.Replace; r != nil {
		m.stubs[r.Name] = make(map[string]string)
		for i, p := range r.Stubs {
			s, err := p.Unpack()
			if err != nil {
				panic(err) // the test packed it
			}
			put(r.Name, i, s)
		}
	}
	if m.stubs[c.Simulation] == nil && len(c.PutStubs) > 0 {
		m.stubs[c.Simulation] = make(map[string]string)
	}
	for _, id := range c.DropStubs {
		m.drop(c.Simulation, id)
	}
	for i, s := range c.PutStubs {
		put(c.Simulation, i, s)
	}
}

func (m *model) drop(simulation, id string) {
	maps.DeleteFunc(m.stubs[simulation], func(k, _ string) bool { return strings.HasSuffix(k, "."+id) })
}

func (m *model) of(t *testing.T, c *simulations.Contents) *model {
	out := &model{revision: c.Revision, stubs: make(map[string]map[string]string), collaborators: make(map[string]string)}
	for n, x := range c.Collaborators {
		out.collaborators[n] = fmt.Sprint(x.Upstream, x.Revision)
	}
	for n, x := range c.Simulations {
		out.stubs[n] = make(map[string]string)
		for _, s := range ByAge(t, x.Stubs) {
			out.stubs[n][fmt.Sprintf("%06d.%06d.%s", s.Revision, s.Position, s.ID)] = *s.Response.Text
		}
	}
	return out
}

// testCatalogOracle compares the catalog with a map after random edits.
func testCatalogOracle(t *testing.T, h Harness) {
	s := h.Open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	m := &model{stubs: make(map[string]map[string]string), collaborators: make(map[string]string)}
	some := func(n int, f func(i int)) {
		for i := range r.IntN(n) {
			f(i)
		}
	}
	for step := range 120 {
		c := &simulations.Change{}
		simulation := string(rune('a' + r.IntN(3)))
		list := func() (out []*simulations.StoredStub) {
			for _, i := range r.Perm(12)[:r.IntN(8)] {
				out = append(out, stub(fmt.Sprintf("s%d", i), fmt.Sprintf("step %d", step)))
			}
			return out
		}
		switch r.IntN(5) {
		case 0:
			c.Replace = &simulations.Simulation{Name: simulation, Stubs: Packed(list()...)}
		case 1:
			c.DropSimulation = simulation
		default:
			c.Simulation, c.PutStubs = simulation, list()
			some(4, func(int) { c.DropStubs = append(c.DropStubs, fmt.Sprintf("s%d", r.IntN(12))) })
		}
		some(3, func(i int) { c.DropCollaborators = append(c.DropCollaborators, fmt.Sprintf("c%d", r.IntN(3))) })
		c.PutCollaborators = make(map[string]*simulations.Collaborator)
		some(3, func(int) {
			c.PutCollaborators[fmt.Sprintf("c%d", r.IntN(3))] = &simulations.Collaborator{Upstream: fmt.Sprintf("http://u%d", step)}
		})
		m.apply(c)
		equal(t, "revision", apply(t, s, c), m.revision)
		if step%40 == 39 {
			s = h.reopened(t, s)
		}
		if step%10 == 9 {
			equal(t, fmt.Sprintf("catalog after step %d", step), m.of(t, load(t, s)), m)
		}
	}
}

// testLargeStub puts what does not fit a record, and hardly a transaction.
func testLargeStub(t *testing.T, h Harness) {
	s := h.Open(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	long := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = 'a' + byte(rnd.IntN(26))
		}
		return string(b)
	}
	answers := map[string]string{"inline": long(200 << 10), "edge": long(256 << 10), "mib": long(1 << 20), "large": long(7 << 20)}
	put := &simulations.Change{Simulation: "put"}
	whole := &simulations.Simulation{Name: "whole"}
	for _, id := range slices.Sorted(maps.Keys(answers)) {
		put.PutStubs = append(put.PutStubs, stub(id, answers[id]))
		whole.Stubs = append(whole.Stubs, Packed(stub(id, answers[id]))...)
	}
	ca := long(300 << 10)
	put.PutCollaborators = map[string]*simulations.Collaborator{"pay": {UpstreamTLS: &simulations.UpstreamTLS{CA: ca}}}
	apply(t, s, put)
	apply(t, s, &simulations.Change{Replace: whole})
	s = h.reopened(t, s)
	c := load(t, s)
	for _, name := range []string{"put", "whole"} {
		for _, x := range ByAge(t, c.Simulations[name].Stubs) {
			if *x.Response.Text != answers[x.ID] {
				t.Fatalf("%s/%s came back otherwise", name, x.ID)
			}
		}
		equal(t, name, len(c.Simulations[name].Stubs), len(answers))
	}
	equal(t, "certificates", c.Collaborators["pay"].UpstreamTLS.CA, ca)
}

// testLargeReplace replaces 20,000 stubs while stubs are recorded into the same
// simulation: each is in the old or in the new one.
func testLargeReplace(t *testing.T, h Harness) {
	s := h.Open(t)
	const n = 20_000
	apply(t, s, &simulations.Change{Replace: &simulations.Simulation{Name: "big", Stubs: Packed(stubs(n, "old")...)}})
	take := begin(t, s, "big")

	var replaced uint64
	var edits [40]*simulations.Change
	var w sync.WaitGroup
	w.Go(func() {
		r, err := s.Apply(bg, &simulations.Change{Replace: &simulations.Simulation{Name: "big", Stubs: Packed(stubs(n-5, "new")...)}})
		if err != nil {
			t.Error(err)
		}
		replaced = r
	})
	for i := range edits {
		edits[i] = &simulations.Change{Simulation: "big", PutStubs: []*simulations.StoredStub{stub(fmt.Sprintf("rec-%d", i), "recorded")}}
		if err := s.Append(bg, recorded(take.ID, fmt.Sprintf("rec-%d", i), "/"), edits[i], false); err != nil {
			t.Error(err)
		}
	}
	w.Wait()
	if t.Failed() {
		return
	}
	s = h.reopened(t, s)
	c := load(t, s)
	equal(t, "revision", c.Revision, uint64(1+1+len(edits)))
	want := []string{}
	for i := range n - 5 {
		want = append(want, fmt.Sprintf("stub-%06d", i))
	}
	for i, e := range edits {
		if e.PutStubs[0].Revision > replaced {
			want = append(want, fmt.Sprintf("rec-%d", i))
		}
	}
	equal(t, "stubs", ids(ByAge(t, c.Simulations["big"].Stubs)), want)
	for i, x := range ByAge(t, c.Simulations["big"].Stubs)[:n-5] {
		if *x.Response.Text != "new" || x.Revision != replaced || int(x.Position) != i {
			t.Fatalf("stub %d: %s, %d.%d", i, *x.Response.Text, x.Revision, x.Position)
		}
	}

	// A replacement that is given up leaves everything as it was.
	ctx, cancel := context.WithCancel(bg)
	before := s.Stats().Transactions
	w.Go(func() {
		_, err := s.Apply(ctx, &simulations.Change{Replace: &simulations.Simulation{Name: "big", Stubs: Packed(stubs(n, "given up")...)}})
		if err == nil {
			t.Error("the replacement was not given up")
		}
	})
	for s.Stats().Transactions < before+3 { // the generation, then two pieces
		runtime.Gosched()
	}
	cancel()
	w.Wait()
	equal(t, "stubs", ids(ByAge(t, load(t, s).Simulations["big"].Stubs)), want)
}

// testLargeEdit edits more stubs than a transaction takes.
func testLargeEdit(t *testing.T, h Harness) {
	s := h.Open(t)
	const n = 6000
	fill := strings.Repeat("x", 600)
	apply(t, s, &simulations.Change{Replace: &simulations.Simulation{Name: "big", Collaborator: "pay", Stubs: Packed(stubs(n, "old"+fill)...)}})
	apply(t, s, &simulations.Change{Simulation: "big", PutStubs: []*simulations.StoredStub{stub("own", "kept")}})

	c := &simulations.Change{Simulation: "big"}
	for i := range n {
		switch i % 3 {
		case 0:
			c.DropStubs = append(c.DropStubs, fmt.Sprintf("stub-%06d", i))
		case 1:
			c.PutStubs = append(c.PutStubs, stub(fmt.Sprintf("stub-%06d", i), "new"+fill), stub(fmt.Sprintf("more-%06d", i), "more"+fill))
		}
	}
	take := begin(t, s, "pay")
	check(t, s.Append(bg, recorded(take.ID, "x", "/"), nil, false))
	check(t, s.DropTake(bg, take.ID, c))
	equal(t, "age told", [2]uint64{c.PutStubs[7].Revision, uint64(c.PutStubs[7].Position)}, [2]uint64{3, 7})

	s = h.reopened(t, s)
	got := load(t, s).Simulations["big"]
	equal(t, "header", [2]any{got.Revision, got.Collaborator}, [2]any{uint64(3), "pay"})
	var want []*simulations.StoredStub
	for i := 2; i < n; i += 3 {
		x := stub(fmt.Sprintf("stub-%06d", i), "old"+fill)
		x.Revision, x.Position = 1, uint32(i)
		want = append(want, x)
	}
	own := stub("own", "kept")
	own.Revision = 2
	want = append(append(want, own), c.PutStubs...)
	if !slices.EqualFunc(ByAge(t, got.Stubs), want, func(a, b *simulations.StoredStub) bool {
		return a.ID == b.ID && *a.Response.Text == *b.Response.Text && cmp.Compare(a.Revision, b.Revision) == 0 && a.Position == b.Position
	}) {
		t.Fatalf("%d stubs, want %d, or others", len(got.Stubs), len(want))
	}
	takes, err := s.Takes(bg)
	check(t, err)
	equal(t, "takes", takes, []simulations.Take{})
}

func testWrongChange(t *testing.T, h Harness) {
	s := h.Open(t)
	apply(t, s, &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{stub("x", "")}})
	for name, c := range map[string]*simulations.Change{
		"twice":            {Simulation: "a", PutStubs: []*simulations.StoredStub{stub("y", ""), stub("y", "")}},
		"twice in a whole": {Replace: &simulations.Simulation{Name: "a", Stubs: Packed(stub("y", ""), stub("y", ""))}},
		"no id":            {Simulation: "a", PutStubs: []*simulations.StoredStub{stub("", "")}},
		"no whole stub":    {Replace: &simulations.Simulation{Name: "a", Stubs: make([]simulations.PackedStub, 1)}},
		"no stub":          {Simulation: "a", PutStubs: []*simulations.StoredStub{{}}},
		"no name":          {PutStubs: []*simulations.StoredStub{stub("y", "")}},
		"long name":        {Simulation: strings.Repeat("n", 1025), PutStubs: []*simulations.StoredStub{stub("y", "")}},
		"edit of replaced": {Replace: &simulations.Simulation{Name: "a"}, Simulation: "a", PutStubs: []*simulations.StoredStub{stub("y", "")}},
		"edit of dropped":  {DropSimulation: "a", Simulation: "a", DropStubs: []string{"x"}},
		"two at once":      {DropSimulation: "b", Replace: &simulations.Simulation{Name: "a"}},
	} {
		if _, err := s.Apply(bg, c); simulations.CodeOf(err) != simulations.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	missing := stub("y", "")
	missing.Response = &simulations.Response{Stored: &simulations.BodyRef{ID: fmt.Sprintf("%064x", 1)}}
	for _, c := range []*simulations.Change{
		{Simulation: "a", PutStubs: []*simulations.StoredStub{missing}},
		{Replace: &simulations.Simulation{Name: "a", Stubs: Packed(missing)}},
	} {
		_, err := s.Apply(bg, c)
		wantCode(t, err, simulations.CodeNotFound)
	}
	ref := body(t, s, bytes.Repeat([]byte("x"), 1000))
	missing.Response.Stored = &ref
	apply(t, s, &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{missing}})
	c := load(t, s)
	equal(t, "stubs", ids(ByAge(t, c.Simulations["a"].Stubs)), []string{"x", "y"})
	equal(t, "stored body", ByAge(t, c.Simulations["a"].Stubs)[1].Response.Stored, &ref)
	equal(t, "revision", c.Revision, uint64(2))
}
