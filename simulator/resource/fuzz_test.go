package resource

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"understudy/matchers"
)

// FuzzRestore: entries of whatever bytes give an error, never a panic; what is
// restored can be shown, and is kept the same way.
func FuzzRestore(f *testing.F) {
	cs := compile(f, family)
	o := NewOverlay(NewBudget(1 << 30))
	ask(cs["children"], o, "POST", "1", `{"a":[1,null]}`)
	ask(cs["parents"], o, "DELETE", "2", "")
	ask(cs["parents"], o, "PUT", "x", `{"id":"x"}`)
	o.keep(keyed{"sim/parents", "k"}, &keptKey{&Kept{Status: 201, Header: http.Header{"A": {"1", ""}}, Trailer: http.Header{"T": nil}, Body: []byte("\xff")}, request{1}, 7})
	o.dirty[keyed{"sim/parents", "k"}.mark()] = struct{}{}
	changes, _ := o.Changes()
	for _, c := range changes {
		f.Add(c.Value)
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		o := NewOverlay(NewBudget(1 << 20))
		if o.Restore(value) != nil {
			return
		}
		all(cs, o)
		m, kind, number, rest, err := parseEntry(value)
		if err != nil {
			t.Fatal(err)
		}
		if kind == rowGone {
			m.kind = rowItem
		} else {
			m.kind = kind
		}
		again := NewOverlay(NewBudget(1 << 20))
		if kept := o.value(m); kept == nil && kind != rowCounter {
			t.Errorf("%q is not kept", value)
		} else if err := again.Restore(kept); err != nil || all(cs, again) != all(cs, o) || !reflect.DeepEqual(again.keys, o.keys) {
			t.Errorf("%q with %d and %q is kept as %q: %v", value, number, rest, kept, err)
		}
	})
}

// FuzzServe: whatever a client sends, it gets an answer with a status, JSON where
// it says so, and the session's data can be listed and kept.
func FuzzServe(f *testing.F) {
	cs := compile(f, family)
	f.Add("POST", "1", "", `{"n":1}`, "application/json", `*`, "")
	f.Add("PATCH", "1", "2", `[{"op":"replace","path":"/n","value":{}}]`, "application/json-patch+json", `"x"`, "limit=1&page=2")
	f.Add("PATCH", "x", "1", `{"id":null,"p":5}`, "application/merge-patch+json", ``, "sort=-a.b,c")
	f.Add("PUT", "a/b%", "\x00", `{"id":"\u0000"}`, "", ``, "%")
	f.Add("DELETE", "1", "1", ``, "", `W/"`, "")
	f.Fuzz(func(t *testing.T, method, parent, id, body, kind, tags, query string) {
		o := NewOverlay(NewBudget(1 << 20))
		for _, c := range cs {
			for _, atItem := range []bool{false, true} {
				q := &Request{
					Method: method, AtItem: atItem, Params: map[string]string{"p": parent, "c": id, "id": id}, Query: matchers.ParseQuery(query),
					Header: http.Header{"Content-Type": {kind}, "If-Match": {tags}, "Prefer": {tags}}, Body: []byte(body), URL: "http://x/",
				}
				if tags == "" {
					delete(q.Header, "If-Match")
				}
				a := c.Serve(q, o)
				if a.Refusal == nil && (a.Status < 200 || a.Status > 399) || a.Refusal != nil && (a.Refusal.Status < 400 || a.Refusal.Status > 599) || a.Err != nil {
					t.Fatalf("%s: %+v", method, a)
				}
				if strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") && !json.Valid(a.Body) {
					t.Errorf("%s gives %q", method, a.Body)
				}
			}
		}
		before := all(cs, o)
		changes, _ := o.Changes()
		again := NewOverlay(NewBudget(1 << 20))
		for _, c := range changes {
			if c.Value != nil {
				if err := again.Restore(c.Value); err != nil {
					t.Errorf("%s %q: %v", method, body, err)
				}
			}
		}
		if after := all(cs, again); after != before {
			t.Errorf("%s %q is kept as\n%s\nwant\n%s", method, body, after, before)
		}
	})
}
