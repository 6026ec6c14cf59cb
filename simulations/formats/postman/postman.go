// Package postman reads collections of Postman, schemas 2.0 and 2.1.
//
// Each saved example is a stub, as in Postman's mock server: method, path and
// the parameters of the example's request decide, and its body where that is
// JSON, GraphQL or a form; hosts and headers do not. A path variable with a
// value stands for it, one without for any segment. Variables of the collection
// are filled in; one that it does not define stands for anything.
package postman

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/recorded"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads collections.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "postman" }

// Aliases are further names: none.
func (Format) Aliases() []string { return nil }

// Sniff recognises info and item.
func (Format) Sniff(data []byte) bool { return sniff.HasAll(data, "info", "item") }

// Decode reads a collection.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	schema := root.Get("info").Get("schema")
	if s := schema.Text(); s != "" && !strings.Contains(s, "/v2.") {
		schema.Refuse("a collection of another schema: export it as 2.0 or 2.1")
	}
	if !root.Get("item").Set() {
		root.Refuse("a collection has a list `item`")
	}
	r := &reader{variables: make(map[string]string), seen: make(map[string]string)}
	for x := range root.Get("variable").Items() {
		r.variables[x.First("key", "id").Text()] = x.Get("value").Text()
	}
	r.items(root.Get("item"), 0)
	return convert.Done(root, "Postman collection", &simulations.Document{Stubs: r.stubs}, r.origins)
}

type reader struct {
	variables map[string]string
	stubs     []*simulations.Stub
	origins   []string
	// seen are the requests of the examples before, by where they stood.
	seen map[string]string
}

// maxFolders bounds folders within folders.
const maxFolders = 100

func (r *reader) items(p convert.Place, depth int) {
	if depth > maxFolders {
		p.Refuse("folders are nested deeper than %d", maxFolders)
		return
	}
	for item := range p.Items() {
		if !item.IsObject() {
			continue
		}
		if sub := item.Get("item"); sub.Set() {
			r.items(sub, depth+1)
			continue
		}
		n := 0
		for e := range item.Get("response").Items() {
			r.example(e, item)
			n++
		}
		if n == 0 {
			item.Warn("the request has no saved example, so that nothing is known to answer: save one")
		}
	}
}

// example makes a stub of a saved example.
func (r *reader) example(p, item convert.Place) {
	request := p.Get("originalRequest")
	if !request.Set() {
		request = item.Get("request")
	}
	s := &simulations.Stub{Request: r.request(request), Response: r.response(p)}
	if name := p.Get("name").Text(); name != "" {
		s.Labels = []string{name}
	}
	key := string((&simulations.Stub{Request: s.Request}).Value().AppendJSON(nil))
	if before, ok := r.seen[key]; ok {
		p.Warn("nothing in the request tells it from the example at %s, which answers: the example was left out", before)
		return
	}
	r.seen[key] = p.Pointer()
	r.stubs = append(r.stubs, s)
	r.origins = append(r.origins, p.Pointer())
}

func (r *reader) request(p convert.Place) simulations.Pattern {
	if p.Kind() == simulations.String { // short for a GET
		out := simulations.Pattern{Method: simulations.Strings{"GET"}}
		r.url(p, &out)
		return out
	}
	out := simulations.Pattern{Method: simulations.Strings{"GET"}}
	if m := p.Get("method").Text(); m != "" {
		out.Method[0] = m
	}
	r.url(p.Get("url"), &out)
	out.Body = convert.Predicate(r.body(p.Get("body"), contentType(p.Get("header"))))
	return out
}

func contentType(p convert.Place) string {
	if p.Kind() != simulations.Array {
		return ""
	}
	for h := range p.Items() {
		if strings.EqualFold(h.Get("key").Text(), "Content-Type") {
			return h.Get("value").Text()
		}
	}
	return ""
}

// url reads path and query, from the parts of a URL or from its text.
func (r *reader) url(p convert.Place, out *simulations.Pattern) {
	raw := p
	if p.Kind() == simulations.Object {
		raw = p.Get("raw")
	}
	values := make(map[string]string)
	for v := range p.Get("variable").Items() {
		values[v.First("key", "id").Text()] = v.Get("value").Text()
	}
	var path string
	if parts := p.Get("path"); parts.Kind() == simulations.Array {
		var list []string
		for part := range parts.Items() {
			if part.Kind() == simulations.Object {
				part = part.Get("value")
			}
			list = append(list, part.Text())
		}
		path = "/" + strings.Join(list, "/")
	} else {
		path = pathOf(raw.Text())
	}
	out.Path = convert.Predicate(r.path(p, r.fill(path), values))
	pairs := make(map[string]*simulations.Value)
	if list := p.Get("query"); list.Kind() == simulations.Array {
		for q := range list.Items() {
			if name := q.Get("key").Text(); name != "" && !q.Get("disabled").Bool() {
				pairs[name] = r.value(q.Get("value").Text())
			}
		}
	} else if _, query, ok := strings.Cut(raw.Text(), "?"); ok {
		for pair := range strings.SplitSeq(query, "&") {
			if name, value, _ := strings.Cut(pair, "="); name != "" {
				pairs[name] = r.value(value)
			}
		}
	}
	for name, v := range pairs {
		if out.Query == nil {
			out.Query = make(map[string]simulations.Predicate)
		}
		out.Query[name] = simulations.Predicate{Value: v}
	}
}

// pathOf is the path of a URL that may have variables anywhere.
func pathOf(raw string) string {
	raw, _, _ = strings.Cut(raw, "?")
	raw, _, _ = strings.Cut(raw, "#")
	if _, rest, ok := strings.Cut(raw, "://"); ok {
		raw = rest
	}
	if i := strings.IndexByte(raw, '/'); i >= 0 {
		return raw[i:]
	}
	return "/"
}

var variable = regexp.MustCompile(`\{\{([^{}]+)\}\}`)

// fill fills in the variables of the collection.
func (r *reader) fill(s string) string {
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		if v, ok := r.variables[strings.Trim(m, "{}")]; ok {
			return v
		}
		return m
	})
}

// value is what a parameter must be: a text, or anything where a variable is
// not known.
func (r *reader) value(s string) *simulations.Value {
	s = r.fill(s)
	if !variable.MatchString(s) {
		return simulations.NewString(s)
	}
	return convert.TextOp("glob", globbed(s))
}

// globbed is a text whose variables stand for anything.
func globbed(s string) string {
	s = regexp.MustCompile(`[\\*?\[\]]`).ReplaceAllString(s, `\$0`)
	return variable.ReplaceAllString(s, "*")
}

var paramName = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// path is exact, or a template where a segment is a variable without value.
func (r *reader) path(p convert.Place, path string, values map[string]string) *simulations.Value {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	segments := strings.Split(path, "/")
	open := false
	seen := make(map[string]bool)
	for i, s := range segments {
		name, isParam := strings.CutPrefix(s, ":")
		switch v := r.fill(values[name]); {
		case isParam && v != "" && !variable.MatchString(v):
			segments[i] = v
			continue
		case isParam:
		case variable.MatchString(s):
			name = strings.Trim(s, "{}")
		default:
			segments[i] = strings.NewReplacer("?", "%3F", "#", "%23", "{", "%7B", "}", "%7D").Replace(s)
			continue
		}
		name = strings.Trim(paramName.ReplaceAllString(name, "-"), "-")
		if name == "" || len(name) > 100 || seen[name] {
			name = "segment" + string(rune('A'+i%26))
		}
		if seen[name] {
			p.Refuse("the path has too many variables of one name")
			return nil
		}
		seen[name], open = true, true
		segments[i] = "{" + name + "}"
	}
	path = strings.Join(segments, "/")
	if open {
		return convert.TextOp("template", path)
	}
	return convert.ExactPath(path)
}

// body is what tells the example's request from others on its path.
func (r *reader) body(p convert.Place, contentType string) *simulations.Value {
	switch p.Get("mode").Text() {
	case "raw":
		text := r.fill(p.Get("raw").Text())
		if v, err := simulations.ParseJSON([]byte(text)); err == nil && (v.Kind == simulations.Object || v.Kind == simulations.Array) {
			return convert.Op("json", convert.Object("value", v))
		}
		if variable.MatchString(text) {
			return nil // what stands for the variables is not known
		}
		return recorded.Body(text, contentType)
	case "graphql":
		g := p.Get("graphql")
		paths := &simulations.Value{Kind: simulations.Object}
		if q := g.Get("query").Text(); q != "" {
			paths.Set("$.query", simulations.NewString(q))
		}
		if v, err := simulations.ParseJSON([]byte(r.fill(g.Get("variables").Text()))); err == nil && len(v.Names) > 0 {
			paths.Set("$.variables", convert.Op("json", convert.Object("value", v)))
		}
		if len(paths.Names) > 0 {
			return convert.Op("jsonPath", paths)
		}
	case "urlencoded":
		form := &simulations.Value{Kind: simulations.Object}
		for f := range p.Get("urlencoded").Items() {
			if name := f.Get("key").Text(); name != "" && !f.Get("disabled").Bool() {
				form.Set(name, r.value(f.Get("value").Text()))
			}
		}
		if len(form.Names) > 0 {
			return convert.Op("form", form)
		}
	case "formdata", "file":
		p.Warn("a body of this kind is not compared")
	}
	return nil
}

func (r *reader) response(p convert.Place) *simulations.Response {
	out := &simulations.Response{Status: convert.Status(p.Get("code"))}
	headers := make(simulations.Headers)
	if list := p.Get("header"); list.Kind() == simulations.Array {
		for h := range list.Items() {
			if h.Kind() == simulations.Object && !h.Get("disabled").Bool() {
				convert.AddHeader(h, headers, h.Get("key").Text(), r.fill(h.Get("value").Text()))
			}
		}
	} else if list.Kind() == simulations.String {
		for line := range strings.SplitSeq(list.Text(), "\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				convert.AddHeader(list, headers, strings.TrimSpace(name), strings.TrimSpace(r.fill(value)))
			}
		}
	}
	delete(headers, "Trailer")
	out.Headers = headers
	body := p.Get("body")
	text := r.fill(body.Text())
	if strings.Contains(text, "{{$") {
		body.Warn("variables that Postman makes up, such as {{$guid}}, are given as they are written: make the answer a template")
	}
	convert.Body(body, out, text)
	recorded.Undecoded(out)
	return out
}
