package simulator

import (
	"context"
	"slices"
	"time"

	"understudy/matchers"
	"understudy/simulations"
)

// mergeAt is how many stubs the tail holds, at least, before it is merged into
// the indexes, one in mergeShare of a simulation's stubs that it may hold, and
// mergeScansAt how many of those that are found one by one. A merge goes through
// all the stubs: of half a simulation, so that each of those that are recorded is
// merged twice as their number grows, however many there are.
const (
	mergeAt      = 8192
	mergeShare   = 2
	mergeScansAt = 128
)

// restAfter is how long there must have been no edit for a small tail to be merged
// too, at most twice that; restShare is the part of a simulation's stubs, one in
// so many, that it must hold for that. Only an index finds near misses by what
// stubs ask for beside the path, and after a recording people look for them.
const (
	restAfter = 2 * time.Second
	restShare = 64
)

// everyEdited is of the simulations that the tail has edits of.
func everyEdited(s *simulation) bool { return len(s.recent) > 0 }

// manyEdited is of those to merge when edits rest.
func manyEdited(s *simulation) bool { return len(s.recent)*restShare > s.len() }

// mergeAtRest merges the tail when edits rest, until ctx ends.
func (c *catalog) mergeAtRest(ctx context.Context) {
	tick := time.NewTicker(restAfter)
	defer tick.Stop()
	var edited, merged uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.state.Lock()
		rests := edited == c.edited && edited != merged && !c.merging
		edited = c.edited
		c.merging = c.merging || rests
		c.state.Unlock()
		if rests {
			merged = edited
			c.merge(manyEdited)
		}
	}
}

// merge indexes what the tail has of some simulations, beside the traffic, and
// takes it out of it. Who calls it has set merging.
//
// It holds no lock while it builds, so that edits go on. A simulation that is
// replaced meanwhile is left as that edit made it; what is put or dropped
// meanwhile stays in the tail.
func (c *catalog) merge(which func(*simulation) bool) {
	type work struct {
		of    *simulation
		view  view
		index *matchers.Index
	}
	c.state.RLock()
	var all []*work
	for _, s := range c.simulations {
		if which(s) {
			all = append(all, &work{of: s, view: s.view()})
		}
	}
	c.state.RUnlock()
	for _, w := range all {
		w.index = w.view.merged(w.of.name)
	}
	c.state.Lock()
	defer c.state.Unlock()
	for _, w := range all {
		s := w.of
		if c.simulations[s.name] != s {
			continue
		}
		s.index = w.index
		for id, st := range w.view.recent {
			if now, ok := s.recent[id]; ok && now == st {
				delete(s.recent, id)
			}
		}
		c.reindex(s.name)
	}
	c.merging = false
	c.publish(nil)
}

// merged indexes everything that the view holds.
func (v view) merged(name string) *matchers.Index {
	b := newBuilder(name)
	b.Reuse(v.index, func(id string) bool {
		_, edited := v.recent[id]
		return !edited
	})
	var put []simulations.PackedStub
	for _, st := range v.recent {
		if st != nil {
			put = append(put, st.Packed())
		}
	}
	for piece := range slices.Chunk(put, batch) {
		b.AddAccepted(piece)
	}
	return b.Build()
}
