package simulations_test

import (
	"strings"
	"testing"

	"understudy/simulations"
)

// TestHead: the head of a value is that of its text, and costs no more than it shows.
func TestHead(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("€\"\u2028", 50)
	var list simulations.Value
	list.Kind = simulations.Array
	for range 100_000 {
		list.Items = append(list.Items, simulations.NewString(long))
	}
	named := &simulations.Value{Kind: simulations.Object}
	named.Set("a", simulations.NewBool(true))
	named.Set(long, &list)
	named.Set("n", nil)
	for _, v := range []*simulations.Value{nil, simulations.NewString(""), simulations.NewString(long), simulations.NewString(strings.Repeat("€", 50)), simulations.NewString("\xff" + long), &list, named} {
		whole := v.String()
		for _, n := range []int{0, 1, 5, 7, 100, 1000} {
			head := v.Head(n)
			if want := whole[:min(n, len(whole))]; !strings.HasPrefix(head, want) {
				t.Errorf("the first %d bytes are %q, want %q", n, head, want)
			}
			if len(head) > n+2*len(long)*6 {
				t.Errorf("%d bytes were asked for, %d written", n, len(head))
			}
		}
		if v.Head(len(whole)) != whole {
			t.Errorf("all of %.20q is %.20q", whole, v.Head(len(whole)))
		}
	}
}
