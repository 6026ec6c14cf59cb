package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopGrace is what a clean-up that overstays its context still gets, so that
// one which does end with its context can say how it ended.
const stopGrace = time.Second

// closeLimit bounds a clean-up that has no bound of its own.
const closeLimit = 10 * time.Second

// cleanups undo what was begun, last in first out. Each has a name for its
// error and a bound of its own, so that a slow drain takes no time from the
// store's end. Not safe for concurrent use.
type cleanups struct{ stack []cleanup }

type cleanup struct {
	name  string
	limit time.Duration
	run   func(context.Context) error
}

// push adds a clean-up for what has just been begun.
func (c *cleanups) push(name string, limit time.Duration, run func(context.Context) error) {
	c.stack = append(c.stack, cleanup{name, limit, run})
}

// run runs every clean-up, the latest first, and joins their errors. One that
// does not end soon after its bound, or after ctx, is given up, and the next ones still run: an
// orderly end of the store matters most when something else hangs. A second
// run finds nothing to do.
func (c *cleanups) run(ctx context.Context) error {
	var errs []error
	for len(c.stack) > 0 {
		last := c.stack[len(c.stack)-1]
		c.stack = c.stack[:len(c.stack)-1]
		if err := last.bounded(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", last.name, err))
		}
	}
	return errors.Join(errs...)
}

func (c cleanup) bounded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.run(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
		return fmt.Errorf("has not ended in time: %w", ctx.Err())
	}
}
