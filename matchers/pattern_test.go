package matchers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

func request(method, target string, headers ...string) *Request {
	path, query, _ := strings.Cut(target, "?")
	r := &Request{Method: method, Path: path, RawQuery: query, Host: "pay.example", Header: http.Header{}}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	return r
}

func pattern(t *testing.T, text string) *Pattern {
	t.Helper()
	p, err := simulations.DecodePattern(parseYAML(t, text))
	if err != nil {
		t.Fatal(err)
	}
	out, faults := CompilePattern(p)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return out
}

// TestFields is about where values come from, as the package comment has it.
func TestFields(t *testing.T) {
	body := func(s string) *Request {
		r := request("POST", "/")
		r.Body = []byte(s)
		return r
	}
	cut := body("abc")
	cut.BodyTruncated = true
	redacted := request("GET", "/secret", "Authorization", "Bearer x")
	redacted.Redacted = request("GET", "/secret", "Authorization", "REDACTED")
	session := request("GET", "/")
	session.Session, session.Origin = "s1", simulations.OriginShadow
	for _, tt := range []struct {
		pattern string
		r       *Request
		want    bool
	}{
		{"{}", request("GET", "/"), true},
		{"{method: get}", request("GET", "/"), false},
		{"{method: [PUT, GET]}", request("GET", "/"), true},
		{"{host: PAY.example}", request("GET", "/"), true},
		{"{host: {glob: '*.Example'}}", request("GET", "/"), true},
		{"{host: {regex: '^\\S+$'}}", request("GET", "/"), true},
		{"{host: other}", request("GET", "/"), false},
		{"{path: /}", request("GET", ""), true},
		{"{path: /a/}", request("GET", "/a"), false},
		{"{path: /a//b}", request("GET", "/a/b"), false},
		{"{path: /a/../b}", request("GET", "/b"), false},
		{"{query: {a: 'x y'}}", request("GET", "/?a=x+y"), true},
		{"{query: {a: 'x y'}}", request("GET", "/?a=x%20y"), true},
		{"{query: {'a b': ''}}", request("GET", "/?a%20b"), true},
		{"{query: {a: 100%}}", request("GET", "/?a=100%"), true},
		{"{query: {a: '1;b=2'}}", request("GET", "/?a=1;b=2"), true},
		{"{query: {a: 2}}", request("GET", "/?a=1&a=2"), true},
		{"{query: {a: {not: 2}}}", request("GET", "/?a=1&a=2"), false},
		{"{query: {A: 1}}", request("GET", "/?a=1"), false},
		{"{query: {a: 1}, exactQuery: true}", request("GET", "/?a=1"), true},
		{"{query: {a: 1}, exactQuery: true}", request("GET", "/?a=1&a=1"), false},
		{"{query: {a: 1}, exactQuery: true}", request("GET", "/?a=1&b=1"), false},
		{"{query: {a: {hasExactly: [1, 2]}}, exactQuery: true}", request("GET", "/?a=2&a=1"), true},
		{"{exactQuery: true}", request("GET", "/"), true},
		{"{exactQuery: true}", request("GET", "/?x"), false},
		{"{headers: {accept: a/b}}", request("GET", "/", "Accept", "a/b"), true},
		{"{headers: {accept: a/b}}", request("GET", "/", "Accept", " a/b\t"), true},
		{"{headers: {accept: a/b}}", request("GET", "/", "Accept", "a/b, c/d"), false},
		{"{headers: {accept: c/d}}", request("GET", "/", "Accept", "a/b", "Accept", "c/d"), true},
		{"{headers: {host: {contains: pay}}}", request("GET", "/", "Host", "pay.example:80"), true},
		{"{cookies: {sid: abc}}", request("GET", "/", "Cookie", `x=y; sid="abc"`), true},
		{"{cookies: {sid: abc}}", request("GET", "/", "Cookie", "x=y", "Cookie", " sid = abc "), true},
		{"{cookies: {sid: {absent: true}}}", request("GET", "/", "Cookie", "x=y"), true},
		{"{body: {absent: true}}", body(""), true},
		{"{body: ''}", body(""), true},
		{"{body: {equals: ''}}", body("x"), false},
		{"{body: {not: x}}", body(""), true},
		{"{body: {jsonPath: {$.a: {absent: true}}}}", body(""), false},
		{"{body: {contains: ''}}", body(""), false},
		{"{body: {json: {a: 1}}}", body("\xef\xbb\xbf{\"a\":1}"), true},
		{"{body: {json: {a: x}}}", body("{\"a\":\"x\"}\xff"), false},
		{"{body: {jsonPath: $}}", body(strings.Repeat("[", 9000) + strings.Repeat("]", 9000)), true},
		{"{body: {jsonPath: $}}", body(strings.Repeat("[", 11000) + strings.Repeat("]", 11000)), false},
		{"{body: {contains: a}}", cut, false},
		{"{body: {not: {contains: x}}}", cut, false},
		{"{body: {absent: false}}", cut, true},
		{"{body: {absent: true}}", cut, false},
		{"{method: POST}", cut, true},
		{"{session: s1, origin: shadow}", session, true},
		{"{session: {not: s1}}", session, false},
		{"{headers: {Authorization: Bearer x}}", redacted, true},
		{"{headers: {Authorization: Bearer x}, redacted: true}", redacted, false},
		{"{headers: {Authorization: REDACTED}, redacted: true}", redacted, true},
		{"{headers: {X: {}}}", request("GET", "/"), true},
	} {
		p := pattern(t, tt.pattern)
		if got := p.Match(tt.r); got != tt.want {
			t.Errorf("%s on %s %s?%s: %v, want %v", tt.pattern, tt.r.Method, tt.r.Path, tt.r.RawQuery, got, tt.want)
		}
		score, failed := p.Mismatches(tt.r)
		if (score == 1) != tt.want || (len(failed) == 0) != tt.want {
			t.Errorf("%s: score %v, %v, and match is %v", tt.pattern, score, failed, tt.want)
		}
	}
}

// TestPrecedence lists stubs from the first to the last.
func TestPrecedence(t *testing.T) {
	order := []string{
		`{"id":"p9","priority":9,"request":{}}`,
		`{"id":"exact2","request":{"path":"/a/b","query":{"x":1}}}`,
		`{"id":"exact1","request":{"path":"/a/b"}}`,
		`{"id":"template2","request":{"path":{"template":"/a/b"}}}`,
		`{"id":"template1","request":{"path":{"template":"/a/{x}"},"method":"GET","query":{"x":1}}}`,
		`{"id":"template1less","request":{"path":{"template":"/{x}/b"},"method":"GET"}}`,
		`{"id":"template0","request":{"path":{"template":"/{x...}"},"method":"GET","query":{"x":1},"host":"h"}}`,
		`{"id":"glob3","request":{"path":{"glob":"/a/*"},"method":"GET","body":{"jsonPath":{"$.a":1}}}}`,
		`{"id":"regex2","request":{"path":{"regex":"^/a"},"method":"GET"}}`,
		`{"id":"glob2","request":{"path":{"glob":"/a/*"},"method":"GET"}}`,
		`{"id":"any1","request":{"path":{"any":["/a","/a/b"]}}}`,
		`{"id":"body3","request":{"body":{"jsonPath":{"$.a":1,"$.b":2},"contains":"x"}}}`,
		`{"id":"scenario2","request":{"method":"GET"},"scenario":{"name":"s","requires":"r"}}`,
		`{"id":"method1","request":{"method":"GET"},"scenario":{"name":"s","sets":"r"}}`,
		`{"id":"none","request":{"session":{}}}`,
		`{"id":"low","priority":-1,"request":{"path":"/a/b"}}`,
	}
	var stubs []*Stub
	for i, text := range order {
		text = strings.TrimSuffix(text, "}") + `,"response":{}}`
		stubs = append(stubs, compileTestStub(t, text, "sim", 1, uint32(len(order)-i)))
	}
	newer := compileTestStub(t, `{"id":"zz","request":{"path":"/a/b"},"response":{}}`, "other", 2, 0)
	stubs = slices.Insert(stubs, 2, newer)
	sorted := slices.Clone(stubs)
	slices.Reverse(sorted)
	slices.SortFunc(sorted, compareStubs)
	for i := range stubs {
		if sorted[i] != stubs[i] {
			t.Fatalf("place %d: %s, want %s", i, describe(sorted[i]), describe(stubs[i]))
		}
	}
	for _, a := range stubs {
		for _, b := range stubs {
			if (compareStubs(a, b) == 0) != (a == b) || compareStubs(a, b) != -compareStubs(b, a) {
				t.Errorf("no order between %s and %s", describe(a), describe(b))
			}
		}
	}
}

// TestFaults wants every fault of a stub at once, each with its place.
func TestFaults(t *testing.T) {
	doc, err := simulations.Decode([]byte(`understudy: v1
stubs:
  - id: s
    request:
      path: {regexp: x}
      query: {a: {number: {gt: x}}, b: null}
      headers: {X-Ab: {any: [{regex: "("}]}, x-ab: 1}
      body: {jsonPath: {"$['a/b']": {glop: 1}, "$[": 1}, jsonSchema: {type: nope}}
    response: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	stub, faults := CompileStub(&simulations.StoredStub{Stub: doc.Stubs[0]}, "sim")
	if stub != nil {
		t.Error("a stub in spite of faults")
	}
	var got []string
	for _, f := range faults {
		if f.Detail == "" {
			t.Errorf("%s has no detail", f.Pointer)
		}
		got = append(got, fmt.Sprintf("%s %d", f.Pointer, f.Line))
	}
	want := []string{
		"/request/path/regexp 5", "/request/query/a/number/gt 6", "/request/query/b 6", "/request/headers/X-Ab/any/0/regex 7", "/request/headers/x-ab 7",
		"/request/body/jsonPath/$['a~1b']/glop 8", "/request/body/jsonPath/$[ 8", "/request/body/jsonSchema 8",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestMismatches shows what a miss says of each kind of field.
func TestMismatches(t *testing.T) {
	p := pattern(t, `{method: [PUT, POST], host: h, path: {template: "/a/{b}"}, query: {page: {number: {gt: 3}}, q: x}, headers: {accept: {contains: json}}, cookies: {c: {absent: false}}, exactQuery: true,
		body: {jsonPath: {$.amount: {number: {gt: 0}}, "$.items[*].id": 7}, json: {amount: 5}, contains: zzz}}`)
	r := request("GET", "/b?page=2&other=1", "Accept", "text/html", "Accept", "text/plain")
	r.Body = []byte(`{"amount":0,"items":[{"id":1}]}`)
	score, failed := p.Mismatches(r)
	var got []string
	for _, m := range failed {
		got = append(got, fmt.Sprintf("%s %s: %s / %s", m.Field, m.Operator, m.Expected, m.Actual))
	}
	slices.Sort(got)
	want := []string{
		`body $.amount number: {"gt":0} / 0`,
		`body $.items[*].id equals: 7 / 1`,
		`body $['amount'] json: 5 / 0`,
		`body contains: zzz / {"amount":0,"items":[{"id":1}]}`,
		`cookies.c absent: false / absent`,
		`exactQuery exactQuery: no other query parameter / "other"`,
		`headers.Accept contains: json / text/html, text/plain`,
		`host equals: h / pay.example`,
		`method equals: PUT, POST / GET`,
		`path template: /a/{b} / /b`,
		`query.page number: {"gt":3} / 2`,
		`query.q equals: "x" / absent`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if score != 0 {
		t.Errorf("score %v", score)
	}
}

// TestFieldsOfOtherTools: host with port, the URL as it was sent, parameters of
// the path, joined values and names in any case.
func TestFieldsOfOtherTools(t *testing.T) {
	for _, c := range []struct {
		pattern, target, port string
		headers               []string
		want                  bool
	}{
		{"authority: PAY.example", "/", "", nil, true},
		{"authority: pay.example", "/", "80", nil, false},
		{"authority: pay.example:80", "/", "80", nil, true},
		{"authority: {glob: '*:80'}", "/", "", nil, false},
		{"url: '/a%20b?x=1&y=2'", "/a%20b?x=1&y=2", "", nil, true},
		{"url: '/a%20b?x=1&y=2'", "/a%20b?y=2&x=1", "", nil, false},
		{"url: '/a b'", "/a%20b", "", nil, false},
		{"url: {regex: '^/a$'}", "/a?b", "", nil, false},
		{"path: {template: '/u/{id}'}, params: {id: {number: {gt: 5}}}", "/u/6", "", nil, true},
		{"path: {template: '/u/{id}'}, params: {id: {number: {gt: 5}}}", "/u/5", "", nil, false},
		{"path: {template: '/u/{r...}'}, params: {r: a b/c}", "/u/a%20b/c", "", nil, true},
		{"query: {A: x}", "/?a=x", "", nil, false},
		{"foldQuery: true, query: {A: x}", "/?a=x", "", nil, true},
		{"foldQuery: true, exactQuery: true, query: {A: x}", "/?a=x", "", nil, true},
		{"foldQuery: true, exactQuery: true, query: {A: x}", "/?a=x&A=x", "", nil, false},
		{"query: {a: x}", "/?a=x&a=y", "", nil, true},
		{"join: ';', query: {a: x}", "/?a=x&a=y", "", nil, false},
		{"join: ';', query: {a: x;y}", "/?a=x&a=y", "", nil, true},
		{"join: ';', foldQuery: true, query: {a: x;y}", "/?A=x&a=y", "", nil, true},
		{"join: ';', headers: {x-a: 'x;y'}", "/", "", []string{"X-A", "x", "X-A", "y"}, true},
		{"join: ';', headers: {x-a: {absent: true}}", "/", "", nil, true},
	} {
		r := request("GET", c.target, c.headers...)
		r.Port = c.port
		if got := pattern(t, "{"+c.pattern+"}").Match(r); got != c.want {
			t.Errorf("%s on %s, port %q, %v: %v", c.pattern, c.target, c.port, c.headers, got)
		}
	}
	for _, c := range []struct {
		pattern, method, target string
		want                    bool
	}{
		{"{any: [{method: GET}, {path: /b}]}", "GET", "/a", true},
		{"{any: [{method: GET}, {path: /b}]}", "PUT", "/b", true},
		{"{any: [{method: GET}, {path: /b}]}", "PUT", "/a", false},
		{"{none: [{method: GET, path: /b}]}", "GET", "/a", true},
		{"{none: [{method: GET, path: /b}]}", "GET", "/b", false},
		{"{path: /b, none: [{method: GET}, {method: PUT}]}", "HEAD", "/b", true},
		{"{any: [{none: [{method: GET}]}]}", "GET", "/b", false},
	} {
		if got := pattern(t, c.pattern).Match(request(c.method, c.target)); got != c.want {
			t.Errorf("%s on %s %s: %v", c.pattern, c.method, c.target, got)
		}
	}
	p, err := simulations.DecodePattern(parseYAML(t, "{path: {template: '/u/{id}'}, params: {other: 1}}"))
	if err != nil {
		t.Fatal(err)
	}
	if _, faults := CompilePattern(p); len(faults) != 1 || faults[0].Pointer != "/params/other" {
		t.Errorf("a parameter that is not there: %v", faults)
	}
}

// TestStatedSpecificity: it decides after priority, and before age only.
func TestStatedSpecificity(t *testing.T) {
	exact := compileTestStub(t, `{"id":"exact","request":{"path":"/a"},"response":{}}`, "s", 1, 0)
	low := compileTestStub(t, `{"id":"low","specificity":1,"request":{"path":"/a","method":"GET"},"response":{}}`, "s", 1, 1)
	high := compileTestStub(t, `{"id":"high","specificity":2,"request":{},"response":{}}`, "s", 1, 2)
	newer := compileTestStub(t, `{"id":"newer","specificity":2,"request":{},"response":{}}`, "s", 1, 3)
	first := compileTestStub(t, `{"id":"first","priority":1,"specificity":1,"request":{},"response":{}}`, "s", 1, 4)
	stubs := []*Stub{low, high, exact, newer, first}
	slices.SortFunc(stubs, compareStubs)
	var got []string
	for _, s := range stubs {
		got = append(got, s.ID)
	}
	if want := "first exact newer high low"; strings.Join(got, " ") != want {
		t.Errorf("order %v, want %s", got, want)
	}
}
