package hoverfly

import (
	"net/url"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

const (
	joinedThere = "values of a header or parameter that stands several times are joined by `;` there before they are compared"
	foldedThere = "the names of parameters have no case there"
)

// request writes what a request must be like.
func (e *encoder) request(s *simulations.Stub, at export.Place) *pair {
	p := &pair{}
	export.Inexpressible(s, at)
	q := &s.Request
	r := at.Get("request")
	if len(q.Cookies) > 0 {
		r.Get("cookies").LeaveOut("cookies are not compared there; write a predicate on the header Cookie")
	}
	if len(q.Any) > 0 {
		r.Get("any").LeaveOut("alternatives are not known there; write a stub for each")
	}
	if len(q.None) > 0 {
		r.Get("none").LeaveOut("exclusions are not known there; write a stub of higher priority for what is excluded")
	}
	set := func(name string, m matcherList) {
		p.score += m.score
		if len(m.list) > 0 {
			p.request.Set(name, simulations.NewArray(m.list...))
		}
	}
	set("method", methodMatchers(q.Method, r.Get("method")))
	if !e.format.webserver {
		set("destination", e.destination(s, r))
	}
	path := pathMatchers(q, r)
	p.path = path.list
	p.score += path.score
	p.score += queryMembers(q, r, &p.request)
	if len(q.Headers) > 0 {
		headers := &simulations.Value{Kind: simulations.Object}
		for _, name := range export.Names(q.Headers) {
			if q.Join != ";" {
				r.Get("headers").Get(name).Warn(joinedThere)
			}
			m := fieldMatchers(q.Headers[name].Value, r.Get("headers").Get(name), q.Join == ";")
			p.score += m.score
			headers.Set(name, simulations.NewArray(m.list...))
		}
		p.request.Set("headers", headers)
	}
	if q.Body != nil {
		set("body", bodyMatchers(q.Body.Value, r.Get("body")))
	}
	return p
}

func methodMatchers(methods simulations.Strings, at export.Place) (out matcherList) {
	switch len(methods) {
	case 0:
	case 1:
		out.add("exact", simulations.NewString(methods[0]))
	default:
		for _, m := range methods {
			if !isRegistered(m) {
				at.LeaveOut("%s is no registered method: a pair takes one such alone; write a stub for it", m)
			}
		}
		out.add("regex", simulations.NewString("^("+strings.Join(methods, "|")+")$"))
	}
	return out
}

// destination compares the host with its port, if it has one.
func (e *encoder) destination(s *simulations.Stub, at export.Place) (out matcherList) {
	q := &s.Request
	if name := export.Collaborator(e.doc, s); name != "" {
		out.add("regex", simulations.NewString(export.HostAndPort(export.Hosts(e.doc, name))))
	}
	if q.Authority != nil {
		out.terms(export.Terms(q.Authority.Value, at.Get("authority")), onText)
	}
	if q.Host != nil {
		expr, ok := export.Authority(q.Host, at.Get("host"))
		if !ok {
			at.Get("host").LeaveOut("the destination has the port in it there, and this predicate cannot be said of both; write `authority`")
		}
		out.add("regex", simulations.NewString(expr))
	}
	return out
}

func pathMatchers(q *simulations.Pattern, at export.Place) (out matcherList) {
	if q.Path == nil {
		return out
	}
	params := export.FixedParams(q, at)
	for _, t := range export.Terms(q.Path.Value, at.Get("path")) {
		if t.Op != "template" || len(params) == 0 {
			out.term(t, onPath)
			continue
		}
		expr, ok := export.TemplateExpression(t.Arg.Text, params)
		if !ok {
			t.At.LeaveOut("the template cannot be said as a regular expression")
		}
		out.add("regex", simulations.NewString(expr))
	}
	return out
}

// queryMembers writes the query and returns its score, 1 where it is not looked at.
func queryMembers(q *simulations.Pattern, at export.Place, to *export.Members) (score int) {
	members := &simulations.Value{Kind: simulations.Object}
	folded := make(map[string]bool)
	add := func(name string, m matcherList) {
		if lower := strings.ToLower(name); folded[lower] {
			at.Get("query").Get(name).LeaveOut("two parameters differ in the case of their names only, which are one there")
		} else {
			folded[lower] = true
		}
		score += m.score
		members.Set(name, simulations.NewArray(m.list...))
	}
	if q.URL != nil {
		urlMembers(q, at, add)
	}
	for _, name := range export.Names(q.Query) {
		p := at.Get("query").Get(name)
		if !q.FoldQuery {
			p.Warn(foldedThere)
		}
		if q.Join != ";" {
			p.Warn(joinedThere)
		}
		add(name, fieldMatchers(q.Query[name].Value, p, q.Join == ";"))
	}
	switch {
	case len(members.Names) > 0 && q.ExactQuery:
		at.Get("exactQuery").Warn(export.MoreParameters)
	case len(members.Names) == 0 && !q.ExactQuery:
		return 1
	}
	to.Set("query", members)
	return score
}

// urlMembers takes path and query as they were sent for the parameters in them.
func urlMembers(q *simulations.Pattern, at export.Place, add func(string, matcherList)) {
	at = at.Get("url")
	text, literal := export.Literal(q.URL)
	path, _ := export.Literal(q.Path)
	sent, query, ok := strings.Cut(text, "?")
	values, err := url.ParseQuery(query)
	if !literal || !ok || sent != path || err != nil {
		at.LeaveOut("path and query are compared apart there; write `path` and `query`")
		return
	}
	at.Warn("the parameters of a query come in any order there")
	for _, name := range export.Names(values) {
		var m matcherList
		m.add("exact", simulations.NewString(strings.Join(values[name], ";")))
		add(name, m)
	}
}

// fieldMatchers compares the values of a header or a parameter, which are joined.
func fieldMatchers(v *simulations.Value, at export.Place, joined bool) (out matcherList) {
	terms := export.Terms(v, at)
	present := false
	for _, t := range terms {
		present = present || t.Op != "not" && !t.Is("absent", true)
	}
	for _, t := range terms {
		switch {
		case t.Is("absent", false):
		case t.Is("absent", true):
			t.At.LeaveOut("that a field is absent cannot be said there; write a stub of higher priority for requests that have it")
		case t.Op == "not" && !present:
			if _, ok := excluded(t); !ok {
				out.negated(t) // which says so; that a field is there would not mend it
				continue
			}
			t.At.LeaveOut("`not` holds for a field that is absent, and there it does not; write `absent: false` beside it")
		case t.Op == "hasItem":
			out.terms(export.Terms(t.Arg, t.At), onText)
		case t.Op == "first":
			t.At.Warn("all values of the field are compared there, not the first alone")
			out.terms(export.Terms(t.Arg, t.At), onText)
		case t.Op == "hasExactly":
			out.exactly(t, joined)
		default:
			out.term(t, onText)
		}
	}
	return out
}

// exactly says a list of texts as the matcher array.
func (m *matcherList) exactly(t export.Term, joined bool) {
	items := &simulations.Value{Kind: simulations.Array}
	for i := range t.Arg.Items {
		text, ok := export.Literal(&simulations.Predicate{Value: t.Arg.Items[i]})
		if !ok || strings.Contains(text, ";") {
			t.At.Item(i).LeaveOut("only texts without `;` can be listed there")
		}
		items.Items = append(items.Items, simulations.NewString(text))
	}
	if joined || len(items.Items) == 0 {
		t.At.LeaveOut("several values cannot be told from one that is joined")
		return
	}
	m.list = append(m.list, convert.Object("matcher", simulations.NewString("array"), "value", items,
		"config", convert.Object("ignoreOrder", convert.Flag())))
	m.score++
}
