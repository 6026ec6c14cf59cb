package wiremock

import (
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// request writes what a request must be like.
func (e *encoder) request(s *simulations.Stub, at export.Place) *simulations.Value {
	export.Inexpressible(s, at)
	q, r := &s.Request, at.Get("request")
	var m export.Members
	if slices.Contains(q.Method, "ANY") {
		r.Get("method").LeaveOut("ANY stands for all methods there")
	}
	if slices.Contains(q.Method, getOrHead) {
		r.Get("method").LeaveOut(getOrHead + " stands for GET and HEAD there")
	}
	if len(q.Method) == 1 {
		m.Text("method", q.Method[0])
	}
	if len(q.Any) > 0 {
		r.Get("any").LeaveOut("alternatives are not known there; write a stub for each")
	}
	if len(q.None) > 0 {
		r.Get("none").LeaveOut("exclusions are not known there; write a stub of higher priority for what is excluded")
	}
	e.host(s, r, &m)
	targetMembers(q, r, &m)
	if q.FoldQuery && len(q.Query) > 0 {
		r.Get("foldQuery").Warn("the names of parameters have a case there")
	}
	if q.Join != "" && len(q.Query)+len(q.Headers) > 0 {
		r.Get("join").Warn("of several values of a header or parameter one has to fit there, they are not joined")
	}
	fieldMembers("queryParameters", q.Query, r.Get("query"), &m)
	fieldMembers("headers", q.Headers, r.Get("headers"), &m)
	fieldMembers("cookies", q.Cookies, r.Get("cookies"), &m)
	if q.Body != nil {
		bodyMembers(q.Body.Value, r.Get("body"), &m)
	}
	return m.Value()
}

// host compares the host without its port, and the port.
func (e *encoder) host(s *simulations.Stub, at export.Place, m *export.Members) {
	q := &s.Request
	var list []*simulations.Value
	if q.Host != nil {
		list = append(list, single1(q.Host.Value, at.Get("host")))
	}
	if name := export.Collaborator(e.doc, s); name != "" {
		if q.Host == nil && q.Authority == nil {
			list = append(list, convert.TextOp("matches", export.Hosts(e.doc, name)))
		}
	}
	if q.Authority != nil {
		if host, port, ok := endsInPort(q.Authority.Value); ok {
			m.Set("port", simulations.NewInt(int64(port)))
			if host != "" {
				list = append(list, convert.TextOp("equalTo", host))
			}
		} else if host, ok := export.Literal(q.Authority); ok {
			at.Get("authority").Warn("a host is compared whatever port stands behind it there")
			list = append(list, convert.TextOp("equalTo", strings.ToLower(host)))
		} else {
			at.Get("authority").LeaveOut("host and port are compared apart there; write `host`")
		}
	}
	switch len(list) {
	case 0:
	case 1:
		m.Set("host", list[0])
	default:
		m.Set("host", convert.Op("and", simulations.NewArray(list...)))
	}
}

// endsInPort recognises an authority whose port is asked for, with its host or
// whatever that is.
func endsInPort(v *simulations.Value) (host string, port int, ok bool) {
	terms := export.Terms(v, export.Place{})
	if len(terms) != 1 || terms[0].Arg.Kind != simulations.String {
		return "", 0, false
	}
	text := terms[0].Arg.Text
	i := strings.LastIndexByte(text, ':')
	if i < 0 || terms[0].Op != "endsWith" && terms[0].Op != "equals" && terms[0].Op != "text" || terms[0].Op == "endsWith" && i > 0 {
		return "", 0, false
	}
	port, err := strconv.Atoi(text[i+1:])
	return strings.ToLower(text[:i]), port, err == nil
}

// targetMembers writes path and query as one of WireMock's fields.
func targetMembers(q *simulations.Pattern, at export.Place, m *export.Members) {
	path, exact := export.Literal(q.Path)
	exact = exact && strings.HasPrefix(path, "/")
	if q.URL != nil {
		urlMember(q, path, exact, at, m)
		return
	}
	if q.ExactQuery && len(q.Query) == 0 && exact {
		m.Text("url", path)
		return
	}
	if q.ExactQuery {
		at.Get("exactQuery").Warn(export.MoreParameters)
	}
	if q.Path == nil {
		return
	}
	if exact {
		m.Text("urlPath", path)
		return
	}
	terms := export.Terms(q.Path.Value, at.Get("path"))
	if len(terms) != 1 {
		at.Get("path").LeaveOut("a path is compared once there; write one regex")
		return
	}
	t := terms[0]
	if t.Op == "template" && templateMembers(t.Arg.Text, q, at, m) {
		return
	}
	if len(q.Params) > 0 {
		params := export.FixedParams(q, at)
		if expr, ok := export.TemplateExpression(t.Arg.Text, params); ok && t.Op == "template" {
			m.Set("urlPathPattern", simulations.NewString(wholeJava(expr, t.At)))
			return
		}
	}
	m.Set("urlPathPattern", simulations.NewString(javaOf(t, true)))
}

// urlMember writes path and query that are compared as they were sent.
func urlMember(q *simulations.Pattern, path string, exact bool, at export.Place, m *export.Members) {
	terms := export.Terms(q.URL.Value, at.Get("url"))
	if len(terms) != 1 {
		at.Get("url").LeaveOut("it is compared once there; write one regex")
		return
	}
	sent, literal := terms[0].Text()
	before, _, _ := strings.Cut(sent, "?")
	switch {
	case literal && (q.Path == nil || exact && before == path):
		m.Text("url", sent)
	case q.Path == nil:
		m.Set("urlPattern", simulations.NewString(javaOf(terms[0], false)))
	default:
		at.Get("url").LeaveOut("either the URL or the path is compared there; leave one of them out")
	}
}

// templateMembers writes a template whose parameters are whole segments, with
// what is asked of them.
func templateMembers(template string, q *simulations.Pattern, at export.Place, m *export.Members) bool {
	params := make(map[string]bool)
	for _, s := range export.Segments(template) {
		if s.Rest || s.Param != "" && s.Literal+s.Suffix != "" || strings.Contains(s.Literal, "%") {
			return false
		}
		params[s.Param] = true
	}
	m.Text("urlPathTemplate", template)
	var asked export.Members
	for _, name := range export.Names(q.Params) {
		asked.Set(name, single1(q.Params[name].Value, at.Get("params").Get(name)))
	}
	m.Set("pathParameters", asked.Some())
	return true
}

func fieldMembers(name string, fields map[string]simulations.Predicate, at export.Place, m *export.Members) {
	var out export.Members
	for _, key := range export.Names(fields) {
		out.Set(key, several1(fields[key].Value, at.Get(key)))
	}
	m.Set(name, out.Some())
}

// bodyMembers writes what is asked of the body, fields of a form and parts of
// several apart from the rest.
func bodyMembers(v *simulations.Value, at export.Place, m *export.Members) {
	list := &simulations.Value{Kind: simulations.Array}
	parts := &simulations.Value{Kind: simulations.Array}
	var form export.Members
	for _, t := range export.Terms(v, at) {
		switch t.Op {
		case "form":
			for i, name := range t.Arg.Names {
				form.Set(name, several1(t.Arg.Items[i], t.At.Get(name)))
			}
		case "formOnly":
			t.At.Warn("a form with further fields fits, too, there")
		case "multipart":
			for i, name := range t.Arg.Names {
				parts.Items = append(parts.Items, partMember(name, t.Arg.Items[i], t.At.Get(name)))
			}
		default:
			list.Items = append(list.Items, one1(t, true))
		}
	}
	if len(list.Items) > 0 {
		m.Set("bodyPatterns", list)
	}
	m.Set("formParameters", form.Some())
	if len(parts.Items) > 0 {
		m.Set("multipartPatterns", parts)
	}
}

// partMember writes what a part must be like. The names of parts are not
// compared there.
func partMember(name string, v *simulations.Value, at export.Place) *simulations.Value {
	if name != "*" {
		at.LeaveOut("the names of parts are not compared there; write `*`, or a predicate on the body")
	}
	var out export.Members
	if v.Kind != simulations.Object || v.Get("body") == nil && v.Get("headers") == nil {
		at.LeaveOut("a part is compared by its headers and its body there")
		return out.Value()
	}
	if f := v.Get("filename"); f != nil {
		out.Set("fileName", f)
	}
	var headers export.Members
	if h := v.Get("headers"); h != nil {
		for i, key := range h.Names {
			headers.Set(key, several1(h.Items[i], at.Get("headers").Get(key)))
		}
	}
	out.Set("headers", headers.Some())
	list := &simulations.Value{Kind: simulations.Array}
	if b := v.Get("body"); b != nil {
		for _, t := range export.Terms(b, at.Get("body")) {
			list.Items = append(list.Items, one1(t, true))
		}
	}
	if len(list.Items) > 0 {
		out.Set("bodyPatterns", list)
	}
	return out.Value()
}
