package formats

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

var update = flag.Bool("update", false, "write the golden files anew")

// corpusFolder is a folder of the corpus of real files; the test is skipped
// where there is none.
func corpusFolder(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(corpusRoot(), name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus: set UNDERSTUDY_CORPUS to its folder (%v)", err)
	}
	return dir
}

// corpusRoot is where the corpus would be.
func corpusRoot() string {
	if root := os.Getenv("UNDERSTUDY_CORPUS"); root != "" {
		return root
	}
	return filepath.Join("..", "..", "..", "shared", "corpus")
}

// TestCorpus reads every file of the corpus and compares what is said of it
// with testdata/corpus: format, stubs, and each warning with its place.
func TestCorpus(t *testing.T) {
	for _, c := range []struct{ folder, pattern string }{
		{"hoverfly", "*.json"},
		{"wiremock/mappings", "*.json"},
		{"linode-cassettes", "*.yaml"},
		{"microcks", "*.har"},
		{"microcks", "*-collection.json"},
		{"microcks", "*postman.json"},
		{"microcks", "*-openapi.yaml"},
		{"microcks", "*-swagger.json"},
	} {
		t.Run(c.folder, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(corpusFolder(t, c.folder), c.pattern))
			if err != nil || len(files) == 0 {
				t.Fatalf("no files: %v", err)
			}
			slices.Sort(files)
			var b strings.Builder
			for _, file := range files {
				b.WriteString(readOf(t, file))
			}
			name := strings.NewReplacer("/", "-", "*", "").Replace(c.folder+c.pattern) + ".txt"
			golden(t, filepath.Join("testdata", "corpus", name), b.String())
		})
	}
}

// TestExamples reads every file of testdata/examples, which are written after
// each tool's documentation, and compares what is said of it with the file of
// its name and .txt.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "examples", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, ".txt") {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) { golden(t, file+".txt", readOf(t, file)) })
	}
}

// golden compares what is said of files with what was said before.
func golden(t *testing.T, file, said string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(said), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != said {
		t.Errorf("what is said of the files has changed; look at it, then run with -update:\n%s", said)
	}
}

// readOf says what a file was read as.
func readOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, warnings, f, err := Default().Decode(data, "")
	if err != nil {
		t.Errorf("%s: %v", filepath.Base(file), err)
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %d stubs\n", filepath.Base(file), f.Name(), len(doc.Stubs))
	more, err := check(doc)
	if err != nil {
		t.Errorf("%s: read, but not accepted: %v", filepath.Base(file), err)
	}
	for _, w := range append(warnings, more...) {
		fmt.Fprintf(&b, "  %s: %s\n", w.Pointer, w.Detail)
	}
	return b.String()
}

// check compiles the document as acceptance would. Files that responses name
// are not beside the corpus: they count as empty.
func check(doc *simulations.Document) ([]simulations.Warning, error) {
	for _, s := range doc.Stubs {
		if s.Response != nil && s.Response.File != "" {
			s.Response.File = ""
		}
	}
	return simulator.Check(doc)
}
