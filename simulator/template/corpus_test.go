package template

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// corpusFile opens a file of the corpus of real files, or skips the test.
func corpusFile(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("UNDERSTUDY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skipf("the corpus is not here: %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// observed is one line of templates.ndjson: a response definition, the request,
// and what WireMock rendered.
type observed struct {
	Test, URL, Method string
	Body              *string
	Def, Out          struct {
		Body, BodyFileName, ProxyBaseURL *string
		Headers                          map[string]any
		TransformerParameters            map[string]any
		AdditionalProxyRequestHeaders    map[string]any
	}
}

// unrecorded is what the corpus leaves out of requests: the headers, cookies and
// addresses that WireMock's own cases set.
var unrecorded = map[string]func(q *request){
	"requestLineBaseUrlHttp":  func(q *request) { q.scheme, q.host = "http", "my.domain.io" },
	"requestLineBaseUrlHttps": func(q *request) { q.host = "my.domain.io" },
	"multiValueCookies":       func(q *request) { q.cookies = map[string][]string{"multi": {"one", "two"}} },
	"cookies": func(q *request) {
		q.cookies = map[string][]string{"session": {"session-1234"}, ")((**#$@#": {"foundit"}}
	},
	"requestHeaders": func(q *request) {
		q.header = http.Header{"X-Request-Id": {"req-id-1234"}, "123$%$^&__why_o_why": {"foundit"}}
	},
	"requestHeadersCaseInsensitive":       func(q *request) { q.header = http.Header{"Case-Key-123": {"foundit"}} },
	"conditionalHelper":                   func(q *request) { q.header = http.Header{"X-Thing": {"1"}} },
	"singleValueTemplatedResponseHeaders": func(q *request) { q.header = http.Header{"X-Correlation-Id": {"12345"}} },
	"multiValueTemplatedResponseHeaders": func(q *request) {
		q.header = http.Header{"X-Correlation-Id-1": {"12345"}, "X-Correlation-Id-2": {"56789"}}
	},
	"proxyBaseUrlWithAdditionalRequestHeader": func(q *request) { q.header = http.Header{"X-Wm-Uri": {"http://localhost:8000"}} },
}

// unlike lists the deterministic cases that do not render equal, and why.
var unlike = map[string]string{
	"customHelper":       "the case registers a helper of its own in Java; here an unknown helper is refused when compiling",
	"templatizeBodyFile": "the body is that of a file which is not in the corpus; its templated name is compared below",
}

// undetermined are the templates whose result is random or that of a clock.
var undetermined = regexp.MustCompile(`random|pickRandom \(|pickRandom '1'|\bnow\b|request\.id\b`)

func TestWireMockCorpus(t *testing.T) {
	in := bufio.NewScanner(corpusFile(t, "wiremock/templates.ndjson"))
	in.Buffer(nil, 1<<20)
	seen := map[string]bool{}
	equal, deterministic := 0, 0
	for in.Scan() {
		var o observed
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		name := o.Test[strings.LastIndexByte(o.Test, '.')+1:]
		key := string(in.Bytes())
		if o.Def.Body != nil && undetermined.MatchString(*o.Def.Body) && name != "picksAsManyRandomItemsAsPossibleFromListVariableWhenCountSpecifiedHigherThanItemCount" {
			o.checkShape(t, name)
			continue
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		deterministic++
		diff := o.compare(t, name)
		if diff == "" {
			equal++
			if why, ok := unlike[name]; ok {
				t.Errorf("%s renders equal, but is listed: %s", name, why)
			}
			continue
		}
		if unlike[name] == "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	t.Logf("%d of %d deterministic cases render equal", equal, deterministic)
	if equal < 128 || deterministic < 130 {
		t.Errorf("only %d of %d", equal, deterministic)
	}
}

func (o *observed) data(name string) *Data {
	d := sample()
	u, rawQuery, _ := strings.Cut(o.URL, "?")
	q := &request{id: "1", method: o.Method, scheme: "https", host: "my.domain.io:8080", path: u, rawQuery: rawQuery, clientIP: "127.0.0.1"}
	if o.Body != nil {
		q.body = *o.Body
	}
	if set := unrecorded[name]; set != nil {
		set(q)
	}
	d.Request = q
	d.Parameters = o.Def.TransformerParameters
	return d
}

// compare renders every template of a definition and returns the first difference.
func (o *observed) compare(t *testing.T, name string) string {
	d := o.data(name)
	var render1 func(v any) any
	render1 = func(v any) any {
		switch v := v.(type) {
		case string:
			s, err := render(t, WireMock, v, d)
			if err != nil {
				return err.Error()
			}
			return s
		case []any:
			out := make([]any, len(v))
			for i := range v {
				out[i] = render1(v[i])
			}
			return out
		case map[string]any:
			out := make(map[string]any, len(v))
			for k := range v {
				out[k] = render1(v[k])
			}
			return out
		}
		return v
	}
	for _, part := range []struct {
		what      string
		def, want any
	}{
		{"body", text1(o.Def.Body), text1(o.Out.Body)},
		{"proxyBaseUrl", text1(o.Def.ProxyBaseURL), text1(o.Out.ProxyBaseURL)},
		{"headers", any(o.Def.Headers), any(o.Out.Headers)},
		{"additionalProxyRequestHeaders", any(o.Def.AdditionalProxyRequestHeaders), any(o.Out.AdditionalProxyRequestHeaders)},
	} {
		if got := render1(part.def); show1(got) != show1(part.want) && !(isEmptyMap(got) && isEmptyMap(part.want)) {
			return part.what + ": got " + show1(got) + ", want " + show1(part.want)
		}
	}
	if o.Def.BodyFileName != nil {
		if got := render1(*o.Def.BodyFileName); got != "/greet-Ram.txt" {
			t.Errorf("the file's name is %v", got)
		}
	}
	return ""
}

func isEmptyMap(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

func text1(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

func show1(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// checkShape compares a random or timed result by its shape: digits, letters and
// lengths of numbers may differ.
func (o *observed) checkShape(t *testing.T, name string) {
	d := o.data(name)
	if at, err := time.Parse(time.RFC3339, strings.SplitN(*o.Out.Body, " ", 2)[0]); err == nil {
		d.Now = func() time.Time { return at }
	} else {
		d.Now = func() time.Time { return time.Date(2026, 11, 23, 10, 47, 4, 0, time.UTC) }
	}
	got, err := render(t, WireMock, *o.Def.Body, d)
	if err != nil {
		t.Errorf("%s: %v", *o.Def.Body, err)
		return
	}
	shape := func(s string) string {
		s = regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?(E-?[0-9]+)?`).ReplaceAllString(s, "0")
		return regexp.MustCompile(`[0-9a-f]{0,8}(-[0-9a-f]*){4,}|Rob|Tom|Gus`).ReplaceAllString(s, "x")
	}
	timed := strings.Contains(*o.Def.Body, "now")
	if timed && got != *o.Out.Body || !timed && name != "requestIdIsAvailableIdInTheTemplateModel" && shape(got) != shape(*o.Out.Body) {
		t.Errorf("%s: got %q, want the like of %q", *o.Def.Body, got, *o.Out.Body)
	}
}

// The real simulation of Hoverfly with a template renders.
func TestHoverflyCorpus(t *testing.T) {
	f := corpusFile(t, "hoverfly/journal-template.json")
	var sim struct {
		Data struct {
			Pairs []struct{ Response struct{ Body string } }
		}
	}
	if err := json.NewDecoder(f).Decode(&sim); err != nil {
		t.Fatal(err)
	}
	tpl, err := Compile(sim.Data.Pairs[0].Response.Body, Hoverfly)
	if err != nil {
		t.Fatal(err)
	}
	d := sample()
	d.Journal = journal{past("id=123", "", `{"time":"noon"}`)}
	var out []byte
	if err := tpl.Execute(context.Background(), &out, d); err != nil || string(out) != "noon" {
		t.Errorf("%q, %v", out, err)
	}
}
