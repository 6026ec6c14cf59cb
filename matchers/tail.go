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
// be hidden with nothing in its place. Writers exclude each other; readers take
// no lock: an edit makes a version, and a search sees one version from its begin
// to its end. One big map behind a lock for readers was rejected: a search would
// hold it while it claims stubs from sessions.
//
// Stubs are in tables, which keep what was replaced: when that comes to maxStale
// bytes, the next version has tables without it.
type Tail struct {
	write sync.Mutex
	state atomic.Pointer[tailState]
	keeps int // maxStale, but for tests
}

// maxStale is how many bytes of what was replaced a tail keeps, about.
const maxStale = 16 << 20

// tailState is a tail as it is at one version. It is never changed.
type tailState struct {
	in      *tailTables
	version uint64
	// len counts the stubs and what is hidden.
	len int
	// stale is how many bytes the tables keep of what was replaced, about.
	stale int
	// other are the stubs without an exact path, in order of precedence.
	other []*Stub
}

type tailTables struct {
	// ids are the stubs, and what is hidden.
	ids table[stubKey, *Stub]
	// paths are those with an exact path, in order of precedence.
	paths table[exactKey, []*Stub]
}

// at are tables with what these have at a version.
func (in *tailTables) at(version uint64) *tailTables {
	out := new(tailTables)
	for k, s := range in.ids.all(version) {
		out.ids.set(version, k, s)
	}
	for k, list := range in.paths.all(version) {
		out.paths.set(version, k, list)
	}
	return out
}

type stubKey struct{ simulation, id string }

func (k stubKey) hash() uint64 { return maphash.String(seed, k.id) }

// NewTail makes an empty tail.
func NewTail() *Tail {
	t := &Tail{keeps: maxStale}
	t.state.Store(&tailState{in: new(tailTables)})
	return t
}

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
	next := *t.state.Load()
	next.version++
	for _, s := range put {
		next.set(stubKey{simulation, s.ID}, s)
	}
	for _, id := range hide {
		next.set(stubKey{simulation, id}, gone)
	}
	if next.stale > t.keeps {
		next.in, next.stale = next.in.at(next.version), 0
	}
	t.state.Store(&next)
}

func (st *tailState) get(k stubKey) *Stub {
	if st.len == 0 {
		return nil
	}
	s, _ := st.in.ids.get(st.version, k)
	return s
}

// exact are the stubs of an exact path, in order of precedence.
func (st *tailState) exact(k exactKey) []*Stub {
	list, _ := st.in.paths.get(st.version, k)
	return list
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

// some calls do with some of the stubs, at most n, made ready.
func (st *tailState) some(n int, do func(*Stub)) {
	for _, s := range st.in.ids.all(st.version) {
		if s == gone {
			continue
		}
		if n--; n < 0 {
			return
		}
		do(s.whole())
	}
}

// What a replaced stub takes besides its packed form, and each of a replaced list.
const (
	staleStub    = 1 << 10
	stalePointer = 8
)

// set puts s, or gone, in the place of what is there. Like link and unlink it
// makes the state that is the next one, under the tail's lock.
func (st *tailState) set(k stubKey, s *Stub) {
	old := st.get(k)
	if old == nil {
		st.len++
	} else if old != gone {
		st.stale += staleStub + len(old.Packed().Packed)
		st.unlink(old)
	}
	st.in.ids.set(st.version, k, s)
	if s != gone {
		st.link(s)
	}
}

func (st *tailState) link(s *Stub) {
	if !s.Exact() {
		st.other = insert(st.other, s)
		return
	}
	for _, key := range exactKeys(s) {
		list := st.exact(key)
		st.stale += stalePointer * len(list)
		st.in.paths.set(st.version, key, insert(list, s))
	}
}

func (st *tailState) unlink(s *Stub) {
	if !s.Exact() {
		st.other = without(st.other, s)
		return
	}
	for _, key := range exactKeys(s) {
		list := st.exact(key)
		st.stale += stalePointer * len(list)
		if rest := without(list, s); len(rest) > 0 {
			st.in.paths.set(st.version, key, rest)
		} else {
			st.in.paths.drop(st.version, key)
		}
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

// hash leaves out the group: those of one path are few.
func (k exactKey) hash() uint64 { return maphash.String(seed, k.path) }

func exactKeys(s *Stub) []exactKey {
	if s.shelved != nil {
		return s.shelved.keys
	}
	groups := groupsOf(s)
	out := make([]exactKey, len(groups))
	for i, g := range groups {
		out[i] = exactKey{group: g, path: s.pattern.path.exact}
	}
	return out
}
