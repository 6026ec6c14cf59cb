package formats

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"

	"understudy/simulations"
)

// generator makes random simulations of what a format carries without loss, and
// requests that hit some of their stubs. Its words are few, so that stubs get
// into each other's way.
type generator struct {
	*rand.Rand
	format string
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) word() string { return g.pick("a", "b", "ab", "Abc", "x y", "1", "é", "a.b") }

var (
	generatedPaths = []string{"/", "/a", "/a/b", "/a/b/", "/b", "/ab", "/a/1", "/x%20y", "/a/x%20y"}
	generatedHosts = []string{"api.example", "api.example:8080", "pay.example"}
)

func str(s string) *simulations.Value { return simulations.NewString(s) }

// op makes a predicate of one operator.
func op(name string, arg *simulations.Value) *simulations.Value {
	return &simulations.Value{Kind: simulations.Object, Names: []string{name}, Items: []*simulations.Value{arg}}
}

func predicate(v *simulations.Value) *simulations.Predicate {
	return &simulations.Predicate{Value: v}
}

func (g *generator) document() *simulations.Document {
	doc := &simulations.Document{Understudy: simulations.Version}
	if g.format == "mountebank" {
		doc.Collaborators = map[string]*simulations.Collaborator{"imposter": {Hosts: []string{"*"}}}
		doc.Collaborator = "imposter"
	}
	n := 1 + g.IntN(12)
	for i := range n {
		s := &simulations.Stub{ID: fmt.Sprintf("s%d", i)}
		if g.IntN(3) == 0 {
			s.Priority = g.IntN(5) - 2
		}
		if g.IntN(4) == 0 {
			s.Specificity = 1 + g.IntN(9)
		}
		s.Request = g.pattern()
		g.answers(s, i)
		doc.Stubs = append(doc.Stubs, s)
	}
	return doc
}

func (g *generator) pattern() simulations.Pattern {
	var q simulations.Pattern
	switch g.IntN(5) {
	case 0, 1:
		q.Method = simulations.Strings{g.pick("GET", "POST", "HEAD")}
	case 2:
		q.Method = simulations.Strings{"GET", "POST"}
	}
	if g.IntN(4) > 0 {
		q.Path = predicate(g.path())
	}
	q.FoldQuery, q.Join = g.format != "wiremock", ";"
	if g.format == "wiremock" || g.format == "mountebank" {
		q.Join = ""
	}
	if g.IntN(3) == 0 {
		q.Query = map[string]simulations.Predicate{"q": {Value: g.field()}}
		if g.IntN(3) == 0 {
			q.Query["r"] = simulations.Predicate{Value: g.field()}
		}
	} else if g.IntN(3) == 0 && (g.format != "wiremock" || q.Path != nil && q.Path.Kind == simulations.String) {
		q.ExactQuery = true
	}
	if g.IntN(3) == 0 {
		q.Headers = map[string]simulations.Predicate{"X-A": {Value: g.field()}}
	}
	if g.IntN(4) == 0 {
		q.Body = predicate(g.body())
	}
	if g.IntN(6) == 0 {
		switch g.format {
		case "hoverfly", "hoverfly-first":
			q.Authority = predicate(str(g.pick(generatedHosts...)))
		case "wiremock":
			q.Host = predicate(str(g.pick("api.example", "pay.example")))
			q.Cookies = map[string]simulations.Predicate{"c": {Value: g.field()}}
		case "mountebank", "yaml":
			q.Any = []simulations.Pattern{{Path: predicate(g.path())}, {Headers: map[string]simulations.Predicate{"X-B": {Value: str("a")}}}}
			q.None = []simulations.Pattern{{Method: simulations.Strings{"POST"}}}
		}
	}
	if len(q.Query) == 0 {
		q.FoldQuery = false
		if len(q.Headers) == 0 {
			q.Join = ""
		}
	}
	if g.format == "mountebank" && len(q.Query) == 0 && q.ExactQuery {
		q.FoldQuery = true
	}
	return q
}

func (g *generator) path() *simulations.Value {
	switch g.IntN(8) {
	case 0:
		return op("template", str(g.pick("/{id}", "/a/{id}", "/{x}/b", "/a/{rest...}")))
	case 1:
		return op("regex", str(g.pick("^/a", "b$", "^/[ab]$", ".")))
	case 2:
		return op("glob", str(g.pick("/*", "/a/**", "/**", "/a?")))
	case 3:
		return op("startsWith", str(g.pick("/a", "/")))
	}
	return str(g.pick(generatedPaths...))
}

// field is a predicate on a header, a parameter or a cookie.
func (g *generator) field() *simulations.Value {
	switch w := g.word(); g.IntN(12) {
	case 0:
		return op("contains", str(w))
	case 1:
		return op("startsWith", str(w))
	case 2:
		return op("endsWith", str(w))
	case 3:
		return op("regex", str(g.pick("^a", "b$", "^[ab]+$", "1|x")))
	case 4:
		if g.format == "mountebank" && strings.Contains(w, ".") {
			break
		}
		return op("equalsIgnoreCase", str(w))
	case 5:
		return op("absent", simulations.NewBool(false))
	case 6:
		return op("any", simulations.NewArray(str(w), op("startsWith", str("a"))))
	case 7:
		if g.format == "wiremock" || g.format == "yaml" || g.format == "mountebank" {
			return op("absent", simulations.NewBool(true))
		}
		return &simulations.Value{Kind: simulations.Object, Names: []string{"absent", "not"}, Items: []*simulations.Value{simulations.NewBool(false), str(w)}}
	case 8:
		if g.format == "wiremock" || g.format == "yaml" {
			return op("hasExactly", simulations.NewArray(str("a"), str(w)))
		}
	}
	return str(g.word())
}

const generatedJSON = `{"a":"x","b":[1,2],"c":{"d":true}}`

func (g *generator) body() *simulations.Value {
	doc, _ := simulations.ParseJSON([]byte(g.pick(generatedJSON, `{"a":"x"}`, `["x"]`)))
	switch g.IntN(8) {
	case 0:
		return op("contains", str(g.word()))
	case 1:
		return op("regex", str(g.pick("^a", "b$", `"a"`)))
	case 2:
		return str(g.word())
	case 3:
		return op("absent", simulations.NewBool(g.IntN(2) == 0))
	case 4:
		paths := op("$.a", op("text", str(g.pick("x", "y"))))
		if g.format == "wiremock" || g.format == "mountebank" {
			paths = &simulations.Value{Kind: simulations.Object, Names: []string{"lenient", "$.a"}, Items: []*simulations.Value{simulations.NewBool(true), op("text", str(g.pick("x", "y")))}}
		}
		return op("jsonPath", paths)
	case 5:
		if g.format == "mountebank" {
			return op("form", op("f", str(g.word())))
		}
		f := op("form", op("f", op("first", str(g.word()))))
		if g.format == "wiremock" {
			f = op("form", op("f", str(g.word())))
		}
		return f
	}
	long := &simulations.Value{Kind: simulations.Object}
	long.Set("value", doc)
	switch {
	case strings.HasPrefix(g.format, "hoverfly"):
		long.Set("sameDigits", simulations.NewBool(true))
	case g.format == "wiremock" && g.IntN(2) == 0:
		long.Set("ignoreExtra", simulations.NewBool(true))
	case g.format == "mountebank":
		long.Set("ignoreOrder", simulations.NewBool(true))
	}
	return op("json", long)
}

func (g *generator) answers(s *simulations.Stub, i int) {
	states := strings.HasPrefix(g.format, "hoverfly") || g.format == "yaml" || g.format == "wiremock"
	switch {
	case g.IntN(4) == 0 && (states || g.format == "mountebank"):
		for j := range 2 + g.IntN(2) {
			r := g.response(fmt.Sprintf("%d.%d", i, j))
			if g.IntN(3) == 0 {
				r.Repeat = 2
			}
			s.Responses = append(s.Responses, r)
		}
		s.Order = simulations.OrderCycle
		if g.IntN(2) == 0 && states {
			s.Order = simulations.OrderSequence
		}
	default:
		s.Response = g.response(fmt.Sprint(i))
	}
	if states && g.IntN(5) == 0 {
		s.Times = 1 + g.IntN(3)
	}
	counted := s.Times > 0 || len(s.Responses) > 0
	if states && g.IntN(4) == 0 && (g.format != "wiremock" || !counted) {
		s.Scenario = &simulations.Scenario{Name: "order", Requires: g.pick("", "started", "paid"), Sets: g.pick("", "paid", "started")}
	}
	if g.IntN(8) == 0 && g.format != "wiremock" && g.format != "mountebank" {
		s.State = &simulations.State{Sets: map[string]string{"k": g.pick("v", "w")}}
		if g.IntN(2) == 0 {
			s.State.Requires = map[string]simulations.Predicate{"k": {Value: str(g.pick("v", "w"))}}
		} else if g.IntN(2) == 0 {
			s.State = &simulations.State{Removes: []string{"k"}}
		}
	}
}

func (g *generator) response(name string) *simulations.Response {
	r := &simulations.Response{Status: []int{0, 200, 201, 404}[g.IntN(4)]}
	if g.IntN(3) == 0 {
		r.Headers = simulations.Headers{"X-Set": {name}, "Content-Type": {"text/x"}}
		if g.IntN(2) == 0 {
			r.Headers["X-Many"] = []string{"a", "b"}
		}
		if g.IntN(4) == 0 && g.format != "wiremock" {
			r.Trailers = simulations.Headers{"X-Sum": {name}}
		}
	}
	switch g.IntN(5) {
	case 0:
		v, _ := simulations.ParseJSON([]byte(`{"name":"` + name + `","list":[1.0,"x"]}`))
		r.JSON = v
	case 1:
		b := simulations.Bytes("\xff\x00" + name)
		r.Base64 = &b
	default:
		text := "answer " + name
		if g.IntN(5) == 0 && g.format != "mountebank" {
			r.Template = true
			text += " {{request.method}} {{request.query.q}} {{request.headers.X-A}}"
		}
		r.Text = &text
	}
	return r
}

// request is one that has a fair chance of a hit.
func (g *generator) request() sent {
	s := sent{method: g.pick("GET", "GET", "POST", "HEAD", "PUT"), header: make(http.Header)}
	if g.format == "mountebank" && s.method == "HEAD" {
		// An imposter has a default response, which answers a HEAD before the
		// stub of a GET does.
		s.method = "DELETE"
	}
	s.url = "http://" + g.pick(generatedHosts...) + g.pick(generatedPaths...)
	var pairs []string
	for g.IntN(3) == 0 {
		pairs = append(pairs, g.pick("q", "q", "r", "z")+"="+escape(g.word()))
	}
	if len(pairs) > 0 {
		s.url += "?" + strings.Join(pairs, "&")
	}
	for g.IntN(3) == 0 {
		s.header.Add(g.pick("X-A", "X-A", "X-B"), g.word())
	}
	if g.IntN(6) == 0 {
		s.header.Set("Cookie", "c="+g.pick("a", "b", "ab", "1"))
	}
	switch g.IntN(6) {
	case 0:
		s.body = g.word()
	case 1:
		s.body = g.pick(generatedJSON, `{"a":"x"}`, `["x"]`, `{"a":"y","b":[2,1]}`)
	case 2:
		s.body = "f=" + escape(g.word())
	}
	return s
}
