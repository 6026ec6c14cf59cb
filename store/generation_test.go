package store_test

import (
	"fmt"
	"testing"

	"understudy/simulations"
	"understudy/store"
	"understudy/store/storetest"
)

// TestUnnamedGenerations: what a crash has left of a simulation that was put
// whole goes away, and nothing of what is named or has been begun since.
func TestUnnamedGenerations(t *testing.T) {
	written := newTape()
	s := open(t, written)
	_, err := s.Apply(bg, &simulations.Change{Replace: &simulations.Simulation{Name: "a", Stubs: storetest.Packed(stubs(3, "1")...)}}) // generation 1
	check(t, err)
	_, err = s.Apply(bg, &simulations.Change{Replace: &simulations.Simulation{Name: "b", Stubs: storetest.Packed(stubs(3, "1")...)}}) // generation 2
	check(t, err)
	want := summary(t, s)
	n, _ := written.at()
	e := written.prefix(n)

	for _, left := range []struct {
		name   string
		number byte
	}{{"a", 0}, {"a", 2}, {"c", 1}, {"a", 3}, {"c", 4}} {
		key := fmt.Sprintf("cs\x00\x01%s\x00\x00\x00\x00\x00\x00\x00%cid", left.name, left.number)
		check(t, e.Apply([]store.Op{{Key: []byte(key), Value: []byte("\x01\x00\x00\x00{}")}}, true))
	}
	again := open(t, e)
	check(t, store.Sweep(again))
	if n := keys(t, e, "cs"); n != 6+2 { // 3 and 4 were not given out when it was opened
		t.Errorf("%d stubs are there, want those of a and b and of the generations 3 and 4", n)
	}
	if got := summary(t, again); got != want {
		t.Errorf("the catalog is\n%s\nit was\n%s", got, want)
	}
}
