package simulator

import (
	"context"
	"sync"
	"time"
)

// recordTimeout bounds how long the end of an answer waits for the disk, give or
// take patienceStep.
const (
	recordTimeout = 30 * time.Second
	patienceStep  = time.Second
)

// patience gives contexts that end in recordTimeout. Those that are asked for in
// one step of time are one: a timer for every recording would be all but always
// in vain.
type patience struct {
	mu    sync.Mutex
	ctx   context.Context
	until time.Time // it is given
}

func (p *patience) context(now time.Time) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil || !now.Before(p.until) {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(recordTimeout+patienceStep, func() { cancel(context.DeadlineExceeded) })
		p.ctx, p.until = ctx, now.Add(patienceStep)
	}
	return p.ctx
}
