package simulations

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

const withBodies = `understudy: v1
stubs:
  - request: {path: /a}
    response: {file: bodies/a.json}
  - request: {path: /b}
    responses:
      - {file: bodies/b.bin}
      - {file: bodies/a.json}
`

func TestLoadTakesNameAndBodies(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"in/shop.yaml":     file(withBodies),
		"in/bodies/a.json": file(`{"id": 1}` + "\n"),
		"in/bodies/b.bin":  file("\xff\x00"),
	}
	loaded, err := Load(fsys, "in/shop.yaml", ReadNative)
	if err != nil {
		t.Fatal(err)
	}
	doc := loaded.Document
	if doc.Name != "shop" {
		t.Errorf("name %q, want the file's", doc.Name)
	}
	first, second := doc.Stubs[0].Response, doc.Stubs[1].Responses
	if first.File != "" || first.Text == nil || *first.Text != `{"id": 1}`+"\n" {
		t.Errorf("a text body: %+v", first)
	}
	if second[0].Base64 == nil || string(*second[0].Base64) != "\xff\x00" {
		t.Errorf("a binary body: %+v", second[0])
	}
	if second[1].Text == nil {
		t.Errorf("a body named twice: %+v", second[1])
	}
}

func TestLoadKeepsTheWrittenName(t *testing.T) {
	t.Parallel()
	l, err := Load(fstest.MapFS{"x.json": file(`{"understudy": "v1", "name": "other"}`)}, "x.json", ReadNative)
	if err != nil || l.Document.Name != "other" {
		t.Fatalf("%+v, %v", l, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"gone.yaml":    file("understudy: v1\nstubs:\n  - response: {file: none.txt}\n"),
		"folder.yaml":  file("understudy: v1\nstubs:\n  - response: {file: sub}\n"),
		"sub/x":        file("x"),
		"bin":          file("\xff"),
		"tmpl.yaml":    file("understudy: v1\nstubs:\n  - response: {file: bin, template: true}\n"),
		"up.yaml":      file("understudy: v1\nstubs:\n  - response: {file: ../x}\n"),
		"a name.yaml":  file("understudy: v1\n"),
		"unknown.yaml": file("understudy: v1\nstub: []\n"),
	}
	for name, want := range map[string]string{
		"gone.yaml":    "/stubs/0/response/file (line 3, column 22): none.txt: there is no such file",
		"folder.yaml":  "sub: not a file",
		"tmpl.yaml":    "no UTF-8 text",
		"up.yaml":      "without '..'",
		"a name.yaml":  "write the field `name`",
		"unknown.yaml": `did you mean "stubs"`,
		"missing.yaml": "there is no such file",
		"sub":          "not a file",
	} {
		_, err := Load(fsys, name, ReadNative)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if f, ok := errors.AsType[*FileError](err); !ok || f.Path != name {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
	}
}

func TestLoadAllOfAFolder(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"b/shop.yaml":        file(withBodies),
		"b/bodies/a.json":    file(`{"id": 1}`),
		"b/bodies/b.bin":     file("x"),
		"a.yml":              file("understudy: v1\nstubs: [{response: {file: served.yaml}}]\n"),
		"served.yaml":        file("understudy: v1\n"), // a body, although it could be a document
		"README.md":          file("no document"),
		".hidden/x.yaml":     file("broken: ["),
		"..2026/y.yaml":      file("broken: ["),
		"b/.editor-copy.yml": file("broken: ["),
	}
	all, err := LoadAll(fsys, ReadNative)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range all {
		got = append(got, l.Path+"="+l.Document.Name)
	}
	if s := strings.Join(got, " "); s != "a.yml=a b/shop.yaml=shop" {
		t.Errorf("loaded %s", s)
	}
}

func TestLoadAllNamesEveryFault(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"a.yaml":    file("understudy: v1\nname: same\n"),
		"b.yaml":    file("understudy: v1\nname: same\n"),
		"c.yaml":    file("understudy: v2\n"),
		"d.yaml":    file("understudy: v1\nstubs: [{response: {file: body.json, nonsense: 1}}]\n"),
		"data.json": file(`{"id": 1}`),
		"body.json": file(`{"id": 2}`),
	}
	_, err := LoadAll(fsys, ReadNative)
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"b.yaml: the simulation \"same\" stands in a.yaml too", "c.yaml: ", "data.json: ", "`understudy: v1` is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "body.json: ") {
		t.Errorf("the body of a document that is wrong is taken for a document: %v", err)
	}
}

// A folder as a container platform mounts it: links within are followed, links
// out of it are not.
func TestLoadAllFollowsNoLinkOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	must(t, os.WriteFile(secret, []byte("understudy: v1\n"), 0o600))
	must(t, os.Mkdir(filepath.Join(dir, "..v1"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "..v1", "a.yaml"), []byte("understudy: v1\n"), 0o600))
	must(t, os.Symlink("..v1", filepath.Join(dir, "..data")))
	must(t, os.Symlink("..data/a.yaml", filepath.Join(dir, "a.yaml")))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()

	all, err := LoadAll(root.FS(), ReadNative)
	if err != nil || len(all) != 1 || all[0].Path != "a.yaml" {
		t.Fatalf("%v, %v", all, err)
	}
	must(t, os.Symlink(secret, filepath.Join(dir, "out.yaml")))
	if _, err := LoadAll(root.FS(), ReadNative); err == nil || !strings.Contains(err.Error(), "out.yaml") {
		t.Errorf("a link out of the folder: %v", err)
	}
	must(t, os.Remove(filepath.Join(dir, "out.yaml")))
	must(t, os.Symlink(secret, filepath.Join(dir, "body")))
	must(t, os.WriteFile(filepath.Join(dir, "b.yaml"), []byte("understudy: v1\nstubs: [{response: {file: body}}]\n"), 0o600))
	if _, err := LoadAll(root.FS(), ReadNative); err == nil || !strings.Contains(err.Error(), "/stubs/0/response/file") {
		t.Errorf("a body behind a link out of the folder: %v", err)
	}
}

// TestLoadTooLarge: a document above the bound is refused before it is read,
// and says so.
func TestLoadTooLarge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "big.json")
	must(t, os.WriteFile(name, nil, 0o600))
	must(t, os.Truncate(name, MaxDocumentBytes+1))
	_, err := Load(os.DirFS(dir), "big.json", ReadNative)
	if CodeOf(err) != CodeTooLarge || !strings.Contains(err.Error(), "268435456 bytes") {
		t.Fatalf("%v", err)
	}
}

func TestLoadIsBounded(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"big": file(strings.Repeat("x", 100))}
	if _, err := readFile(fsys, "big", 99); CodeOf(err) != CodeTooLarge {
		t.Errorf("one byte over: %v", err)
	}
	if _, err := readFile(fsys, "big", 100); err != nil {
		t.Errorf("at the bound: %v", err)
	}
	b := bodyReader{fsys: fsys, folder: ".", left: 150, read: map[string][]byte{}}
	b.inline(&Response{File: "big"}, "/0")
	b.inline(&Response{File: "big"}, "/1")
	if len(b.faults) != 1 || b.faults[0].Pointer != "/1/file" {
		t.Errorf("a body counted once although it is taken in twice: %v", b.faults)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFolderIsBoundedAsAWhole: documents that name one file many times cannot
// make more of it than a folder may hold.
func TestFolderIsBoundedAsAWhole(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"body.txt": file(strings.Repeat("x", 1000))}
	const document = "understudy: v1\nstubs: [{request: {path: /}, response: {file: body.txt}}]\n"
	for _, name := range []string{"a.yaml", "b.yaml", "c.yaml"} {
		fsys[name] = file(document)
	}
	whole := int64(3 * (1000 + len(document)))
	if all, err := loadAll(fsys, ReadNative, whole); err != nil || len(all) != 3 {
		t.Errorf("%d documents, %v", len(all), err)
	}
	_, err := loadAll(fsys, ReadNative, whole-1)
	if CodeOf(err) != CodeTooLarge || !strings.Contains(err.Error(), "c.yaml") {
		t.Errorf("beyond the bound: %v", err)
	}
}
