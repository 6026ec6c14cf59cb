package simulator

import (
	"context"
	"iter"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"understudy/simulations"
)

// journal is a ring of the latest exchanges, bounded by their number and by
// their bytes. It never waits for a reader: what has to make room is counted,
// and a reader that comes back is told how many exchanges it missed.
//
// Entries are not changed once they are in; readers share them.
type journal struct {
	mu       sync.Mutex
	ring     []slot
	first    uint64 // id of the oldest that is kept
	next     uint64 // id of the next to come
	bytes    int64
	maxBytes int64
	// overwritten counts entries that made room; cleared ones do not count.
	overwritten uint64
	// grown is closed, and replaced, when an entry comes.
	grown chan struct{}
}

type slot struct {
	entry *simulations.Exchange
	size  int64
}

func newJournal(entries int, maxBytes int64) *journal {
	return &journal{ring: make([]slot, max(entries, 1)), first: 1, next: 1, maxBytes: maxBytes}
}

// append gives the exchange its id and keeps it.
func (j *journal) append(x *simulations.Exchange) {
	size := sizeOf(x)
	j.mu.Lock()
	defer j.mu.Unlock()
	x.ID = j.next
	j.next++
	for j.next-j.first > uint64(len(j.ring)) || j.bytes+size > j.maxBytes && j.first < x.ID {
		j.evict()
	}
	*j.at(x.ID) = slot{x, size}
	j.bytes += size
	if j.grown != nil {
		close(j.grown)
		j.grown = nil
	}
}

// amend replaces an entry by a later view of the same exchange, if it is still kept.
func (j *journal) amend(x *simulations.Exchange) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if x.ID >= j.first && x.ID < j.next {
		j.at(x.ID).entry = x
	}
}

func (j *journal) at(id uint64) *slot { return &j.ring[id%uint64(len(j.ring))] }

// evict lets the oldest go.
func (j *journal) evict() {
	s := j.at(j.first)
	j.bytes -= s.size
	*s = slot{}
	j.first++
	j.overwritten++
}

// sizeOf estimates what an entry holds in memory.
func sizeOf(x *simulations.Exchange) int64 {
	n := 512 + len(x.Request.Body.Data) + len(x.Response.Body.Data) + len(x.Request.Path) + len(x.Request.Query) + len(x.Reason) + len(x.Error) + 24*len(x.Response.Chunks)
	for _, h := range []map[string][]string{x.Request.Header, x.Response.Header} {
		for name, values := range h {
			n += 48 + len(name)
			for _, v := range values {
				n += 16 + len(v)
			}
		}
	}
	for _, d := range x.Differences {
		n += 64 + len(d.Path) + len(d.Stub) + len(d.Upstream)
	}
	for _, m := range x.NearMisses {
		n += 64
		for _, f := range m.Failed {
			n += 64 + len(f.Field) + len(f.Expected) + len(f.Actual)
		}
	}
	return int64(n)
}

// after returns up to limit entries with ids above after that fit, where it
// got to, how many it can not show any more, and whether the limit cut it off.
func (j *journal) after(after uint64, limit int, fits func(*simulations.Exchange) bool) (entries []*simulations.Exchange, next, missed uint64, more bool) {
	j.mu.Lock()
	from := max(after+1, j.first)
	if j.first > after+1 {
		missed = j.first - after - 1
	}
	if from > j.next {
		from = j.next // an id of the future: the reader's journal was another
	}
	all := make([]*simulations.Exchange, 0, j.next-from)
	for id := from; id < j.next; id++ {
		all = append(all, j.at(id).entry)
	}
	j.mu.Unlock()
	next = max(after, from-1)
	for i, x := range all {
		if fits(x) {
			entries = append(entries, x)
		}
		next = x.ID
		if len(entries) == limit {
			more = i < len(all)-1
			break
		}
	}
	return entries, next, missed, more
}

func (j *journal) get(id uint64) *simulations.Exchange {
	j.mu.Lock()
	defer j.mu.Unlock()
	if id < j.first || id >= j.next {
		return nil
	}
	return j.at(id).entry
}

// clear forgets everything; ids go on.
func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	clear(j.ring)
	j.first, j.bytes = j.next, 0
}

// wait returns a channel that is closed when an entry comes after the given id.
func (j *journal) wait(after uint64) <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.next > after+1 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if j.grown == nil {
		j.grown = make(chan struct{})
	}
	return j.grown
}

func (j *journal) status() simulations.JournalStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	st := simulations.JournalStatus{Entries: int(j.next - j.first), Bytes: j.bytes, Overwritten: j.overwritten}
	if st.Entries > 0 {
		st.First, st.Last = j.first, j.next-1
	}
	return st
}

// heartbeat is how often a follower that nothing happens for is woken.
const heartbeat = 15 * time.Second

// Follow yields what fits as it comes, until ctx ends; nil now and then when
// nothing does.
func (e *Engine) Follow(ctx context.Context, filter simulations.JournalFilter) (iter.Seq[*simulations.Exchange], error) {
	fits, err := compileFilter(filter)
	if err != nil {
		return nil, err
	}
	return func(yield func(*simulations.Exchange) bool) {
		after := filter.After
		beat := time.NewTimer(heartbeat)
		defer beat.Stop()
		for {
			entries, next, _, more := e.journal.after(after, 256, fits)
			after = next
			for _, x := range entries {
				if !yield(x) {
					return
				}
			}
			if more {
				continue
			}
			beat.Reset(heartbeat)
			select {
			case <-ctx.Done():
				return
			case <-e.life.Done():
				return
			case <-e.journal.wait(after):
			case <-beat.C:
				if !yield(nil) {
					return
				}
			}
		}
	}, nil
}

// counts are the requests since the start, by collaborator, mode, outcome and origin.
type counts struct {
	mu sync.RWMutex
	by map[simulations.Count]*atomic.Uint64
}

func newCounts() *counts { return &counts{by: make(map[simulations.Count]*atomic.Uint64)} }

func (c *counts) add(x *simulations.Exchange) {
	key := simulations.Count{Collaborator: x.Collaborator, Mode: x.Mode, Outcome: x.Outcome, Origin: x.Origin}
	c.mu.RLock()
	n := c.by[key]
	c.mu.RUnlock()
	if n == nil {
		c.mu.Lock()
		if n = c.by[key]; n == nil {
			n = new(atomic.Uint64)
			c.by[key] = n
		}
		c.mu.Unlock()
	}
	n.Add(1)
}

func (c *counts) list() []simulations.Count {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := make([]simulations.Count, 0, len(c.by))
	for key, n := range c.by {
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
