package postman

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// MediaType is that of a collection.
func (Format) MediaType() string { return "application/json" }

// Encode writes a collection of schema 2.1: a request for each stub, with its
// answers as saved examples.
func (Format) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	log := export.NewLog()
	export.Document(doc, log, false)
	name := doc.Name
	if name == "" {
		name = "understudy"
	}
	info := convert.Object("name", simulations.NewString(name), "schema", simulations.NewString("https://schema.getpostman.com/json/collection/v2.1.0/collection.json"))
	list := export.NewList(w, "{\n  \"info\": "+export.Indented(info, 1)+",\n  \"item\": [", 2)
	for _, i := range export.Order(doc) {
		if list.Err() != nil {
			break
		}
		for _, item := range items(doc, i, log.Stub(i)) {
			list.Add(item)
		}
	}
	return log.Warnings(), list.Close("]\n}\n")
}

// items makes a request for each method of a stub, none where it is left out.
func items(doc *simulations.Document, i int, at export.Place) []*simulations.Value {
	s := doc.Stubs[i]
	export.Stateless(s, at)
	x := export.SampleOf(doc, s, at, true)
	path, ok := segments(x)
	path = append(literals(x.Base), path...)
	if !ok {
		at.Get("request").Get("path").LeaveOut("a segment is a text or a whole variable there, and `{{` begins a variable")
	}
	if x.Host != "" {
		at.Get("request").Warn("hosts are not compared there")
	}
	if s.Request.ExactQuery {
		at.Get("request").Get("exactQuery").Warn(export.MoreParameters)
	}
	steps := export.Steps(s, at)
	if at.Left() {
		return nil
	}
	if len(steps) > 1 {
		at.Get("responses").Warn("examples do not come in turn there: the first answers")
	}
	name := s.ID
	if len(s.Labels) > 0 {
		name = s.Labels[0]
	}
	if name == "" {
		name = "stub " + strconv.Itoa(i)
	}
	var out []*simulations.Value
	for _, method := range x.Methods {
		request := requestOf(x, method, path)
		if strings.Contains(request.String(), "{{") {
			at.Get("request").LeaveOut("`{{` begins a variable there")
		}
		examples := &simulations.Value{Kind: simulations.Array}
		for n, step := range steps {
			title := name
			if n > 0 {
				title += " " + strconv.Itoa(n+1)
			}
			examples.Items = append(examples.Items, exampleOf(s, step, title, request))
		}
		if at.Left() {
			return nil
		}
		out = append(out, convert.Object("name", simulations.NewString(name), "request", request, "response", examples))
	}
	return out
}

// segments are the path's, with variables as Postman writes them.
func segments(x *export.Sample) ([]string, bool) {
	if !x.Template {
		list := strings.Split(strings.TrimPrefix(x.Path, "/"), "/")
		for _, s := range list {
			if strings.HasPrefix(s, ":") || strings.Contains(s, "{{") {
				return nil, false
			}
		}
		return list, true
	}
	var list []string
	for _, s := range export.Segments(x.Path) {
		switch {
		case s.Rest, s.Param != "" && s.Literal+s.Suffix != "", s.Param == "" && strings.HasPrefix(s.Literal, ":"):
			return nil, false
		case s.Param != "":
			list = append(list, ":"+s.Param)
		default:
			list = append(list, s.Literal)
		}
	}
	return list, true
}

// literals are the segments of a path without parameters, none of "". A colon would
// begin a variable.
func literals(path string) []string {
	if path == "" {
		return nil
	}
	list := strings.Split(path[1:], "/")
	for i, s := range list {
		if rest, is := strings.CutPrefix(s, ":"); is {
			list[i] = "%3A" + rest
		}
	}
	return list
}

func requestOf(x *export.Sample, method string, path []string) *simulations.Value {
	host := x.Host
	if host == "" {
		host = "localhost"
	}
	scheme := cmp.Or(x.Scheme, "http")
	raw := scheme + "://" + host + "/" + strings.Join(path, "/")
	if query := x.RawQuery(); query != "" {
		raw += "?" + query
	}
	named := url.URL{Host: host}
	address := convert.Object("raw", simulations.NewString(raw), "protocol", simulations.NewString(scheme),
		"host", convert.Strings(strings.Split(strings.TrimSuffix(host, ":"+named.Port()), ".")))
	if port := named.Port(); port != "" {
		address.Set("port", simulations.NewString(port))
	}
	address.Set("path", convert.Strings(path))
	if len(x.Query) > 0 {
		address.Set("query", export.Named(x.Query, "key", "value"))
	}
	var variables []export.Pair
	for _, s := range path {
		if name, is := strings.CutPrefix(s, ":"); is {
			variables = append(variables, export.Pair{Name: name})
		}
	}
	if len(variables) > 0 {
		address.Set("variable", export.Named(variables, "key", "value"))
	}
	headers := x.Headers
	if kind := x.MediaType(); kind != "" {
		headers = append([]export.Pair{{Name: "Content-Type", Value: kind}}, headers...)
	}
	out := convert.Object("method", simulations.NewString(method), "header", export.Named(headers, "key", "value"), "url", address)
	switch {
	case x.GraphQL:
		g := convert.Object("query", simulations.NewString(""))
		if q := x.JSON.Get("query"); q != nil {
			g.Set("query", q)
		}
		if v := x.JSON.Get("variables"); v != nil {
			g.Set("variables", simulations.NewString(v.String()))
		}
		out.Set("body", convert.Object("mode", simulations.NewString("graphql"), "graphql", g))
	case len(x.Form) > 0:
		out.Set("body", convert.Object("mode", simulations.NewString("urlencoded"), "urlencoded", export.Named(x.Form, "key", "value")))
	case x.HasBody:
		out.Set("body", convert.Object("mode", simulations.NewString("raw"), "raw", simulations.NewString(x.Body)))
	}
	return out
}

// exampleOf is a saved example.
func exampleOf(s *simulations.Stub, step export.Step, name string, request *simulations.Value) *simulations.Value {
	r, at := step.Response, step.At
	if r.Terms() != nil {
		at.Get("fault").LeaveOut("an example has an answer")
	}
	export.AtOnce(r, at)
	if r.Delay != nil {
		at.Get("delay").Warn("examples come at once there")
	}
	if len(r.Trailers) > 0 {
		at.Get("trailers").Warn("an example has no trailers: they were left out")
	}
	rendered := export.Render(s, r, at, "", nil)
	if !utf8.Valid(rendered.Body) || r.File != "" {
		at.LeaveOut("the body of an example is a text")
	}
	if strings.Contains(string(rendered.Body), "{{") {
		at.LeaveOut("`{{` begins a variable there")
	}
	status := r.Status
	if status == 0 {
		status = 200
	}
	return convert.Object("name", simulations.NewString(name), "originalRequest", request,
		"status", simulations.NewString(http.StatusText(status)), "code", simulations.NewInt(int64(status)),
		"header", export.Named(export.HeaderPairs(rendered.Headers), "key", "value"), "cookie", simulations.NewArray(),
		"body", simulations.NewString(string(rendered.Body)))
}
