package simulations

import (
	"fmt"
	"strconv"
)

// FrozenTable is what a session had changed in a table.
type FrozenTable struct {
	// Version tells the declared content whose rows are meant: those of another
	// have nothing to do with them.
	Version string `doc:"version,required"`
	// Changed are declared rows that have other cells, Removed the numbers of
	// those that are gone.
	Changed []FrozenRow `doc:"changed"`
	Removed []int       `doc:"removed"`
	// Added are rows behind the declared ones, in order.
	Added [][]string `doc:"added"`
}

// FrozenRow is a declared row of a table that has other cells.
type FrozenRow struct {
	// Row is its number: 1 is the first below the names.
	Row   int      `doc:"row,required"`
	Cells []string `doc:"cells,required"`
}

// Columns is how many cells its rows have, 0 where there are none.
func (t *FrozenTable) Columns() int {
	switch {
	case len(t.Changed) > 0:
		return len(t.Changed[0].Cells)
	case len(t.Added) > 0:
		return len(t.Added[0])
	}
	return 0
}

func (t *FrozenTable) check(report func(pointer, detail string)) {
	if t.Version == "" || len(t.Version) > 64 {
		report("/version", "a version has 1 to 64 bytes")
	}
	seen := make(map[int]bool, len(t.Changed)+len(t.Removed))
	number := func(at string, n int) {
		if n < 1 || n > MaxTableRows {
			report(at, fmt.Sprintf("rows are numbered from 1, below the names, to %d", MaxTableRows))
		}
		if seen[n] {
			report(at, fmt.Sprintf("the row %d stands twice", n))
		}
		seen[n] = true
	}
	cells := func(at string, row []string) {
		if n := t.Columns(); len(row) != n || n == 0 || n > MaxTableColumns {
			report(at, fmt.Sprintf("has %d cells, but the rows of a table have all as many, 1 to %d", len(row), MaxTableColumns))
		}
	}
	for i, r := range t.Changed {
		at := "/changed/" + strconv.Itoa(i)
		number(at+"/row", r.Row)
		cells(at+"/cells", r.Cells)
	}
	for i, n := range t.Removed {
		number("/removed/"+strconv.Itoa(i), n)
	}
	for i, row := range t.Added {
		cells("/added/"+strconv.Itoa(i), row)
	}
}
