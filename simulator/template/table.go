package template

import (
	"errors"
	"slices"
)

// dataTable is a data table during one rendering.
type dataTable struct {
	name string
	rows [][]string
}

func (r *run) table(name string) (dataTable, error) {
	if r.data.Tables != nil {
		if rows, ok := r.data.Tables.Rows(name); ok {
			return dataTable{name, rows}, r.step(1 + len(rows)/64) // a session's own have to be put together
		}
	}
	return dataTable{}, errors.New("there is no table " + show(name))
}

func (t dataTable) columns() []string {
	if len(t.rows) == 0 {
		return nil
	}
	return t.rows[0]
}

func (t dataTable) column(name string) int { return slices.Index(t.columns(), name) }

// where returns the rows that fit, as objects.
func (t dataTable) where(r *run, fits func(row *object) bool) ([]any, error) {
	out := []any{}
	for i := 1; i < len(t.rows); i++ {
		if err := r.step(1 + len(t.columns())/4); err != nil {
			return nil, err
		}
		if o := t.object(t.rows[i]); fits(o) {
			out = append(out, o)
		}
	}
	return out, nil
}

func (t dataTable) object(row []string) *object {
	o := newObject(len(t.columns()))
	for i, c := range t.columns() {
		if i < len(row) {
			o.set(c, row[i])
		}
	}
	return o
}

// add puts a row at the end.
func (t dataTable) add(r *run, row []string) error {
	if len(t.columns()) == 0 {
		return errors.New("the table " + show(t.name) + " has no columns: declare them by its first row")
	}
	if err := r.step(1 + len(row)); err != nil {
		return err
	}
	return r.data.Tables.Add(t.name, row)
}

// change gives rows other cells, or takes those away that change returns nil for.
func (t dataTable) change(r *run, change func(row []string) []string) (int, error) {
	if err := r.step(1 + len(t.rows)*(1+len(t.columns())/4)); err != nil {
		return 0, err
	}
	return r.data.Tables.Change(t.name, change)
}

// remove takes away the rows that fit, and counts them.
func (t dataTable) remove(r *run, fits func(row []string) bool) (int, error) {
	return t.change(r, func(row []string) []string {
		if fits(row) {
			return nil
		}
		return row
	})
}
