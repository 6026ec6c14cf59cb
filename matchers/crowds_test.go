package matchers

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestCrowdsAreTheNaiveScan holds Find equal to a scan for crowds of stubs that ask
// with the same operator, of which an index tells most apart: worlds of all kinds
// together seldom have as many of one.
func TestCrowdsAreTheNaiveScan(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 4
	}
	fields := map[string]func(w world) string{
		"body": func(w world) string { return `"body":` + w.bodyPredicate(1) },
		"header": func(w world) string {
			return `"headers":{"X-A":` + w.predicate(1) + `}` + w.pick("", "", `,"join":","`, `,"join":";"`)
		},
		"query": func(w world) string {
			return `"query":{"p":` + w.predicate(1) + `}` + w.pick("", `,"foldQuery":true`, `,"foldQuery":true,"join":";"`)
		},
		"path": func(w world) string { return `"path":` + w.path() },
		"any": func(w world) string {
			return `"any":[{"body":` + w.bodyPredicate(0) + `},{"body":` + w.bodyPredicate(0) + `}]`
		},
	}
	operators := []string{
		`{"json":`, `{"json":{"value":`, `{"jsonPath":{"$..`, `{"jsonPath":{"$[`, `{"jsonPath":{"$.`, `{"xpath":`, `{"xml":`, `{"form":`, `{"contains":`, `{"startsWith":`, `{"endsWith":`,
		`{"regex":`, `{"glob":`, `{"text":`, `{"equalsIgnoreCase":`, `{"list":`, `{"any":`, `{"all":`, `{"hasItem":`, `{"hasExactly":`, `{"not":`, `{"template":`, `:"`, `:1`, `:true`, `{"base64":`, ``,
	}
	for name, field := range fields {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := 0
			for at, operator := range operators {
				for round := range rounds {
					w := world{rand.New(rand.NewPCG(uint64(at), uint64(round)))}
					var stubs []*Stub
					for tries := 0; len(stubs) < 24 && tries < 2000; tries++ {
						pattern := field(w)
						if strings.Contains(pattern, operator) {
							if name != "path" {
								pattern += `,"path":"/x/1"`
							}
							text := fmt.Sprintf(`{"id":"s%d","request":{%s},"response":{}}`, len(stubs), pattern)
							stubs = append(stubs, compileTestStub(t, text, "sim", 1, uint32(len(stubs))))
						}
					}
					set := NewSet(NewTail()).With("sim", indexOf(t, stubs...))
					for range 30 {
						r := w.request()
						if name != "path" {
							r.Path = "/x/1"
						}
						r.Collaborator, r.Redacted = "", nil
						want := naive(stubs, r, func(*Stub) bool { return true })
						m, ok := set.Find(r, nil)
						if ok != (want != nil) || !same(m.Stub, want) {
							t.Fatalf("%s, round %d: %+v\n got %s\nwant %s", operator, round, r, describe(m.Stub), describe(want))
						}
						if ok {
							found++
						}
					}
				}
			}
			if found < 10*rounds {
				t.Errorf("only %d requests were answered", found)
			}
		})
	}
}
