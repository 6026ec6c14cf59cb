package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const petStubs = `
stubs:
  - {id: all, request: {path: /pets}, response: {template: true, text: "{{#each (table 'pets')}}{{name}}={{id}};{{/each}}"}}
  - {id: one, request: {path: {template: "/pets/{id}"}}, response: {template: true, text: "{{lookup (table 'pets' 'id' request.path.id) '0.name'}}"}}
  - {id: add, request: {method: POST, path: /pets}, response: {template: true, text: "{{tableAdd 'pets' id=request.body.id name=request.body.name}}{{size (table 'pets')}}"}}
  - {id: drop, request: {method: DELETE, path: {template: "/pets/{id}"}}, response: {template: true, text: "{{tableRemove 'pets' 'id' request.path.id}}"}}
  - id: hoverfly
    request: {path: /hoverfly}
    response: {template: true, dialect: hoverfly, text: "{{csv 'pets' 'id' 'Request.QueryParam.id' 'name'}} {{csvCountRows 'pets'}}{{csvSqlCommand \"UPDATE pets SET name = 'Max' WHERE id == '1'\"}} {{csv 'pets' 'id' '1' 'name'}}"}
  - {id: any, request: {path: /any}, response: {template: true, text: "{{size (table request.query.name)}}"}}
`

// TestTables: tables are declared in any form; sessions read the rows and write
// their own, which survive a restart and a document that leaves the table as it is.
func TestTables(t *testing.T) {
	t.Parallel()
	for form, table := range map[string]string{
		"CSV":     "tables:\n  pets: |\n    id,name\n    1,Rex\n    2,\"Tom, the cat\"\n",
		"objects": "tables: {pets: [{id: 1, name: Rex}, {name: \"Tom, the cat\", id: \"2\"}]}\n",
		"lists":   "tables: {pets: [[id, name], [1, Rex], [2, \"Tom, the cat\"]]}\n",
	} {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			d := start(t, "--data", data)
			d.put("pets", "understudy: v1\n"+table+petStubs)
			expect := func(session, method, path, body, want string, header ...string) {
				t.Helper()
				if res, b := d.ask(method, path, session, body, header...); res.StatusCode != 200 || b != want {
					t.Errorf("%s %s of %s: %s %q, want %q", method, path, session, res.Status, b, want)
				}
			}
			expect("a", "GET", "/pets", "", "Rex=1;Tom, the cat=2;")
			expect("a", "GET", "/pets/2", "", "Tom, the cat")
			expect("a", "POST", "/pets", `{"id": 3, "name": "Kit\r\nty"}`, "3")
			expect("a", "DELETE", "/pets/1", "", "1")
			expect("a", "GET", "/pets", "", "Tom, the cat=2;Kit\r\nty=3;")
			expect("b", "GET", "/pets", "", "Rex=1;Tom, the cat=2;")
			expect("b", "POST", "/pets", `{"id": 4, "name": "undone"}`, "3", "Prefer", "tx=rollback")
			expect("b", "GET", "/hoverfly?id=2", "", "Tom, the cat 2 Max")
			expect("b", "GET", "/pets", "", "Max=1;Tom, the cat=2;")

			d.stop()
			d = start(t, "--data", data)
			expect("a", "GET", "/pets", "", "Tom, the cat=2;Kit\r\nty=3;")
			expect("b", "GET", "/pets", "", "Max=1;Tom, the cat=2;")
			if b := text(d.call("GET", "/sessions/a", "", nil)); !strings.Contains(b, `"tables":{"pets/pets":2}`) {
				t.Error(b)
			}
			exported := text(d.call("GET", "/simulations/pets?format=yaml", "", nil))
			d.put("pets", exported)
			expect("a", "GET", "/pets", "", "Tom, the cat=2;Kit\r\nty=3;")
			d.put("pets", strings.Replace(exported, "Rex", "Rexx", 1))
			expect("a", "GET", "/pets", "", "Rexx=1;Tom, the cat=2;")
			if res, b := d.ask("GET", "/any?name=none", "", ""); res.StatusCode != 500 || !strings.Contains(b, `there is no table \"none\"`) {
				t.Errorf("%s %s", res.Status, b)
			}
			d.call("DELETE", "/simulations/pets", "", nil)
			d.put("pets", "understudy: v1\nstubs: [{request: {path: /any}, response: {template: true, text: \"{{size (table request.query.name)}}\"}}]")
			if res, b := d.ask("GET", "/any?name=pets", "", ""); res.StatusCode != 500 || !strings.Contains(b, `there is no table \"pets\"`) {
				t.Errorf("%s %s", res.Status, b)
			}
		})
	}
}

// TestTablesFromFiles: what imports a folder reads the tables in it.
func TestTablesFromFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"pets.yaml":       "understudy: v1\ntables: {pets: {file: data/pets.csv}, more: {file: data/more.json}, other: {file: data/other.yaml}}\n" + petStubs,
		"data/pets.csv":   "\ufeffid,name\r\n1,Rex\r\n",
		"data/more.json":  `[{"a": 1.50, "b": true}, {"a": null}]`,
		"data/other.yaml": "- [x]\n- [y]\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := start(t, "--import", dir)
	if _, b := d.ask("GET", "/pets", "", ""); b != "Rex=1;" {
		t.Errorf("%q", b)
	}
	exported := text(d.call("GET", "/simulations/pets?format=yaml", "", nil))
	for _, rows := range []string{"  more: |\n    a,b\n    1.50,true\n    ,\n", "  other: |\n    x\n    y\n"} {
		if !strings.Contains(exported, rows) {
			t.Errorf("the export lacks\n%sin\n%s", rows, exported)
		}
	}
}

// TestTablesRefused: what is wrong with a table, or names one that is not
// there, is refused with its place.
func TestTablesRefused(t *testing.T) {
	t.Parallel()
	d := start(t)
	for doc, want := range map[string]string{
		`"tables": {"p": "a,b\n1\n"}`:           `/tables/p|not CSV (RFC 4180), line 2 of it: wrong number of fields`,
		`"tables": {"p": "a,\"b\n"}`:            `/tables/p|not CSV`,
		`"tables": {"p": "a,a\n"}`:              `/tables/p|two columns are called \"a\"`,
		`"tables": {"p": "a,\n"}`:               `/tables/p|column 2 has no name`,
		`"tables": {"p": 7}`:                    `/tables/p|is a number, but a table is`,
		`"tables": {"p": [{"a": []}]}`:          `/tables/p|a cell is a text`,
		`"tables": {"p": [["a"], {"a": 1}]}`:    `/tables/p|all rows are objects`,
		`"tables": {"p": [["a"], [1, 2]]}`:      `/tables/p|has 2 cells, but there are 1 columns`,
		`"tables": {"p": {"file": "../x.csv"}}`: `/tables/p|below the document's folder`,
		`"tables": {"p": {"file": "x.csv"}}`:    `/tables/p/file|can only be read by what imports`,
		`"tables": {"p": {"rows": []}}`:         `/tables/p/rows|unknown field`,
		`"tables": {"a/b": "a\n"}`:              `/tables/a~1b|a name has`,
		`"tables": {"pets": "a\n"}, "stubs": [{"request": {}, "response": {"template": true, "headers": {"X": "{{table 'pest'}}"}}}]`:                    `/stubs/0/response/headers/X|helper table: the simulation has no table \"pest\": did you mean \"pets\"?; declare it`,
		`"stubs": [{"request": {}, "responses": [{"template": true}, {"template": true, "json": {"a": ["x {{#each (table 'p' 'a' 'b')}}{{/each}}"]}}]}]`: `/stubs/0/responses/1/json/a/0|no table`,
		`"stubs": [{"request": {}, "state": {"sets": {"k": "{{size (table 'p')}}"}}, "response": {"template": true}}]`:                                   `/stubs/0/response|the state sets for k`,
		`"stubs": [{"request": {}, "response": {"template": true, "dialect": "hoverfly", "text": "{{csvSqlCommand 'SELECT * FROM p'}}"}}]`:               `/stubs/0/response/text|helper csvSqlCommand`,
		`"collections": {"c": {"path": "/c", "template": true, "defaults": {"n": "{{size (table 'p')}}"}}}`:                                              `/collections/c/defaults/n|helper table`,
		`"collections": {"c": {"path": "/c", "deleted": {"template": true, "text": "{{size (table 'p')}}"}}}`:                                            `/collections/c/deleted/text|helper table`,
	} {
		res := d.call("PUT", "/simulations/refused", `{"understudy": "v1", `+doc+`}`, nil)
		pointer, detail, _ := strings.Cut(want, "|")
		if b := text(res); res.StatusCode != 400 || !strings.Contains(b, `"`+pointer+`"`) || !strings.Contains(b, detail) {
			t.Errorf("%s: %s %s", doc, res.Status, b)
		}
	}
	d.put("pets", "understudy: v1\ntables: {pets: [{id: 1, name: Rex}]}\n"+petStubs)
	stub := `{"request": {"path": "/late"}, "response": {"template": true, "text": "{{size (table 'NAME')}}"}}`
	if res := d.call("PUT", "/simulations/pets/stubs/late", strings.Replace(stub, "NAME", "none", 1), nil); res.StatusCode != 400 || !strings.Contains(text(res), `"/response/text"`) {
		t.Errorf("%s %s", res.Status, text(res))
	}
	if res := d.call("PUT", "/simulations/pets/stubs/late", strings.Replace(stub, "NAME", "pets", 1), nil); res.StatusCode >= 300 {
		t.Errorf("%s %s", res.Status, text(res))
	}
}
