package matchers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

// openStub makes a stub ready as the engine does, without answers.
func openStub(simulation string, p simulations.PackedStub) (*Stub, []simulations.FieldError) {
	s, err := simulations.Unpack(p.Packed)
	if err != nil {
		return nil, []simulations.FieldError{{Detail: err.Error()}}
	}
	return CompileStub(&simulations.StoredStub{Stub: s, Revision: p.Revision, Position: p.Position, Packed: p.Packed}, simulation)
}

func answerNothing(*simulations.Plain) any { return nil }

func packed(s *Stub) simulations.PackedStub {
	m := s.Model()
	return simulations.PackedStub{Packed: string(simulations.AppendPacked(nil, m.Stub)), Revision: m.Revision, Position: m.Position}
}

// indexOf indexes stubs of one simulation.
func indexOf(t testing.TB, stubs ...*Stub) *Index {
	t.Helper()
	simulation := "sim"
	var all []simulations.PackedStub
	for _, s := range stubs {
		simulation = s.Simulation
		all = append(all, packed(s))
	}
	b := NewBuilder(simulation, openStub, answerNothing)
	if faults := b.Add(all); len(faults) > 0 {
		t.Fatal(faults)
	}
	return b.Build()
}

// same reports whether two stubs are one, be they made twice.
func same(a, b *Stub) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Ref() == b.Ref() && a.Model().Revision == b.Model().Revision && a.Model().Position == b.Model().Position
}

// TestIndexKeepsWhatItIsGiven compares what an index says of its stubs, and one
// that is made from it, with the stubs themselves.
func TestIndexKeepsWhatItIsGiven(t *testing.T) {
	w := world{rand.New(rand.NewPCG(3, 4))}
	for round := range 50 {
		model := map[string]*Stub{}
		for range 1 + w.IntN(200) {
			id := w.IntN(300)
			s := compileTestStub(t, w.stub(id, false), "sim", uint64(w.IntN(3)), uint32(w.IntN(1000)))
			model[s.ID] = s
		}
		x := indexOf(t, slices.Collect(mapsOf(model))...)
		checkIndex(t, x, model)
		drop := func(id string) bool { return len(id)%2 == round%2 }
		b := NewBuilder("sim", openStub, answerNothing)
		b.Reuse(x, func(id string) bool { return !drop(id) })
		for id := range model {
			if drop(id) {
				delete(model, id)
			}
		}
		var more []simulations.PackedStub
		for i := range w.IntN(50) {
			s := compileTestStub(t, w.stub(1000+i, false), "sim", 7, uint32(i))
			model[s.ID] = s
			more = append(more, packed(s))
		}
		if faults := b.Add(more); len(faults) > 0 {
			t.Fatal(faults)
		}
		checkIndex(t, b.Build(), model)
	}
}

func mapsOf(m map[string]*Stub) func(yield func(*Stub) bool) {
	return func(yield func(*Stub) bool) {
		for _, s := range m {
			if !yield(s) {
				return
			}
		}
	}
}

func checkIndex(t *testing.T, x *Index, model map[string]*Stub) {
	t.Helper()
	if x.Len() != len(model) {
		t.Fatalf("%d stubs, want %d", x.Len(), len(model))
	}
	counts := map[string]int{}
	var ids []string
	for id, want := range model {
		counts[want.Collaborator]++
		ids = append(ids, id)
		n, ok := x.Find(id)
		if !ok {
			t.Fatalf("%s is not there", id)
		}
		for _, got := range []*Stub{x.Stub(n), x.stub(n), x.stub(n)} {
			if !same(got, want) || got.Model().Value().String() != want.Model().Value().String() {
				t.Fatalf("%s is %s", describe(want), describe(got))
			}
		}
	}
	if fmt.Sprint(counts) != fmt.Sprint(x.Collaborators()) {
		t.Fatalf("counts %v, want %v", x.Collaborators(), counts)
	}
	slices.Sort(ids)
	for _, after := range []string{"", ids[0], ids[len(ids)/2], ids[len(ids)/2] + "x", "zzz"} {
		var got []string
		for id := range x.After(after) {
			got = append(got, id)
		}
		from, found := slices.BinarySearch(ids, after)
		if found {
			from++
		}
		if !slices.Equal(got, ids[from:]) {
			t.Fatalf("after %q: %v, want %v", after, got, ids[from:])
		}
	}
	if _, ok := x.Find("no such id"); ok {
		t.Fatal("found what is not there")
	}
	for n := range uint32(x.Len()) - 1 {
		if compareStubs(x.Stub(n), x.Stub(n+1)) >= 0 {
			t.Fatalf("not in order of precedence: %s, %s", describe(x.Stub(n)), describe(x.Stub(n+1)))
		}
	}
}

// TestReuseLetsGo rebuilds an index again and again: its memory does not grow
// with the number of rebuilds.
func TestReuseLetsGo(t *testing.T) {
	var stubs []*Stub
	for i := range 100 {
		stubs = append(stubs, stubFor(t, "sim", fmt.Sprint("s", i), fmt.Sprint("/", i, strings.Repeat("x", 1000)), 1))
	}
	x := indexOf(t, stubs...)
	once := x.packed.bytes()
	for round := range 2 * maxPieces {
		b := NewBuilder("sim", openStub, answerNothing)
		id := fmt.Sprint("s", round%100)
		b.Reuse(x, func(other string) bool { return other != id })
		b.Add([]simulations.PackedStub{packed(stubFor(t, "sim", id, "/new", 2))})
		x = b.Build()
		if held := x.packed.bytes(); held > 3*once || len(x.packed.pieces) > maxPieces+1 {
			t.Fatalf("round %d: %d bytes in %d pieces for %d bytes of stubs", round, held, len(x.packed.pieces), once)
		}
	}
}

// TestAddSaysWhatIsWrong names stubs that do not compile, by number and id.
func TestAddSaysWhatIsWrong(t *testing.T) {
	var all []simulations.PackedStub
	for i := range 500 {
		s := compileTestStub(t, fmt.Sprintf(`{"id":"s%d","request":{"path":"/"},"response":{}}`, i), "sim", 1, 0)
		if i%100 == 70 {
			s.Model().Request.Path = &simulations.Predicate{Value: simulations.NewInt(1)}
		}
		all = append(all, packed(s))
	}
	open := func(simulation string, p simulations.PackedStub) (*Stub, []simulations.FieldError) {
		s, faults := openStub(simulation, p)
		if s != nil && s.Model().Request.Path.Kind == simulations.Number {
			faults = append(faults, simulations.FieldError{Pointer: "/request/path", Detail: "a number"})
		}
		return s, faults
	}
	faults := NewBuilder("sim", open, answerNothing).Add(all)
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%d %s %s", f.Number, f.ID, f.Fields[0].Pointer))
	}
	if want := "[70 s70 /request/path 170 s170 /request/path 270 s270 /request/path 370 s370 /request/path 470 s470 /request/path]"; fmt.Sprint(got) != want {
		t.Errorf("%v", got)
	}
}
