package matchers

import "sync/atomic"

// tableKey is a key that knows its hash. The low bits of it have to differ.
type tableKey interface {
	comparable
	hash() uint64
}

// table is a map that is read while it is edited. An edit belongs to a version,
// a number that never falls; a reader names the version at which it looks, and
// sees no edit of a later one. Readers take no lock, edits exclude each other.
// What was replaced stays as long as the table does. The zero table is empty at
// every version.
//
// Rejected: a trie of hashes of which an edit copies the way to what it changes.
// It needs no versions, but copied a kilobyte for each recorded stub.
type table[K tableKey, V any] struct {
	// slots are chains of the entries of some low bits of the hash, the newest
	// first; their number is a power of two.
	slots atomic.Pointer[[]tableSlot[K, V]]
	len   int // of all entries; the writer's
}

type tableSlot[K tableKey, V any] struct {
	atomic.Pointer[tableEntry[K, V]]
}

// tableEntry is what a key became at a version.
type tableEntry[K tableKey, V any] struct {
	version, hash uint64
	key           K
	value         V
	gone          bool
	next          *tableEntry[K, V]
}

// minSlots is how many slots a table begins with.
const minSlots = 16

// get is the value of a key at a version. The version is known before the call:
// all that belongs to it is in the slots by then.
func (t *table[K, V]) get(version uint64, key K) (value V, ok bool) {
	slots := t.slots.Load()
	if slots == nil {
		return value, false
	}
	hash := key.hash()
	for e := (*slots)[hash&uint64(len(*slots)-1)].Load(); e != nil; e = e.next {
		if e.version <= version && e.hash == hash && e.key == key {
			return e.value, !e.gone
		}
	}
	return value, false
}

// set gives a key a value from a version on.
func (t *table[K, V]) set(version uint64, key K, value V) {
	t.push(&tableEntry[K, V]{version: version, hash: key.hash(), key: key, value: value})
}

// drop takes a key out from a version on.
func (t *table[K, V]) drop(version uint64, key K) {
	t.push(&tableEntry[K, V]{version: version, hash: key.hash(), key: key, gone: true})
}

func (t *table[K, V]) push(e *tableEntry[K, V]) {
	slots := t.slots.Load()
	if slots == nil || t.len >= len(*slots) {
		slots = t.grown(slots)
		t.slots.Store(slots)
	}
	slot := &(*slots)[e.hash&uint64(len(*slots)-1)]
	e.next = slot.Load()
	slot.Store(e)
	t.len++
}

// grown is twice the slots with the same entries. They are copies: readers are
// still on their way along the old chains.
func (t *table[K, V]) grown(old *[]tableSlot[K, V]) *[]tableSlot[K, V] {
	if old == nil {
		out := make([]tableSlot[K, V], minSlots)
		return &out
	}
	out := make([]tableSlot[K, V], 2*len(*old))
	room := make([]tableEntry[K, V], 0, t.len)
	last := make([]*tableEntry[K, V], len(out))
	for i := range *old {
		for e := (*old)[i].Load(); e != nil; e = e.next {
			room = append(room, *e)
			here := &room[len(room)-1]
			here.next = nil
			at := here.hash & uint64(len(out)-1)
			if last[at] == nil {
				out[at].Store(here)
			} else {
				last[at].next = here
			}
			last[at] = here
		}
	}
	return &out
}

// all yields what the table holds at a version, in no order.
func (t *table[K, V]) all(version uint64) func(yield func(K, V) bool) {
	return func(yield func(K, V) bool) {
		slots := t.slots.Load()
		if slots == nil {
			return
		}
		for i := range *slots {
			first := (*slots)[i].Load()
			for e := first; e != nil; e = e.next {
				if e.version <= version && !e.gone && first.newest(version, e) && !yield(e.key, e.value) {
					return
				}
			}
		}
	}
}

// newest reports whether no entry of the chain before e tells of its key at the
// version.
func (first *tableEntry[K, V]) newest(version uint64, e *tableEntry[K, V]) bool {
	for x := first; x != e; x = x.next {
		if x.version <= version && x.hash == e.hash && x.key == e.key {
			return false
		}
	}
	return true
}
