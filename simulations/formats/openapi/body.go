package openapi

import (
	"maps"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// bodies are the forms that the body of a valid request may have: one of them
// has to fit. There are none where nothing is said of a body.
func (r *reader) bodies(body *payload) []simulations.Pattern {
	if body == nil {
		return nil
	}
	var out []simulations.Pattern
	for _, m := range body.media {
		p := simulations.Pattern{Body: convert.Predicate(r.bodyOf(m))}
		if t := ofType(m.mimeType); t != nil {
			p.Headers = map[string]simulations.Predicate{"Content-Type": {Value: t}}
		}
		if p.Body == nil && body.required {
			p.Body = convert.Predicate(convert.Present())
		}
		out = append(out, p)
	}
	if !body.required && len(out) > 0 {
		out = append(out, simulations.Pattern{Body: convert.Predicate(convert.Absent())})
	}
	return out
}

// bodyOf is the condition on a body of a media type, nil for none.
func (r *reader) bodyOf(m *media) *simulations.Value {
	switch t := plain(m.mimeType); {
	case t == "application/x-www-form-urlencoded":
		if form := r.form(m); len(form.Names) > 0 {
			return convert.Op("form", form)
		}
		return nil
	case t == "multipart/form-data":
		if parts := r.form(m); len(parts.Names) > 0 {
			return convert.Op("multipart", parts)
		}
		return nil
	case isJSON(m.mimeType) && m.schema.Set():
		return r.jsonSchema(m.at, r.requests.read(m.schema))
	}
	return nil
}

// form are the conditions on the fields of a form, or the parts of a multipart
// body. Lists and objects are not looked into: how they are written is up to
// the client.
func (r *reader) form(m *media) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Object}
	add := func(name string, required bool, at convert.Place, schema *simulations.Value) {
		var is *simulations.Value
		if t := typeOf(r.requests.flat(schema)); t != "array" && t != "object" {
			is = r.scalar(at, schema)
		}
		if is = optional(required, is); is != nil {
			out.Set(name, is)
		}
	}
	if m.fields != nil {
		for _, f := range m.fields {
			add(f.name, f.required, f.at, r.requests.read(f.schema))
		}
		return out
	}
	schema := r.requests.flat(r.requests.read(m.schema))
	if properties := schema.Get("properties"); properties != nil {
		for i, name := range properties.Names {
			add(name, requires(schema, name), m.at, properties.Items[i])
		}
	}
	return out
}

// pattern is a request that keeps to the conditions and has one of the bodies.
func (c *conditions) pattern(method string, to route, bodies []simulations.Pattern) simulations.Pattern {
	out := simulations.Pattern{Method: simulations.Strings{method}, Path: convert.Predicate(to.path)}
	out.Params, out.Query, out.Cookies = predicates(c.params), predicates(c.query), predicates(c.cookies)
	out.Headers = predicates(c.headers)
	for name, value := range to.query {
		if out.Query == nil {
			out.Query = make(map[string]simulations.Predicate)
		}
		out.Query[name] = simulations.Predicate{Value: simulations.NewString(value)}
	}
	if c.joined {
		out.Join = ","
	}
	switch len(bodies) {
	case 0:
	case 1:
		out.Body = bodies[0].Body
		for name, is := range bodies[0].Headers {
			setHeader(&out, name, is.Value)
		}
	default:
		out.Any = bodies
	}
	return out
}

func predicates(fields map[string]*simulations.Value) map[string]simulations.Predicate {
	if len(fields) == 0 {
		return nil
	}
	out := make(map[string]simulations.Predicate, len(fields))
	for name, is := range fields {
		out[name] = simulations.Predicate{Value: is}
	}
	return out
}

// setHeader adds a condition on a header to a copy of the pattern's.
func setHeader(p *simulations.Pattern, name string, is *simulations.Value) {
	headers := make(map[string]simulations.Predicate, len(p.Headers)+1)
	maps.Copy(headers, p.Headers)
	for other, before := range headers {
		if strings.EqualFold(other, name) {
			is = convert.All(before.Value, is)
			name = other
		}
	}
	headers[name] = simulations.Predicate{Value: is}
	p.Headers = headers
}
