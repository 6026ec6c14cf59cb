package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTemplatedFiles: the name of a file is rendered, and means one of those that
// were there when the folder was read: nothing else can be read.
func TestTemplatedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{
		"files.yaml": `
understudy: v1
stubs:
  - {id: pet, request: {path: {template: "/pets/{id}"}}, response: {template: true, file: "pets/{{request.path.id}}.json"}}
  - {id: soft, request: {path: {template: "/soft/{id}"}}, response: {template: true, file: "pets/{{request.path.id}}.json", fallback: other/none.txt, status: "{{#if (eq request.path.id '1')}}200{{else}}404{{/if}}"}}
  - {id: kind, request: {path: {template: "/kind/{kind}"}}, response: {template: true, file: "kinds/{{#if (eq request.path.kind 'a')}}first{{else}}second{{/if}}.txt"}}
`,
		"pets/1.json":       `{"id": 1, "asked": "{{request.query.q}}"}`,
		"pets/2.json":       "\xff\xfe{{no template}}",
		"pets/.hidden.json": "{}",
		"pets/deep/3.txt":   "{}",
		"other/none.txt":    "no such pet: {{request.path.id}}",
		"kinds/first.txt":   "1st", "kinds/second.txt": "2nd",
		"secret.txt": "secret", "secret.json": `{"understudy": "v1", "stubs": []}`,
	})
	d := start(t, "--import", dir)
	check := func(d *double) {
		t.Helper()
		for path, want := range map[string]string{
			"/pets/1?q=x": `200 {"id": 1, "asked": "x"}`, "/pets/2": "200 \xff\xfe{{no template}}",
			"/soft/1": `200 {"id": 1, "asked": ""}`, "/soft/7": "404 no such pet: 7",
			"/kind/a": "200 1st", "/kind/b": "200 2nd",
		} {
			if res, b := d.ask("GET", path, "", ""); res.Status[:4]+b != want {
				t.Errorf("%s: %s %q, want %q", path, res.Status, b, want)
			}
		}
		for _, id := range []string{"7", "..%2Fsecret", "..%2F..%2Fetc%2Fpasswd%00", "%2Fetc%2Fpasswd", "deep%2F3", ".hidden", "1.json%00", "1.JSON"} {
			res, b := d.ask("GET", "/pets/"+id, "", "")
			if res.StatusCode != 500 || !strings.Contains(b, `"place":"the file's name"`) || !strings.Contains(b, "is none of the 2 files that came with the stub") {
				t.Errorf("%s: %s %s", id, res.Status, b)
			}
		}
	}
	check(d)
	exported := text(d.call("GET", "/simulations/files?format=yaml", "", nil))
	again := start(t)
	again.put("files", exported)
	check(again)

	for response, want := range map[string]string{
		`{"template": true, "file": "a/{{x}}.txt"}`:                                           "/stubs/0/response/file|can only be read by what imports",
		`{"file": "a/{{x}}.txt", "files": {"a/1.txt": ""}}`:                                   "/stubs/0/response/file|are for a name that is rendered",
		`{"template": true, "file": "{{request.path}}", "files": {"../a": ""}}`:               "/stubs/0/response/files/..~1a|clean path",
		`{"template": true, "file": "{{request.path}}", "files": {"a": "{{nope 1}}"}}`:        "/stubs/0/response/files/a|there is no helper nope",
		`{"template": true, "file": "{{request.path}}", "files": {"a": ""}, "fallback": "b"}`: "/stubs/0/response/fallback|is none of the files",
		`{"template": true, "file": "{{request.path}}", "files": {"a": 7}}`:                   "/stubs/0/response/files/a|content is a string",
		`{"template": true, "file": "{{nope 1}}", "files": {"a": ""}}`:                        "/stubs/0/response/file|there is no helper nope",
		`{"template": true, "file": "{{request.path}}", "files": {"a": ""}, "text": "b"}`:     "/stubs/0/response/file|one body",
	} {
		res := d.call("PUT", "/simulations/refused", `{"understudy": "v1", "stubs": [{"request": {}, "response": `+response+`}]}`, nil)
		pointer, detail, _ := strings.Cut(want, "|")
		if b := text(res); res.StatusCode != 400 || !strings.Contains(b, `"`+pointer+`"`) || !strings.Contains(b, detail) {
			t.Errorf("%s: %s %s", response, res.Status, b)
		}
	}
}

// TestTemplatedFilesOfWireMock: a templated bodyFileName means the files below
// __files that have a name like it.
func TestTemplatedFilesOfWireMock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeAll(t, dir, map[string]string{
		"mappings/greet.json":   `{"request": {"urlPathTemplate": "/greet/{who}"}, "response": {"status": 200, "bodyFileName": "/greet-{{request.pathSegments.[1]}}.txt", "transformers": ["response-template"]}}`,
		"__files/greet-Ram.txt": "Hello {{request.pathSegments.[1]}}", "__files/other.txt": "x",
	})
	d := start(t, "--import", dir)
	if res, b := d.ask("GET", "/greet/Ram", "", ""); res.StatusCode != 200 || b != "Hello Ram" {
		t.Errorf("%s %q", res.Status, b)
	}
	if res, b := d.ask("GET", "/greet/..%2Fother", "", ""); res.StatusCode != 500 || !strings.Contains(b, "is none of the 1 files") {
		t.Errorf("%s %q", res.Status, b)
	}
}
