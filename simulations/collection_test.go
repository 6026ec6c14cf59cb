package simulations

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

// TestCollectionRules: each of these is refused, at the place that is named.
func TestCollectionRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ members, pointer, detail string }{
		{`item: "/a/{id}"`, "", "the field path is missing"},
		{`path: a`, "/path", "begins with '/'"},
		{`path: "/a?b"`, "/path", "neither query"},
		{`path: /a, item: "a/{id}"`, "/item", "begins with '/'"},
		{`path: /a, collaborator: "a b"`, "/collaborator", "a name has"},
		{`path: /a, methods: [GET, HEAD]`, "/methods", `"HEAD" (number 1) is none of`},
		{`path: /a, items: [{id: 1}, 2]`, "/items/1", "an item is an object"},
		{`path: /a, items: [{id: 1}], file: x.json`, "/file", "items or a file"},
		{`path: /a, file: ../x.json`, "/file", "below the document's folder"},
		{`path: /a, readOnly: [created]`, "/readOnly", "write a JSON pointer"},
		{`path: /a, unique: ["/a~2"]`, "/unique", "write a JSON pointer"},
		{`path: /a, scope: {a: b}`, "/scope/a", "write a JSON pointer"},
		{`path: /a, body: data`, "/body", "write a JSON pointer"},
		{`path: /a, defaults: 5`, "/defaults", "must be an object"},
		{`path: /a, stamps: [a]`, "/stamps", "must be an object"},
		{`path: /a, put: patch`, "/put", "none of replace, merge, shallow"},
		{`path: /a, patch: replace`, "/patch", "merge or shallow"},
		{`path: /a, createStatus: 404`, "/createStatus", "200 to 299"},
		{`path: /a, envelope: {data: "{items}"}`, "/envelope", `"{item}" is nowhere`},
		{`path: /a, errors: {missing: {text: no}}`, "/errors/missing", "named by its status"},
		{`path: /a, errors: {"404": {status: 200}}`, "/errors/404/status", "400 to 599"},
		{`path: /a, errors: {"404": {fault: timeout}}`, "/errors/404/fault", "no faults"},
		{`path: /a, deleted: {status: 404}`, "/deleted/status", "200 to 299"},
		{`path: /a, deleted: {delay: 1s}`, "/deleted/delay", "at the collection"},
		{`path: /a, actions: {"a b": {}}`, "/actions/a b", "a name has"},
		{`path: /a, actions: {go: {set: 5}}`, "/actions/go/set", "must be an object"},
		{`path: /a, actions: {go: {response: {fault: timeout}}}`, "/actions/go/response/fault", "no faults"},
		{`path: /a, id: {field: id}`, "/id/field", "write a JSON pointer"},
		{`path: /a, id: {make: uuid, template: x}`, "/id/template", "by template or by make"},
		{`path: /a, id: {make: uuid, from: 5}`, "/id/from", "goes with `make: integer`"},
		{`path: /a, id: {from: -5}`, "/id/from", "1 to 2^53"},
		{`path: /a, list: {envelope: {data: "{item}"}}`, "/list/envelope", `"{items}" is nowhere`},
		{`path: /a, list: {totalHeader: "a b"}`, "/list/totalHeader", "no header name"},
		{`path: /a, idempotencyKey: "a b"`, "/idempotencyKey", "no header name"},
		{`path: /a, idempotencyKey: ""`, "/idempotencyKey", "no header name"},
		{`path: /a, idempotencyKey: 5`, "/idempotencyKey", "must be an object"},
		{`path: /a, list: {link: true}`, "/list/link", "by `paging`"},
		{`path: /a, list: {paging: {at: page}}`, "/list/paging", "the field style is missing"},
		{`path: /a, list: {paging: {style: page, max: 5, default: 6}}`, "/list/paging/default", "more than max"},
		{`path: /a, list: {paging: {style: offset, zeroBased: true}}`, "/list/paging/zeroBased", "`style: page`"},
		{`path: /a, list: {filters: {a: b}}`, "/list/filters/a", "write a JSON pointer"},
		{`path: /a, list: {filters: {a: {field: /b, is: like}}}`, "/list/filters/a/is", "none of equals"},
	} {
		_, err := Decode([]byte("understudy: v1\ncollections:\n  things: {" + c.members + "}\n"))
		e, ok := errors.AsType[*Error](err)
		if !ok || len(e.Fields) != 1 || e.Fields[0].Pointer != "/collections/things"+c.pointer || !strings.Contains(e.Fields[0].Detail, c.detail) || e.Fields[0].Line != 3 {
			t.Errorf("%s: %v", c.members, err)
		}
	}
	_, err := Decode([]byte("understudy: v1\ncollections:\n  things: {path: /a}\nstubs:\n  - {id: things, response: {}}\n"))
	if err == nil || !strings.Contains(err.Error(), "the stub 0 has this id") {
		t.Errorf("a stub and a collection of one name: %v", err)
	}
}

// TestCollectionFiles: a file of items, JSON or YAML, becomes the items, and is
// no document.
func TestCollectionFiles(t *testing.T) {
	t.Parallel()
	doc := func(f string) string {
		return "understudy: v1\ncollections:\n  things: {path: /a, file: " + f + ", deleted: {file: gone.txt}}\n"
	}
	fsys := fstest.MapFS{
		"a.yaml": file(doc("data/a.json")), "b.yaml": file(doc("data/b.yaml")), "gone.txt": file("gone"),
		"data/a.json": file(`[{"id": 1, "price": 1.10}]`), "data/b.yaml": file("- {id: 1}\n- {id: 2}\n"),
	}
	all, err := LoadAll(fsys, ReadNative)
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	c := all[0].Document.Collections["things"]
	if c.File != "" || len(c.Items) != 1 || c.Items[0].String() != `{"id":1,"price":1.10}` || *c.Deleted.Text != "gone" {
		t.Errorf("%+v", c)
	}
	if n := len(all[1].Document.Collections["things"].Items); n != 2 {
		t.Errorf("%d items of YAML", n)
	}
	for f, want := range map[string]string{
		`{"id": 1}`:      "must be a list of items",
		`[{"id": 1}, 2]`: "number 1 is a number",
		`[{"id": 1}`:     "data/c.json",
	} {
		_, err := Load(fstest.MapFS{"c.yaml": file(doc("data/c.json")), "gone.txt": file(""), "data/c.json": file(f)}, "c.yaml", ReadNative)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/collections/things/file") {
			t.Errorf("%s: %v", f, err)
		}
	}
}
