package table

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Entry is one row that a session changed, as it is kept over a restart. A nil
// Value says that it is gone.
type Entry struct {
	Key   string
	Value []byte
}

// mark names a row that the store does not have yet.
type mark struct {
	table  string
	added  bool
	number int
}

// key has a hash of the table's name, which may be longer than a key can be.
func (m mark) key() string {
	sum := sha256.Sum256([]byte(m.table))
	kind := 'c'
	if m.added {
		kind = 'a'
	}
	return fmt.Sprintf("%s/%c%08x", hex.EncodeToString(sum[:16]), kind, m.number)
}

// kept is what an entry's value says: table, version, number and cells, each text
// after its length, behind a byte for the form and one for the kind of row.
type kept struct {
	table, version string
	kind           byte
	number         int
	row            []string
}

// keptVersion is the first byte of the form above.
const keptVersion = 1

// The kinds of rows.
const (
	keptChanged = 'c'
	keptGone    = 'g'
	keptAdded   = 'a'
)

func (k *kept) encode() []byte {
	b := []byte{keptVersion, k.kind}
	for _, s := range []string{k.table, k.version} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	b = binary.AppendUvarint(b, uint64(k.number))
	for _, s := range k.row {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b
}

func decodeKept(b []byte) (*kept, error) {
	errDamaged := errors.New("a row of a table that is damaged, or of a newer understudy")
	if len(b) < 2 || b[0] != keptVersion || b[1] != keptChanged && b[1] != keptGone && b[1] != keptAdded {
		return nil, errDamaged
	}
	k := &kept{kind: b[1], row: []string{}}
	b = b[2:]
	ok := true
	number := func() uint64 {
		n, size := binary.Uvarint(b)
		if ok = ok && size > 0; !ok {
			return 0
		}
		b = b[size:]
		return n
	}
	text := func() string {
		n := number()
		if ok = ok && n <= uint64(len(b)); !ok {
			return ""
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	k.table, k.version = text(), text()
	n := number()
	k.number = int(n)
	for ok && len(b) > 0 {
		k.row = append(k.row, text())
	}
	if !ok || n > 1<<31-1 {
		return nil, errDamaged
	}
	if k.kind == keptGone {
		k.row = nil
	}
	return k, nil
}

// Changes takes what changed since the last call. Where it could not be kept,
// undo has it come again.
func (e *Edits) Changes() (entries []Entry, undo func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.dirty) == 0 || e.closed {
		return nil, func() {}
	}
	taken := e.dirty
	e.dirty = map[mark]struct{}{}
	for m := range taken {
		entries = append(entries, Entry{Key: m.key(), Value: e.value(m)})
	}
	return entries, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		for m := range taken {
			e.dirty[m] = struct{}{}
		}
	}
}

// value is what is kept of a row; nil where there is nothing. The lock is held.
func (e *Edits) value(m mark) []byte {
	d := e.tables[m.table]
	if d == nil {
		return nil
	}
	k := kept{table: m.table, version: d.version, kind: keptAdded, number: m.number}
	var there bool
	if m.added {
		var i int
		if i, there = d.find(m.number); there {
			k.row = d.added[i].row
		}
	} else if k.row, there = d.changed[m.number]; k.row != nil {
		k.kind = keptChanged
	} else {
		k.kind = keptGone
	}
	if !there {
		return nil
	}
	return k.encode()
}

func (d *edited) find(number int) (int, bool) {
	return slices.BinarySearchFunc(d.added, number, func(a added, n int) int { return a.number - n })
}

// Restore takes in an entry's value. Entries come in any order.
func (e *Edits) Restore(value []byte) error {
	k, err := decodeKept(value)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.tables[k.table]
	if d == nil {
		d = &edited{version: k.version, changed: map[int][]string{}}
		e.tables[k.table] = d
	}
	if d.version != k.version {
		return errors.New("a row of a table's former content")
	}
	if k.row != nil {
		if d.columns == 0 {
			d.columns = len(k.row)
		}
		if d.columns != len(k.row) {
			return errors.New("a row of a table that has other columns")
		}
	}
	i, found := d.find(k.number)
	if _, changed := d.changed[k.number]; k.kind == keptAdded && found || k.kind != keptAdded && changed {
		return errors.New("a row of a table that stands twice")
	}
	if err := e.charge(1, size(k.row)); err != nil {
		return err
	}
	if k.kind != keptAdded {
		d.changed[k.number] = k.row
		return nil
	}
	d.added = slices.Insert(d.added, i, added{k.number, k.row})
	d.last = max(d.last, k.number)
	return nil
}
