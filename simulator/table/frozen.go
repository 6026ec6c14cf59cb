package table

import (
	"fmt"
	"maps"
	"slices"

	"understudy/simulations"
	"understudy/simulator/resource"
)

// Freeze describes what has been changed, by table; nil Edits have nothing. Rows
// are shared: do not mutate.
func (e *Edits) Freeze() map[string]*simulations.FrozenTable {
	if e == nil {
		return nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	out := make(map[string]*simulations.FrozenTable, len(e.tables))
	for name, t := range e.tables {
		if len(t.changed)+len(t.added) > 0 {
			out[name] = t.freeze()
		}
	}
	return out
}

func (d *edited) freeze() *simulations.FrozenTable {
	out := &simulations.FrozenTable{Version: d.version}
	for _, n := range slices.Sorted(maps.Keys(d.changed)) {
		if row := d.changed[n]; row == nil {
			out.Removed = append(out.Removed, n+1)
		} else {
			out.Changed = append(out.Changed, simulations.FrozenRow{Row: n + 1, Cells: row})
		}
	}
	for _, a := range d.added {
		out.Added = append(out.Added, a.row)
	}
	return out
}

// Thaw makes edits of what Freeze described, all of it still to be kept. Where
// there are faults, with pointers relative to the map, nothing of the budget is taken.
func Thaw(b *resource.Budget, frozen map[string]*simulations.FrozenTable) (*Edits, []simulations.FieldError) {
	e := NewEdits(b)
	for _, name := range slices.Sorted(maps.Keys(frozen)) {
		if fault := e.thaw(name, frozen[name]); fault != nil {
			fault.Pointer = "/" + simulations.PointerToken(name) + fault.Pointer
			e.Close()
			return nil, []simulations.FieldError{*fault}
		}
	}
	return e, nil
}

// thaw puts back one table, up to the first row that breaks a bound. Nobody else
// has the edits yet: their lock need not be held.
func (e *Edits) thaw(name string, f *simulations.FrozenTable) *simulations.FieldError {
	d := &edited{version: f.Version, changed: make(map[int][]string, len(f.Changed)+len(f.Removed)), columns: f.Columns()}
	e.tables[name] = d
	put := func(at string, i int, row []string) *simulations.FieldError {
		if err := e.put(row, 1, size(row)); err != nil {
			return &simulations.FieldError{Pointer: fmt.Sprintf("/%s/%d", at, i), Detail: err.Error()}
		}
		return nil
	}
	for i, r := range f.Changed {
		if fault := put("changed", i, r.Cells); fault != nil {
			return fault
		}
		d.changed[r.Row-1] = r.Cells
		e.dirty[mark{name, false, r.Row - 1}] = struct{}{}
	}
	for i, n := range f.Removed {
		if fault := put("removed", i, nil); fault != nil {
			return fault
		}
		d.changed[n-1] = nil
		e.dirty[mark{name, false, n - 1}] = struct{}{}
	}
	for i, row := range f.Added {
		if fault := put("added", i, row); fault != nil {
			return fault
		}
		d.last++
		d.added = append(d.added, added{d.last, row})
		e.dirty[mark{name, true, d.last}] = struct{}{}
	}
	return nil
}

// Fits reports whether a fixture's changes are of this table's content.
func (t *Table) Fits(f *simulations.FrozenTable) bool {
	return f.Version == t.version && (f.Columns() == 0 || f.Columns() == t.columns())
}
