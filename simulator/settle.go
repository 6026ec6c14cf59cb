package simulator

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/semaphore"
)

// settleLimit is how long the engine waits at its end for recordings whose
// connections were broken off: they have only to write what came.
const settleLimit = 2 * time.Second

// unsettled are the recordings that are under way: their answers come, or came
// and are not durable yet. The store has to be there until they have settled.
type unsettled struct {
	// all is taken in part by each recording, and as a whole by who waits for them.
	all *semaphore.Weighted
}

func newUnsettled() unsettled { return unsettled{semaphore.NewWeighted(wholeGate)} }

// begin counts a recording until settled is called. It never waits: one that
// begins when the end is already waited for is not waited for.
func (u unsettled) begin() (settled func()) {
	if !u.all.TryAcquire(1) {
		return func() {}
	}
	return func() { u.all.Release(1) }
}

// wait blocks until no recording is under way, for settleLimit or as long as ctx
// lasts at most. No other is counted after it.
func (u unsettled) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	if err := u.all.Acquire(ctx, wholeGate); err != nil {
		return fmt.Errorf("exchanges were still being recorded, and are lost: %w", err)
	}
	return nil
}
