package resource

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"understudy/simulations"
)

// Bounds of one overlay.
const (
	// MaxRows bounds the items that a session has put or deleted, MaxBytes the
	// memory that they hold.
	MaxRows  = 10_000
	MaxBytes = 32 << 20
)

// rowOverhead is what a row is counted with beside its item, in bytes.
const rowOverhead = 256

// Budget bounds what all sessions hold together.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget makes a budget of that many bytes.
func NewBudget(bytes int64) *Budget { return &Budget{limit: bytes} }

// Used is what is taken of it, Limit what there is, in bytes.
func (b *Budget) Used() int64  { return b.used.Load() }
func (b *Budget) Limit() int64 { return b.limit }

// Take takes bytes and reports whether there were as many; no more than 0 can
// always be taken.
func (b *Budget) Take(bytes int64) bool {
	if used := b.used.Add(bytes); bytes > 0 && used > b.limit {
		b.used.Add(-bytes)
		return false
	}
	return true
}

// Give gives bytes back.
func (b *Budget) Give(bytes int64) { b.used.Add(-bytes) }

// place names a scope of a collection.
type place struct{ collection, scope string }

// Overlay is what one session changed in any number of collections. All methods
// are safe for concurrent use. A nil Overlay has changed nothing and can only
// be read.
type Overlay struct {
	budget *Budget

	mu     sync.RWMutex
	tables map[place]*table
	// counters are the numbers given out last, by collection.
	counters map[string]uint64
	seq      uint64
	rows     int
	bytes    int64
	closed   bool
	dirty    map[mark]struct{}
	keys     keyring
}

// table is what changed in one scope.
type table struct {
	// rows are by id; nil stands for an item of the seed that is gone.
	rows map[string]*item
	// created are those that are not in the place of one of the seed, oldest first.
	created []*item
	// cleared hides the seed's items: their parent was deleted.
	cleared bool
}

// mark names what the store does not have yet.
type mark struct {
	kind rowKind
	place
	id string
}

// NewOverlay makes an empty overlay that draws on a budget.
func NewOverlay(b *Budget) *Overlay {
	return &Overlay{
		budget: b, tables: map[place]*table{}, counters: map[string]uint64{}, dirty: map[mark]struct{}{},
		keys: keyring{kept: map[keyed]*keptKey{}, claimed: map[keyed]struct{}{}},
	}
}

// Close gives the overlay's bytes back to the budget. Requests that are still
// under way read and write it to the end, for nobody.
func (o *Overlay) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.closed = true
		o.budget.Give(o.bytes)
	}
}

// Bytes is about what it holds in memory.
func (o *Overlay) Bytes() int64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.bytes
}

// Rows counts what was put or deleted, by collection.
func (o *Overlay) Rows() map[string]int {
	out := map[string]int{}
	if o == nil {
		return out
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	for at, t := range o.tables {
		if n := len(t.rows); n > 0 || t.cleared {
			out[at.collection] += n
		}
	}
	return out
}

// view is a scope as a session sees it. It is used under the overlay's lock.
type view struct {
	seed  *seedScope // nil for none
	table *table     // nil for none
}

// view returns a scope of a collection. The lock is held, or o is nil.
func (o *Overlay) view(c *Collection, scope string) view {
	v := view{seed: c.seed.scopes[scope]}
	if o != nil {
		v.table = o.tables[place{c.Name, scope}]
	}
	if v.table != nil && v.table.cleared {
		v.seed = nil
	}
	return v
}

// get finds an item, nil for none.
func (v view) get(id string) *item {
	if v.table != nil {
		if it, ok := v.table.rows[id]; ok {
			return it
		}
	}
	return v.seed.lookup(id)
}

// deleted reports whether an item was, as far as that is known: always of one of
// the seed, of another where the collection tells what is gone.
func (v view) deleted(id string) bool {
	if v.table == nil {
		return false
	}
	it, known := v.table.rows[id]
	return known && it == nil
}

// all lists the items in order. The list is the caller's.
func (v view) all() []*item {
	var out []*item
	if v.seed != nil {
		out = slices.Clone(v.seed.items)
	}
	if v.table == nil {
		return out
	}
	// The seed is large and the rows are few: they are looked up in the seed.
	gone := false
	var left []*item
	for id, row := range v.table.rows {
		i, seeded := v.seed.index(id)
		switch {
		case seeded && row != nil && row.seq == 0:
			out[i] = row
		case seeded:
			out[i], gone = nil, true
		case row != nil && row.seq == 0:
			// In the place of an item that the seed does not have any more: the
			// simulation was put anew under the session.
			left = append(left, row)
		}
	}
	if gone {
		out = slices.DeleteFunc(out, func(it *item) bool { return it == nil })
	}
	slices.SortFunc(left, func(a, b *item) int { return strings.Compare(a.id, b.id) })
	return append(append(out, left...), v.table.created...)
}

// taken finds another item of the scope with the same value at a unique place.
func (v view) taken(c *Collection, id string, value *simulations.Value) (field, other string) {
	for i, p := range c.unique {
		k := uniqueKey(value, p)
		if k == "" {
			continue
		}
		if v.seed != nil {
			if other, ok := v.seed.unique[i][k]; ok && other != id && v.get(other) == v.seed.lookup(other) {
				return p.String(), other
			}
		}
		if v.table != nil {
			for other, it := range v.table.rows {
				if it != nil && other != id && uniqueKey(it.value, p) == k {
					return p.String(), other
				}
			}
		}
	}
	return "", ""
}

// exists reports whether a scope is there: whether its parent is, and so on up.
func (o *Overlay) exists(c *Collection, scope string) bool {
	if c.parent == nil {
		return true
	}
	up, id := above(scope)
	return o.view(c.parent, up).get(id) != nil && o.exists(c.parent, up)
}

// reserve takes the next number of a collection. A dry one takes it for itself only.
func (o *Overlay) reserve(c *Collection, scope string, dry bool) uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := max(o.counters[c.Name], c.first()) + 1
	for v := o.view(c, scope); c.idKind == simulations.IDInteger && v.get(fmt.Sprint(n)) != nil; {
		n++
	}
	if !dry {
		o.count(c.Name, n)
	}
	return n
}

// release gives back the number that was taken last, so that what is refused
// leaves no gap; one that others have gone on from stays taken.
func (o *Overlay) release(c *Collection, number uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if number > 0 && o.counters[c.Name] == number {
		o.counters[c.Name]--
	}
}

// count notes a number that was given out. The lock is held.
func (o *Overlay) count(collection string, n uint64) {
	if n > o.counters[collection] && n < lastInteger {
		o.counters[collection] = n
		o.dirty[mark{kind: rowCounter, place: place{collection: collection}}] = struct{}{}
	}
}

// put puts an item in its place, or at the end. The lock is held.
func (o *Overlay) put(c *Collection, scope, id string, value *simulations.Value) *Refusal {
	it := &item{id: id, value: value, weight: weight(value)}
	at := place{c.Name, scope}
	t := o.tables[at]
	var old *item
	known := false
	if t != nil {
		old, known = t.rows[id]
	}
	rows, bytes := 0, int64(it.weight)
	if !known {
		rows, bytes = 1, bytes+int64(rowOverhead+len(id)+len(scope))
	} else if old != nil {
		bytes -= int64(old.weight)
	}
	if r := o.charge(rows, bytes); r != nil {
		return r
	}
	if t == nil {
		t = &table{rows: make(map[string]*item)}
		o.tables[at] = t
	}
	inPlace := old == nil && !known && !t.cleared && c.seed.scopes[scope].lookup(id) != nil
	switch {
	case inPlace:
	case old != nil:
		if it.seq = old.seq; it.seq > 0 {
			if i, found := slices.BinarySearchFunc(t.created, it.seq, bySeq); found {
				t.created[i] = it
			}
		}
	default:
		o.seq++
		it.seq = o.seq
		t.created = append(t.created, it)
	}
	t.rows[id] = it
	o.dirty[mark{rowItem, at, id}] = struct{}{}
	return nil
}

func bySeq(it *item, seq uint64) int { return cmp.Compare(it.seq, seq) }

// charge takes room for rows and bytes, or says why there is none. The lock is held.
func (o *Overlay) charge(rows int, bytes int64) *Refusal {
	if rows > 0 && o.rows+rows > MaxRows || bytes > 0 && o.bytes+bytes > MaxBytes {
		return refuse(http.StatusInsufficientStorage, "the session holds as many changes as it may, %d items or %d MiB: drop it, or use several", MaxRows, MaxBytes>>20)
	}
	if !o.closed && !o.budget.Take(bytes) {
		return refuse(http.StatusInsufficientStorage, "all sessions together hold as much as they may, %d MiB: drop some", o.budget.limit>>20)
	}
	o.rows += rows
	o.bytes += bytes
	return nil
}

// drop deletes an item that is there, and what is below it. The lock is held.
func (o *Overlay) drop(c *Collection, scope, id string) *Refusal {
	at := place{c.Name, scope}
	t := o.tables[at]
	cleared := t != nil && t.cleared
	var old *item
	known := false
	if t != nil {
		old, known = t.rows[id]
	}
	seeded := !cleared && c.seed.scopes[scope].lookup(id) != nil
	switch {
	case seeded && !known:
		if r := o.charge(1, int64(rowOverhead+len(id)+len(scope))); r != nil {
			return r
		}
		if t == nil {
			t = &table{rows: make(map[string]*item)}
			o.tables[at] = t
		}
		t.rows[id] = nil
	case old != nil:
		if old.seq > 0 {
			t.removeCreated(old)
		}
		if seeded || c.Config.Gone {
			_ = o.charge(0, -int64(old.weight)) // giving back cannot fail
			t.rows[id] = nil
		} else {
			_ = o.charge(-1, -int64(old.weight+rowOverhead+len(id)+len(scope)))
			delete(t.rows, id)
		}
	}
	o.dirty[mark{rowItem, at, id}] = struct{}{}
	for _, child := range c.children {
		o.clear(child, scopeBelow(scope, id))
	}
	return nil
}

func scopeBelow(scope, id string) string { return scope + scopeKey([]string{id}) }

// removeCreated takes a row out of `created`.
func (t *table) removeCreated(old *item) {
	if i, found := slices.BinarySearchFunc(t.created, old.seq, bySeq); found {
		t.created = slices.Delete(t.created, i, i+1)
	}
}

// clear drops all items of a scope, whose parent goes, and what is below them.
// The lock is held.
func (o *Overlay) clear(c *Collection, scope string) {
	at := place{c.Name, scope}
	if len(c.children) > 0 {
		for _, it := range o.view(c, scope).all() {
			for _, child := range c.children {
				o.clear(child, scopeBelow(scope, it.id))
			}
		}
	}
	t := o.tables[at]
	if t != nil {
		for id, it := range t.rows {
			size := int64(rowOverhead + len(id) + len(scope))
			if it != nil {
				size += int64(it.weight)
			}
			_ = o.charge(-1, -size) // giving back cannot fail
			o.dirty[mark{rowItem, at, id}] = struct{}{}
		}
		t.rows, t.created = make(map[string]*item), nil
	}
	switch {
	case c.seed.scopes[scope] == nil && (t == nil || !t.cleared):
		delete(o.tables, at)
	case t == nil:
		t = &table{rows: make(map[string]*item)}
		o.tables[at] = t
		fallthrough
	case !t.cleared:
		t.cleared = true
		o.dirty[mark{kind: rowCleared, place: at}] = struct{}{}
	}
}
