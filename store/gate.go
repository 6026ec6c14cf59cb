package store

import (
	"context"
	"sync"

	"understudy/simulations"
)

// gate counts the calls under way, so that the engine is closed only when
// nobody reads or writes any more.
type gate struct {
	mu     sync.Mutex
	inside int
	shut   bool
	empty  chan struct{} // closed when shut and nobody is inside
}

func newGate() *gate { return &gate{empty: make(chan struct{})} }

// enter admits a call, which has to leave; CodeUnavailable once the gate is shut.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		return simulations.Errorf(simulations.CodeUnavailable, "the store is closed")
	}
	g.inside++
	return nil
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside--; g.shut && g.inside == 0 {
		close(g.empty)
	}
}

// close refuses new calls and waits for those inside, or for ctx.
func (g *gate) close(ctx context.Context) error {
	g.mu.Lock()
	if !g.shut && g.inside == 0 {
		close(g.empty)
	}
	g.shut = true
	g.mu.Unlock()
	select {
	case <-g.empty:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut
}
