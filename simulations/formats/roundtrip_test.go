package formats

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

// sent is a request that both sides are asked.
type sent struct {
	method, url string
	header      http.Header
	body        string
}

func (s sent) String() string { return fmt.Sprintf("%s %s %v %q", s.method, s.url, s.header, s.body) }

// answerOf asks an engine and returns all of the answer that a client sees; a
// miss is a miss, whatever it says.
func answerOf(e *simulator.Engine, s sent, session string) string {
	r := httptest.NewRequest(s.method, s.url, strings.NewReader(s.body))
	if strings.HasPrefix(s.url, "/") {
		r.Host = "localhost"
	}
	for name, values := range s.header {
		r.Header[name] = values
	}
	r.Header.Set("Understudy-Session", session)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	res := w.Result()
	outcome := res.Header.Get("Understudy-Outcome")
	if outcome == "miss" || outcome == "refused" || res.StatusCode == http.StatusNotImplemented {
		return "miss"
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "broken: " + err.Error()
	}
	for _, name := range []string{"Understudy-Outcome", "Understudy-Stub", "Date"} {
		res.Header.Del(name)
	}
	return fmt.Sprintf("%d %v %v %q", res.StatusCode, res.Header, res.Trailer, body)
}

// written exports a document and reads it again.
func written(t testing.TB, doc *simulations.Document, format string) (*simulations.Document, []simulations.Warning, []byte) {
	t.Helper()
	enc, err := Default().Encoder(format)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	warnings, err := enc.Encode(&text, doc)
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	again, _, _, err := Default().Decode(text.Bytes(), format)
	if err != nil {
		t.Fatalf("what was exported is not read again: %v\n%s", err, text.String())
	}
	return again, warnings, text.Bytes()
}

// put makes a document the only simulation of an engine.
func put(t testing.TB, e *simulator.Engine, doc *simulations.Document, text []byte) {
	t.Helper()
	doc.Name = "case"
	if _, err := e.PutDocument(t.Context(), "case", doc, simulations.Condition{}); err != nil {
		t.Fatalf("not accepted: %v\n%s\n%s", err, doc.Value(), text)
	}
}

// TestRoundTrip: random simulations of what a format carries answer alike after
// export and import, hits and misses, also where answers come in turn.
func TestRoundTrip(t *testing.T) {
	formats := []string{"hoverfly", "hoverfly-first", "wiremock", "mountebank", "yaml"}
	requests := 100_000 / len(formats)
	if testing.Short() {
		requests = 4_000
	}
	for _, format := range formats {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			before, after := newEngine(t), newEngine(t)
			const each = 100
			asked, hits, lost := 0, 0, 0
			for seed := uint64(0); asked < requests; seed++ {
				g := &generator{Rand: rand.New(rand.NewPCG(seed, 7)), format: format}
				doc := g.document()
				again, warnings, text := written(t, doc, format)
				lost += left(warnings)
				if n := left(warnings); n > 0 {
					t.Fatalf("seed %d: the generator made what is not carried: %v\n%s", seed, warnings, doc.Value())
				}
				put(t, before, doc, text)
				for _, c := range again.Collaborators { // which had no port to be found by
					c.Hosts = []string{"*"}
				}
				put(t, after, again, text)
				session := fmt.Sprint(seed)
				for range each {
					s := g.request()
					want, got := answerOf(before, s, session), answerOf(after, s, session)
					asked++
					if want != "miss" {
						hits++
					}
					if got != want {
						yaml, _ := simulations.EncodeValue(doc.Value(), simulations.YAML)
						t.Fatalf("seed %d: %s\nbefore %s\nafter  %s\n%s\n%s", seed, s, want, got, yaml, text)
					}
				}
			}
			t.Logf("%d requests, %d hits", asked, hits)
			if hits < asked/10 || hits > asked*95/100 {
				t.Errorf("%d of %d requests hit: the generator is one-sided", hits, asked)
			}
		})
	}
}

// left counts the stubs that an export left out.
func left(warnings []simulations.Warning) int {
	n := 0
	for _, w := range warnings {
		if strings.Contains(w.Detail, "the stub was left out") && !strings.Contains(w.Detail, "answers before it") {
			n++
		}
	}
	return n
}

// TestCorpusRoundTrip: every file of the corpus that is written, too, answers
// after import, export and import as after the first import.
func TestCorpusRoundTrip(t *testing.T) {
	for _, c := range []struct{ folder, pattern, format string }{
		{"hoverfly", "*.json", "hoverfly"},
		{"wiremock/mappings", "*.json", "wiremock"},
		{"linode-cassettes", "*.yaml", "har"},
		{"microcks", "*.har", "har"},
		{"microcks", "*-collection.json", "postman"},
		{"microcks", "*postman.json", "postman"},
	} {
		t.Run(c.folder+c.format, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(corpusFolder(t, c.folder), c.pattern))
			if err != nil || len(files) == 0 {
				t.Fatalf("no files: %v", err)
			}
			before, after := newEngine(t), newEngine(t)
			hits := 0
			for _, file := range files {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				doc, _, _, err := Default().Decode(data, "")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := check(doc); err != nil { // takes files away, which are not beside it
					t.Fatal(err)
				}
				again, warnings, text := written(t, doc, c.format)
				if left(warnings) > 0 {
					t.Errorf("%s: %v", filepath.Base(file), warnings)
				}
				undelayed(doc)
				undelayed(again)
				put(t, before, doc, text)
				put(t, after, again, text)
				for i, s := range asksFor(doc) {
					session := fmt.Sprint(filepath.Base(file), i/50)
					want, got := answerOf(before, s, session), answerOf(after, s, session)
					if want != "miss" {
						hits++
					}
					if got != want {
						t.Errorf("%s: %s\nbefore %s\nafter  %s\n%s", filepath.Base(file), s, want, got, text)
						break
					}
				}
			}
			t.Logf("%d files, %d hits", len(files), hits)
			if hits == 0 {
				t.Error("no request hit")
			}
		})
	}
}

// undelayed takes the waits out of a document.
func undelayed(doc *simulations.Document) {
	for _, s := range doc.Stubs {
		if s.Response != nil {
			s.Response.Delay = nil
		}
		for _, r := range s.Responses {
			r.Delay = nil
		}
	}
}

// asksFor makes requests out of the texts in a document's patterns: paths and
// values as they stand there, combined with each other and changed a little.
func asksFor(doc *simulations.Document) []sent {
	g := &generator{Rand: rand.New(rand.NewPCG(1, 1))}
	var out []sent
	for _, s := range doc.Stubs {
		q := &s.Request
		for range 60 {
			one := sent{method: "GET", header: make(http.Header)}
			if len(q.Method) > 0 && g.IntN(8) > 0 {
				one.method = q.Method[0]
			}
			host, path := firstText(q.Authority), firstText(q.Path)
			if host == "" {
				host = "api.example"
			}
			if !strings.HasPrefix(path, "/") || g.IntN(10) == 0 {
				path = "/" + strings.TrimLeft(path, "/")
			}
			var query []string
			for _, name := range sortedKeys(q.Query) {
				if p := q.Query[name]; g.IntN(8) > 0 {
					query = append(query, escape(name)+"="+escape(firstText(&p)))
				}
			}
			for _, name := range sortedKeys(q.Headers) {
				if p := q.Headers[name]; g.IntN(8) > 0 {
					one.header.Set(name, strings.Trim(firstText(&p), "*"))
				}
			}
			if g.IntN(4) > 0 {
				one.body = firstText(q.Body)
			}
			if url := firstText(q.URL); url != "" && strings.HasPrefix(url, "/") {
				one.url = "http://" + host + url
			} else {
				one.url = "http://" + host + escapePath(path)
				if len(query) > 0 {
					one.url += "?" + strings.Join(query, "&")
				}
			}
			if _, err := http.NewRequest(one.method, one.url, nil); err == nil {
				out = append(out, one)
			}
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// firstText is the first text in a predicate, that of its JSON where it is about
// some.
func firstText(p *simulations.Predicate) string {
	if p == nil || p.Value == nil {
		return ""
	}
	return textIn(p.Value)
}

func textIn(v *simulations.Value) string {
	switch v.Kind {
	case simulations.Object:
		if j := v.Get("json"); j != nil {
			if value := j.Get("value"); value != nil {
				return value.String()
			}
			return j.String()
		}
		if f := v.Get("form"); f != nil {
			var pairs []string
			for i, name := range f.Names {
				pairs = append(pairs, escape(name)+"="+escape(textIn(f.Items[i])))
			}
			return strings.Join(pairs, "&")
		}
		for _, item := range v.Items {
			if t := textIn(item); t != "" {
				return t
			}
		}
	case simulations.Array:
		for _, item := range v.Items {
			if t := textIn(item); t != "" {
				return t
			}
		}
	case simulations.String, simulations.Number:
		return v.Text
	}
	return ""
}

func escape(s string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "&", "%26", "+", "%2B", "#", "%23", "=", "%3D", "\n", "%0A", "\\", "%5C", "\"", "%22").Replace(s)
}

func escapePath(s string) string {
	return strings.NewReplacer(" ", "%20", "?", "%3F", "#", "%23", "\n", "%0A", "\\", "%5C", "\"", "%22").Replace(s)
}
