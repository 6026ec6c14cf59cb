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
// indexes of the [Set] that the tail belongs to, and a stub that was removed can
// be hidden with nothing in its place. Writers exclude each other;
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
	// len counts the stubs and what is hidden.
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

// gone stands in the tail for a stub that is hidden with nothing in its place.
var gone = &Stub{}

// Put adds a stub, or replaces the one of its simulation and id. The next
// search sees it.
func (t *Tail) Put(s *Stub) { t.Edit(s.Simulation, []*Stub{s}, nil) }

// Edit adds stubs of one simulation, or replaces those of the same ids, and
// hides others, whether they are in the tail or in an index. The next search
// sees all of it.
func (t *Tail) Edit(simulation string, put []*Stub, hide []string) {
	t.write.Lock()
	defer t.write.Unlock()
	e := &tailEdit{tailState: *t.state.Load()} // the shards are shared until they are written
	for _, s := range put {
		e.remove(stubKey{simulation, s.ID})
		e.put(s)
	}
	for _, id := range hide {
		k := stubKey{simulation, id}
		e.remove(k)
		setIn(&e.ids[shardOf(id)], &e.ownIDs[shardOf(id)], k, gone)
		e.len++
	}
	t.state.Store(&e.tailState)
}

// tailEdit is a state on its way: a shard that it writes is copied once.
type tailEdit struct {
	tailState
	ownIDs, ownPaths [tailShards]bool
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

// hidesNumber is hides for a stub of an index.
func (st *tailState) hidesNumber(x *Index, number uint32) bool {
	return st.len > 0 && st.get(stubKey{x.simulation, x.id(number)}) != nil
}

// some calls do with some of the stubs, at most n.
func (st *tailState) some(n int, do func(*Stub)) {
	if st.len == 0 {
		return
	}
	for _, shard := range st.ids {
		for _, s := range shard {
			if s == gone {
				continue
			}
			if n--; n < 0 {
				return
			}
			do(s)
		}
	}
}

func (st *tailEdit) put(s *Stub) {
	k := stubKey{s.Simulation, s.ID}
	setIn(&st.ids[shardOf(k.id)], &st.ownIDs[shardOf(k.id)], k, s)
	st.len++
	if s.pattern.path.kind != exactPath {
		st.other = insert(st.other, s)
		return
	}
	for _, key := range exactKeys(s) {
		n := shardOf(key.path)
		setIn(&st.paths[n], &st.ownPaths[n], key, insert(st.paths[n][key], s))
	}
}

func (st *tailEdit) remove(k stubKey) {
	s := st.get(k)
	if s == nil {
		return
	}
	setIn(&st.ids[shardOf(k.id)], &st.ownIDs[shardOf(k.id)], k, nil)
	st.len--
	if s == gone {
		return
	}
	if s.pattern.path.kind != exactPath {
		st.other = without(st.other, s)
		return
	}
	for _, key := range exactKeys(s) {
		n := shardOf(key.path)
		rest := without(st.paths[n][key], s)
		if len(rest) == 0 {
			rest = nil
		}
		setIn(&st.paths[n], &st.ownPaths[n], key, rest)
	}
}

// setIn sets one entry of a shard, or removes it where v is its zero value. A
// shard that is not owned yet is copied first.
func setIn[K comparable, V *Stub | []*Stub](shard *map[K]V, own *bool, k K, v V) {
	if !*own {
		*own = true
		out := make(map[K]V, len(*shard)+1)
		for key, value := range *shard {
			out[key] = value
		}
		*shard = out
	}
	if v == nil {
		delete(*shard, k)
	} else {
		(*shard)[k] = v
	}
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
