package resource

import (
	"testing"
)

// TestGone: where a collection tells what is gone, a deleted item is 410 until it
// is there again, of the seed or not, over a restart too; elsewhere it is 404.
func TestGone(t *testing.T) {
	cs := compile(t, `
  plain: {path: /x, items: [{id: 1}]}
  gone: {path: /y, gone: true, items: [{id: 1}, {id: 2}]}
  free: {path: /z, gone: true, upsert: true, idempotentDelete: true, items: [{id: 1}], deleted: {status: 200, text: bye}}
  toys: {path: "/y/{y}/t", parent: gone, gone: true, idempotentDelete: true, scope: {y: /y}, items: [{id: 1, y: 1}]}
`)
	budget := NewBudget(1 << 30)
	o := NewOverlay(budget)
	steps := func(steps ...any) {
		t.Helper()
		for i := 0; i < len(steps); i += 4 {
			name, method, id, want := steps[i].(string), steps[i+1].(string), steps[i+2].(string), steps[i+3].(int)
			if got := status(ask(cs[name], o, method, id, `{}`)); got != want {
				t.Errorf("%s %s in %s: %d, want %d", method, id, name, got, want)
			}
		}
	}
	steps(
		"plain", "DELETE", "1", 204, "plain", "GET", "1", 404, "plain", "DELETE", "1", 404,
		"gone", "GET", "7", 404, "gone", "POST", "", 201, "gone", "DELETE", "3", 204,
		"gone", "DELETE", "1", 204, "gone", "GET", "1", 410, "gone", "HEAD", "3", 410,
		"gone", "PUT", "3", 410, "gone", "PATCH", "1", 410, "gone", "DELETE", "1", 410, "gone", "DELETE", "7", 404,
		"free", "DELETE", "1", 204, "free", "DELETE", "1", 204, "free", "DELETE", "9", 204, "free", "GET", "1", 410, "free", "GET", "9", 404,
		"free", "PUT", "1", 201, "free", "GET", "1", 200,
		"toys", "GET", "1/1", 404, "toys", "DELETE", "1/1", 204, "toys", "GET", "1/", 404,
	)
	if a := ask(cs["free"], o, "DELETE", "9", ""); a.Declared != cs["free"].Config.Deleted {
		t.Error("the answer is not that of a deletion")
	}
	again := NewOverlay(budget)
	entries, _ := o.Changes()
	for _, e := range entries {
		if e.Value != nil {
			if err := again.Restore(e.Value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if o.Bytes() != again.Bytes() {
		t.Errorf("%d bytes are %d after a restart", o.Bytes(), again.Bytes())
	}
	o.Close()
	o = again
	steps("gone", "GET", "1", 410, "gone", "GET", "3", 410, "gone", "GET", "2", 200, "free", "GET", "1", 200)
	if a := ask(cs["gone"], o, "POST", "", `{"id":3}`); status(a) != 201 {
		t.Errorf("created again: %d", status(a))
	}
	steps("gone", "GET", "3", 200, "gone", "DELETE", "3", 204, "gone", "GET", "3", 410)
	frozen := o.Freeze(0)
	thawed, faults := Thaw(budget, frozen, 0)
	if len(faults) > 0 || thawed.Bytes() != o.Bytes() {
		t.Errorf("%v, %d bytes, want %d", faults, thawed.Bytes(), o.Bytes())
	}
	o.Close()
	o = thawed
	steps("gone", "GET", "3", 410, "gone", "GET", "1", 410)
	o.Close()
	if budget.Used() != 0 {
		t.Errorf("%d bytes are held by nobody", budget.Used())
	}
}
