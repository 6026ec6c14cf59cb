package generalize

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"understudy/matchers"
	"understudy/simulations"
)

// operationsOf reads the paths of an API and returns the one that a path is of.
func operationsOf(t *testing.T, file string) func(path string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var paths [][]string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") {
			paths = append(paths, strings.Split(line, "/"))
		}
	}
	return func(path string) string {
		parts := strings.Split(path, "/")
		best, literals := "", -1
		for _, p := range paths {
			if len(p) != len(parts) {
				continue
			}
			n := 0
			for i := range p {
				if p[i] == parts[i] {
					n++
				} else if !strings.HasPrefix(p[i], "{") {
					n = -1
					break
				}
			}
			if n > literals {
				best, literals = strings.Join(p, "/"), n
			}
		}
		return best
	}
}

// TestNoStubAnswersAnotherOperation asks each proposed stub, whatever its
// precedence, about each request of all cassettes.
func TestNoStubAnswersAnotherOperation(t *testing.T) {
	doc, _, _ := cassettes(t)
	operation := operationsOf(t, "testdata/linode-operations.txt")
	all, _ := exchanges(doc)
	learnt, _ := split(all)
	full, err := learn(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	half, err := learn(t.Context(), learnt)
	if err != nil {
		t.Fatal(err)
	}
	type asked struct {
		operation string
		x         *exchange
		m         *matchers.Request
	}
	var requests []asked
	seen := make(map[string]bool)
	for _, x := range all {
		if seen[x.exact] {
			continue
		}
		seen[x.exact] = true
		path := "/" + strings.Join(x.segments, "/")
		op := operation(path)
		if op == "" {
			t.Fatalf("%s is no path of the API's: add it to the list", path)
		}
		m, body := x.message()
		host, port, _ := strings.Cut(m.Host, ":")
		requests = append(requests, asked{x.method + " " + host + " " + op + members(x.body), x, &matchers.Request{
			Method: m.Method, Host: host, Port: port, Path: path, RawQuery: m.URL.RawQuery, Header: http.Header(m.Header), Body: body,
		}})
	}
	for name, l := range map[string]*lesson{"all": full, "half": half} {
		answered := 0
		p := l.propose(doc, map[int]string{})
		origin := make(map[string]*exchange)
		for _, x := range all {
			origin[x.stubID] = x
		}
		for _, c := range p.Changes {
			pattern, faults := matchers.CompilePattern(&c.Stub.Request)
			if len(faults) > 0 {
				t.Fatalf("%s: %v", c.Stub.ID, faults)
			}
			from := origin[c.From[0]]
			own := ""
			if c.Kind != Derived { // those are read where they were not recorded
				host, _, _ := strings.Cut(textOf(from.at.Authority), ":")
				own = from.method + " " + host + " " + operation("/"+strings.Join(from.segments, "/"))
			}
			for _, r := range requests {
				if !pattern.Match(r.m) {
					continue
				}
				answered++
				if own != "" && !strings.HasPrefix(r.operation+" ", own+" ") {
					t.Errorf("%s: %s, of %s, answers %s", name, c.Stub.ID, own, r.operation)
				}
				for _, value := range strings.Fields(members(from.body)) {
					if c.Kind != Derived && !slices.Contains(strings.Fields(r.operation), value) {
						t.Errorf("%s: %s, which is for %s, answers %s", name, c.Stub.ID, value, r.operation)
					}
				}
				if c.Kind == Derived && r.x.method+" /"+strings.Join(r.x.segments, "/") != "GET "+textOf(c.Stub.Request.Path) {
					t.Errorf("%s: %s answers %s", name, c.Stub.ID, r.operation)
				}
			}
		}
		t.Logf("%s: %d stubs, %d requests, %d matches", name, len(p.Changes), len(requests), answered)
		if answered < len(requests)/2 {
			t.Error("that is too little to have been all")
		}
	}
}

// members are the values of a body that tell operations apart.
func members(b body) string {
	out := ""
	if b.kind == jsonBody && b.json.Kind == simulations.Object {
		for _, i := range sortedMembers(b.json) {
			if distinguishes(b.json.Names[i]) && scalar(b.json.Items[i]) {
				out += " " + b.json.Names[i] + "=" + b.json.Items[i].Text
			}
		}
	}
	return out
}

func textOf(p *simulations.Predicate) string {
	if p == nil {
		return ""
	}
	text, _ := scalarText(p.Value)
	return text
}
