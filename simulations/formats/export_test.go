package formats

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

// exported lists the formats that are written, but for understudy's own and the
// variants of one.
func exported(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, name := range Default().Written() {
		enc, err := Default().Encoder(name)
		if err != nil {
			t.Fatal(err)
		}
		if !Native(enc) && name == enc.Name() && !strings.Contains(name, "-") {
			names = append(names, name)
		}
	}
	return names
}

// TestGoldenExports writes testdata/export/source.yaml, which has a stub of each
// kind, in every format, and compares the file and what is said of it.
func TestGoldenExports(t *testing.T) {
	text, err := os.ReadFile("testdata/export/source.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range exported(t) {
		t.Run(name, func(t *testing.T) {
			doc, err := simulations.Decode(text)
			if err != nil {
				t.Fatal(err)
			}
			before := doc.Value().String()
			_, warnings, out := written(t, doc, name)
			if after := doc.Value().String(); after != before {
				t.Error("the document was changed by the export")
			}
			got := bytes.NewBuffer(nil)
			for _, w := range warnings {
				fmt.Fprintf(got, "# %s: %s\n", w.Pointer, w.Detail)
			}
			got.Write(out)
			golden := filepath.Join("testdata", "export", name+".txt")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("the export has changed; look at it, then run with -update:\n%s", got)
			}
		})
	}
}

// TestExportOfNothing: the smallest documents are written and read again, and an
// error of the writer is told.
func TestExportOfNothing(t *testing.T) {
	for _, name := range exported(t) {
		doc := &simulations.Document{Understudy: simulations.Version}
		again, warnings, _ := written(t, doc, name)
		if len(warnings) > 0 || name != "mountebank" && len(again.Stubs) > 0 {
			t.Errorf("%s: %v, %d stubs", name, warnings, len(again.Stubs))
		}
		enc, err := Default().Encoder(name)
		if err != nil {
			t.Fatal(err)
		}
		doc.Stubs = []*simulations.Stub{{Response: &simulations.Response{}}}
		if _, err := enc.Encode(failingWriter{}, doc); !errors.Is(err, errFull) {
			t.Errorf("%s: a writer that fails is told as %v", name, err)
		}
	}
}

var errFull = errors.New("the disk is full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

// TestAnswersInTurnToWireMock: the scenario that answers in turn become is read
// again without a warning, and is none of the document's own.
func TestAnswersInTurnToWireMock(t *testing.T) {
	doc, err := simulations.Decode([]byte(`
understudy: v1
stubs:
  - {id: s, request: {path: /s}, responses: [{text: one}, {text: two}]}
  - {id: t, request: {path: /t}, response: {text: t}, scenario: {name: answers-of-s, requires: started, sets: "2"}}
`))
	if err != nil {
		t.Fatal(err)
	}
	again, _, text := written(t, doc, "wiremock")
	_, warnings, _, err := Default().Decode(text, "")
	if err != nil || len(warnings) > 0 {
		t.Errorf("read again: %v, %v\n%s", warnings, err, text)
	}
	names := make(map[string]int)
	for _, s := range again.Stubs {
		names[s.Scenario.Name]++
	}
	if names["answers-of-s"] != 1 || len(names) != 2 {
		t.Errorf("scenarios %v\n%s", names, text)
	}
}

// TestMethodsToWireMock: a method whose name means several there is left out.
func TestMethodsToWireMock(t *testing.T) {
	for _, method := range []string{"ANY", "GET_OR_HEAD"} {
		doc, err := simulations.Decode([]byte("understudy: v1\nstubs: [{request: {method: " + method + "}, response: {text: a}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		again, warnings, _ := written(t, doc, "wiremock")
		if left(warnings) != 1 || len(again.Stubs) > 0 || !strings.Contains(fmt.Sprint(warnings), method+" stands for") {
			t.Errorf("%s: %v, %d stubs", method, warnings, len(again.Stubs))
		}
	}
}

// TestExclusionsToHoverfly: of a `not` that cannot be carried the warning says
// what would mend it.
func TestExclusionsToHoverfly(t *testing.T) {
	for excluded, want := range map[string]string{
		"x":          "write `absent: false` beside it",
		"{regex: x}": "only a text can be excluded there",
	} {
		doc, err := simulations.Decode([]byte("understudy: v1\nstubs: [{request: {headers: {Prefer: {not: " + excluded + "}}}, response: {text: a}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, warnings, _ := written(t, doc, "hoverfly")
		if left(warnings) != 1 || !strings.Contains(fmt.Sprint(warnings), want) {
			t.Errorf("not %s: %v; want %s", excluded, warnings, want)
		}
	}
}

// TestExportedURLs: a URL is the one that was called, as far as the document tells;
// where it tells no scheme an archive's warning does.
func TestExportedURLs(t *testing.T) {
	for _, c := range []struct {
		collaborator, authority, want string
		said                          bool
	}{
		{"{hosts: [a.example], upstream: 'https://a.example:8443/base'}", "", "https://a.example:8443/base/x", false},
		{"{upstream: 'http://127.0.0.1:3001/'}", "", "http://127.0.0.1:3001/x", false},
		{"{hosts: ['*.example', b.example, a.example], upstream: 'https://a.example:8443/v1/'}", "", "https://a.example:8443/v1/x", false},
		{"{hosts: [b.example], upstream: 'https://a.example:8443/base'}", "", "https://b.example/x", false},
		{"{upstream: 'https://a.example:8443/base'}", "a.example:8443", "https://a.example:8443/base/x", false},
		{"{upstream: 'http://[::1]:3001/base'}", "", "http://[::1]:3001/base/x", false},
		{"{hosts: [a.example], upstream: 'http://a.example'}", "", "http://a.example/x", false},
		{"{upstream: 'https://a.example'}", "b.example:80", "https://b.example:80/x", false},
		{"{hosts: [a.example]}", "a.example:443", "https://a.example:443/x", false},
		{"{hosts: [a.example]}", "a.example:80", "http://a.example:80/x", false},
		{"{hosts: [a.example]}", "", "http://a.example/x", true},
	} {
		request := "{method: GET, path: /x, exactQuery: true}"
		if c.authority != "" {
			request = fmt.Sprintf("{method: GET, path: /x, exactQuery: true, authority: %q}", c.authority)
		}
		doc, err := simulations.Decode(fmt.Appendf(nil, "understudy: v1\ncollaborator: a\ncollaborators: {a: %s}\nstubs: [{request: %s, response: {text: x}}]\n", c.collaborator, request))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"har", "postman"} {
			_, warnings, out := written(t, doc, name)
			if !bytes.Contains(out, fmt.Appendf(nil, "%q", c.want)) {
				t.Errorf("%s of %s %s has not the URL %s", name, c.collaborator, c.authority, c.want)
			}
			if name == "postman" && strings.Contains(c.want, ":8443/") && !bytes.Contains(out, []byte(`"port": "8443"`)) {
				t.Errorf("%s of %s has not the port", name, c.collaborator)
			}
			said := slices.ContainsFunc(warnings, func(w simulations.Warning) bool { return strings.Contains(w.Detail, "a URL has a scheme") })
			if name == "har" && said != c.said {
				t.Errorf("%s %s: %v", c.collaborator, c.authority, warnings)
			}
		}
	}
}

// TestExportedServers: a description names the servers that were called, once where
// all paths have the same, and is read with their paths.
func TestExportedServers(t *testing.T) {
	const a, b = "{request: {method: GET, path: /x}, collaborator: a, response: {text: x}}", "{request: {method: GET, path: /y}, collaborator: b, response: {text: y}}"
	const anyone = "{request: {method: GET, path: /x}, response: {text: any}}"
	for _, c := range []struct {
		stubs, want string
		paths       []string
	}{
		{a, `"info":{"title":"understudy","version":"1"},"servers":[{"url":"https://a.example:8443/v1"}],"paths"`, []string{"/v1/x"}},
		{a + ", " + b, `"/y":{"servers":[{"url":"http://b.example:3002"}],"get"`, []string{"/v1/x", "/y"}},
		{a + ", " + anyone, `"servers":[{"url":"/"},{"url":"https://a.example:8443/v1"}]`, []string{"/x", "/v1/x"}},
		{anyone, `"version":"1"},"paths":{"/x":{"get"`, []string{"/x"}},
	} {
		doc, err := simulations.Decode([]byte("understudy: v1\ncollaborators: {a: {upstream: 'https://a.example:8443/v1'}, b: {upstream: 'http://b.example:3002'}}\nstubs: [" + c.stubs + "]\n"))
		if err != nil {
			t.Fatal(err)
		}
		again, _, out := written(t, doc, "openapi")
		v, err := simulations.Parse(out)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(v.String(), c.want) {
			t.Errorf("%s is written as\n%s", c.stubs, out)
		}
		var paths []string
		for _, s := range again.Stubs {
			if p := s.Request.Path.Text; s.Request.Path != nil && !slices.Contains(paths, p) {
				paths = append(paths, p)
			}
		}
		if !slices.Equal(paths, c.paths) {
			t.Errorf("%s is read with the paths %q", c.stubs, paths)
		}
	}
}
