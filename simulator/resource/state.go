package resource

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"understudy/simulations"
)

// Entry is one thing that an overlay holds, as it is kept over a restart. A nil
// Value says that it is gone.
type Entry struct {
	Key   string
	Value []byte
}

// rowKind is what an entry holds.
type rowKind byte

const (
	rowItem    rowKind = 'i'
	rowGone    rowKind = 'g' // an item of the seed that was deleted
	rowCleared rowKind = 'c' // a scope whose seed is hidden
	rowCounter rowKind = 'n'
	rowAnswer  rowKind = 'k' // what an idempotency key stands for
)

// An entry's value is a version, the kind, then collection, scope and id, each
// after its length, and a number: an item's place among the created ones, or a
// counter, or when a key expires. What follows is the item's JSON, or what is kept of a key. The key is a hash of the names, which
// may be longer than a key can be.
const entryVersion = 1

func (m mark) key() string {
	h := sha256.New()
	for _, s := range []string{m.collection, m.scope, m.id} {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	return string(rune(m.kind)) + hex.EncodeToString(h.Sum(nil)[:20])
}

func (m mark) appendValue(kind rowKind, number uint64, v *simulations.Value) []byte {
	b := []byte{entryVersion, byte(kind)}
	for _, s := range []string{m.collection, m.scope, m.id} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, number)
	if v != nil {
		b = v.AppendJSON(b)
	}
	return b
}

// Changes takes what changed since the last call. Where it could not be kept,
// undo has it come again.
func (o *Overlay) Changes() (entries []Entry, undo func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.dirty) == 0 || o.closed {
		return nil, func() {}
	}
	taken := o.dirty
	o.dirty = map[mark]struct{}{}
	entries = make([]Entry, 0, len(taken))
	for m := range taken {
		entries = append(entries, Entry{Key: m.key(), Value: o.value(m)})
	}
	return entries, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		for m := range taken {
			o.dirty[m] = struct{}{}
		}
	}
}

// value is what is at a mark now, nil for nothing. The lock is held.
func (o *Overlay) value(m mark) []byte {
	t := o.tables[m.place]
	switch {
	case m.kind == rowCounter:
		return m.appendValue(rowCounter, o.counters[m.collection], nil)
	case m.kind == rowAnswer:
		k := o.keys.kept[keyed{m.collection, m.id}]
		if k == nil {
			return nil
		}
		return k.appendState(m.appendValue(rowAnswer, uint64(k.until), nil))
	case t == nil:
		return nil
	case m.kind == rowCleared:
		if !t.cleared {
			return nil
		}
		return m.appendValue(rowCleared, 0, nil)
	}
	it, known := t.rows[m.id]
	switch {
	case !known:
		return nil
	case it == nil:
		return m.appendValue(rowGone, 0, nil)
	}
	return m.appendValue(rowItem, it.seq, it.value)
}

var errEntry = errors.New("the entry is damaged, or of a newer understudy")

// Restore puts back what Changes gave.
func (o *Overlay) Restore(value []byte) error {
	m, kind, number, rest, err := parseEntry(value)
	if err != nil {
		return err
	}
	if kind == rowAnswer {
		return o.restoreKey(keyed{m.collection, m.id}, number, rest)
	}
	var content *simulations.Value
	if kind == rowItem {
		if content, err = simulations.ParseJSON(rest); err != nil || content.Kind != simulations.Object {
			return errEntry
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if kind == rowCounter {
		o.counters[m.collection] = max(o.counters[m.collection], number)
		return nil
	}
	t := o.tables[m.place]
	if t == nil {
		t = &table{rows: make(map[string]*item)}
		o.tables[m.place] = t
	}
	if kind == rowCleared {
		t.cleared = true
		return nil
	}
	if _, twice := t.rows[m.id]; twice {
		return errEntry
	}
	held := 0
	if kind == rowItem {
		held = weight(content)
	}
	if r := o.charge(1, int64(rowOverhead+len(m.id)+len(m.scope)+held)); r != nil {
		return fmt.Errorf("the item %s of %s is left out: %s", m.id, m.collection, r.Detail)
	}
	if kind == rowGone {
		t.rows[m.id] = nil
		return nil
	}
	it := &item{id: m.id, value: content, seq: number, weight: held}
	t.rows[m.id] = it
	if number > 0 {
		i, _ := slices.BinarySearchFunc(t.created, number, bySeq)
		t.created = slices.Insert(t.created, i, it)
		o.seq = max(o.seq, number)
	}
	return nil
}

// restoreKey puts back what a key stands for; until is when it expires.
func (o *Overlay) restoreKey(at keyed, until uint64, state []byte) error {
	k, err := parseKept(state)
	if err != nil || until == 0 || until > math.MaxInt64 {
		return errEntry
	}
	k.until = int64(until)
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, twice := o.keys.kept[at]; twice {
		return errEntry
	}
	if r := o.charge(0, k.weight(at.key)); r != nil {
		return fmt.Errorf("an idempotency key of %s is left out: %s", at.collection, r.Detail)
	}
	o.keep(at, k)
	return nil
}

func parseEntry(b []byte) (m mark, kind rowKind, number uint64, rest []byte, err error) {
	if len(b) < 2 || b[0] != entryVersion {
		return m, 0, 0, nil, errEntry
	}
	kind, b = rowKind(b[1]), b[2:]
	r := stateReader{rest: b}
	m.collection, m.scope, m.id = r.text(), r.text(), r.text()
	if number = r.number(); r.damaged {
		return m, 0, 0, nil, errEntry
	}
	rest = r.rest
	switch kind {
	case rowItem, rowAnswer:
	case rowGone, rowCleared, rowCounter:
		if len(rest) > 0 {
			return m, 0, 0, nil, errEntry
		}
	default:
		return m, 0, 0, nil, errEntry
	}
	return m, kind, number, rest, nil
}
