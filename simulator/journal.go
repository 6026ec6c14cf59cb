package simulator

import (
	"context"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"understudy/simulations"
)

// journal keeps the latest exchanges, bounded by their number and by their
// bytes. It never waits for a reader: what has to make room is counted, and a
// reader that comes back is told how many exchanges it missed.
//
// Writers share no lock. Each appends to a shard of its own choice, so two of
// them meet at one counter, which gives out the ids, and else only where they
// chose the same shard. An id is taken while the shard's lock is held, so ids
// rise within a shard.
//
// What is shown are all exchanges from the id first to the latest: first is
// such that they are as many as the journal may hold, and above floor, the
// highest id that left a shard for want of room or was cleared. So the number
// is exact; bytes are bounded for each shard, and the shards' bounds add up to
// the journal's.
//
// A reader sees no gap. It loads next, the end of what it reads, and locks
// every shard after that: an id below next was taken by a writer that held its
// shard's lock and let it go only when the entry was written. So an entry that
// the reader does not find has left its shard to make room, and is counted as
// missed.
//
// Entries are bytes, the form of simulations.AppendExchange, which the garbage
// collector need not look into. Readers get copies of their own. A list of all ids with their places beside
// the shards was rejected: it would be shared memory that every writer writes.
type journal struct {
	shards []journalShard
	mask   uint64
	limit  uint64 // of exchanges

	_    [64]byte // next is written by everybody, the others are only read
	next atomic.Uint64
	_    [64]byte

	floor atomic.Uint64
	// grown is closed, and taken away, when an entry comes; nil where nobody waits.
	grown atomic.Pointer[chan struct{}]

	mu sync.Mutex
	// cleared counts entries that were cleared rather than overwritten. mu
	// guards it, and keeps it in step with floor.
	cleared uint64
}

// What a shard has at least: with less, the part of the exchanges that one shard
// happens to get would differ too much from that of another, and the largest
// exchange would not fit.
const (
	minShardEntries = 256
	minShardBytes   = 4 << 20
	maxShards       = 64
)

// readAhead is how many entries are copied out at once.
const readAhead = 128

func newJournal(entries int, maxBytes int64) *journal {
	entries = max(entries, 1)
	n := min(4*runtime.GOMAXPROCS(0), maxShards, entries/minShardEntries, int(min(maxBytes/minShardBytes, maxShards)))
	n = 1 << (bits.Len(uint(max(n, 1))) - 1) // a power of two
	j := &journal{shards: make([]journalShard, n), mask: uint64(n - 1), limit: uint64(entries)}
	for i := range j.shards {
		j.shards[i].init(maxBytes / int64(n))
	}
	j.next.Store(1)
	return j
}

// desk is where an exchange becomes bytes. A processor mostly finds its own
// again, so its turns, which choose the shard, are shared with nobody.
type desk struct {
	form []byte
	turn uint64
}

var desks = sync.Pool{New: func() any { return &desk{turn: rand.Uint64()} }}

const (
	// maxDesk is the largest room for a form that is kept for the next.
	maxDesk = 256 << 10
	// turnLength is how many exchanges go to one shard before the next has its
	// turn: the shard stays in the processor's cache meanwhile, and all shards
	// get alike in the end.
	turnLength = 16
)

// append keeps the exchange and gives it its id. Nothing of x is kept but its
// bytes, so it may share what changes later. Whoever learns of the exchange
// after append returned finds it.
func (j *journal) append(x *simulations.Exchange) {
	d := desks.Get().(*desk)
	form := simulations.AppendExchange(d.form[:0], x)
	s := &j.shards[d.turn/turnLength&j.mask]
	d.turn++

	s.mu.Lock()
	x.ID = j.next.Add(1) - 1
	j.raise(s.add(x.ID, form, j.first(x.ID+1)))
	s.mu.Unlock()

	if cap(form) <= maxDesk {
		d.form = form
	}
	desks.Put(d)
	// A reader that waits has put its channel there before it looked at next,
	// so it has seen this id or its channel is seen here.
	if p := j.grown.Load(); p != nil && j.grown.CompareAndSwap(p, nil) {
		close(*p)
	}
}

// amend changes an entry, if it is still kept.
func (j *journal) amend(id uint64, change func(*simulations.Exchange)) {
	for i := range j.shards {
		s := &j.shards[i]
		s.mu.Lock()
		found, evicted := s.replace(id, func(form []byte) []byte {
			x, err := simulations.ParseExchange(string(form))
			if err != nil {
				return form
			}
			change(x)
			return simulations.AppendExchange(nil, x)
		})
		j.raise(evicted)
		s.mu.Unlock()
		if found {
			return
		}
	}
}

// raise lifts the floor to an id.
func (j *journal) raise(id uint64) {
	for was := j.floor.Load(); was < id; was = j.floor.Load() {
		if j.floor.CompareAndSwap(was, id) {
			return
		}
	}
}

// first is the oldest id that is shown while next is the next to come.
func (j *journal) first(next uint64) uint64 {
	first := j.floor.Load() + 1
	if next > j.limit {
		first = max(first, next-j.limit)
	}
	return min(first, next)
}

// bounds are the oldest id that is shown and the next to come.
func (j *journal) bounds() (first, next uint64) {
	next = j.next.Load()
	return j.first(next), next
}

// read copies out the forms of the entries with from <= id < to, at most
// readAhead; "" stands for those that are gone. buf is room to be used again.
func (j *journal) read(from, to uint64, buf []byte) ([]string, []byte) {
	forms := make([]string, to-from)
	for i := range j.shards {
		buf = j.shards[i].copyOut(from, forms, buf)
	}
	return forms, buf
}

// scan shows the entries with ids above after that fit, oldest first, until show
// says no. It returns the id that it got to, how many it could not show any
// more, and whether it was show that ended it before the end. The end of ctx ends it
// anywhere: what it returns then is not to be used.
func (j *journal) scan(ctx context.Context, after uint64, fits *filter, show func(*simulations.Exchange) bool) (next, missed uint64, more bool) {
	first, end := j.bounds()
	if after >= end-1 {
		return after, 0, false // nothing new, or an id of the future: the reader's journal was another
	}
	from := max(after+1, first)
	missed = from - after - 1
	var buf []byte
	for from < end && ctx.Err() == nil {
		var forms []string
		forms, buf = j.read(from, min(end, from+readAhead), buf)
		for _, form := range forms {
			id := from
			from++
			if form == "" {
				missed++
				continue
			}
			if x := fits.pick(id, form); x != nil && !show(x) {
				return id, missed, from < end
			}
		}
	}
	return end - 1, missed, false
}

// after returns up to limit entries with ids above after that fit; see scan.
func (j *journal) after(ctx context.Context, after uint64, limit int, fits *filter) (entries []*simulations.Exchange, next, missed uint64, more bool) {
	entries = []*simulations.Exchange{}
	next, missed, more = j.scan(ctx, after, fits, func(x *simulations.Exchange) bool {
		entries = append(entries, x)
		return len(entries) < limit
	})
	return entries, next, missed, more
}

// latest returns the last entries that fit, up to limit, oldest first, the
// latest id of all, and how many are not shown any more. ctx ends it as it ends scan.
func (j *journal) latest(ctx context.Context, limit int, fits *filter) (entries []*simulations.Exchange, next, missed uint64) {
	entries = []*simulations.Exchange{}
	first, end := j.bounds()
	missed = first - 1
	var buf []byte
	for to := end; to > first && len(entries) < limit && ctx.Err() == nil; {
		from := max(first, to-min(to, readAhead))
		var forms []string
		forms, buf = j.read(from, to, buf)
		for ; to > from && len(entries) < limit; to-- {
			form := forms[to-1-from]
			if form == "" {
				missed++
			} else if x := fits.pick(to-1, form); x != nil {
				entries = append(entries, x)
			}
		}
	}
	slices.Reverse(entries)
	return entries, end - 1, missed
}

// get returns an entry, nil where it is not kept.
func (j *journal) get(id uint64) *simulations.Exchange {
	first, next := j.bounds()
	if id < first || id >= next {
		return nil
	}
	forms, _ := j.read(id, id+1, nil)
	if forms[0] == "" {
		return nil
	}
	return (*filter)(nil).pick(id, forms[0])
}

// clear forgets everything; ids go on.
func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	first, next := j.bounds()
	j.raise(next - 1)
	j.cleared += next - first
	for i := range j.shards {
		j.shards[i].forget(next)
	}
}

// wait returns a channel that is closed when an entry comes after the given id.
func (j *journal) wait(after uint64) <-chan struct{} {
	fresh := make(chan struct{})
	p := &fresh
	for !j.grown.CompareAndSwap(nil, p) {
		if there := j.grown.Load(); there != nil {
			p = there
			break
		}
	}
	if j.next.Load() > after+1 {
		done := make(chan struct{})
		close(done)
		return done
	}
	return *p
}

func (j *journal) status() simulations.JournalStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	first, next := j.bounds()
	st := simulations.JournalStatus{Entries: int(next - first), Overwritten: first - 1 - j.cleared}
	if st.Entries > 0 {
		st.First, st.Last = first, next-1
	}
	for i := range j.shards {
		s := &j.shards[i]
		s.mu.Lock()
		st.Bytes += s.used
		s.mu.Unlock()
	}
	return st
}
