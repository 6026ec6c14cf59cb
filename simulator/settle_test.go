package simulator

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnsettled: the end waits for the recordings that are under way, and for
// none that does not end.
func TestUnsettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnsettled()
		began := time.Now()
		for _, settled := range []func(){u.begin(), u.begin()} {
			time.AfterFunc(settleLimit/2, settled)
		}
		if err := u.wait(t.Context()); err != nil || time.Since(began) != settleLimit/2 {
			t.Errorf("two that end: %v after %s", err, time.Since(began))
		}
		u.begin()() // after the end: counted no more, and it waits for nobody

		u, began = newUnsettled(), time.Now()
		defer u.begin()()
		if err := u.wait(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != settleLimit {
			t.Errorf("one that does not end: %v after %s", err, time.Since(began))
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := u.wait(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that has ended: %v", err)
		}
	})
}
