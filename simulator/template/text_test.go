package template

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files in testdata are cases that a user could read: "=== name", the
// template, "---", and what it renders to, or "error: …". A file's name begins
// with its dialect. -update rewrites the results.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		d := map[string]Dialect{"native": Native, "wiremock": WireMock, "hoverfly": Hoverfly}[strings.SplitN(name, "_", 2)[0]]
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			head, rest, _ := strings.Cut(string(in), "=== ")
			out.WriteString(head)
			for c := range strings.SplitSeq(strings.TrimSuffix(rest, "\n"), "\n=== ") {
				title, body, _ := strings.Cut(c, "\n")
				source, want, ok := strings.Cut(body, "\n---\n")
				if !ok {
					t.Fatalf("%s has no result", title)
				}
				got, err := render(t, d, source, sample())
				if err != nil {
					got = "error: " + err.Error()
				}
				if got != want && !*update {
					t.Errorf("%s\n%s\n got %q\nwant %q", title, source, got, want)
				}
				fmt.Fprintf(&out, "=== %s\n%s\n---\n%s\n", title, source, got)
			}
			if *update {
				if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
