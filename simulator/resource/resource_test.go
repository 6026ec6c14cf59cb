package resource

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"understudy/matchers"
	"understudy/simulations"
)

// compile makes the collections of a document ready.
func compile(t testing.TB, collections string) map[string]*Collection {
	t.Helper()
	doc, err := simulations.Decode([]byte("understudy: v1\ncollections:\n" + collections))
	if err != nil {
		t.Fatal(err)
	}
	out, faults := Compile("sim", doc.Collections)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return out
}

// ask serves one request; path is the id, "" for the list, header and value alternate.
func ask(c *Collection, o *Overlay, method, id, body string, header ...string) *Answer {
	q := &Request{Method: method, AtItem: id != "", Params: map[string]string{}, Header: http.Header{}, Body: []byte(body), URL: "http://x" + c.ListPath}
	for i, name := range c.scope {
		q.Params[name] = strings.Split(id, "/")[i]
	}
	if parts := strings.Split(id, "/"); len(parts) > len(c.scope) {
		q.Params[c.idParam] = parts[len(parts)-1]
	} else {
		q.AtItem = false
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Add(header[i], header[i+1])
	}
	return c.Serve(q, o)
}

func status(a *Answer) int {
	if a.Refusal != nil {
		return a.Refusal.Status
	}
	return a.Status
}

// TestCompileRefuses: each of these is refused at its place.
func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct{ collections, pointer, detail string }{
		{"  a: {path: /x, file: y.json}", "/a/file", "understudy import"},
		{"  a: {path: '/x/{id}'}", "/a/path", "name it otherwise"},
		{"  a: {path: '/x/{y', item: '/x/{id}'}", "/a/path", "'{' without '}'"},
		{"  a: {path: '/x/{y...}', item: '/x/{y}/{id}'}", "/a/path", "without '...'"},
		{"  a: {path: /x, item: /x/item}", "/a/item", "one more, its id"},
		{"  a: {path: '/x/{y}', item: '/x/{id}'}", "/a/item", "one more, its id"},
		{"  a: {path: /x, item: '/x/{y}/{id}'}", "/a/item", "one more, its id"},
		{"  a: {path: /x, scope: {y: /y}}", "/a/scope/y", "no parameter {y}"},
		{"  a: {path: /x, validate: {jsonSchema: {type: nothing}}}", "/a/validate/jsonSchema", "not a JSON Schema"},
		{"  a: {path: /x, id: {template: x}}", "/a/id/template", "`template: true`"},
		{"  a: {path: /x, parent: b}", "/a/parent", "no collection b"},
		{"  a: {path: '/y/{b}/a', parent: b}\n  b: {path: /x}", "/a/path", "and a name"},
		{"  a: {path: '/x/{b}', parent: b, item: '/x/{b}/a/{id}'}\n  b: {path: /x}", "/a/path", "and a name"},
		{"  a: {path: '/x/{b}/a/{c}', item: '/x/{b}/a/{c}/{id}', parent: b}\n  b: {path: /x}", "/a/path", "and a name"},
		{"  a: {path: '/x/{a}/a', item: '/x/{a}/{id}', parent: a}", "/a/path", "and a name"},
		{"  a: {path: /x}\n  b: {path: /x}", "/b/path", "is that of a too"},
		{"  a: {path: /x}\n  b: {path: '/x/{y}', item: '/z/{y}/{id}'}", "/b/path", "is that of a too"},
		{"  a: {path: /x, items: [{name: 1}]}", "/a/items/0", "no id at /id"},
		{"  a: {path: /x, items: [{id: 1}, {id: 1.0}]}", "/a/items/1", `the id "1"`},
		{"  a: {path: /x, items: [{id: {}}]}", "/a/items/0", "a text or a number"},
		{"  a: {path: '/x/{y}', item: '/x/{y}/{id}', items: [{id: 1}]}", "/a/scope", "says nothing of the parameter {y}"},
		{"  a: {path: '/x/{y}', item: '/x/{y}/{id}', scope: {y: /y}, items: [{id: 1}]}", "/a/items/0", "stands for the parameter {y}"},
		{"  a: {path: /x, unique: [/n], items: [{id: 1, n: 1}, {id: 2, n: 1.0}]}", "/a/items/1", "the same /n as"},
		{"  a: {path: /x, validate: {jsonPath: {$.n: 1}}, items: [{id: 1, n: 2}]}", "/a/items/0", "is not valid"},
	} {
		doc, err := simulations.Decode([]byte("understudy: v1\ncollections:\n" + c.collections))
		if err != nil {
			t.Fatalf("%s: %v", c.collections, err)
		}
		_, faults := Compile("sim", doc.Collections)
		if !slices.ContainsFunc(faults, func(f simulations.FieldError) bool {
			return f.Pointer == c.pointer && strings.Contains(f.Detail, c.detail)
		}) {
			t.Errorf("%s: %v", c.collections, faults)
		}
	}
}

const family = `
  parents: {path: /p, unique: [/u], upsert: true, items: [{id: 1, u: a}, {id: 2, u: b}, {id: x}]}
  children: {path: "/p/{p}/c", parent: parents, scope: {p: /p}, items: [{id: 1, p: 1}, {id: 2, p: 1}, {id: 3, p: 2}]}
  toys: {path: "/p/{p}/c/{c}/t", parent: children, scope: {p: /p, c: /c}, id: {make: uuid}, items: [{id: ball, p: 1, c: 2}, {id: kite, p: 2, c: 3}]}
`

// all shows everything that a session sees.
func all(cs map[string]*Collection, o *Overlay) string {
	var b strings.Builder
	var list func(name, scope string)
	list = func(name, at string) {
		a := ask(cs[name], o, "GET", at, "")
		fmt.Fprintf(&b, "%s %s: %d %s\n", name, at, status(a), a.Body)
		child := map[string]string{"parents": "children", "children": "toys"}[name]
		var items []map[string]any
		_ = json.Unmarshal(a.Body, &items)
		for _, it := range items {
			if child != "" {
				list(child, strings.TrimPrefix(at+"/"+fmt.Sprint(it["id"]), "/"))
			}
		}
	}
	list("parents", "")
	return b.String()
}

// TestStateSurvives: whenever what changed is taken, and however often that
// fails, an overlay made of it shows the same; and when all is closed the budget
// is untouched.
func TestStateSurvives(t *testing.T) {
	cs := compile(t, family)
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		budget := NewBudget(1 << 30)
		o, kept := NewOverlay(budget), map[string][]byte{}
		keep := func() {
			changes, undo := o.Changes()
			if rnd.IntN(4) == 0 {
				undo()
				return
			}
			for _, c := range changes {
				if kept[c.Key] = c.Value; c.Value == nil {
					delete(kept, c.Key)
				}
			}
		}
		id := func() string { return []string{"1", "2", "x", strconv.Itoa(3 + rnd.IntN(4))}[rnd.IntN(4)] }
		for range 200 {
			name := slices.Sorted(maps.Keys(cs))[rnd.IntN(3)]
			at := strings.Join([]string{id(), id(), id()}[:len(cs[name].scope)], "/")
			item := strings.TrimPrefix(at+"/"+id(), "/")
			body := fmt.Sprintf(`{"u":"%d","n":%d}`, rnd.IntN(20), rnd.IntN(9))
			switch rnd.IntN(8) {
			case 0, 1, 2:
				ask(cs[name], o, "POST", at, body)
			case 3:
				ask(cs[name], o, "PUT", item, body)
			case 4:
				ask(cs[name], o, "PATCH", item, body)
			case 5, 6:
				ask(cs[name], o, "DELETE", item, "")
			default:
				keep()
			}
		}
		for changes, undo := o.Changes(); len(changes) > 0; changes, undo = o.Changes() {
			undo()
			keep()
		}
		again := NewOverlay(budget)
		values := slices.Collect(maps.Values(kept))
		rnd.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		for _, v := range values {
			if err := again.Restore(v); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := all(cs, again), all(cs, o); got != want {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, got, want)
		}
		if !maps.Equal(again.Rows(), o.Rows()) || again.bytes != o.bytes || again.rows != o.rows {
			t.Errorf("seed %d: %v, %d rows, %d bytes; want %v, %d, %d", seed, again.Rows(), again.rows, again.bytes, o.Rows(), o.rows, o.bytes)
		}
		for _, name := range []string{"parents", "children"} {
			if a, b := again.reserve(cs[name], "", true), o.reserve(cs[name], "", true); a != b {
				t.Errorf("seed %d: the next id of %s is %d, was %d", seed, name, a, b)
			}
		}
		if budget.Used() != o.bytes+again.bytes {
			t.Errorf("seed %d: the budget counts %d, the overlays hold %d", seed, budget.Used(), o.bytes+again.bytes)
		}
		o.Close()
		again.Close()
		ask(cs["parents"], o, "POST", "", `{}`) // a request that was under way
		if budget.Used() != 0 {
			t.Errorf("seed %d: %d bytes are left in the budget", seed, budget.Used())
		}
		if changes, _ := o.Changes(); len(changes) > 0 {
			t.Errorf("seed %d: what was closed would be kept", seed)
		}
	}
}

// TestDeletingAParent takes all that is below it, of the seed and of the
// session, and gives back its room.
func TestDeletingAParent(t *testing.T) {
	cs := compile(t, family)
	budget := NewBudget(1 << 30)
	o := NewOverlay(budget)
	ask(cs["toys"], o, "POST", "1/2", `{}`)
	ask(cs["children"], o, "POST", "1", `{}`)
	if got := status(ask(cs["parents"], o, "DELETE", "1", "")); got != 204 {
		t.Fatal(got)
	}
	for at, name := range map[string]string{"1": "children", "1/2": "toys", "1/1": "toys"} {
		if got := status(ask(cs[name], o, "GET", at, "")); got != 404 {
			t.Errorf("%s of %s: %d", name, at, got)
		}
	}
	if o.rows != 1 {
		t.Errorf("%d rows, one says that the parent is gone", o.rows)
	}
	if got := status(ask(cs["parents"], o, "POST", "", `{"id":1}`)); got != 201 {
		t.Fatal(got)
	}
	if got := string(ask(cs["children"], o, "GET", "1", "").Body); got != "[]" {
		t.Errorf("the parent's successor has children: %s", got)
	}
	ask(cs["children"], o, "POST", "1", `{"id":2}`)
	if got := string(ask(cs["toys"], o, "GET", "1/2", "").Body); got != "[]" {
		t.Errorf("the child's successor has toys: %s", got)
	}
	if got := string(ask(cs["toys"], o, "GET", "2/3", "").Body); !strings.Contains(got, "kite") {
		t.Errorf("the toys of others: %s", got)
	}
}

// TestBounds: what would go over one is refused with 507 and changes nothing;
// deleting makes room.
func TestBounds(t *testing.T) {
	cs := compile(t, "  a: {path: /a, items: [{id: 1}]}")
	a := cs["a"]
	large := `{"x":"` + strings.Repeat("x", MaxItemBytes-100) + `"}`
	budget := NewBudget(1 << 30)
	o := NewOverlay(budget)
	if got := status(ask(a, o, "POST", "", `{"x":"`+strings.Repeat("x", MaxItemBytes)+`"}`)); got != 413 {
		t.Errorf("an item that is too large: %d", got)
	}
	n := 0
	for status(ask(a, o, "POST", "", large)) == 201 {
		n++
	}
	if held := int64(n) * MaxItemBytes; held > MaxBytes || held < MaxBytes*9/10 {
		t.Errorf("%d items of 60 KiB", n)
	}
	before := string(ask(a, o, "GET", "", "").Body)
	if got := status(ask(a, o, "PATCH", "1", large)); got != 507 || string(ask(a, o, "GET", "", "").Body) != before {
		t.Errorf("a change without room: %d", got)
	}
	if got := status(ask(a, o, "DELETE", "2", "")); got != 204 {
		t.Errorf("a deletion without room: %d", got)
	}
	if got := status(ask(a, o, "PATCH", "1", large)); got != 200 {
		t.Errorf("a change with room: %d", got)
	}
	o.Close()

	o = NewOverlay(budget)
	for i := range MaxRows {
		if got := status(ask(a, o, "POST", "", `{}`)); got != 201 {
			t.Fatalf("item %d: %d", i, got)
		}
	}
	if got := status(ask(a, o, "POST", "", `{}`)); got != 507 {
		t.Errorf("one row too many: %d", got)
	}
	if got := status(ask(a, o, "DELETE", "1", "")); got != 507 {
		t.Errorf("a deletion from the seed takes a row too: %d", got)
	}
	o.Close()

	small := NewBudget(4 * MaxItemBytes)
	first, second := NewOverlay(small), NewOverlay(small)
	for range 3 {
		ask(a, first, "POST", "", large)
	}
	if got := []int{status(ask(a, second, "POST", "", large)), status(ask(a, second, "POST", "", large))}; got[1] != 507 {
		t.Errorf("all sessions together: %v", got)
	}
	first.Close()
	if got := status(ask(a, second, "POST", "", large)); got != 201 {
		t.Errorf("after another was dropped: %d", got)
	}
}

// TestConcurrency: however many read an item and write it back if it has not
// changed, no change is lost, and no id is given twice.
func TestConcurrency(t *testing.T) {
	cs := compile(t, `  a: {path: /a, unique: [/name], items: [{id: 1, n: 0}]}`)
	a, o := cs["a"], NewOverlay(NewBudget(1<<30))
	var workers sync.WaitGroup
	var mu sync.Mutex
	ids, won := map[string]bool{}, 0
	for w := range 16 {
		workers.Go(func() {
			for i := 0; i < 50; {
				got := ask(a, o, "GET", "1", "")
				var v struct{ N int }
				if err := json.Unmarshal(got.Body, &v); err != nil {
					t.Error(err)
					return
				}
				if status(ask(a, o, "PATCH", "1", fmt.Sprintf(`{"n":%d}`, v.N+1), "If-Match", got.Header.Get("Etag"))) == 200 {
					i++
				}
				made := ask(a, o, "POST", "", fmt.Sprintf(`{"by":%d}`, w))
				mu.Lock()
				if at := made.Header.Get("Location"); ids[at] {
					t.Errorf("%s was given twice", at)
				} else {
					ids[at] = true
				}
				mu.Unlock()
			}
			if status(ask(a, o, "POST", "", `{"name":"the one"}`)) == 201 {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if got := string(ask(a, o, "GET", "1", "").Body); got != `{"id":1,"n":800}` {
		t.Errorf("after 800 increments: %s", got)
	}
	if won != 1 {
		t.Errorf("%d have the one name", won)
	}
}

// TestSessionsShareTheSeed: a thousand sessions that each change one item of
// 100,000 hold no more than their changes.
func TestSessionsShareTheSeed(t *testing.T) {
	items := make([]string, 100_000)
	for i := range items {
		items[i] = fmt.Sprintf(`{"id":%d,"name":"name %d"}`, i+1, i)
	}
	doc, err := simulations.Decode([]byte(`{"understudy":"v1","collections":{"a":{"path":"/a","items":[` + strings.Join(items, ",") + `]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	cs, faults := Compile("sim", doc.Collections)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := held()
	budget := NewBudget(1 << 30)
	sessions := make([]*Overlay, 1000)
	for i := range sessions {
		sessions[i] = NewOverlay(budget)
		ask(cs["a"], sessions[i], "PATCH", strconv.Itoa(i+1), `{"name":"other"}`)
	}
	if grown := int64(held()) - int64(before); grown > 8<<20 {
		t.Errorf("a thousand sessions hold %d KiB", grown>>10)
	}
	if got := string(ask(cs["a"], sessions[7], "GET", "7", "").Body); got != `{"id":7,"name":"name 6"}` {
		t.Error(got)
	}
	runtime.KeepAlive(sessions)
	runtime.KeepAlive(doc)
}

// TestSessionsAreApart: two hundred sessions at once, fifty writes each, see
// nothing of each other, and leave the seed as it was.
func TestSessionsAreApart(t *testing.T) {
	cs := compile(t, family)
	before := all(cs, nil)
	budget := NewBudget(1 << 30)
	run := func(n int) string {
		o := NewOverlay(budget)
		defer o.Close()
		rnd := rand.New(rand.NewPCG(uint64(n), 5))
		for range 50 {
			switch id := strconv.Itoa(1 + rnd.IntN(4)); rnd.IntN(5) {
			case 0:
				ask(cs["parents"], o, "POST", "", `{"by":{"n":[1]}}`)
			case 1:
				ask(cs["parents"], o, "PATCH", id, fmt.Sprintf(`{"by":{"n":[%d]}}`, n))
			case 2:
				ask(cs["children"], o, "PATCH", "1/"+id, `[{"op":"add","path":"/x","value":[]},{"op":"copy","from":"/p","path":"/x/-"},{"op":"remove","path":"/p"}]`, "Content-Type", jsonPatch)
			case 3:
				ask(cs["children"], o, "POST", id, fmt.Sprintf(`{"by":%d}`, n))
			default:
				ask(cs["parents"], o, "DELETE", id, "")
			}
		}
		return all(cs, o)
	}
	results := make([]string, 200)
	var sessions sync.WaitGroup
	for n := range results {
		sessions.Go(func() { results[n] = run(n) })
	}
	sessions.Wait()
	if after := all(cs, nil); after != before {
		t.Errorf("the seed is\n%s\nwas\n%s", after, before)
	}
	for n, got := range results {
		if want := run(n); got != want {
			t.Fatalf("session %d saw\n%s\nalone it sees\n%s", n, got, want)
		}
	}
	if budget.Used() != 0 {
		t.Errorf("%d bytes are left in the budget", budget.Used())
	}
}

// TestTags: which lists of entity tags have "a".
func TestTags(t *testing.T) {
	for list, want := range map[string][2]bool{ // strong, weak
		`"a"`: {true, true}, `W/"a"`: {false, true}, `"b", "a"`: {true, true}, `"b" ,W/"c",,"a"`: {true, true},
		`*`: {true, true}, ` * `: {true, true}, `"b"`: {}, `a`: {}, `"a`: {}, `b, "a"`: {}, ``: {}, `"a,b"`: {}, `"b`: {}, `W/`: {}, `"`: {},
	} {
		if got := [2]bool{MatchesTag([]string{list}, `"a"`, true), MatchesTag([]string{list}, `"a"`, false)}; got != want {
			t.Errorf("%s: %v, want %v", list, got, want)
		}
	}
}

// TestPages: the parts of a list, and the links between them, in each style.
func TestPages(t *testing.T) {
	const items = `items: [{id: 1}, {id: 2}, {id: 3}, {id: 4}, {id: 5}]`
	for _, c := range []struct {
		list  string
		pages []string // the query that leads on, then what must be there
	}{
		{`paging: {style: page, size: n, default: 2}, link: true`, []string{
			"", `[{"id":1},{"id":2}] <http://x/a?page=1>; rel="first", <http://x/a?page=2>; rel="next", <http://x/a?page=3>; rel="last"`,
			"page=3", `[{"id":5}] <http://x/a?page=1>; rel="first", <http://x/a?page=2>; rel="prev", <http://x/a?page=3>; rel="last"`,
			"page=2&n=3&q=z", `[{"id":4},{"id":5}] <http://x/a?n=3&page=1&q=z>; rel="first", <http://x/a?n=3&page=1&q=z>; rel="prev", <http://x/a?n=3&page=2&q=z>; rel="last"`,
			"page=99999999&n=2", `[] <http://x/a?n=2&page=1>; rel="first", <http://x/a?n=2&page=3>; rel="prev", <http://x/a?n=2&page=3>; rel="last"`,
			"n=99", `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}] <http://x/a?n=99&page=1>; rel="first", <http://x/a?n=99&page=1>; rel="last"`,
		}},
		{`paging: {style: page, zeroBased: true, default: 2}, envelope: {d: "{items}", p: "{page}", of: "{pages}", prev: "{prevURL}"}`, []string{
			"", `{"d":[{"id":1},{"id":2}],"p":0,"of":2,"prev":null}`,
			"page=1", `{"d":[{"id":3},{"id":4}],"p":1,"of":2,"prev":"http://x/a?page=0"}`,
		}},
		{`paging: {style: offset, at: skip, size: take, default: 2, max: 3}, envelope: {d: "{items}", o: "{offset}", n: "{count}", t: "{total}", s: "{size}", next: "{nextURL}", more: "{more}"}`, []string{
			"", `{"d":[{"id":1},{"id":2}],"o":0,"n":2,"t":5,"s":2,"next":"http://x/a?skip=2","more":true}`,
			"skip=3&take=9", `{"d":[{"id":4},{"id":5}],"o":3,"n":2,"t":5,"s":3,"next":null,"more":false}`,
			"skip=7", `{"d":[],"o":5,"n":0,"t":5,"s":2,"next":null,"more":false}`,
		}},
		{`totalHeader: X-Total`, []string{"page=2", `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}]`}},
		{`paging: {style: page}, sorting: {by: s, default: -id}`, []string{
			"", `[{"id":5},{"id":4},{"id":3},{"id":2},{"id":1}]`,
			"s=id", `[{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}]`,
		}},
	} {
		a := compile(t, "  a: {path: /a, "+items+", list: {"+c.list+"}}")["a"]
		for i := 0; i < len(c.pages); i += 2 {
			got := list(a, nil, c.pages[i])
			text := strings.TrimSpace(string(got.Body) + " " + got.Header.Get("Link"))
			if text != c.pages[i+1] {
				t.Errorf("%s ?%s:\n got %s\nwant %s", c.list, c.pages[i], text, c.pages[i+1])
			}
			if strings.HasPrefix(c.list, "totalHeader") && got.Header.Get("X-Total") != "5" {
				t.Errorf("X-Total is %q", got.Header.Get("X-Total"))
			}
		}
	}
}

// TestCursors: pages that follow each other show each item once, also while
// items before the cursor come and go.
func TestCursors(t *testing.T) {
	a := compile(t, `  a: {path: /a, items: [{id: 1}, {id: 2}, {id: 3}, {id: 4}, {id: 5}], list: {paging: {style: cursor, default: 2}, envelope: {d: "{items}", next: "{next}"}}}`)["a"]
	o := NewOverlay(NewBudget(1 << 20))
	page := func(cursor string) (ids string, next string) {
		var v struct {
			D    []struct{ ID int }
			Next string
		}
		if err := json.Unmarshal(list(a, o, "cursor="+cursor).Body, &v); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(v.D), v.Next
	}
	first, next := page("")
	ask(a, o, "DELETE", "1", "")
	second, last := page(next)
	ask(a, o, "DELETE", "4", "") // the very one that the cursor names
	third, end := page(last)
	if got := first + second + third + end; got != "[{1} {2}][{3} {4}][{5}]" && got != "[{1} {2}][{3} {4}][]" {
		t.Errorf("%s", got)
	}
}

func list(c *Collection, o *Overlay, query string) *Answer {
	return c.Serve(&Request{Method: "GET", Header: http.Header{}, URL: "http://x" + c.ListPath, Query: matchers.ParseQuery(query)}, o)
}

// TestIdentity: an item keeps its id, whatever sets its members; and the ways to
// make one.
func TestIdentity(t *testing.T) {
	cs := compile(t, `
  a: {path: /a, stamps: {id: stamped, at: 5}, actions: {go: {set: {id: gone, went: true}}}}
  nested: {path: /n, id: {field: /meta/name, make: client}, readOnly: [/meta/made], defaults: {meta: {made: now}}}
  made: {path: /m, id: {make: uuid}}
  from: {path: /f, id: {from: 100}, items: [{id: 7}]}
  ours: {path: /o, readOnly: [/id], items: [{id: 1}]}
`)
	overlays := map[string]*Overlay{}
	for _, c := range []struct {
		in, method, at, body string
		status               int
		want                 string
	}{
		{"a", "POST", "", `{"x":1}`, 201, `{"x":1,"id":1,"at":5}`},
		{"a", "PUT", "1", `{"y":1}`, 200, `{"id":1,"y":1,"at":5}`},
		{"a", "PATCH", "1", `{"id":null,"y":null}`, 200, `{"id":1,"at":5}`},
		{"a", "PATCH", "1", `{"id":2}`, 422, ""},
		{"a", "POST", "", `{"id":true}`, 422, ""},
		{"nested", "POST", "", `{"spec":{}}`, 422, ""},
		{"nested", "POST", "", `{"meta":{"name":"n/1","made":"then"},"spec":{}}`, 201, `{"meta":{"name":"n/1","made":"now"},"spec":{}}`},
		{"nested", "POST", "", `{"meta":5}`, 422, ""},
		{"from", "POST", "", `{}`, 201, `{"id":100}`},
		{"from", "POST", "", `{"id":200}`, 201, `{"id":200}`},
		{"from", "POST", "", `{}`, 201, `{"id":201}`},
		{"ours", "POST", "", `{"id":500}`, 201, `{"id":2}`},
	} {
		if overlays[c.in] == nil {
			overlays[c.in] = NewOverlay(NewBudget(1 << 20))
		}
		a := ask(cs[c.in], overlays[c.in], c.method, c.at, c.body)
		if status(a) != c.status || string(a.Body) != c.want {
			t.Errorf("%s %s %s %s: %d %s, want %d %s", c.method, c.in, c.at, c.body, status(a), a.Body, c.status, c.want)
		}
	}
	q := &Request{Method: "POST", AtItem: true, Action: "go", Params: map[string]string{"id": "1"}, Header: http.Header{}}
	if got := string(cs["a"].Serve(q, overlays["a"]).Body); got != `{"id":1,"at":5,"went":true}` {
		t.Errorf("an action: %s", got)
	}
	first := ask(cs["made"], NewOverlay(NewBudget(1<<20)), "POST", "", `{}`).Header.Get("Location")
	again := ask(cs["made"], NewOverlay(NewBudget(1<<20)), "POST", "", `{}`).Header.Get("Location")
	if first != again || !regexp.MustCompile(`^/m/[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(first) {
		t.Errorf("the first ids of two runs are %s and %s", first, again)
	}
}
