package simulations

import (
	"runtime"
	"sync"
)

// inOrder makes something of each number below n, on all processors, and hands it
// to take in order, on the caller's goroutine, until that returns false. What is
// made ahead is bounded. When inOrder returns nothing is being made any more.
func inOrder[T any](n int, one func(i int) T, take func(T) bool) {
	processors := runtime.GOMAXPROCS(0)
	if min(n, processors) < 2 {
		for i := 0; i < n && take(one(i)); i++ {
		}
		return
	}
	turns := make(chan chan T, processors) // besides the one that is waited for
	stop := make(chan struct{})
	var running sync.WaitGroup
	defer running.Wait()
	defer close(stop)
	running.Go(func() {
		defer close(turns)
		for i := range n {
			turn := make(chan T, 1)
			select {
			case turns <- turn:
				running.Go(func() { turn <- one(i) })
			case <-stop:
				return
			}
		}
	})
	for turn := range turns {
		if !take(<-turn) {
			return
		}
	}
}
