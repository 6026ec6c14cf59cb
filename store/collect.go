package store

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// collectSettle is how long the collector waits after a change before it
	// looks for bodies that nothing refers to: requests that were answered from
	// the former state may still open them.
	collectSettle = time.Minute
	// collectWithin is how long changes that follow each other put the look off: a
	// store that is edited all the time gives space back, too.
	collectWithin = 10 * time.Minute
	// collectEvery is how often it looks in any case, for what was still held when
	// it looked, or could not be removed.
	collectEvery = time.Hour
)

// collector removes in the background what nothing refers to any more: stubs of
// generations that were replaced, exchanges of takes that were dropped, bodies
// and chunks. What it has to do it finds again after a crash.
type collector struct {
	db     *db
	ctx    context.Context
	cancel context.CancelFunc
	wake   chan struct{}
	bodies chan struct{}
	work   sync.WaitGroup

	// busy is held by who works through the lists or sweeps.
	busy sync.Mutex
	// before is the last generation that was given out before the store was
	// opened, until those are found that a crash has left; guarded by busy. It is
	// done in the background: the way to them may be long.
	before uint64

	mu          sync.Mutex // guards the lists
	generations []generation
	takes       []uint64
}

func newCollector(d *db) *collector {
	ctx, cancel := context.WithCancel(context.Background())
	return &collector{db: d, ctx: ctx, cancel: cancel, wake: make(chan struct{}, 1), bodies: make(chan struct{}, 1)}
}

// resume finds the takes whose removal was not finished.
func (c *collector) resume() error {
	return c.db.eachTake(func(id uint64, t *takeRecord) error {
		if t.Dropped {
			c.dropTake(id)
		}
		return nil
	})
}

func (c *collector) start() {
	c.work.Go(c.run)
	nudge(c.wake)
	nudge(c.bodies)
}

// stop ends the work soon; wait waits until it has ended.
func (c *collector) stop() { c.cancel() }
func (c *collector) wait() { c.work.Wait() }

func (c *collector) dropGenerations(gs ...generation) {
	if len(gs) == 0 {
		return
	}
	c.mu.Lock()
	c.generations = append(c.generations, gs...)
	c.mu.Unlock()
	nudge(c.wake)
	nudge(c.bodies)
}

func (c *collector) dropTake(id uint64) {
	c.mu.Lock()
	c.takes = append(c.takes, id)
	c.mu.Unlock()
	nudge(c.wake)
	nudge(c.bodies)
}

// bodiesChanged says that there may be bodies to collect.
func (c *collector) bodiesChanged() { nudge(c.bodies) }

func nudge(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

func (c *collector) run() {
	every := time.NewTicker(collectEvery)
	defer every.Stop()
	settle := time.NewTimer(collectSettle)
	settle.Stop()
	defer settle.Stop()
	var first, last time.Time // of the changes that no look came after; zero for none
	for {
		var err error
		select {
		case <-c.ctx.Done():
			return
		case <-c.wake:
			err = c.db.guard(c.dropPending)
		case <-c.bodies:
			if last = time.Now(); first.IsZero() {
				first = last
			}
			settle.Reset(min(collectSettle, time.Until(first.Add(collectWithin))))
		case <-settle.C:
			if first = (time.Time{}); time.Since(last) < collectSettle {
				first = time.Now() // what the last changes have left is for the next look
				settle.Reset(collectSettle)
			}
			err = c.db.guard(c.sweepBodies)
		case <-every.C:
			// What failed before is tried again.
			if err = c.db.guard(c.dropPending); err == nil {
				err = c.db.guard(c.sweepBodies)
			}
		}
		if err != nil && c.ctx.Err() == nil {
			c.db.logger.LogAttrs(c.ctx, slog.LevelWarn, "space was not given back, it is tried again within the hour", slog.Any("error", err))
		}
	}
}

// dropPending removes generations and takes. What could not be removed stays listed.
func (c *collector) dropPending() error {
	c.busy.Lock()
	defer c.busy.Unlock()
	if c.before > 0 {
		left, err := c.db.unnamed(c.before)
		if err != nil {
			return err
		}
		c.before = 0
		c.dropGenerations(left...)
	}
	for {
		c.mu.Lock()
		var g generation
		var take uint64
		switch {
		case len(c.generations) > 0:
			g = c.generations[0]
		case len(c.takes) > 0:
			take = c.takes[0]
		default:
			c.mu.Unlock()
			return nil
		}
		c.mu.Unlock()

		var err error
		if take == 0 {
			err = c.db.dropPrefix(g.prefix(), c.apply)
		} else {
			err = c.db.removeTake(take, c.apply)
		}
		if err != nil {
			return err
		}
		c.mu.Lock()
		if take == 0 {
			c.generations = c.generations[1:]
		} else {
			c.takes = c.takes[1:]
		}
		c.mu.Unlock()
	}
}

// apply writes deletions as one more caller of the writer. Keys that are pinned
// by then are left alone.
func (c *collector) apply(ops []Op, sync bool) error {
	size := recordOverhead
	for _, op := range ops {
		size += op.size()
	}
	return c.db.write(c.ctx, size, sync, func(t *txn) error {
		for _, op := range ops {
			if !c.db.pinnedKey(op.Key) {
				t.put(op.Key, op.Value)
			}
		}
		return nil
	})
}

// pinnedKey reports whether a key belongs to a body or chunk that is pinned.
func (d *db) pinnedKey(k []byte) bool {
	if id, ok := parseDigest(k, kindBody); ok {
		return d.pins.isHeld(pinned{kindBody, id})
	}
	id, ok := parseDigest(k, kindChunk)
	if !ok {
		id, ok = parseDigest(k, kindChunkMark)
	}
	return ok && d.pins.isHeld(pinned{kindChunk, id})
}
