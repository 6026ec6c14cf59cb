package table

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"understudy/simulations"
	"understudy/simulator/resource"
)

// Bounds of what one session changes in tables.
const (
	// MaxRows bounds the rows that it has added, changed or removed, MaxBytes the
	// memory that they hold.
	MaxRows  = 10_000
	MaxBytes = 8 << 20
	// MaxRow bounds a row that is written, in bytes, so that the store takes it.
	MaxRow = 32 << 10

	// rowOverhead is what a row is counted with beside its cells, in bytes.
	rowOverhead = 128
)

// Edits is what one session changed in any number of tables. All methods are
// safe for concurrent use. A nil Edits has changed nothing and can only be read.
type Edits struct {
	budget *resource.Budget // nil for one that lasts as long as a request

	mu     sync.RWMutex
	tables map[string]*edited
	rows   int
	bytes  int64
	closed bool
	dirty  map[mark]struct{}
}

// edited is what changed in one table. Rows are not changed once they are here.
type edited struct {
	version string
	// columns is how many cells the rows have that came from elsewhere, 0 where
	// that is not known.
	columns int
	// changed are declared rows by their numbers; nil stands for one that is gone.
	changed map[int][]string
	// added are the others, in order; last is the number of the latest.
	added []added
	last  int
}

type added struct {
	number int
	row    []string
}

// NewEdits makes one that draws on a budget; nil is for one that is dropped
// before its bounds could matter to others.
func NewEdits(b *resource.Budget) *Edits {
	return &Edits{budget: b, tables: map[string]*edited{}, dirty: map[mark]struct{}{}}
}

// Close gives the edits' bytes back to the budget. Requests that are still under
// way read and write them to the end, for nobody.
func (e *Edits) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed && e.budget != nil {
		e.budget.Give(e.bytes)
	}
	e.closed = true
}

// Apart is a copy that the store never sees, for a request that is undone.
func (e *Edits) Apart() *Edits {
	out := NewEdits(nil)
	if e == nil {
		return out
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	out.rows, out.bytes = e.rows, e.bytes
	for name, t := range e.tables {
		own := &edited{version: t.version, columns: t.columns, changed: make(map[int][]string, len(t.changed)), added: slices.Clone(t.added), last: t.last}
		for n, row := range t.changed {
			own.changed[n] = row
		}
		out.tables[name] = own
	}
	return out
}

// Count is how many rows were added, changed or removed, by table.
func (e *Edits) Count() map[string]int {
	out := map[string]int{}
	if e == nil {
		return out
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	for name, t := range e.tables {
		if n := len(t.changed) + len(t.added); n > 0 {
			out[name] = n
		}
	}
	return out
}

// Bytes is about what the edits hold in memory.
func (e *Edits) Bytes() int64 {
	if e == nil {
		return 0
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.bytes
}

// of returns what changed in a table, nil for nothing. The lock is held, or e is nil.
func (e *Edits) of(t *Table) *edited {
	if e == nil {
		return nil
	}
	if d := e.tables[t.name]; d != nil && d.version == t.version && (d.columns == 0 || d.columns == t.columns()) {
		return d
	}
	return nil
}

// Rows returns the table as the session sees it, the names first. Shared: do not mutate.
func (e *Edits) Rows(t *Table) [][]string {
	if e == nil {
		return t.config.Rows
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	d := e.of(t)
	if d == nil || len(d.changed)+len(d.added) == 0 {
		return t.config.Rows
	}
	out := make([][]string, 0, len(t.config.Rows)+len(d.added))
	out = append(out, t.config.Rows...)
	for n, row := range d.changed {
		if n+1 < len(t.config.Rows) { // a damaged store may say otherwise
			out[n+1] = row
		}
	}
	if len(d.changed) > 0 {
		out = slices.DeleteFunc(out, func(row []string) bool { return row == nil })
	}
	for _, a := range d.added {
		out = append(out, a.row)
	}
	return out
}

// Add puts a row at the end. The error says which bound it breaks.
func (e *Edits) Add(t *Table, row []string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.begin(t)
	if n := len(t.config.Rows) + len(d.added); n > simulations.MaxTableRows {
		return fmt.Errorf("a table has at most %d rows", simulations.MaxTableRows)
	}
	if err := e.put(row, 1, size(row)); err != nil {
		return err
	}
	d.last++
	d.added = append(d.added, added{d.last, row})
	e.dirty[mark{t.name, true, d.last}] = struct{}{}
	return nil
}

// Change asks for each row what becomes of it: itself, another row, or nil for
// none. It returns how many have changed. change must not call back. Where a
// bound is broken the rows before that one have changed.
func (e *Edits) Change(t *Table, change func(row []string) []string) (n int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := e.begin(t)
	for i, declared := range t.declared() {
		row, was := d.changed[i]
		switch {
		case !was:
			row = declared
		case row == nil:
			continue
		}
		next := change(row)
		if same(row, next) {
			continue
		}
		rows, bytes := 1, size(next)
		if was {
			rows, bytes = 0, bytes-size(row)
		}
		if err := e.put(next, rows, bytes); err != nil {
			return n, err
		}
		d.changed[i] = next
		e.dirty[mark{t.name, false, i}] = struct{}{}
		n++
	}
	kept := d.added[:0:0]
	for i, a := range d.added {
		next := change(a.row)
		if same(a.row, next) {
			kept = append(kept, a)
			continue
		}
		rows, bytes := 0, size(next)-size(a.row)
		if next == nil {
			rows, bytes = -1, -size(a.row)
		}
		if err := e.put(next, rows, bytes); err != nil {
			d.added = append(kept, d.added[i:]...)
			return n, err
		}
		if next != nil {
			kept = append(kept, added{a.number, next})
		}
		e.dirty[mark{t.name, true, a.number}] = struct{}{}
		n++
	}
	d.added = kept
	return n, nil
}

// begin returns what changed in a table, to be added to. What belongs to
// another content of the table goes. The lock is held.
func (e *Edits) begin(t *Table) *edited {
	if d := e.of(t); d != nil {
		return d
	}
	if old := e.tables[t.name]; old != nil {
		e.drop(t.name, old)
	}
	d := &edited{version: t.version, changed: map[int][]string{}}
	e.tables[t.name] = d
	return d
}

// drop forgets what changed in a table. The lock is held.
func (e *Edits) drop(name string, d *edited) {
	for n, row := range d.changed {
		_ = e.charge(-1, -size(row)) // giving back cannot fail
		e.dirty[mark{name, false, n}] = struct{}{}
	}
	for _, a := range d.added {
		_ = e.charge(-1, -size(a.row))
		e.dirty[mark{name, true, a.number}] = struct{}{}
	}
	delete(e.tables, name)
}

// put takes room for a row, which is rows more and bytes more than what it
// replaces. The lock is held.
func (e *Edits) put(row []string, rows int, bytes int64) error {
	if size(row) > MaxRow {
		return fmt.Errorf("a row that a session writes has at most %d bytes", MaxRow)
	}
	return e.charge(rows, bytes)
}

// charge takes room for rows and bytes, or says why there is none. The lock is held.
func (e *Edits) charge(rows int, bytes int64) error {
	if rows > 0 && e.rows+rows > MaxRows || bytes > 0 && e.bytes+bytes > MaxBytes {
		return fmt.Errorf("the session holds as many changes of tables as it may, %d rows or %d MiB: drop it, or use several", MaxRows, MaxBytes>>20)
	}
	if e.budget != nil && !e.closed && !e.budget.Take(bytes) {
		return errors.New("all sessions together hold as much as they may (--session-bytes): delete some")
	}
	e.rows += rows
	e.bytes += bytes
	return nil
}

// size is what a row is counted with, nil for one that is gone, in bytes.
func size(row []string) int64 {
	n := rowOverhead
	for _, cell := range row {
		n += len(cell) + 16
	}
	return int64(n)
}

// same reports whether two rows are one, or read alike.
func same(a, b []string) bool { return b != nil && slices.Equal(a, b) }
