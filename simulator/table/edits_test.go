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
// table to which the same was done, also after a restart in between, or by way of
// a fixture.
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
			switch r.IntN(5) {
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
			case 3: // a fixture
				frozen := e.Freeze()
				thawed, faults := Thaw(budget, frozen)
				if len(faults) > 0 || thawed.Bytes() != e.Bytes() || !reflect.DeepEqual(thawed.Freeze(), frozen) {
					t.Fatalf("seed %d: %v, %d bytes, want %d, of %v", seed, faults, thawed.Bytes(), e.Bytes(), frozen)
				}
				for _, f := range frozen {
					if !table.Fits(f) {
						t.Fatalf("seed %d: %v does not fit", seed, f)
					}
				}
				e.Close()
				e, kept = thawed, map[string][]byte{}
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

// TestThawRefuses: a fixture that breaks a bound takes nothing, and rows that have
// other columns than the table do not show.
func TestThawRefuses(t *testing.T) {
	base := compiled(t, [][]string{{"a", "b"}, {"1", "2"}})
	budget := resource.NewBudget(1 << 30)
	many := make([][]string, MaxRows+1)
	for i := range many {
		many[i] = []string{"x", "y"}
	}
	for _, c := range []struct {
		frozen  simulations.FrozenTable
		pointer string
	}{
		{simulations.FrozenTable{Version: "v", Added: many}, "/sim~1pets/added/10000"},
		{simulations.FrozenTable{Version: "v", Added: [][]string{{"x"}, {strings.Repeat("x", MaxRow)}}}, "/sim~1pets/added/1"},
		{simulations.FrozenTable{Version: "v", Changed: []simulations.FrozenRow{{Row: 1, Cells: []string{strings.Repeat("x", MaxRow)}}}}, "/sim~1pets/changed/0"},
	} {
		e, faults := Thaw(budget, map[string]*simulations.FrozenTable{"sim/pets": &c.frozen})
		if e != nil || len(faults) != 1 || faults[0].Pointer != c.pointer || budget.Used() != 0 {
			t.Errorf("%v, want %s; %d bytes are held by nobody", faults, c.pointer, budget.Used())
		}
	}
	narrow := &simulations.FrozenTable{Version: base.version, Added: [][]string{{"x"}}}
	e, faults := Thaw(budget, map[string]*simulations.FrozenTable{"sim/pets": narrow})
	if len(faults) > 0 || base.Fits(narrow) || !reflect.DeepEqual(e.Rows(base), base.config.Rows) {
		t.Errorf("%v, rows %v", faults, e.Rows(base))
	}
	if err := e.Add(base, []string{"x", "y"}); err != nil || len(e.Rows(base)) != 3 {
		t.Errorf("%v, rows %v", err, e.Rows(base))
	}
	if e.Close(); budget.Used() != 0 {
		t.Errorf("%d bytes are held by nobody", budget.Used())
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
