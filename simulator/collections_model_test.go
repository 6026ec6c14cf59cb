package simulator_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

const modelled = `
understudy: v1
collections:
  shelves:
    path: /shelves
    upsert: true
    readOnly: [/made]
    unique: [/code]
    defaults: {made: here}
    validate: {jsonSchema: {type: object, properties: {size: {type: integer}}}}
    list:
      envelope: {items: "{items}", total: "{total}", more: "{more}"}
      paging: {style: offset, default: 5, max: 7}
      sorting: {}
      filters: {size: /size, atLeast: {field: /size, is: gte}}
    items: [%s]
  books:
    path: /shelves/{shelf}/books
    parent: shelves
    scope: {shelf: /shelf}
    put: merge
    patch: shallow
    requireMatch: true
    items: [%s]
`

// object is an item in the model: what encoding/json makes of it.
type object = map[string]any

// modelShelf is a scope in the model: items by id, and the ids in order.
type modelList struct {
	items map[string]object
	order []string
}

func (l *modelList) put(id string, o object) {
	if _, there := l.items[id]; !there {
		l.order = append(l.order, id)
	}
	l.items[id] = o
}

func (l *modelList) drop(id string) {
	delete(l.items, id)
	l.order = slices.DeleteFunc(l.order, func(s string) bool { return s == id })
}

func newList() *modelList { return &modelList{items: map[string]object{}} }

// modelData is all that a session sees, the plain map that the collections must
// agree with.
type modelData struct {
	shelves *modelList
	books   map[string]*modelList
	// next are the numbers given out last.
	nextShelf, nextBook int
}

func clone(o object) object {
	var out object
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	decodeExact(b, &out)
	return out
}

func decodeExact(b []byte, to any) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(to); err != nil {
		panic(fmt.Sprintf("%v in %s", err, b))
	}
}

// modelTest drives an engine and the model side by side.
type modelTest struct {
	t        *testing.T
	e        *simulator.Engine
	rnd      *rand.Rand
	sessions map[string]*modelData
	// tags are the ETags seen, by what they stood for, and back.
	tags, back map[string]string
	counts     map[string]int
}

// call is one operation: what is sent, and what the model says must come.
type call struct {
	method, path string
	header       http.Header
	body         any
	status       int
	want         any // nil: the body is not looked at
}

// TestCollectionsAgreeWithAMap runs random operations, one after the other, in
// two sessions, on a collection and one below it, and holds every answer against
// a map that does the same.
func TestCollectionsAgreeWithAMap(t *testing.T) {
	operations := 100_000
	if testing.Short() {
		operations = 10_000
	}
	m := &modelTest{
		t: t, e: newEngine(t), rnd: rand.New(rand.NewPCG(1, 2)), sessions: map[string]*modelData{},
		tags: map[string]string{}, back: map[string]string{}, counts: map[string]int{},
	}
	var shelves, books []string
	for _, s := range []string{"a", "b"} {
		d := &modelData{shelves: newList(), books: map[string]*modelList{}, nextShelf: 6, nextBook: 203}
		m.sessions[s] = d
		for i := range 6 {
			o := object{"id": json.Number(strconv.Itoa(i + 1)), "code": fmt.Sprintf("seed-%d", i), "size": json.Number(strconv.Itoa(i % 3))}
			d.shelves.put(strconv.Itoa(i+1), o)
			d.books[strconv.Itoa(i+1)] = newList()
			if s == "a" {
				shelves = append(shelves, text(o))
			}
		}
		for i := range 4 {
			shelf := strconv.Itoa(i%2 + 1)
			o := object{"id": json.Number(strconv.Itoa(200 + i)), "shelf": json.Number(shelf), "title": "seed"}
			d.books[shelf].put(strconv.Itoa(200+i), o)
			if s == "a" {
				books = append(books, text(o))
			}
		}
	}
	doc, err := simulations.Decode(fmt.Appendf(nil, modelled, strings.Join(shelves, ","), strings.Join(books, ",")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.e.PutDocument(t.Context(), "library", doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	for i := range operations {
		session := []string{"a", "b"}[m.rnd.IntN(2)]
		d := m.sessions[session]
		dry := m.rnd.IntN(20) == 0
		before := d
		if dry {
			before = d.copy()
		}
		var c *call
		if m.rnd.IntN(2) == 0 {
			c = m.shelf(d)
		} else {
			c = m.book(d)
		}
		if dry {
			m.sessions[session] = before
			c.header.Add("Prefer", "tx=rollback")
		}
		c.header.Set("Understudy-Session", session)
		if !m.send(c) {
			t.Fatalf("operation %d, session %s, dry %v: %s %s %v %s", i, session, dry, c.method, c.path, c.header, text(c.body))
		}
	}
	for _, status := range []int{200, 201, 204, 304, 404, 409, 412, 422, 428} {
		if m.counts[strconv.Itoa(status)] < operations/10_000 {
			t.Errorf("only %d answers of status %d: the test does not reach them", m.counts[strconv.Itoa(status)], status)
		}
	}
	t.Logf("%d operations, by method and status: %v", operations, m.counts)
}

func (d *modelData) copy() *modelData {
	out := &modelData{shelves: d.shelves.copy(), books: map[string]*modelList{}, nextShelf: d.nextShelf, nextBook: d.nextBook}
	for k, v := range d.books {
		out.books[k] = v.copy()
	}
	return out
}

func (l *modelList) copy() *modelList {
	return &modelList{items: maps.Clone(l.items), order: slices.Clone(l.order)}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// send asks the engine and compares.
func (m *modelTest) send(c *call) bool {
	var body []byte
	if c.body != nil {
		body = []byte(text(c.body))
	}
	r := httptest.NewRequest(c.method, "http://library"+c.path, strings.NewReader(string(body)))
	for k, v := range c.header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	m.e.ServeHTTP(w, r)
	m.counts[c.method]++
	m.counts[strconv.Itoa(w.Code)]++
	if w.Code != c.status {
		m.t.Errorf("status %d, want %d: %s", w.Code, c.status, w.Body)
		return false
	}
	if c.want == nil || w.Code == http.StatusNotModified {
		return true
	}
	var got any
	decodeExact(w.Body.Bytes(), &got)
	var want any
	decodeExact([]byte(text(c.want)), &want)
	if !reflect.DeepEqual(got, want) {
		m.t.Errorf("got  %s\nwant %s", w.Body, text(want))
		return false
	}
	if tag := w.Header().Get("Etag"); tag != "" && c.method != "DELETE" {
		// Members come in another order now and then, so several tags may stand
		// for one value; one tag never stands for two.
		if old, ok := m.back[tag]; ok && old != text(want) {
			m.t.Errorf("the ETag %s stands for %s and for %s", tag, old, text(want))
			return false
		}
		m.back[tag] = text(want)
		m.tags[c.path+" "+c.header.Get("Understudy-Session")] = tag
	}
	return true
}

// tagOf asks for the present ETag of an item, "" where there is none.
func (m *modelTest) tagOf(session, path string) string {
	r := httptest.NewRequest("GET", "http://library"+path, nil)
	r.Header.Set("Understudy-Session", session)
	w := httptest.NewRecorder()
	m.e.ServeHTTP(w, r)
	return w.Header().Get("Etag")
}

func (m *modelTest) sessionOf(d *modelData) string {
	for s, x := range m.sessions {
		if x == d {
			return s
		}
	}
	panic("a session of nobody")
}

func (m *modelTest) pick(l *modelList) string {
	if len(l.order) > 0 && m.rnd.IntN(8) > 0 {
		return l.order[m.rnd.IntN(len(l.order))]
	}
	return strconv.Itoa(1 + m.rnd.IntN(300))
}

func (m *modelTest) size() json.Number { return json.Number(strconv.Itoa(m.rnd.IntN(4))) }

// written is an item as a client writes it.
func (m *modelTest) written() object {
	o := object{}
	if m.rnd.IntN(2) == 0 {
		o["code"] = fmt.Sprintf("c%d", m.rnd.IntN(40))
		if m.rnd.IntN(4) == 0 {
			o["code"] = fmt.Sprintf("seed-%d", m.rnd.IntN(6))
		}
	}
	if m.rnd.IntN(2) == 0 {
		o["size"] = m.size()
	}
	switch m.rnd.IntN(12) {
	case 0:
		o["made"] = "by the client"
	case 1:
		o["nested"] = object{"x": m.size(), "y": nil}
	case 2:
		o["size"] = "large" // not valid
	case 3:
		o["code"] = nil
	}
	return o
}

func valid(o object) bool {
	n, is := o["size"].(json.Number)
	return o["size"] == nil && !has(o, "size") || is && !strings.Contains(n.String(), ".")
}

func has(o object, k string) bool { _, ok := o[k]; return ok }

func (l *modelList) taken(id string, o object) bool {
	if o["code"] == nil {
		return false
	}
	for other, x := range l.items {
		if other != id && x["code"] == o["code"] {
			return true
		}
	}
	return false
}

// mergeInto is RFC 7396, written for the model.
func mergeInto(old, change object) object {
	out := clone(old)
	for k, v := range change {
		switch v := v.(type) {
		case nil:
			delete(out, k)
		case map[string]any:
			was, _ := out[k].(map[string]any)
			if was == nil {
				was = object{}
			}
			out[k] = mergeInto(was, v)
		default:
			out[k] = v
		}
	}
	return out
}

// shelf is an operation on the upper collection.
func (m *modelTest) shelf(d *modelData) *call {
	l := d.shelves
	c := &call{header: http.Header{}}
	id := m.pick(l)
	old := l.items[id]
	c.path = "/shelves/" + id
	session := m.sessionOf(d)
	// refused tells what a changed item is refused for, 0 for nothing.
	refused := func(o object) int {
		switch {
		case !valid(o):
			return 422
		case l.taken(id, o):
			return 409
		}
		return 0
	}
	conditions := func() bool { return true }
	if m.rnd.IntN(3) == 0 {
		tag := m.tagOf(session, c.path)
		switch m.rnd.IntN(4) {
		case 0:
			tag = `"stale"`
		case 1:
			tag = `W/` + tag
		}
		current := tag == m.tagOf(session, c.path) && tag != ""
		c.header.Set("If-Match", `"x", `+tag)
		conditions = func() bool { return current }
	}
	switch m.rnd.IntN(10) {
	case 0, 1:
		c.method, c.path = "POST", "/shelves"
		o := m.written()
		made := clone(o)
		delete(made, "made")
		id = ""
		if m.rnd.IntN(4) == 0 {
			id = m.pick(l)
			o["id"] = json.Number(id)
		} else {
			next := d.nextShelf + 1
			for ; l.items[strconv.Itoa(next)] != nil; next++ {
			}
			id = strconv.Itoa(next)
		}
		made["id"], made["made"] = json.Number(id), "here"
		c.body = o
		switch {
		case l.items[id] != nil && !valid(made):
			c.status = 422
		case l.items[id] != nil:
			c.status = 409
		default:
			c.status = refused(made)
		}
		if c.status == 0 {
			c.status, c.want = 201, made
			m.putShelf(d, id, made)
		}
	case 2, 3:
		c.method = "PUT"
		o := m.written()
		c.body = o
		made := clone(o)
		delete(made, "made")
		made["id"] = json.Number(id)
		switch {
		case old == nil && c.header["If-Match"] != nil:
			c.status = 412
		case old == nil:
			made["made"] = "here"
			if c.status = refused(made); c.status == 0 {
				c.status, c.want = 201, made
				m.putShelf(d, id, made)
			}
		case !conditions():
			c.status = 412
		default:
			if has(old, "made") {
				made["made"] = old["made"]
			}
			if c.status = refused(made); c.status == 0 {
				c.status, c.want = 200, made
				m.putShelf(d, id, made)
			}
		}
	case 4:
		c.method = "PATCH"
		c.header.Set("Content-Type", "application/merge-patch+json")
		o := m.written()
		c.body = o
		switch {
		case old == nil:
			c.status = 404
		case !conditions():
			c.status = 412
		default:
			delete(o, "made")
			made := mergeInto(old, o)
			if c.status = refused(made); c.status == 0 {
				c.status, c.want = 200, made
				m.putShelf(d, id, made)
			}
		}
	case 5:
		c.method = "PATCH"
		c.header.Set("Content-Type", "application/json-patch+json")
		size := m.size()
		operations := []object{
			{"op": "test", "path": "/size", "value": size},
			{"op": "add", "path": "/tags", "value": []any{}},
			{"op": "add", "path": "/tags/-", "value": "t"},
		}
		if m.rnd.IntN(4) == 0 {
			operations = append(operations, object{"op": "remove", "path": "/nothing"})
		}
		c.body = operations
		switch {
		case old == nil:
			c.status = 404
		case !conditions():
			c.status = 412
		case old["size"] != size:
			c.status = 409
		case len(operations) == 4:
			c.status = 422
		default:
			made := clone(old)
			made["tags"] = []any{"t"}
			c.status, c.want = 200, made
			m.putShelf(d, id, made)
		}
	case 6:
		c.method = "DELETE"
		switch {
		case old == nil:
			c.status = 404
		case !conditions():
			c.status = 412
		default:
			c.status = 204
			l.drop(id)
			delete(d.books, id)
		}
	case 7:
		c.method, c.path, c.header = "GET", "/shelves", http.Header{}
		c.list(m, l)
	default:
		c.method = "GET"
		switch {
		case old == nil:
			c.status = 404
		case !conditions():
			c.status = 412
		default:
			c.status, c.want = 200, old
			if tag := m.tagOf(session, c.path); m.rnd.IntN(2) == 0 {
				c.header.Set("If-None-Match", "W/"+tag)
				c.status = 304
			}
		}
	}
	return c
}

func (m *modelTest) putShelf(d *modelData, id string, o object) {
	d.shelves.put(id, o)
	if d.books[id] == nil {
		d.books[id] = newList()
	}
	if n, err := strconv.Atoi(id); err == nil {
		d.nextShelf = max(d.nextShelf, n)
	}
}

// list asks for a page, filtered and in an order.
func (c *call) list(m *modelTest, l *modelList) {
	q := url.Values{}
	var all []object
	for _, id := range l.order {
		all = append(all, l.items[id])
	}
	number := func(o object) int { n, _ := strconv.Atoi(fmt.Sprint(o["size"])); return n }
	if m.rnd.IntN(2) == 0 {
		want := m.rnd.IntN(4)
		q.Set("size", strconv.Itoa(want))
		all = slices.DeleteFunc(all, func(o object) bool { return !has(o, "size") || number(o) != want })
	}
	if m.rnd.IntN(3) == 0 {
		want := m.rnd.IntN(4)
		q.Set("atLeast", strconv.Itoa(want))
		all = slices.DeleteFunc(all, func(o object) bool { return !has(o, "size") || number(o) < want })
	}
	if m.rnd.IntN(2) == 0 {
		sign := 1 - 2*m.rnd.IntN(2)
		q.Set("sort", map[int]string{1: "size", -1: "-size"}[sign])
		slices.SortStableFunc(all, func(a, b object) int {
			if has(a, "size") != has(b, "size") {
				return map[bool]int{true: sign, false: -sign}[has(a, "size")]
			}
			return sign * (number(a) - number(b))
		})
	}
	from, size := m.rnd.IntN(len(l.order)+3), 5
	q.Set("offset", strconv.Itoa(from))
	if m.rnd.IntN(2) == 0 {
		size = 1 + m.rnd.IntN(9)
		q.Set("limit", strconv.Itoa(size))
		size = min(size, 7)
	}
	from = min(from, len(all))
	to := min(from+size, len(all))
	items := append([]object{}, all[from:to]...)
	c.path += "?" + q.Encode()
	c.status, c.want = 200, object{"items": items, "total": len(all), "more": to < len(all)}
}

// book is an operation on the lower collection, whose changes need If-Match.
func (m *modelTest) book(d *modelData) *call {
	c := &call{header: http.Header{}}
	shelf := m.pick(d.shelves)
	l := d.books[shelf]
	if l == nil {
		l = newList()
	}
	there := d.shelves.items[shelf] != nil
	id := m.pick(l)
	old := l.items[id]
	c.path = "/shelves/" + shelf + "/books/" + id
	condition := 428
	if m.rnd.IntN(4) > 0 {
		tag := m.tagOf(m.sessionOf(d), c.path)
		if condition = 0; m.rnd.IntN(4) == 0 {
			tag, condition = `"stale"`, 412
		}
		c.header.Set("If-Match", tag)
	}
	if old == nil {
		condition = 404
	}
	o := object{"title": fmt.Sprintf("t%d", m.rnd.IntN(9)), "n": object{"a": m.size(), "b": nil}}
	switch m.rnd.IntN(8) {
	case 0, 1, 2:
		c.method, c.path, c.body = "POST", "/shelves/"+shelf+"/books", o
		made := clone(o)
		next := strconv.Itoa(d.nextBook + 1)
		made["id"], made["shelf"] = json.Number(next), json.Number(shelf)
		if c.status = 404; there {
			c.status, c.want = 201, made
			l.put(next, made)
			d.nextBook++
		}
	case 3:
		c.method, c.body = "PUT", o
		if c.status = condition; condition == 0 {
			made := mergeInto(old, o)
			c.status, c.want = 200, made
			l.put(id, made)
		}
	case 4:
		c.method, c.body = "PATCH", o
		c.header.Set("Content-Type", "application/json")
		if c.status = condition; condition == 0 {
			made := clone(old)
			maps.Copy(made, clone(o))
			c.status, c.want = 200, made
			l.put(id, made)
		}
	case 5:
		c.method = "DELETE"
		if c.status = condition; condition == 0 {
			c.status = 204
			l.drop(id)
		}
	case 6:
		c.method, c.path, c.header = "GET", "/shelves/"+shelf+"/books", http.Header{}
		items := []object{}
		for _, id := range l.order {
			items = append(items, l.items[id])
		}
		if c.status = 404; there {
			c.status, c.want = 200, items
		}
	default:
		c.method, c.header = "GET", http.Header{}
		if c.status = 404; old != nil {
			c.status, c.want = 200, old
		}
	}
	return c
}
