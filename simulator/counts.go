package simulator

import (
	"maps"
	"sort"
	"sync"
	"sync/atomic"

	"understudy/simulations"
)

// counts are the requests since the start, by collaborator, mode, outcome and origin.
// The map is replaced, never changed, when a combination comes for the first
// time: those are few, and counting takes no lock.
type counts struct {
	mu sync.Mutex // one replaces at a time
	by atomic.Pointer[map[simulations.Count]*atomic.Uint64]
}

func newCounts() *counts {
	c := new(counts)
	c.by.Store(new(map[simulations.Count]*atomic.Uint64))
	return c
}

func (c *counts) add(x *simulations.Exchange) {
	key := simulations.Count{Collaborator: x.Collaborator, Mode: x.Mode, Outcome: x.Outcome, Origin: x.Origin}
	n := (*c.by.Load())[key]
	if n == nil {
		n = c.enter(key)
	}
	n.Add(1)
}

// enter makes the counter of a combination, if nobody has meanwhile.
func (c *counts) enter(key simulations.Count) *atomic.Uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := maps.Clone(*c.by.Load())
	if by == nil {
		by = make(map[simulations.Count]*atomic.Uint64)
	}
	if by[key] == nil {
		by[key] = new(atomic.Uint64)
		c.by.Store(&by)
	}
	return by[key]
}

func (c *counts) list() []simulations.Count {
	by := *c.by.Load()
	out := make([]simulations.Count, 0, len(by))
	for key, n := range by {
		key.Count = n.Load()
		out = append(out, key)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		switch {
		case a.Collaborator != b.Collaborator:
			return a.Collaborator < b.Collaborator
		case a.Mode != b.Mode:
			return a.Mode < b.Mode
		case a.Outcome != b.Outcome:
			return a.Outcome < b.Outcome
		}
		return a.Origin < b.Origin
	})
	return out
}
