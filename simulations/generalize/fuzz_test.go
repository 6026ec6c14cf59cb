package generalize

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"understudy/simulations"
)

// FuzzPropose holds that whatever a double accepts can be generalised, that it
// accepts what is proposed, and that recorded stubs are answered as before.
func FuzzPropose(f *testing.F) {
	files, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		input, _, _ := strings.Cut(string(data), "\n==== proposed\n")
		f.Add([]byte(input))
	}
	e := newEngine(f)
	runs := 0
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 16<<10 {
			return
		}
		doc, err := simulations.Decode(data)
		if err != nil || len(doc.Collaborators) > 0 {
			return
		}
		doc.Name = "case"
		runs++ // each run has sessions of its own
		session := strconv.Itoa(runs)
		if _, err := e.PutDocument(t.Context(), "case", doc, simulations.Condition{}); err != nil {
			return
		}
		kept, _, err := e.Export(t.Context(), "case") // with ids
		if err != nil {
			t.Fatal(err)
		}
		all, _ := exchanges(kept)
		type answer struct {
			status int
			content
			stub string
		}
		before := make([]answer, len(all))
		for i, x := range all {
			if sendable(x.request) {
				before[i].status, before[i].content, before[i].stub = play(t, e, x.request, session+"-before")
			}
		}
		p, err := Propose(t.Context(), kept)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.PutDocument(t.Context(), "case", p.Document, simulations.Condition{}); err != nil {
			t.Fatalf("what is proposed is refused: %v", err)
		}
		for i, x := range all {
			if before[i].stub == "" {
				continue
			}
			status, given, stub := play(t, e, x.request, session+"-after")
			pointer, differs := equalContent(given, before[i].content, &comparison{asked: asked(x.request)})
			if status != before[i].status || differs {
				t.Errorf("%s %s: %s answered %d, now %s answers %d, at %q otherwise", x.method, strings.Join(x.segments, "/"), before[i].stub, before[i].status, stub, status, pointer)
			}
		}
	})
}

// sendable reports whether a client could send the request.
func sendable(r *request) bool {
	for _, s := range append([]string{r.method}, r.segments...) {
		if s == "" && len(r.segments) > 1 || strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(`%?#"\<>^|`+"`", c) }) {
			return false
		}
	}
	if r.at.Authority != nil || r.at.URL != nil || r.at.Host != nil || r.method == "" || strings.ContainsAny(r.method, "()<>@,;:/[]={}") || r.method == "CONNECT" {
		return false
	}
	for _, f := range r.headers {
		if f.name == "" || strings.ContainsFunc(f.name+strings.Join(f.values, ""), func(c rune) bool { return c < ' ' || c >= 0x7f }) {
			return false
		}
	}
	return true
}
