package matchers

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLowest compares with a sort of all.
func TestLowest(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		all := make([]int, r.IntN(60))
		for i := range all {
			all[i] = r.IntN(40)
		}
		low := lowest[int]{most: 1 + r.IntN(12)}
		for _, v := range all {
			low.add(v)
		}
		if len(low.kept) > 2*low.most {
			t.Fatalf("%d of %d are kept", len(low.kept), low.most)
		}
		want := slices.Sorted(slices.Values(all))
		want = want[:min(len(want), low.most)]
		if got := low.sorted(); !slices.Equal(got, want) {
			t.Fatalf("the lowest %d of %v: %v, want %v", low.most, all, got, want)
		}
	}
}
