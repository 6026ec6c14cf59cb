package matchers

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"understudy/simulations"
)

// world makes random stubs and requests that have much to do with each other.
type world struct{ *rand.Rand }

func (w world) pick(of ...string) string { return of[w.IntN(len(of))] }

func (w world) chance(percent int) bool { return w.IntN(100) < percent }

var (
	worldPaths = []string{
		"/", "/a", "/a/", "/a/b", "/a/c", "/a//b", "/a%2Fb", "/a%20b", "/a b", "/x/1", "/x/2", "/x/1/y", "/x/2/z", "/x/v1.json", "/x/v22.json", "/%41", "/100%25", "/é", "/%C3%A9", "/deep/er/and/deeper",
	}
	worldScalars = []string{`1`, `2`, `1.0`, `10e-1`, `"1"`, `"1.0"`, `"x"`, `"y"`, `"z"`, `true`, `"true"`, `false`, `9007199254740993`, `"A b"`}
	worldXML     = []string{"<a>x</a>", "<a>y</a>", "<a> x <b>1</b></a>", "<a><b>1</b> x</a>", "<a c=\"x\">x<b>1</b></a>", "<a>1<b/></a>", "<a><b>x</b><b>y</b></a>", "<a><b>y</b><b>x</b></a>", "<a>${xmlunit.ignore}</a>"}
	worldTexts   = []string{"1", "2", "1.0", "x", "y", "z", "true", "false", "A b", "", "1,x", "x;y", " x", "9007199254740992", "9007199254740993", "10e-1"}
)

func (w world) path() string {
	switch w.IntN(8) {
	case 0, 1, 2:
		return strconv.Quote(w.pick(worldPaths...))
	case 3, 4:
		return fmt.Sprintf(`{"template":%q}`, w.pick("/{p}", "/a/{p}", "/{p}/b", "/x/{p}", "/x/{p}/y", "/{p}/{q}", "/x/v{n}.json", "/{r...}", "/x/{r...}", "/x/{p}/{r...}", "/a/", "/a b"))
	case 5:
		return fmt.Sprintf(`{"glob":%q}`, w.pick("/*", "/a/*", "/**", "/x/**", "/x/*/y", "/x/v?.json", "/[ax]/*", "/a*", "/%41*", "*"))
	case 6:
		return fmt.Sprintf(`{"regex":%q}`, w.pick("^/a", "^/x/[0-9]+$", "b$", "x/1", "^/x/", "^/(a|x)/", "(?i)^/A", "^/a/b"))
	}
	return w.pick(`{"any":["/a","/x/1"]}`, `{"not":"/a"}`, `{"template":"/a/{p}","endsWith":"b"}`, `["/a",{"startsWith":"/"}]`, `{"startsWith":"/x"}`, `{"text":"/a/b"}`, `{"equalsIgnoreCase":"/A/b"}`, `{"equalsIgnoreCase":"/X/1","endsWith":"1"}`, `{"equalsIgnoreCase":"/É"}`, `{"lookaround":"^/(?=x)"}`, `{"first":"/a"}`, `{"contains":"%2F"}`, `{"all":[{"template":"/{p}/{q}"},{"regex":"^/x"}]}`, `{}`)
}

// predicate is about text.
func (w world) predicate(depth int) string {
	if depth > 0 && w.chance(15) {
		p := func() string { return w.predicate(depth - 1) }
		return w.pick(
			`{"not":`+p()+`}`, `{"any":[`+p()+`,`+p()+`]}`, `{"all":[`+p()+`,`+p()+`]}`, `[`+p()+`,`+p()+`]`,
			`{"hasItem":`+p()+`}`, `{"hasExactly":[`+p()+`,`+p()+`]}`, `{"hasExactly":[]}`, `{"hasExactly":[`+p()+`]}`, `{"absent":false,"not":`+p()+`}`,
		)
	}
	if w.chance(70) {
		return w.pick(worldScalars...)
	}
	return w.pick(
		`{"absent":true}`, `{"absent":false}`, `{"contains":`+w.pick(`"x"`, `" "`, `"1."`)+`}`, `{"startsWith":`+w.pick(`"1"`, `"tr"`, `"A b"`, `""`)+`}`, `{"endsWith":`+w.pick(`"0"`, `"e"`, `" b"`)+`}`, `{"equalsIgnoreCase":`+w.pick(`"X"`, `"TRUE"`, `"a B"`, `1`, `"1.0"`)+`}`,
		`{"glob":`+w.pick(`"*1*"`, `"1*"`, `"*e"`, `"t?ue"`)+`}`, `{"regex":`+w.pick(`"^[xyz]$"`, `"^1[.]0$"`, `"^tru"`, `"x"`, `"b$"`, `"(?i)^TR"`, `"(?i)X"`, `"(?i)E$"`, `"(?i)a B"`)+`}`, `{"number":{"gte":1,"lt":2}}`, `{"number":{"ne":1}}`, `{"equals":1}`, `{"equals":"x","startsWith":"x"}`,
		`{"base64":{"contains":"x"}}`, `{"before":"now"}`, `{}`,
		`{"text":`+w.pick(`"1.0"`, `"1"`, `10e-1`, `"x"`, `true`)+`}`, `{"first":`+w.pick(worldScalars...)+`}`, `{"list":["1","x"]}`, `{"list":[`+w.pick(`"1"`, `"x"`, `" y "`, `"A b"`)+`]}`, `{"list":{"items":["x"],"separator":`+w.pick(`";"`, `" "`)+`,"`+w.pick("ignoreCount", "ignoreOrder", "ignoreExtra")+`":true}}`,
		`{"json":`+w.pick(`1`, `true`, `"x"`)+`}`, `{"jsonPath":{"$":`+w.pick(`1`, `2`, `true`)+`}}`, `{"form":{"x":""}}`, `{"lookaround":"^(?!x)"}`, `{"without":{"regex":"[xy]","is":""}}`,
	)
}

func (w world) bodyPredicate(depth int) string {
	if depth > 0 && w.chance(20) {
		p := func() string { return w.bodyPredicate(depth - 1) }
		return w.pick(`{"not":`+p()+`}`, `{"any":[`+p()+`,`+p()+`]}`, `[`+p()+`,`+p()+`]`, `{"hasItem":`+p()+`}`)
	}
	switch w.IntN(7) {
	case 0:
		return fmt.Sprintf(`{"jsonPath":{"$.%s":%s}}`, w.pick("a", "b", "c.d", "l[0]", "l[*]", "*"), w.predicate(1))
	case 1:
		return fmt.Sprintf(`{"jsonPath":{"$.a":%s,"$['b']":%s%s}}`, w.predicate(0), w.predicate(0), w.pick("", `,"lenient":true`, `,"lenient":false`))
	case 2:
		return fmt.Sprintf(`{"json":%s}`, w.document())
	case 3:
		return fmt.Sprintf(`{"form":{%q:%s}}`, w.pick("a", "b"), w.predicate(1))
	case 4:
		return w.pick(strconv.Quote(w.document()), `""`, `1`, `true`, `null`, `{"absent":true}`, `{"absent":false}`, `{"contains":"x"}`, `{"regex":"a"}`, `"x"`, `{"base64":"eA=="}`,
			`{"contains":`+w.pick(`"\"a\":1"`, `"<b>1"`, `"=x"`)+`}`, `{"startsWith":`+w.pick(`"{\"a\""`, `"<a>"`, `"a="`)+`}`, `{"endsWith":`+w.pick(`"}"`, `"</a>"`, `"1"`)+`}`)
	case 5:
		return w.pick(
			fmt.Sprintf(`{"jsonPath":{%q:%s%s}}`, w.pick("$..a", "$..d", "$.*", "$.l[*]", "$['a','b']"), w.pick(append(worldScalars, `{"absent":false}`)...), w.pick("", `,"lenient":true`)),
			fmt.Sprintf(`{"jsonPath":{%q:%s%s}}`, w.pick("$[?(@.d == 'x')]", "$[?@.d == 1]", "$[?(@.a == 'x')]", "$[?(@.a == '1')]", "$.l[?(@ == 'x')]", "$.l[?@ == true && @ != 1]", "$[?@.d == 'y' || @.d == 'x']", "$.c[?(@ == 'z')]", "$[?'x' == @.d]", "$[?@.d == $.a]"),
				w.pick(`{"absent":false}`, `{"absent":true}`, `"x"`, `{"not":"x"}`), w.pick("", `,"lenient":true`)),
			fmt.Sprintf(`{"jsonPath":{%q:%s,"lenient":true}}`, w.pick("$.l.length()", "l.size()", "$.c.length()", "a", "$[?(@.a in ['x', 1])]", "$[?(@.d nin ['x'])]", "$[?(@.l contains 'x' && @.d == 'x')]", "$[?(@.l size 1 || @.d == 'y')]"),
				w.pick(`{"absent":false}`, "1", "2", `"1"`, `"x"`, `{"not":1}`)),
			fmt.Sprintf(`{"json":{"value":%s,%q:true,%q:true}}`, w.document(), w.pick("ignoreExtra", "ignoreOrder"), w.pick("ignoreCount", "anywhere", "sameDigits", "placeholders")),
			fmt.Sprintf(`{"xpath":{%s%q:%s}}`, w.pick("", `"localNames":true,`, `"asXML":true,`, `"namespaces":{"n":"urn:n"},`), w.pick("/a", "//b", "/a/text()", "string(//b)", "count(//b)", "/a/@c"), w.pick(append(worldScalars, `{"text":"1"}`, `{"equalsIgnoreCase":"X"}`)...)),
			fmt.Sprintf(`{"xml":{"value":%q,%s:true}}`, w.pick(worldXML...), w.pick(`"ignoreOrder"`, `"ignoreAttributes"`, `"ignoreOrderOfNames"`, `"placeholders"`)),
			fmt.Sprintf(`{"xml":%q}`, w.pick(worldXML...)),
		)
	}
	return w.pick(
		`{"json":{"value":`+w.document()+`,"ignoreExtra":true}}`, `{"json":{"value":`+w.document()+`,"ignoreOrder":true}}`, `{"json":{"value":`+w.document()+`,"`+w.pick("ignoreCount", "anywhere", "sameDigits")+`":true}}`, `{"jsonSchema":{"required":["a"]}}`,
		`{"xml":"<a>x</a>"}`, `{"xpath":{"/a":"x"}}`, `{"xpath":"/a"}`, `{"jsonPath":"$.a"}`, `{"number":{"gt":0}}`,
	)
}

func (w world) document() string {
	switch w.IntN(10) {
	case 0:
		return w.pick(`[1,2]`, `[2,1.0]`, `"x"`, `1`, `null`, `[]`, `{}`)
	case 1:
		return fmt.Sprintf(`{"a":%s,"c":{"d":%s},"l":[%s,%s]}`, w.pick(worldScalars...), w.pick(worldScalars...), w.pick(worldScalars...), w.pick(worldScalars...))
	}
	return fmt.Sprintf(`{"a":%s,"b":%s}`, w.pick(worldScalars...), w.pick(worldScalars...))
}

func (w world) stub(id int, crowded bool) string {
	var fields []string
	add := func(percent int, name string, value func() string) {
		if w.chance(percent) {
			fields = append(fields, fmt.Sprintf("%q:%s", name, value()))
		}
	}
	predicates := func(names ...string) func() string {
		return func() string {
			out := []string{}
			for _, n := range names {
				if w.chance(60) {
					out = append(out, fmt.Sprintf("%q:%s", n, w.predicate(2)))
				}
			}
			return "{" + strings.Join(out, ",") + "}"
		}
	}
	add(60, "method", func() string { return w.pick(`"GET"`, `"POST"`, `["GET","POST"]`, `["GET","GET"]`, `"get"`) })
	if crowded {
		add(90, "path", func() string {
			return w.pick(`"/x/1"`, `"/x/1"`, `"/x/1"`, `{"template":"/x/{p}"}`, `{"equalsIgnoreCase":"/X/1"}`)
		})
	} else {
		add(85, "path", w.path)
	}
	add(10, "host", func() string { return w.pick(`"a.example"`, `{"glob":"*.Example"}`) })
	add(40, "query", predicates("p", "q"))
	add(10, "exactQuery", func() string { return "true" })
	add(30, "headers", predicates("X-A", "x-b"))
	add(15, "cookies", predicates("c"))
	add(30, "body", func() string { return w.bodyPredicate(2) })
	add(5, "session", func() string { return w.predicate(0) })
	add(5, "origin", func() string { return w.pick(`"shadow"`, `"live"`) })
	add(8, "any", func() string {
		if w.chance(50) {
			return w.pick(
				`[{"path":`+w.path()+`},{"path":`+w.path()+`}]`, `[{"query":`+predicates("p")()+`},{"query":`+predicates("p", "q")()+`,"path":"/x/1"}]`,
				`[{"body":`+w.bodyPredicate(1)+`},{"body":`+w.bodyPredicate(1)+`}]`, `[{"path":"/x/1","query":`+predicates("p")()+`}]`)
		}
		return `[{"method":"GET"},{"headers":` + predicates("X-A")() + `,"none":[{"path":` + w.path() + `}]}]`
	})
	add(8, "none", func() string { return `[{"method":"POST","query":` + predicates("p")() + `}]` })
	add(20, "join", func() string { return w.pick(`";"`, `","`, `"e"`, `"."`) })
	add(20, "foldQuery", func() string { return "true" })
	add(8, "url", func() string {
		return w.pick(`"/x/1?p=1"`, `"/x/1"`, `{"startsWith":"/x"}`, `{"regex":"[?]p=x"}`, `{"not":{"contains":"?"}}`)
	})
	add(5, "authority", func() string { return w.pick(`"A.example"`, `"a.example:80"`, `{"glob":"*:80"}`) })
	if path := strings.Join(fields, ","); strings.Contains(path, `"template":`) && strings.Contains(path, "{p}") && w.chance(30) && !strings.ContainsAny(path, "[") {
		add(100, "params", func() string { return `{"p":` + w.predicate(1) + `}` })
	}
	add(15, "redacted", func() string { return "true" })
	out := fmt.Sprintf(`{"id":"s%d","request":{%s},"response":{}`, id, strings.Join(fields, ","))
	if w.chance(30) {
		out += fmt.Sprintf(`,"priority":%d`, w.IntN(3)-1)
	}
	if w.chance(20) {
		out += fmt.Sprintf(`,"specificity":%d`, 1+w.IntN(3))
	}
	if w.chance(30) {
		out += fmt.Sprintf(`,"collaborator":%q`, w.pick("k", "l"))
	}
	if w.chance(10) {
		out += `,"scenario":{"name":"n","requires":"r"}`
	}
	if w.chance(10) {
		out += `,"state":{"requires":{"k":"v"},"sets":{"k":"w"}}`
	}
	return out + "}"
}

func compileTestStub(t testing.TB, text, simulation string, revision uint64, position uint32) *Stub {
	t.Helper()
	s, err := simulations.DecodeStub([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	out, faults := CompileStub(&simulations.StoredStub{Stub: s, Revision: revision, Position: position}, simulation)
	if len(faults) > 0 {
		t.Fatalf("%v\n%s", faults, text)
	}
	return out
}

func (w world) request() *Request {
	values := func() []string {
		out := []string{w.pick(worldTexts...)}
		for w.chance(25) {
			out = append(out, w.pick(worldTexts...))
		}
		return out
	}
	r := &Request{
		Collaborator: w.pick("", "k", "l", "unknown"), Method: w.pick("GET", "POST", "get", "PUT"), Host: w.pick("a.example", "b"), Port: w.pick("", "", "80"),
		Path: w.pick(append(worldPaths, "", "*")...), Header: http.Header{"Host": {"a.example"}}, Session: w.pick("x", "default"), Origin: simulations.Origin(w.pick("live", "shadow")),
	}
	var query []string
	for _, n := range []string{"p", "q", "P", "other"} {
		if w.chance(50) {
			for _, v := range values() {
				query = append(query, n+"="+strings.ReplaceAll(v, " ", w.pick("+", "%20")))
			}
		}
	}
	r.RawQuery = strings.Join(query, "&")
	for _, n := range []string{"X-A", "X-B"} {
		if w.chance(50) {
			r.Header[n] = values()
		}
	}
	if w.chance(40) {
		r.Header["Cookie"] = []string{"c=" + values()[0] + "; c=" + values()[0]}
	}
	switch w.IntN(4) {
	case 0:
		r.Body = []byte(w.document())
	case 1:
		r.Body = []byte(w.pick("a=x&b=1&a=1.0", "a=1", w.pick(worldXML...), w.pick(worldXML...), "<a><!-- c -->x</a>", "x", "1", "1.0", "{", "\xff"))
	case 2:
		r.Body = []byte(w.document())
		r.BodyTruncated = w.chance(30)
	}
	if w.chance(30) {
		other := w.request()
		red := *r
		red.Path, red.Header, red.RawQuery = other.Path, other.Header, other.RawQuery
		if w.chance(50) {
			red.Body = other.Body
		}
		red.Redacted = nil
		r.Redacted = &red
	}
	return r
}

// naive is the definition of Find: every stub, in order of precedence.
func naive(stubs []*Stub, r *Request, admit func(*Stub) bool) *Stub {
	if !slices.IsSortedFunc(stubs, compareStubs) {
		stubs = slices.SortedFunc(slices.Values(stubs), compareStubs)
	}
	for _, s := range stubs {
		if s.matches(r) && admit(s) {
			return s
		}
	}
	return nil
}

// TestFindIsTheNaiveScan holds Find equal to a scan of everything, over random
// stubs, requests, refusals, simulations and tails. UNDERSTUDY_ORACLE=n tries n
// pairs of a set of stubs and a request instead of a million.
func TestFindIsTheNaiveScan(t *testing.T) {
	pairs := 1_000_000
	if testing.Short() {
		pairs = 100_000
	}
	if n, err := strconv.Atoi(os.Getenv("UNDERSTUDY_ORACLE")); err == nil {
		pairs = n
	}
	var found atomic.Int64
	t.Run("worlds", func(t *testing.T) {
		for part := range oracleParts {
			t.Run(strconv.Itoa(part), func(t *testing.T) {
				t.Parallel()
				for round := part; round < pairs/perWorld; round += oracleParts {
					found.Add(int64(compareWithNaive(t, round)))
				}
			})
		}
	})
	if n := int(found.Load()); n < pairs/10 || n > pairs*9/10 {
		t.Errorf("%d of %d requests were answered: the worlds are too poor to tell anything", n, pairs)
	}
}

const (
	oracleParts = 4
	perWorld    = 200 // requests to one set of stubs
)

// compareWithNaive makes a world and returns how many of its requests were answered.
func compareWithNaive(t *testing.T, round int) (found int) {
	w := world{rand.New(rand.NewPCG(uint64(round), 7))}
	crowded := round%3 == 0
	var current []*Stub
	set := NewSet(NewTail())
	for sim := range 1 + w.IntN(3) {
		name := fmt.Sprint("sim", sim)
		var stubs []*Stub
		for id := range w.IntN(60) {
			stubs = append(stubs, compileTestStub(t, w.stub(id, crowded), name, uint64(w.IntN(4)), uint32(id)))
		}
		set = set.With(name, indexOf(t, stubs...))
		current = append(current, stubs...)
	}
	put := func(s *Stub) {
		set.Tail().Put(s)
		current = append(slices.DeleteFunc(current, func(o *Stub) bool { return o.Ref() == s.Ref() }), s)
	}
	if w.chance(70) {
		for range w.IntN(30) {
			put(compileTestStub(t, w.stub(w.IntN(80), crowded), fmt.Sprint("sim", w.IntN(4)), uint64(4+w.IntN(4)), uint32(w.IntN(100))))
		}
	}
	slices.SortFunc(current, compareStubs)
	for i := range perWorld {
		r := w.request()
		refuse := w.Uint32()
		if w.chance(50) {
			refuse = 0
		}
		asked := 0
		admit := func(s *Stub) bool {
			asked++
			return refuse>>(s.Model().Position%32)&1 == 0
		}
		want := naive(current, r, admit)
		wantAsked := asked
		asked = 0
		before := r.Stats().Bodies
		m, ok := set.Find(r, admit)
		if ok != (want != nil) || !same(m.Stub, want) || asked != wantAsked {
			t.Fatalf("round %d: %+v\n got %v (%d asked)\nwant %v (%d asked)", round, r, describe(m.Stub), asked, describe(want), wantAsked)
		}
		if ok {
			found++
			if tp := m.Stub.whole().pattern.path.template; tp != nil && len(m.Params) != tp.params {
				t.Fatalf("%s: %d parameters, want %d", m.Stub.Ref(), len(m.Params), tp.params)
			}
		}
		if extra := r.Stats().Bodies - before; extra > 5 {
			t.Fatalf("the body was parsed %d times more", extra)
		}
		if i%10 != 0 {
			continue
		}
		ex := set.Explain(r, func(s *Stub) (simulations.Mismatch, bool) {
			return simulations.Mismatch{Field: "refused"}, refuse>>(s.Model().Position%32)&1 != 0
		})
		if !same(ex.Stub, want) {
			t.Fatalf("round %d: Explain says %v, Find %v", round, describe(ex.Stub), describe(want))
		}
		near := set.Nearest(r, 3, nil)
		if len(near) > 3 {
			t.Fatalf("%d near misses", len(near))
		}
	}
	return found
}

// TestCrowdedLiterals divides a bucket by every kind of literal, and asks in
// every way that the literal's value can be written.
func TestCrowdedLiterals(t *testing.T) {
	for _, form := range []string{
		`"query":{"q":%d}`, `"query":{"q":"%d"}`, `"query":{"q":{"equals":%d.0}}`, `"query":{"q":[%d,{"absent":false}]}`, `"query":{"q":{"all":[%d]}}`, `"query":{"q":{"hasItem":%d}}`,
		`"headers":{"x-a":%d}`, `"headers":{"X-A":"%d"}`, `"cookies":{"c":%d}`, `"session":%d`, `"session":"%d"`, `"origin":"%d"`, `"host":"H%d"`, `"host":"%d"`,
		`"body":%d`, `"body":"%d"`, `"body":{"json":%d}`, `"body":{"json":{"a":%d}}`, `"body":{"jsonPath":{"$.a":%d}}`, `"body":{"jsonPath":{"$['a']":"%d"}}`, `"body":{"jsonPath":{"$.a":{"equals":%d}}}`,
		`"body":{"jsonPath":{"$[-1]":%d}}`, `"body":{"form":{"a":%d}}`, `"body":{"form":{"a":"%d"}}`, `"body":[{"jsonPath":{"$.a":%d}},{"absent":false}]`, `"body":{"base64":"%[2]s"}`, `"redacted":true,"query":{"q":%d}`,
	} {
		var stubs []*Stub
		for i := range 30 {
			text := fmt.Sprintf(form, i, base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(i))))
			if at := strings.Index(text, "%!(EXTRA"); at >= 0 {
				text = text[:at]
			}
			stubs = append(stubs, compileTestStub(t, fmt.Sprintf(`{"id":"s%d","request":{%s},"response":{}}`, i, text), "sim", 1, uint32(i)))
		}
		set := NewSet(NewTail()).With("sim", indexOf(t, stubs...))
		answered := 0
		for i := range 31 {
			for _, v := range []string{fmt.Sprint(i), fmt.Sprint(i) + ".0", fmt.Sprint(i) + "0e-1", `"` + fmt.Sprint(i) + `"`, " " + fmt.Sprint(i)} {
				for _, body := range []string{v, `{"a":` + v + `}`, `[7,` + v + `]`, "a=" + v, "a=x&a=" + v, `{"a":` + v + `,"a":"x"}`} {
					r := request("POST", "/?q="+v+"&q="+v, "X-A", v, "X-A", "y", "Cookie", "c="+v)
					r.Session, r.Origin, r.Host, r.Body = v, simulations.Origin(v), v, []byte(body)
					if strings.Contains(form, "H%d") {
						r.Host = "h" + v
					}
					want := naive(stubs, r, func(*Stub) bool { return true })
					m, _ := set.Find(r, nil)
					if !same(m.Stub, want) {
						t.Fatalf("%s: %s %q: got %s, want %s", form, v, body, describe(m.Stub), describe(want))
					}
					if m.Stub != nil {
						answered++
					}
					if n := r.Stats().Candidates; n > crowd && !strings.Contains(form, "hasItem") {
						t.Fatalf("%s: %d candidates", form, n)
					}
				}
			}
		}
		if answered < 30 {
			t.Errorf("%s: only %d answered", form, answered)
		}
	}
}

// TestJoinedNumbers: values that are joined may be a number that none of them is.
func TestJoinedNumbers(t *testing.T) {
	var stubs []*Stub
	for i := range 30 {
		stubs = append(stubs, compileTestStub(t, fmt.Sprintf(`{"id":"s%d","request":{"join":"e","query":{"q":%d}},"response":{}}`, i, i), "sim", 1, uint32(i)))
	}
	m, _ := NewSet(NewTail()).With("sim", indexOf(t, stubs...)).Find(request("GET", "/?q=1&q=1"), nil)
	if !same(m.Stub, stubs[10]) {
		t.Errorf("1e1 is answered by %s", describe(m.Stub))
	}
}

func describe(s *Stub) string {
	if s == nil {
		return "nothing"
	}
	return s.Ref() + " " + s.Precedence() + " " + s.Model().Value().String()
}
