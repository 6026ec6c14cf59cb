package simulations

import (
	"runtime"
	"sync/atomic"
	"testing"
)

func TestInOrder(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		for _, until := range []int{n, 0, n / 2} {
			var running, made atomic.Int64
			next := 0
			inOrder(n, func(i int) int {
				running.Add(1)
				defer running.Add(-1)
				made.Add(1)
				return i
			}, func(i int) bool {
				if i != next {
					t.Fatalf("of %d, got %d instead of %d", n, i, next)
				}
				if ahead := int(made.Load()) - next; ahead > 2+runtime.GOMAXPROCS(0) {
					t.Fatalf("%d were made ahead", ahead)
				}
				next++
				return next <= until
			})
			if want := min(n, until+1); next != want {
				t.Errorf("of %d until %d: %d were taken, want %d", n, until, next, want)
			}
			if running.Load() != 0 {
				t.Errorf("something was still being made")
			}
		}
	}
}
