package matchers

import (
	"math/bits"
	"slices"
)

// tableKey is a key that knows its hash. The low bits of it have to differ.
type tableKey interface {
	comparable
	hash() uint64
}

// table is an immutable map. An edit makes another one, which shares all with
// it but the way to what was edited: four small nodes among some thousand
// entries, however many there are. It is a trie of the keys' hashes, four bits a
// level. The zero table is empty.
//
// Rejected: a Go map cut into shards, of which an edit copies one. With a
// thousand entries it copied 12 KiB for each.
type table[K tableKey, V any] struct {
	root *tableNode[K, V]
	len  int
}

// tableNode has a place for each value of four bits of the hash.
type tableNode[K tableKey, V any] struct {
	// used has a bit for each place that is not empty; slots are those, in order.
	used  uint16
	slots []tableSlot[K, V]
}

// tableSlot is an entry, or a node where there are several.
type tableSlot[K tableKey, V any] struct {
	node  *tableNode[K, V]
	entry *tableEntry[K, V]
}

type tableEntry[K tableKey, V any] struct {
	hash  uint64
	key   K
	value V
	// next are other keys of the same hash.
	next *tableEntry[K, V]
}

const tableBits = 4

// place is the bit of a hash's place at a level, and how many places before it
// are used.
func (n *tableNode[K, V]) place(hash uint64, shift uint) (bit uint16, at int) {
	bit = 1 << (hash >> shift & (1<<tableBits - 1))
	return bit, bits.OnesCount16(n.used & (bit - 1))
}

func (t *table[K, V]) get(key K) (value V, ok bool) {
	hash, node := key.hash(), t.root
	for shift := uint(0); node != nil; shift += tableBits {
		bit, at := node.place(hash, shift)
		if node.used&bit == 0 {
			break
		}
		s := &node.slots[at]
		for e := s.entry; e != nil && e.hash == hash; e = e.next {
			if e.key == key {
				return e.value, true
			}
		}
		node = s.node
	}
	return value, false
}

// with is the table with a value under a key.
func (t table[K, V]) with(key K, value V) table[K, V] {
	e := &tableEntry[K, V]{hash: key.hash(), key: key, value: value}
	added := 1
	t.root = t.root.with(e, 0, &added)
	t.len += added
	return t
}

// with sets added to 0 where there is an entry of that key.
func (n *tableNode[K, V]) with(e *tableEntry[K, V], shift uint, added *int) *tableNode[K, V] {
	if n == nil {
		n = &tableNode[K, V]{}
	}
	bit, at := n.place(e.hash, shift)
	if n.used&bit == 0 {
		out := &tableNode[K, V]{used: n.used | bit, slots: make([]tableSlot[K, V], len(n.slots)+1)}
		copy(out.slots, n.slots[:at])
		out.slots[at].entry = e
		copy(out.slots[at+1:], n.slots[at:])
		return out
	}
	out := &tableNode[K, V]{used: n.used, slots: slices.Clone(n.slots)}
	s := &out.slots[at]
	switch {
	case s.node != nil:
		s.node = s.node.with(e, shift+tableBits, added)
	case s.entry.hash == e.hash:
		if e.next = s.entry.except(e.key); e.next != s.entry {
			*added = 0
		}
		s.entry = e
	default: // both move a level down
		s.node = fork(s.entry, e, shift+tableBits)
		s.entry = nil
	}
	return out
}

// fork is a node of two entries of different hashes.
func fork[K tableKey, V any](a, b *tableEntry[K, V], shift uint) *tableNode[K, V] {
	n := &tableNode[K, V]{}
	bitA, _ := n.place(a.hash, shift)
	bitB, _ := n.place(b.hash, shift)
	n.used = bitA | bitB
	switch {
	case bitA == bitB:
		n.slots = []tableSlot[K, V]{{node: fork(a, b, shift+tableBits)}}
	case bitA < bitB:
		n.slots = []tableSlot[K, V]{{entry: a}, {entry: b}}
	default:
		n.slots = []tableSlot[K, V]{{entry: b}, {entry: a}}
	}
	return n
}

// except is the entries of a hash but for a key's.
func (e *tableEntry[K, V]) except(key K) *tableEntry[K, V] {
	switch {
	case e == nil:
		return nil
	case e.key == key:
		return e.next
	}
	rest := e.next.except(key)
	if rest == e.next {
		return e
	}
	out := *e
	out.next = rest
	return &out
}

// without is the table that lacks a key.
func (t table[K, V]) without(key K) table[K, V] {
	if _, ok := t.get(key); ok {
		t.root = t.root.without(key, key.hash(), 0)
		t.len--
	}
	return t
}

// without is called for a key that is there. It is nil where nothing is left.
func (n *tableNode[K, V]) without(key K, hash uint64, shift uint) *tableNode[K, V] {
	bit, at := n.place(hash, shift)
	s := n.slots[at]
	if s.node != nil {
		s.node = s.node.without(key, hash, shift+tableBits)
	} else {
		s.entry = s.entry.except(key)
	}
	if s.node == nil && s.entry == nil {
		if len(n.slots) == 1 {
			return nil
		}
		out := &tableNode[K, V]{used: n.used &^ bit, slots: make([]tableSlot[K, V], 0, len(n.slots)-1)}
		out.slots = append(append(out.slots, n.slots[:at]...), n.slots[at+1:]...)
		return out
	}
	out := &tableNode[K, V]{used: n.used, slots: slices.Clone(n.slots)}
	out.slots[at] = s
	return out
}

// all yields the entries, in the order of their hashes' bits.
func (t *table[K, V]) all(yield func(K, V) bool) { t.root.all(yield) }

func (n *tableNode[K, V]) all(yield func(K, V) bool) bool {
	if n == nil {
		return true
	}
	for i := range n.slots {
		for e := n.slots[i].entry; e != nil; e = e.next {
			if !yield(e.key, e.value) {
				return false
			}
		}
		if !n.slots[i].node.all(yield) {
			return false
		}
	}
	return true
}
