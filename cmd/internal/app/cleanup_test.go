package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestCleanupsRunLastFirstAndJoinErrors(t *testing.T) {
	t.Parallel()
	var c cleanups
	var order []string
	for _, name := range []string{"store", "engine", "plane"} {
		c.push(name, time.Second, func(context.Context) error {
			order = append(order, name)
			if name == "engine" {
				return nil
			}
			return errors.New("trouble")
		})
	}
	err := c.run(t.Context())
	if got := strings.Join(order, " "); got != "plane engine store" {
		t.Errorf("ran %s", got)
	}
	if err == nil || err.Error() != "stop plane: trouble\nstop store: trouble" {
		t.Errorf("%v", err)
	}
	if err := c.run(t.Context()); err != nil || len(order) != 3 {
		t.Errorf("a second run did something: %v, %v", order, err)
	}
}

// One that hangs is given up after its bound, one that obeys its context is
// heard, and the next ones still run with time of their own.
func TestCleanupsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var c cleanups
		left := time.Duration(0)
		c.push("store", 10*time.Second, func(ctx context.Context) error {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return nil
		})
		c.push("obedient", time.Second, func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("two connections were cut")
		})
		c.push("deaf", time.Second, func(context.Context) error { <-release; return nil })
		began := time.Now()
		err := c.run(t.Context())
		if took := time.Since(began); took != 2*time.Second+stopGrace {
			t.Errorf("took %s", took)
		}
		if err == nil || !strings.Contains(err.Error(), "stop deaf: has not ended in time") || !strings.Contains(err.Error(), "stop obedient: two connections") {
			t.Errorf("%v", err)
		}
		if left != 10*time.Second {
			t.Errorf("the store had %s", left)
		}
		close(release)
	})
}
