package simulator

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"understudy/simulations"
)

// gates let any number of recordings into a simulation at once, or one edit alone.
// What the store puts in order, recording and edit, is published in that order
// too: nobody replaces, deletes or drops while a recording is durable and not yet
// served, and none begins in the time of an edit.
//
// A gate comes before catalog.declaring. It is there only while somebody is at it.
type gates struct {
	// outer is before all of them: each who passes one has a part of it.
	outer *semaphore.Weighted

	mu  sync.Mutex
	all map[string]*gate // by simulation
}

func newGates() gates {
	return gates{outer: semaphore.NewWeighted(wholeGate), all: make(map[string]*gate)}
}

type gate struct {
	parts *semaphore.Weighted
	users int // those who wait, too
}

// wholeGate is all of a gate, which an edit takes; a recording takes one part.
const wholeGate = 1 << 30

// record waits, as long as ctx lasts, until no edit of the simulation is under
// way, and keeps edits waiting until leave is called.
func (g *gates) record(ctx context.Context, simulation string) (leave func(), err error) {
	if leave, err = g.pass(ctx, simulation, 1); err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "recording into %s waits for an edit of it: %w", simulation, err)
	}
	return leave, nil
}

// edit waits, as long as ctx lasts, until nothing else is done to the simulation,
// and keeps all else waiting until leave is called.
func (g *gates) edit(ctx context.Context, simulation string) (leave func(), err error) {
	if leave, err = g.pass(ctx, simulation, wholeGate); err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "the edit of %s waits for recordings into it, or another edit: %w", simulation, err)
	}
	return leave, nil
}

// replaceAll waits, as long as ctx lasts, until nothing is done to any simulation,
// and keeps all else waiting until leave is called.
func (g *gates) replaceAll(ctx context.Context) (leave func(), err error) {
	if err := g.outer.Acquire(ctx, wholeGate); err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "what replaces everything waits for edits and recordings: %w", err)
	}
	return func() { g.outer.Release(wholeGate) }, nil
}

func (g *gates) pass(ctx context.Context, simulation string, n int64) (leave func(), err error) {
	if err := g.outer.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	g.mu.Lock()
	at := g.all[simulation]
	if at == nil {
		at = &gate{parts: semaphore.NewWeighted(wholeGate)}
		g.all[simulation] = at
	}
	at.users++
	g.mu.Unlock()
	gone := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if at.users--; at.users == 0 {
			delete(g.all, simulation)
		}
		g.outer.Release(1)
	}
	if err := at.parts.Acquire(ctx, n); err != nil {
		gone()
		return nil, err
	}
	return func() { at.parts.Release(n); gone() }, nil
}
