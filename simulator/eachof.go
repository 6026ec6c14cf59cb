package simulator

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// eachOf calls do with each number below n, a few on all processors at once, and
// returns when all is done.
func eachOf(n int, do func(i int)) {
	const piece = 64 // so that taking one costs nothing beside it
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+piece-1)/piece) {
		workers.Go(func() {
			for from := int(next.Add(piece)) - piece; from < n; from = int(next.Add(piece)) - piece {
				for i := from; i < min(from+piece, n); i++ {
					do(i)
				}
			}
		})
	}
	workers.Wait()
}
