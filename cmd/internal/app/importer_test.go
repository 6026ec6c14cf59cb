package app

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/simulations"
)

// catalog is the part of a double that an importer talks to.
type catalog struct {
	mu       sync.Mutex
	revision uint64
	puts     int
	held     map[string]uint64
	changed  chan struct{}
}

func newCatalog() *catalog {
	return &catalog{held: make(map[string]uint64), changed: make(chan struct{}, 100)}
}

func (c *catalog) PutDocument(_ context.Context, name string, doc *simulations.Document, _ simulations.Condition) (*simulations.Accepted, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision++
	c.puts++
	c.held[name] = c.revision
	c.changed <- struct{}{}
	return &simulations.Accepted{Name: name, Revision: c.revision, Stubs: len(doc.Stubs)}, nil
}

func (c *catalog) DeleteSimulation(_ context.Context, name string, cond simulations.Condition) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if cond.Revision != c.held[name] {
		return simulations.Errorf(simulations.CodeStale, "edited since")
	}
	delete(c.held, name)
	c.changed <- struct{}{}
	return nil
}

func (c *catalog) edit(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision++
	c.held[name] = c.revision
}

func (c *catalog) names() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Keys(c.held)), " ")
}

// wait lets one change happen.
func (c *catalog) wait(t *testing.T) {
	t.Helper()
	select {
	case <-c.changed:
	case <-time.After(10 * time.Second):
		t.Fatal("the change of the folder was not seen")
	}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestImportPutsNothingWhenOneIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\n")
	write(t, filepath.Join(dir, "b.yaml"), "understudy: v9\n")
	c := newCatalog()
	err := newImporter(c, quiet()).load(t.Context(), []string{filepath.Join(dir, "a.yaml"), dir})
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "b.yaml")) || c.puts != 0 {
		t.Fatalf("%d were put, %v", c.puts, err)
	}
	write(t, filepath.Join(dir, "b.yaml"), "understudy: v1\n")
	err = newImporter(c, quiet()).load(t.Context(), []string{filepath.Join(dir, "a.yaml"), dir})
	if err == nil || !strings.Contains(err.Error(), `the simulation "a" stands in`) || c.puts != 0 {
		t.Fatalf("a name given twice: %d were put, %v", c.puts, err)
	}
}

func TestImportFollowsAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\n")
	write(t, filepath.Join(dir, "b.yaml"), "understudy: v1\nstubs: [{response: {file: body.txt}}]\n")
	write(t, filepath.Join(dir, "body.txt"), "one")
	c := newCatalog()
	im := newImporter(c, quiet())
	if err := im.load(t.Context(), []string{dir}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done, err := im.watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	c.wait(t)

	write(t, filepath.Join(dir, "sub", "c.yaml"), "understudy: v1\n")
	c.wait(t)
	if got := c.names(); got != "a b c" {
		t.Errorf("a new file in a new folder: %s", got)
	}
	write(t, filepath.Join(dir, "sub", "d.yaml"), "understudy: v1\n")
	c.wait(t)
	write(t, filepath.Join(dir, "body.txt"), "two")
	c.wait(t)
	if c.puts != 5 {
		t.Errorf("%d were put, but only what changed has to be", c.puts)
	}
	if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	if got := c.names(); got != "b c d" {
		t.Errorf("after a file is gone: %s", got)
	}
	// Edited elsewhere, so it stays when its file goes.
	c.edit("b")
	write(t, filepath.Join(dir, "e.yaml"), "understudy: v1\n")
	if err := os.Remove(filepath.Join(dir, "b.yaml")); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	if got := c.names(); got != "b c d e" {
		t.Errorf("after an edited one's file is gone: %s", got)
	}
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the watching does not end")
	}
}

// What a broken change leaves is what was there.
func TestImportKeepsWhatItHasWhileAFileIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.yaml"), "understudy: v1\n")
	c := newCatalog()
	im := newImporter(c, quiet())
	if err := im.load(t.Context(), []string{dir}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "b.yaml"), "understudy: [")
	im.reload(t.Context(), dir)
	if got := c.names(); got != "a" {
		t.Errorf("holds %s", got)
	}
	write(t, filepath.Join(dir, "b.yaml"), "understudy: v1")
	im.reload(t.Context(), dir)
	if got := c.names(); got != "b" {
		t.Errorf("holds %s", got)
	}
}

func TestReadPathNamesFilesAsTheyWereGiven(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x.yaml"), "understudy: v1\nnonsense: 1\n")
	for _, path := range []string{dir, filepath.Join(dir, "x.yaml")} {
		if _, _, err := ReadPath(path, "", "", nil); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "x.yaml")+": ") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, _, err := ReadPath(filepath.Join(dir, "none"), "", "", nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("%v", err)
	}
}

// TestTooLargeSaysWhoReadsMore: what is read whole is bounded, with a word of what
// is not.
func TestTooLargeSaysWhoReadsMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "large.har")
	write(t, file, `{"log": {`)
	if err := os.Truncate(file, simulations.MaxDocumentBytes+1); err != nil { // a hole, which takes no room
		t.Fatal(err)
	}
	for _, path := range []string{dir, file} {
		_, _, err := ReadPath(path, "", "", nil)
		if err == nil || !strings.HasPrefix(err.Error(), file+": larger than the 268435456 bytes") || !strings.Contains(err.Error(), "`understudy import FILE` reads up to 4 GiB") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestReadCompressed: a file that gzip has compressed, and a zip archive, are read
// by path, which warnings and errors name.
func TestReadCompressed(t *testing.T) {
	dir := t.TempDir()
	const text = "understudy: v1\nstubs: [{response: {text: hi}}]\n"
	var squeezed, archive bytes.Buffer
	g, z := gzip.NewWriter(&squeezed), zip.NewWriter(&archive)
	entry, err := z.Create("in/b.yaml")
	if err == nil {
		_, err = entry.Write([]byte(text))
	}
	_, err2 := g.Write([]byte(text))
	err = errors.Join(err, err2, g.Close(), z.Close(),
		os.WriteFile(filepath.Join(dir, "a.yaml.gz"), squeezed.Bytes(), 0o644), os.WriteFile(filepath.Join(dir, "b.zip"), archive.Bytes(), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"a.yaml.gz": "a.yaml.gz", "b.zip": filepath.Join("b.zip", "b.yaml")} {
		docs, folder, err := ReadPath(filepath.Join(dir, file), "", "", nil)
		if err != nil || folder || len(docs) != 1 || docs[0].Document.Name != file[:1] || docs[0].Path != filepath.Join(dir, want) {
			t.Errorf("%s: %+v, %v", file, docs, err)
		}
	}
	if docs, _, err := ReadPath(dir, "", "", nil); err != nil || len(docs) != 1 {
		t.Errorf("the folder: %+v, %v", docs, err)
	}
}
