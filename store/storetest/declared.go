package storetest

import (
	"fmt"
	"testing"

	"understudy/simulations"
)

// testDeclared: what a simulation declares comes back with it, small or too
// large for a record, and goes with it; edits of its stubs leave it alone.
func testDeclared(t *testing.T, h Harness) {
	s := h.Open(t)
	declared := func(n int) *simulations.Declared {
		c := &simulations.Collection{Collaborator: "pay", Path: "/items", Unique: simulations.Strings{"/name"}}
		for i := range n {
			v, err := simulations.Parse(fmt.Appendf(nil, `{"id": %d, "name": "name %d", "price": 1.10}`, i, i))
			check(t, err)
			c.Items = append(c.Items, v)
		}
		pets := &simulations.Table{Rows: [][]string{{"id", "name"}, {fmt.Sprint(n), "Rex, \"the\" dog"}}}
		return &simulations.Declared{Collections: map[string]*simulations.Collection{"items": c}, Tables: map[string]*simulations.Table{"pets": pets}}
	}
	written := func(all *simulations.Declared) string {
		if all.Empty() {
			return ""
		}
		b, err := simulations.AppendDeclared(nil, all)
		check(t, err)
		return string(b)
	}
	replace := func(n int) *simulations.Change {
		out := &simulations.Simulation{Name: "one", Stubs: Packed(stubs(2, "x")...)}
		if n > 0 {
			out.Declared = *declared(n)
		}
		return &simulations.Change{Replace: out}
	}
	for _, n := range []int{3, 10_000, 0, 5} { // 10,000 come to 450 KiB
		apply(t, s, replace(n))
		apply(t, s, &simulations.Change{Simulation: "one", PutStubs: stubs(1, "newer")})
		s = h.reopened(t, s)
		want := ""
		if n > 0 {
			want = written(declared(n))
		}
		if got := written(&load(t, s).Simulations["one"].Declared); got != want {
			t.Errorf("%d items: %d bytes, want %d", n, len(got), len(want))
		}
	}
	apply(t, s, &simulations.Change{DropSimulation: "one"})
	apply(t, s, &simulations.Change{Simulation: "one", PutStubs: stubs(1, "")})
	if got := load(t, s).Simulations["one"].Declared; !got.Empty() {
		t.Errorf("a simulation that comes back has what the former declared: %v", got)
	}
}
