package matchers

import (
	"math/rand/v2"
	"testing"
)

// TestSlots holds slots equal to their map, with a filter and without, and the
// filter to its purpose.
func TestSlots(t *testing.T) {
	for _, n := range []int{0, 1, manySlots - 1, manySlots, 100_000} {
		r := rand.New(rand.NewPCG(uint64(n), 1))
		by := make(map[uint64]slot, n)
		for len(by) < n {
			by[r.Uint64()] = slot(len(by) + 1)
		}
		s := newSlots(by)
		for h, want := range by {
			if got := s.get(h); got != want {
				t.Fatalf("n=%d: %d, want %d", n, got, want)
			}
		}
		passed := 0
		const strangers = 100_000
		for range strangers {
			h := r.Uint64()
			if got, want := s.get(h), by[h]; got != want {
				t.Fatalf("n=%d: %d, want %d", n, got, want)
			}
			if s.filter != nil && s.filter[h>>18&uint64(len(s.filter)-1)]&filterMask(h) == filterMask(h) {
				passed++
			}
		}
		if passed > strangers/20 {
			t.Errorf("n=%d: the filter lets %d of %d strangers pass", n, passed, strangers)
		}
	}
}
