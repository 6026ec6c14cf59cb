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
			return dataTable{name, rows}, r.step(1)
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

func (t dataTable) add(r *run, row []string) error {
	return r.edit(t.name, func(rows [][]string) [][]string { return append(slices.Clone(rows), row) })
}

// remove takes away the rows that fit, and counts them.
func (t dataTable) remove(r *run, fits func(row []string) bool) (int, error) {
	n := 0
	err := r.edit(t.name, func(rows [][]string) [][]string {
		n = 0
		out := make([][]string, 0, len(rows))
		for i, row := range rows {
			if i > 0 && fits(row) {
				n++
				continue
			}
			out = append(out, row)
		}
		return out
	})
	return n, err
}

func (r *run) edit(name string, f func(rows [][]string) [][]string) error {
	rows, _ := r.data.Tables.Rows(name)
	if err := r.step(len(rows)); err != nil {
		return err
	}
	return r.data.Tables.Edit(name, f)
}
