package generalize

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestCases generalises the documents of testdata/cases and compares what is
// proposed with what stands below them: the stubs, and why. Then it plays what
// was recorded against the proposal, in which there is nothing more to generalise.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	e := newEngine(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(data), "\n==== proposed\n")
			doc, err := simulations.Decode([]byte(input))
			if err != nil {
				t.Fatal(err)
			}
			doc.Name = "case"
			p, err := Propose(t.Context(), doc)
			if err != nil {
				t.Fatal(err)
			}
			got := written(t, p)
			if *update {
				if err := os.WriteFile(file, []byte(strings.TrimRight(input, "\n")+"\n\n==== proposed\n"+got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != want {
				t.Errorf("%s is not what is proposed (go test -update writes it anew):\n%s", file, got)
			}
			again, err := Propose(t.Context(), p.Document)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range again.Changes {
				t.Errorf("generalised again, %s is new: %v", c.Stub.ID, c.Why)
			}
			put(t, e, p.Document)
			all, _ := exchanges(doc)
			for _, x := range all {
				status, given, stub := play(t, e, x.request, t.Name())
				pointer, differs := equalContent(given, x.content(), &comparison{asked: asked(x.request)})
				if status != x.status() || differs {
					t.Errorf("%s is answered by %s with %d, at %q not as recorded: %v%s", x.stubID, stub, status, pointer, given.json, given.raw)
				}
			}
		})
	}
}

// written is a proposal for people.
func written(t *testing.T, p *Proposal) string {
	t.Helper()
	var b strings.Builder
	for _, k := range p.Kept {
		fmt.Fprintf(&b, "kept %s: %s\n", k.Stub, k.Why)
	}
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "\n%s from %s, replaces %s\n", c.Kind, strings.Join(c.From, ", "), strings.Join(append(c.Replaces, "")[:max(len(c.Replaces), 1)], ", "))
		for _, why := range c.Why {
			fmt.Fprintf(&b, "  - %s\n", why)
		}
		text, err := simulations.EncodeValue(c.Stub.Value(), simulations.YAML)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}
