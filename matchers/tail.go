package matchers

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
)

// Tail is a small index that takes stubs one at a time, at the rate at which
// exchanges are recorded. It is for stubs with an exact path, as recorded ones
// have; others are found in it too, one by one.
//
// A stub in the tail hides the stub of the same simulation and id in the
// indexes of the [Set] that the tail belongs to. Writers exclude each other;
// readers take no lock: the whole is one immutable state behind an atomic
// pointer, so that a search sees one state from its begin to its end. The
// state is cut into shards, and an edit copies those it touches. One big map
// behind a lock for readers was rejected: a search would hold it while it
// claims stubs from sessions.
type Tail struct {
	write sync.Mutex
	state atomic.Pointer[tailState]
}

// tailShards is how many parts an edit does not have to copy.
const tailShards = 256

type tailState struct {
	len int
	// ids and paths are sharded by the hash of their key.
	ids   [tailShards]map[stubKey]*Stub
	paths [tailShards]map[exactKey][]*Stub
	// other are stubs without an exact path.
	other []*Stub
}

type stubKey struct{ simulation, id string }

// NewTail makes an empty tail.
func NewTail() *Tail {
	t := &Tail{}
	t.state.Store(&tailState{})
	return t
}

func shardOf(s string) int { return int(maphash.String(seed, s) % tailShards) }

// Len is the number of stubs in the tail.
func (t *Tail) Len() int { return t.state.Load().len }

// Put adds a stub, or replaces the one of its simulation and id. The next
// search sees it.
func (t *Tail) Put(s *Stub) {
	t.edit(func(st *tailState) {
		st.remove(stubKey{s.Simulation, s.ID})
		st.put(s)
	})
}

// Remove takes a stub out. One that it hid in an index is found again.
func (t *Tail) Remove(simulation, id string) {
	t.edit(func(st *tailState) { st.remove(stubKey{simulation, id}) })
}

// DropSimulation takes out the stubs of a simulation.
func (t *Tail) DropSimulation(name string) {
	t.edit(func(st *tailState) { st.drop(name) })
}

func (t *Tail) edit(do func(*tailState)) {
	t.write.Lock()
	defer t.write.Unlock()
	st := *t.state.Load() // the shards are shared until they are written
	do(&st)
	t.state.Store(&st)
}

func (st *tailState) get(k stubKey) *Stub {
	if st.len == 0 {
		return nil
	}
	return st.ids[shardOf(k.id)][k]
}

// hides reports whether the tail has another stub in the place of s.
func (st *tailState) hides(s *Stub) bool {
	if st.len == 0 {
		return false
	}
	own := st.get(stubKey{s.Simulation, s.ID})
	return own != nil && own != s
}

// all lists the stubs, in no particular order.
func (st *tailState) all() []*Stub {
	out := make([]*Stub, 0, st.len)
	for _, shard := range st.ids {
		for _, s := range shard {
			out = append(out, s)
		}
	}
	return out
}

func (st *tailState) put(s *Stub) {
	k := stubKey{s.Simulation, s.ID}
	setIn(&st.ids[shardOf(k.id)], k, s)
	st.len++
	if s.pattern.path.kind != exactPath {
		st.other = insert(st.other, s)
		return
	}
	for _, key := range exactKeys(s) {
		shard := &st.paths[shardOf(key.path)]
		setIn(shard, key, insert((*shard)[key], s))
	}
}

func (st *tailState) remove(k stubKey) {
	s := st.get(k)
	if s == nil {
		return
	}
	setIn(&st.ids[shardOf(k.id)], k, nil)
	st.len--
	if s.pattern.path.kind != exactPath {
		st.other = without(st.other, s)
		return
	}
	for _, key := range exactKeys(s) {
		shard := &st.paths[shardOf(key.path)]
		rest := without((*shard)[key], s)
		if len(rest) == 0 {
			rest = nil
		}
		setIn(shard, key, rest)
	}
}

func (st *tailState) drop(simulation string) {
	var gone []stubKey
	for _, shard := range st.ids {
		for k := range shard {
			if k.simulation == simulation {
				gone = append(gone, k)
			}
		}
	}
	if len(gone) == st.len {
		*st = tailState{}
		return
	}
	for _, k := range gone {
		st.remove(k)
	}
}

// setIn copies the shard with one entry set, or removed where v is its zero
// value.
func setIn[K comparable, V *Stub | []*Stub](shard *map[K]V, k K, v V) {
	out := make(map[K]V, len(*shard)+1)
	for key, value := range *shard {
		out[key] = value
	}
	if v == nil {
		delete(out, k)
	} else {
		out[k] = v
	}
	*shard = out
}

// insert returns a copy of list, which is in order of precedence, with s.
func insert(list []*Stub, s *Stub) []*Stub {
	i, _ := slices.BinarySearchFunc(list, s, compareStubs)
	out := make([]*Stub, 0, len(list)+1)
	out = append(out, list[:i]...)
	out = append(out, s)
	return append(out, list[i:]...)
}

// without returns a copy of list that lacks s.
func without(list []*Stub, s *Stub) []*Stub {
	out := make([]*Stub, 0, len(list))
	for _, other := range list {
		if other != s {
			out = append(out, other)
		}
	}
	return out
}

// exactKey is the key of a tail's paths.
type exactKey struct {
	group
	path string
}

func exactKeys(s *Stub) []exactKey {
	groups := groupsOf(s)
	out := make([]exactKey, len(groups))
	for i, g := range groups {
		out[i] = exactKey{group: g, path: s.pattern.path.exact}
	}
	return out
}
