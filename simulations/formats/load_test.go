package formats

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"understudy/simulations"
)

// TestWireMockFolder: mappings and bodies become one document, in the order of
// the files' names.
func TestWireMockFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("mappings/a.json", `{"request":{"url":"/a"},"response":{"bodyFileName":"sub/a.txt"}}`)
	write("mappings/deep/b.json", `{"mappings":[{"request":{"url":"/b"},"response":{}},{"request":{"url":"/c"},"response":{}}]}`)
	write("mappings/.hidden.json", `{`)
	write("mappings/readme.txt", "not a mapping")
	write("__files/sub/a.txt", "from a file")
	write("other.json", "not below mappings")
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	all, err := Default().LoadAll(root.FS(), "wm", "")
	if err != nil || len(all) != 1 || len(all[0].Document.Stubs) != 3 || all[0].Document.Name != "wm" {
		t.Fatalf("%+v, %v", all, err)
	}
	if text := all[0].Document.Stubs[0].Response.Text; text == nil || *text != "from a file" {
		t.Errorf("the body in a file: %v", text)
	}

	// Nothing outside of the folder is read, by a link neither.
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "__files", "link.txt")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"up":       `{"request":{},"response":{"bodyFileName":"../mappings/a.json"}}`,
		"absolute": `{"request":{},"response":{"bodyFileName":"` + filepath.ToSlash(secret) + `"}}`,
		"address":  `{"request":{},"response":{"bodyFileName":"http://a.example/x"}}`,
		"linked":   `{"request":{},"response":{"bodyFileName":"link.txt"}}`,
		"missing":  `{"request":{},"response":{"bodyFileName":"none.txt"}}`,
	} {
		write("mappings/z.json", text)
		_, err := Default().LoadAll(root.FS(), "wm", "")
		if err == nil || !strings.Contains(err.Error(), "mappings/z.json") || !strings.Contains(err.Error(), "bodyFileName") && !strings.Contains(err.Error(), "response/file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	write("mappings/z.json", `{"request":{`)
	if _, err := Default().LoadAll(root.FS(), "wm", ""); err == nil || !strings.Contains(err.Error(), "mappings/z.json") {
		t.Errorf("a broken file: %v", err)
	}
	write("mappings/z.json", `{"request":{},"response":{}}`)
	if _, err := Default().LoadAll(root.FS(), "a b", ""); err == nil || !strings.Contains(err.Error(), "cannot name the simulation") {
		t.Errorf("a folder whose name is none: %v", err)
	}
}

// TestWireMockFolderWritten: what a folder is written as is read again, with long
// bodies, and those that are no text, in files of their own.
func TestWireMockFolderWritten(t *testing.T) {
	long, bytes := strings.Repeat("x", 5000), simulations.Bytes("\xff\x00")
	doc := &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{
		{ID: "long", Request: simulations.Pattern{Path: predicate(str("/long"))}, Response: &simulations.Response{Text: &long}},
		{ID: "raw", Request: simulations.Pattern{Path: predicate(str("/raw"))}, Responses: []*simulations.Response{{Base64: &bytes}, {Base64: &bytes, Status: 201}}, Order: simulations.OrderCycle},
	}}
	enc, err := Default().Encoder("wiremock")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var names []string
	warnings, err := enc.(FolderEncoder).EncodeFolder(doc, "case", func(path string, fill func(io.Writer) error) error {
		names = append(names, path)
		full := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return err
		}
		f, err := os.Create(full)
		if err != nil {
			return err
		}
		defer f.Close()
		return fill(f)
	})
	slices.Sort(names)
	if want := []string{"__files/case/long.txt", "__files/case/raw-2.bin", "__files/case/raw.bin", "mappings/case.json"}; err != nil || left(warnings) > 0 || !slices.Equal(names, want) {
		t.Fatalf("%v, %v, %v", names, warnings, err)
	}
	all, err := Default().LoadAll(os.DirFS(dir), "case", "")
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	before, after := newEngine(t), newEngine(t)
	put(t, before, doc, nil)
	put(t, after, all[0].Document, nil)
	for _, s := range []sent{{method: "GET", url: "/long"}, {method: "GET", url: "/raw"}, {method: "GET", url: "/raw"}, {method: "GET", url: "/raw"}} {
		if want, got := answerOf(before, s, "a"), answerOf(after, s, "a"); got != want || want == "miss" {
			t.Errorf("%s: %.100s, want %.100s", s, got, want)
		}
	}
}

// TestMountebankLookup: the file that a lookup names, below the folder of the
// imposters, is a table, and its rows stand for the token.
func TestMountebankLookup(t *testing.T) {
	fsys := fstest.MapFS{
		"sub/imposters.json": {Data: []byte(`{"protocol":"http","stubs":[{"predicates":[{"startsWith":{"path":"/accounts"}}],"responses":[{
			"is":{"statusCode":200,"headers":{"X-Set":"${row}[Name]"},"body":"${row}['Name'] is ${row}[\"Job Title\"] of ${row}, ${row}[None]"},
			"behaviors":[{"lookup":{"key":{"from":"path","using":{"method":"regex","selector":"/accounts/(\\w+)"},"index":1},
				"fromDataSource":{"csv":{"path":"data/values.csv","keyColumn":"id"}},"into":"${row}"}}]}]}]}`)},
		"sub/data/values.csv": {Data: []byte("id,Name,Job Title\nliquid,\"Ann, B.\",chief\nsolid,Bob,clerk\n")},
	}
	loaded, err := Default().Load(fsys, "sub/imposters.json", "", "")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	if _, err := e.PutDocument(t.Context(), "lookup", loaded.Document, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/accounts/liquid": "Ann, B. is chief of ${row}, ${row}[None] X-Set=Ann, B.",
		"/accounts/solid":  "Bob is clerk of ${row}, ${row}[None] X-Set=Bob",
		"/accounts/gas":    `${row}['Name'] is ${row}["Job Title"] of ${row}, ${row}[None] X-Set=${row}[Name]`,
	} {
		if got := ask(t, e, "GET "+path, "s"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	delete(fsys, "sub/data/values.csv")
	if _, err := Default().Load(fsys, "sub/imposters.json", "", ""); err == nil {
		t.Error("a file that is not there was taken")
	}
}
