package table

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator/resource"
)

func compiled(t *testing.T, rows [][]string) *Table {
	t.Helper()
	all, faults := Compile("sim", map[string]*simulations.Table{"pets": {Rows: rows}})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return all["pets"]
}

// TestEditsAgreeWithACopy: a session's rows are those of a plain copy of the
// table to which the same was done, also after a restart in between.
func TestEditsAgreeWithACopy(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		base := [][]string{{"id", "kind"}}
		for i := range r.IntN(6) {
			base = append(base, []string{fmt.Sprint(i), fmt.Sprint(r.IntN(3))})
		}
		table := compiled(t, base)
		budget := resource.NewBudget(1 << 20)
		e, naive := NewEdits(budget), slices.Clone(base)
		kept := map[string][]byte{}
		for step := range 40 {
			kind, into := fmt.Sprint(r.IntN(3)), fmt.Sprint(r.IntN(3))
			switch r.IntN(4) {
			case 0:
				row := []string{fmt.Sprint("new ", step), kind}
				if err := e.Add(table, row); err != nil {
					t.Fatal(err)
				}
				naive = append(naive, row)
			case 1: // remove
				n, err := e.Change(table, func(row []string) []string {
					if row[1] == kind {
						return nil
					}
					return row
				})
				before := len(naive)
				naive = slices.DeleteFunc(slices.Clone(naive), func(row []string) bool { return row[1] == kind })
				if err != nil || n != before-len(naive) {
					t.Fatalf("seed %d: %d removed, want %d, %v", seed, n, before-len(naive), err)
				}
			case 2: // update
				if _, err := e.Change(table, func(row []string) []string {
					if row[1] == kind {
						return []string{row[0], into}
					}
					return row
				}); err != nil {
					t.Fatal(err)
				}
				for i, row := range naive {
					if i > 0 && row[1] == kind {
						naive[i] = []string{row[0], into}
					}
				}
			default: // restart
				entries, _ := e.Changes()
				for _, entry := range entries {
					if kept[entry.Key] = entry.Value; entry.Value == nil {
						delete(kept, entry.Key)
					}
				}
				e.Close()
				if used := budget.Used(); used != 0 {
					t.Fatalf("seed %d: %d bytes are not given back", seed, used)
				}
				e = NewEdits(budget)
				for _, value := range kept {
					if err := e.Restore(value); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := e.Rows(table); !reflect.DeepEqual(got, naive) {
				t.Fatalf("seed %d, step %d:\n%v, want\n%v", seed, step, got, naive)
			}
			if got := e.Apart().Rows(table); !reflect.DeepEqual(got, naive) {
				t.Fatalf("seed %d, step %d: apart %v", seed, step, got)
			}
		}
	}
}

// TestOtherContent: changes of a table's former content are forgotten, with
// their bytes and in the store.
func TestOtherContent(t *testing.T) {
	budget := resource.NewBudget(1 << 20)
	e := NewEdits(budget)
	old, fresh := compiled(t, [][]string{{"a"}, {"1"}}), compiled(t, [][]string{{"a"}, {"2"}})
	for range 3 {
		if err := e.Add(old, []string{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	entries, _ := e.Changes()
	if got := e.Rows(fresh); !reflect.DeepEqual(got, fresh.config.Rows) {
		t.Errorf("%v", got)
	}
	if err := e.Add(fresh, []string{"y"}); err != nil {
		t.Fatal(err)
	}
	if got := e.Rows(fresh); len(got) != 3 || budget.Used() != size([]string{"y"}) {
		t.Errorf("%v, %d bytes", got, budget.Used())
	}
	later, undo := e.Changes()
	values := 0
	for _, entry := range later {
		if entry.Value != nil {
			values++
		}
	}
	if len(entries) != 3 || len(later) != 3 || values != 1 {
		t.Errorf("%d entries, then %d of which %d have values", len(entries), len(later), values)
	}
	undo()
	if again, _ := e.Changes(); len(again) != 3 {
		t.Errorf("%d entries come again", len(again))
	}
}

// TestBounds: what a session changes is bounded in rows and bytes, and so is
// what all of them change; what breaks a bound changes nothing.
func TestBounds(t *testing.T) {
	table := compiled(t, [][]string{{"a"}, {"1"}})
	e := NewEdits(resource.NewBudget(1 << 30))
	var err error
	n := 0
	for ; err == nil && n < 2*MaxRows; n++ {
		err = e.Add(table, []string{"x"})
	}
	if err == nil || n != MaxRows+1 || len(e.Rows(table)) != 2+MaxRows {
		t.Errorf("%v after %d rows", err, n)
	}
	e = NewEdits(resource.NewBudget(1 << 30))
	if err := e.Add(table, []string{strings.Repeat("x", MaxRow)}); err == nil {
		t.Error("a row has no bound")
	}
	if _, err := e.Change(table, func([]string) []string { return make([]string, MaxRow/16) }); err == nil {
		t.Error("a changed row has no bound")
	}
	for n = 0; e.Add(table, []string{strings.Repeat("x", MaxRow/2)}) == nil; n++ {
	}
	if n < 400 || n > MaxBytes/(MaxRow/2) {
		t.Errorf("%d large rows", n)
	}
	small := NewEdits(resource.NewBudget(1000))
	for n = 0; small.Add(table, []string{"x"}) == nil; n++ {
	}
	if n != 6 {
		t.Errorf("%d rows in a budget of 1000 bytes", n)
	}
}

// FuzzRestore: no bytes of a store do harm, and what is taken in is kept as it was.
func FuzzRestore(f *testing.F) {
	for _, k := range []kept{{"sim/pets", "00", keptAdded, 3, []string{"a", ""}}, {"sim/pets", "00", keptGone, 0, nil}, {"", "", keptChanged, 1 << 30, []string{"\xff"}}} {
		f.Add(k.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e := NewEdits(resource.NewBudget(1 << 20))
		if e.Restore(b) != nil {
			return
		}
		k, err := decodeKept(b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeKept(k.encode())
		if err != nil || !reflect.DeepEqual(k, again) {
			t.Fatalf("%+v becomes %+v, %v", k, again, err)
		}
		of := &Table{name: k.table, version: k.version, config: &simulations.Table{Rows: [][]string{{"a"}, {"1"}}}}
		e.Rows(of)
	})
}
