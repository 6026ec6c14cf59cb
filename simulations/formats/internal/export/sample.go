package export

import (
	"net/url"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// Sample is a request that a stub answers, for formats that hold requests
// instead of patterns.
type Sample struct {
	// Methods are those that the stub answers, GET alone where it answers any.
	Methods []string
	// Server is where it was sent to.
	Server
	// Path is as it is asked for, below the server's; of a template with its parameters
	// in braces.
	Path     string
	Template bool
	// Query, Headers and Form are names and values in turn of their names.
	Query, Headers, Form []Pair
	// Body is a text, or that of a JSON value; HasBody is false for any body.
	Body    string
	HasBody bool
	JSON    *simulations.Value
	// GraphQL says that the JSON is a query of that and its variables, which alone
	// are compared.
	GraphQL bool
}

// Pair is a name and a value.
type Pair struct{ Name, Value string }

// SampleOf makes the request of a stub. A stub whose conditions are no texts is
// left out; those on headers are said, since they are in the sample, but are not
// compared there. templates says whether a path may be a template.
func SampleOf(doc *simulations.Document, s *simulations.Stub, at Place, templates bool) *Sample {
	Inexpressible(s, at)
	q, r := &s.Request, at.Get("request")
	out := &Sample{Methods: q.Method, Server: serverOf(doc, s, at)}
	if len(q.Method) == 0 {
		r.Warn("a request has one method there: GET stands for any")
		out.Methods = []string{"GET"}
	}
	for _, c := range []struct {
		name string
		is   bool
	}{{"any", len(q.Any) > 0}, {"none", len(q.None) > 0}} {
		if c.is {
			r.Get(c.name).LeaveOut("requests are no patterns there; write a stub for each")
		}
	}
	out.path(q, r, templates)
	out.query(q, r.Get("query"))
	for _, name := range Names(q.Headers) {
		p := q.Headers[name]
		text, ok := Literal(&p)
		r.Get("headers").Get(name).Warn("headers of a request are not compared there: the stub answers without it, too")
		if ok {
			out.Headers = append(out.Headers, Pair{name, text})
		}
	}
	if len(q.Cookies) > 0 {
		r.Get("cookies").Warn("cookies are not compared there: the stub answers without them, too")
	}
	if q.Body != nil {
		out.body(q.Body.Value, r.Get("body"))
	}
	return out
}

func (out *Sample) path(q *simulations.Pattern, at Place, templates bool) {
	if sent, ok := Literal(q.URL); ok {
		out.Path, sent, _ = strings.Cut(sent, "?")
		out.Query = append(out.Query, pairs(sent)...)
		return
	}
	if q.URL != nil {
		at.Get("url").LeaveOut("requests are no patterns there; write path and query as texts")
	}
	if text, ok := Literal(q.Path); ok && strings.HasPrefix(text, "/") {
		out.Path = (&url.URL{Path: text, RawPath: text}).EscapedPath()
		if strings.Contains(text, "%") {
			out.Path = text
		}
		return
	}
	if templates && q.Path != nil {
		if terms := Terms(q.Path.Value, at); len(terms) == 1 && terms[0].Op == "template" {
			out.Path, out.Template = terms[0].Arg.Text, true
			if len(q.Params) > 0 {
				at.Get("params").Warn("parameters of the path are not compared there")
			}
			return
		}
	}
	at.Get("path").LeaveOut("requests are no patterns there; write the path as a text")
}

func pairs(query string) []Pair {
	var out []Pair
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil {
			n, v = name, value
		}
		out = append(out, Pair{n, v})
	}
	return out
}

// literals takes fields that are texts, or lists of them.
func literals(m map[string]simulations.Predicate, at Place) []Pair {
	var out []Pair
	for _, name := range Names(m) {
		out = append(out, field(name, m[name].Value, at.Get(name))...)
	}
	return out
}

func field(name string, v *simulations.Value, at Place) []Pair {
	terms := Terms(v, at)
	if len(terms) == 1 {
		t := terms[0]
		switch {
		case t.Op == "first" || t.Op == "hasItem":
			return field(name, t.Arg, t.At)
		case t.Op == "equals" || t.Op == "text":
			if t.Arg.Kind == simulations.Number {
				t.At.Warn(NumbersAsWritten)
			}
			return []Pair{{name, t.Arg.Text}}
		case t.Op == "hasExactly":
			var out []Pair
			for i, item := range t.Arg.Items {
				out = append(out, field(name, item, t.At.Item(i))...)
			}
			return out
		}
	}
	at.LeaveOut("requests are no patterns there; write a text")
	return nil
}

func (out *Sample) query(q *simulations.Pattern, at Place) {
	out.Query = append(out.Query, literals(q.Query, at)...)
}

func (out *Sample) body(v *simulations.Value, at Place) {
	terms := Terms(v, at)
	out.HasBody = true
	for _, t := range terms {
		text, isText := t.Text()
		switch {
		case isText && len(terms) == 1:
			out.Body = text
		case t.Is("absent", true):
			out.HasBody = false
			t.At.Warn("a request without a body stands for any body there")
		case t.Op == "json" && len(terms) == 1:
			value, options := Options(t.Arg, JSONOptions...)
			for _, o := range options {
				t.At.Get(o).Warn("JSON is compared as a whole there, without options")
			}
			out.JSON, out.Body = value, value.String()
		case t.Op == "jsonPath" && len(terms) == 1 && graphQL(t) != nil:
			out.JSON, out.GraphQL = graphQL(t), true
			out.Body = out.JSON.String()
		case t.Op == "form":
			for i, name := range t.Arg.Names {
				out.Form = append(out.Form, field(name, t.Arg.Items[i], t.At.Get(name))...)
			}
		case t.Op == "formOnly":
		default:
			t.At.LeaveOut("a body is a text, JSON or a form there")
		}
	}
}

// graphQL is the request that two paths ask for, nil for others.
func graphQL(t Term) *simulations.Value {
	if t.Arg.Kind != simulations.Object {
		return nil
	}
	var out Members
	for i, path := range t.Arg.Names {
		name, is := strings.CutPrefix(path, "$.")
		if !is || name != "query" && name != "variables" {
			return nil
		}
		if text, ok := Literal(&simulations.Predicate{Value: t.Arg.Items[i]}); ok {
			out.Set(name, simulations.NewString(text))
			continue
		}
		j := t.Arg.Items[i].Get("json")
		if j == nil {
			return nil
		}
		value, _ := Options(j, JSONOptions...)
		out.Set(name, value)
	}
	return out.Some()
}

// MediaType is that of the sample's body, "" for a plain text or none.
func (out *Sample) MediaType() string {
	switch {
	case out.JSON != nil:
		return "application/json"
	case len(out.Form) > 0:
		return "application/x-www-form-urlencoded"
	}
	return ""
}

// RawQuery is the query as it is sent.
func (out *Sample) RawQuery() string { return encoded(out.Query) }

// FormText is the form as it is sent.
func (out *Sample) FormText() string { return encoded(out.Form) }

func encoded(list []Pair) string {
	var b strings.Builder
	for i, p := range list {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value))
	}
	return b.String()
}

// Named writes pairs as a list of objects of two members.
func Named(list []Pair, name, value string) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Array}
	for _, p := range list {
		out.Items = append(out.Items, convert.Object(name, simulations.NewString(p.Name), value, simulations.NewString(p.Value)))
	}
	return out
}

// HeaderPairs lists headers, each value for itself.
func HeaderPairs(h simulations.Headers) []Pair {
	var out []Pair
	for _, name := range Names(h) {
		for _, v := range h[name] {
			out = append(out, Pair{name, v})
		}
	}
	return out
}

// Stateless leaves out a stub that depends on what was before.
func Stateless(s *simulations.Stub, at Place) {
	if s.Scenario != nil {
		at.Get("scenario").LeaveOut("there are no states there")
	}
	if s.State != nil {
		at.Get("state").LeaveOut("there are no states there")
	}
	if s.Times > 0 {
		at.Get("times").LeaveOut("an answer has no end there")
	}
}
