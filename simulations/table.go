package simulations

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Table is data for templates: rows of texts below a row of column names. It is
// written as CSV (RFC 4180), as a list of objects or of lists, or as an object
// that names a file with one of them. What sessions write to it belongs to them.
type Table struct {
	// Rows are all of one length, the first are the names of the columns, which
	// are distinct. None is a table without columns.
	Rows [][]string
	// File is a path below the folder that the document was read from. A reader
	// of folders turns it into Rows; the API refuses it.
	File string
}

// Bounds of a table.
const (
	MaxTableRows    = 100_000
	MaxTableColumns = 1000
	// MaxTableCell bounds a cell, in bytes.
	MaxTableCell = 32 << 10
)

// tableForm is a table whose content stands in a file.
type tableForm struct {
	File string `doc:"file,required"`
}

func (t *Table) decodeDoc(d *decoder, v *Value) {
	if v.Kind == Object {
		var form tableForm
		to := reflectValueOf(&form)
		d.decode(v, to, planOf(to.Type()))
		if t.File = form.File; !fileBelow(t.File) {
			d.fail(v, "a file is named by a path below the document's folder, without '..'")
		}
		return
	}
	rows, at, err := tableRows(v)
	if err != nil {
		d.fail(at, "%s", err)
	}
	t.Rows = rows
}

func (t Table) encodeDoc() *Value {
	if t.File != "" {
		out := &Value{Kind: Object}
		out.Set("file", NewString(t.File))
		return out
	}
	var b strings.Builder
	_ = csv.NewWriter(&b).WriteAll(t.Rows)  // into memory
	if strings.Contains(b.String(), "\r") { // CSV is read with line ends of its own
		return t.list()
	}
	return NewString(b.String())
}

// list writes the rows as a list of lists.
func (t Table) list() *Value {
	out := &Value{Kind: Array}
	for _, row := range t.Rows {
		line := &Value{Kind: Array}
		for _, cell := range row {
			line.Items = append(line.Items, NewString(cell))
		}
		out.Items = append(out.Items, line)
	}
	return out
}

// tableRows reads the written forms of a table but that of a file. Where it
// fails, at is the value that is wrong.
func tableRows(v *Value) (rows [][]string, at *Value, err error) {
	switch v.Kind {
	case String:
		rows, err = csvRows(v.Text)
	case Array:
		rows, at, err = listedRows(v)
	default:
		err = fmt.Errorf("is %s, but a table is CSV text, a list of rows or {file: …}", v.Kind)
	}
	if err == nil {
		err = checkRows(rows)
	}
	if at == nil {
		at = v
	}
	return rows, at, err
}

func csvRows(text string) ([][]string, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if pe, ok := errors.AsType[*csv.ParseError](err); ok {
			return nil, fmt.Errorf("not CSV (RFC 4180), line %d of it: %w", pe.Line, pe.Err)
		}
		if rows = append(rows, row); len(rows) > MaxTableRows {
			return nil, errTableRows
		}
	}
}

var errTableRows = fmt.Errorf("a table has at most %d rows", MaxTableRows)

// listedRows reads a list of objects, whose names are the columns, or of lists,
// of which the first names them.
func listedRows(v *Value) (rows [][]string, at *Value, err error) {
	if len(v.Items) == 0 {
		return nil, nil, nil
	}
	if len(v.Items) > MaxTableRows {
		return nil, v, errTableRows
	}
	kind := v.Items[0].Kind
	var columns []string
	place := make(map[string]int)
	if kind == Object {
		for _, item := range v.Items {
			for _, name := range item.Names {
				if _, known := place[name]; !known {
					place[name] = len(columns)
					columns = append(columns, name)
				}
			}
			if len(columns) > MaxTableColumns {
				return nil, item, errTableColumns
			}
		}
		rows = append(rows, columns)
	}
	for _, item := range v.Items {
		if item.Kind != kind || kind != Object && kind != Array {
			return nil, item, fmt.Errorf("is %s, but all rows are objects, or all are lists, the first of which names the columns", item.Kind)
		}
		row := make([]string, len(columns))
		if kind == Array {
			row = make([]string, len(item.Items))
		}
		for i, c := range item.Items {
			text, ok := cellText(c)
			if !ok {
				return nil, c, fmt.Errorf("is %s, but a cell is a text, a number, a boolean or null, which is empty", c.Kind)
			}
			if kind == Object {
				i = place[item.Names[i]]
			}
			row[i] = text
		}
		if rows = append(rows, row); len(row) != len(rows[0]) {
			return nil, item, fmt.Errorf("has %d cells, but there are %d columns", len(row), len(rows[0]))
		}
	}
	return rows, nil, nil
}

func cellText(v *Value) (string, bool) {
	switch v.Kind {
	case String, Number, Bool:
		return v.Text, true
	case Null:
		return "", true
	}
	return "", false
}

var errTableColumns = fmt.Errorf("a table has at most %d columns", MaxTableColumns)

// checkRows holds rows, all of one length, against the bounds of a table.
func checkRows(rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	if len(rows[0]) > MaxTableColumns {
		return errTableColumns
	}
	for i, name := range rows[0] {
		switch {
		case name == "":
			return fmt.Errorf("column %d has no name", i+1)
		case slices.Contains(rows[0][:i], name):
			return fmt.Errorf("two columns are called %q", name)
		}
	}
	for i, row := range rows {
		for _, cell := range row {
			switch {
			case len(cell) > MaxTableCell:
				return fmt.Errorf("row %d has a cell of more than %d bytes", i, MaxTableCell)
			case !utf8.ValidString(cell):
				return fmt.Errorf("row %d is no UTF-8", i)
			}
		}
	}
	return nil
}
