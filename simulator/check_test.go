package simulator_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

// TestInvalidDocuments: each file under testdata/invalid is refused, with the
// pointer that its first line (or the .want beside it) names, a line and a
// column where there is text to point at, and a sentence that helps.
func TestInvalidDocuments(t *testing.T) {
	files, err := filepath.Glob("testdata/invalid/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, ".want") {
			continue
		}
		n++
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(data), "\n")
			want := strings.TrimPrefix(first, "# want:")
			if strings.HasSuffix(file, ".json") {
				beside, err := os.ReadFile(file + ".want")
				if err != nil {
					t.Fatal(err)
				}
				want = strings.TrimSpace(string(beside))
			}
			pointer, detail, _ := strings.Cut(want, "|")
			pointer, detail = strings.TrimSpace(pointer), strings.TrimSpace(detail)

			doc, err := simulations.Decode(data)
			if err == nil {
				_, err = simulator.Check(doc)
			}
			se, ok := errors.AsType[*simulations.Error](err)
			if !ok || se.Code != simulations.CodeInvalid || len(se.Fields) == 0 {
				t.Fatalf("not refused as invalid: %v", err)
			}
			for _, f := range se.Fields {
				if f.Pointer == pointer && strings.Contains(f.Detail, detail) {
					if f.Line == 0 || f.Column == 0 {
						t.Errorf("no line and column: %+v", f)
					}
					return
				}
			}
			t.Errorf("want %q with %q, got %v", pointer, detail, se.Fields)
		})
	}
	if n < 60 {
		t.Errorf("only %d documents", n)
	}
}
