package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"understudy/cmd/internal/app"
	"understudy/simulations"
)

// hints is the part of a double that the banner asks.
type hints struct {
	app.Engine
	collaborators []simulations.CollaboratorInfo
	stubs         []*simulations.StoredStub
}

func (h *hints) Collaborators() []simulations.CollaboratorInfo { return h.collaborators }

func (h *hints) Simulations() []simulations.SimulationInfo {
	return []simulations.SimulationInfo{{Name: "s"}}
}

func (h *hints) Stubs(context.Context, string, string, int) ([]*simulations.StoredStub, bool, error) {
	return h.stubs, false, nil
}

// stubsOf reads a document as the banner would meet it.
func stubsOf(t *testing.T, text string) *hints {
	t.Helper()
	doc, err := simulations.Decode([]byte("---\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	h := &hints{}
	for name, c := range doc.Collaborators {
		h.collaborators = append(h.collaborators, simulations.CollaboratorInfo{Name: name, Mode: c.Mode, Config: c})
	}
	for _, s := range doc.Stubs {
		if s.Collaborator == "" {
			s.Collaborator = doc.Collaborator
		}
		h.stubs = append(h.stubs, &simulations.StoredStub{Stub: s})
	}
	return h
}

func TestTryNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ document, want string }{
		"a plain path":            {`{understudy: v1, stubs: [{request: {path: /a}, response: {}}]}`, "curl -i http://localhost:8500/a"},
		"with a query":            {`{understudy: v1, stubs: [{request: {path: /a, query: {q: "b c"}}, response: {}}]}`, `curl -i 'http://localhost:8500/a?q=b+c'`},
		"a path with a space":     {`{understudy: v1, stubs: [{request: {path: /a b}, response: {}}]}`, "curl -i http://localhost:8500/a%20b"},
		"a path as it is sent":    {`{understudy: v1, stubs: [{request: {path: /a%2Fb}, response: {}}]}`, "curl -i http://localhost:8500/a%2Fb"},
		"an apostrophe":           {`{understudy: v1, stubs: [{request: {path: "/it's"}, response: {}}]}`, `curl -i 'http://localhost:8500/it'\''s'`},
		"a collaborator's host":   {`{understudy: v1, collaborator: p, collaborators: {p: {hosts: ["*.p", pay]}}, stubs: [{request: {path: /a}, response: {}}]}`, "curl -i -H 'Host: pay' http://localhost:8500/a"},
		"globs only":              {`{understudy: v1, collaborator: p, collaborators: {p: {hosts: ["*.p"]}}, stubs: [{request: {path: /a}, response: {}}]}`, ""},
		"an undeclared one":       {`{understudy: v1, collaborator: p, stubs: [{request: {path: /a}, response: {}}]}`, ""},
		"the second":              {`{understudy: v1, stubs: [{request: {method: POST, path: /a}, response: {}}, {request: {method: [HEAD, GET], path: /b}, response: {}}]}`, "curl -i http://localhost:8500/b"},
		"a header is needed":      {`{understudy: v1, stubs: [{request: {path: /a, headers: {X: y}}, response: {}}]}`, ""},
		"a template":              {`{understudy: v1, stubs: [{request: {path: {template: "/a/{b}"}}, response: {}}]}`, ""},
		"a fault":                 {`{understudy: v1, stubs: [{request: {path: /a}, response: {fault: empty-response}}]}`, ""},
		"a later state":           {`{understudy: v1, stubs: [{request: {path: /a}, scenario: {name: s, requires: x}, response: {}}]}`, ""},
		"an authority":            {`{understudy: v1, stubs: [{request: {authority: "pay:81", path: /a, query: {q: "b c"}, exactQuery: true}, response: {}}]}`, `curl -i -H 'Host: pay:81' 'http://localhost:8500/a?q=b+c'`},
		"a host":                  {`{understudy: v1, stubs: [{request: {host: pay, path: /a}, response: {}}]}`, "curl -i -H 'Host: pay' http://localhost:8500/a"},
		"a host by a pattern":     {`{understudy: v1, stubs: [{request: {host: {glob: "*.pay"}, path: /a}, response: {}}]}`, ""},
		"a host of its own":       {`{understudy: v1, collaborator: p, collaborators: {p: {hosts: [pay, bank]}}, stubs: [{request: {host: bank, path: /a}, response: {}}]}`, "curl -i -H 'Host: bank' http://localhost:8500/a"},
		"another's host":          {`{understudy: v1, collaborator: p, collaborators: {p: {hosts: [pay]}}, stubs: [{request: {host: bank, path: /a}, response: {}}]}`, ""},
		"more than an address":    {`{understudy: v1, stubs: [{request: {path: /a, none: [{query: {x: {absent: true}}}]}, response: {}}]}`, ""},
		"a value of the session":  {`{understudy: v1, stubs: [{request: {path: /a}, state: {requires: {k: v}}, response: {}}]}`, ""},
		"not one that is forward": {`{understudy: v1, collaborator: p, collaborators: {p: {hosts: [p], mode: record, upstream: http://x}}, stubs: [{request: {path: /a}, response: {}}]}`, ""},
	} {
		if got := tryNext(stubsOf(t, c.document), "[::]:8500"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	own := stubsOf(t, `{understudy: v1, collaborator: p, collaborators: {p: {}}, stubs: [{request: {path: /a}, response: {}}]}`)
	own.collaborators[0].Address = "127.0.0.1:9001"
	if got := tryNext(own, "[::]:8500"); got != "curl -i http://127.0.0.1:9001/a" {
		t.Errorf("its own port: %s", got)
	}
}

// TestBannerOfAnArchive: the simulation that was imported is named, and the printed
// call is answered by its stub, which asks for a host.
func TestBannerOfAnArchive(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "shop.har")
	if err := os.WriteFile(file, []byte(`{"log": {"entries": [{"request": {"method": "GET", "url": "http://api0.example/v1/items/3?page=3&q=a+b"}, "response": {"status": 203, "content": {"text": "a"}}}]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	opts := app.DefaultOptions()
	opts.Listen, opts.AdminListen, opts.InMemory, opts.Import = []string{"127.0.0.1:0"}, "127.0.0.1:0", true, []string{file}
	a, err := app.New(t.Context(), opts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(context.Background()) }() // the test is over
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	newCLI(nil, nil, nil).banner(&out, a, &opts)
	if !regexp.MustCompile(`(?m)^shop +1 +0$`).Match(out.Bytes()) {
		t.Errorf("it does not name what is served:\n%s", out.String())
	}
	said := regexp.MustCompile(`curl -i -H 'Host: (.*)' '(http://.*)'`).FindStringSubmatch(out.String())
	if said == nil {
		t.Fatalf("there is no call with a host:\n%s", out.String())
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, said[2], nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = said[1]
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 203 {
		t.Errorf("%s is answered %d", said[0], resp.StatusCode)
	}
}

func TestServedIsBounded(t *testing.T) {
	t.Parallel()
	var served []simulations.SimulationInfo
	for i := range 12 {
		served = append(served, simulations.SimulationInfo{Name: string(rune('a' + i)), Stubs: i, Collections: 1})
	}
	var out bytes.Buffer
	printServed(&out, served)
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 13 || strings.Join(strings.Fields(lines[10]), " ") != "j 9 1" || lines[11] != "and 2 more" {
		t.Errorf("of 12 it prints\n%s", out.String())
	}
	out.Reset()
	if printServed(&out, served[:10]); strings.Contains(out.String(), "more") {
		t.Errorf("of 10 it prints\n%s", out.String())
	}
}

func TestStandInsNamed(t *testing.T) {
	t.Parallel()
	many := make([]simulations.CollaboratorInfo, 12)
	for i := range many {
		many[i].Name = string(rune('a' + i))
	}
	var out bytes.Buffer
	printStandIns(&out, many)
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 13 || !strings.HasPrefix(lines[10], "j ") || lines[11] != "and 2 more" {
		t.Errorf("of 12 it prints\n%s", out.String())
	}
	out.Reset()
	if printStandIns(&out, many[:10]); strings.Contains(out.String(), "more") {
		t.Errorf("of 10 it prints\n%s", out.String())
	}
}

func TestReachable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"[::]:8500": "localhost:8500", "0.0.0.0:1": "localhost:1", ":2": "localhost:2", "127.0.0.1:3": "127.0.0.1:3", "[::1]:4": "[::1]:4", "x": "x",
	} {
		if got := reachable(in); got != want {
			t.Errorf("%s is reached at %s, want %s", in, got, want)
		}
	}
}

func TestTablesFit(t *testing.T) {
	t.Parallel()
	table := newTable("ID", "PATH", "REASON")
	table.add(1, "/"+strings.Repeat("p", 80), strings.Repeat("r", 40))
	table.add(22, "/é\x1b[31m", "-")
	for _, width := range []int{200, 60, 30, 5} {
		fitted := newTable("ID", "PATH", "REASON")
		fitted.rows = nil
		for _, row := range table.rows {
			fitted.rows = append(fitted.rows, append([]string(nil), row...))
		}
		fitted.fit(width)
		var out bytes.Buffer
		fitted.print(&out)
		longest := 0
		for line := range strings.SplitSeq(out.String(), "\n") {
			longest = max(longest, len([]rune(line)))
		}
		// No column is narrower than eight: three of them and two gaps.
		if limit := max(width, 3*8+2*gap); longest > limit {
			t.Errorf("at %d the longest line has %d:\n%s", width, longest, out.String())
		}
		if strings.Contains(out.String(), "\x1b") {
			t.Errorf("a cell steers the terminal: %q", out.String())
		}
	}
}

func TestErrorLines(t *testing.T) {
	t.Parallel()
	field := simulations.FieldError{Pointer: "/a", Detail: "wrong", Line: 2, Column: 3}
	invalid := simulations.Invalid([]simulations.FieldError{field, {Detail: "all wrong"}})
	var out bytes.Buffer
	writeError(&out, usageError{&simulations.FileError{Path: "f.yaml", Err: invalid}})
	writeError(&out, simulations.Errorf(simulations.CodeNotFound, "no such\nthing"))
	writeError(&out, invalid)
	want := "f.yaml:2:3: /a: wrong\nf.yaml: all wrong\nunderstudy: no such\\u000athing\n" +
		"understudy: the document is not valid:\n  /a (line 2, column 3): wrong\n  document: all wrong\n"
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

func TestNameOfAURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://API.example:8443/x": "api.example", "http://[::1]:8080": "1", "http://127.0.0.1": "127.0.0.1", "http://bücher.example": "b-cher.example",
	} {
		u, err := upstreamURL(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if got := nameOf(u); got != want || !simulations.ValidName(got) {
			t.Errorf("%s makes %q, want %q", in, got, want)
		}
	}
}

// TestRecordingHelp: the call that it shows goes by the host that was asked for.
func TestRecordingHelp(t *testing.T) {
	t.Parallel()
	opts := app.DefaultOptions()
	opts.Listen, opts.AdminListen, opts.InMemory = []string{"127.0.0.1:0"}, "127.0.0.1:0", true
	a, err := app.New(t.Context(), opts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Stop(context.Background()) }() // the test is over
	upstream := &url.URL{Scheme: "http", Host: "127.0.0.1:3001"}
	for asked, want := range map[string]string{"": "Host: 127.0.0.1'", "pay": "Host: pay'", "*.pay": "Host: 127.0.0.1'"} {
		var out bytes.Buffer
		newCLI(nil, nil, nil).recordingHelp(&out, a, "pay", upstream, strings.Fields(asked))
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q: %s", asked, &out)
		}
	}
}
