package openapi

import (
	"slices"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// paired makes the stubs of examples that have one name in the request and in
// a response: a request like the one gets the other. Where parameters tell
// examples apart the body need not be the example's.
func (m *maker) paired() {
	var exact, loose []pair
	for _, name := range m.exampleNames() {
		a := m.answerOf(name)
		if a == nil {
			continue
		}
		c, named := m.parametersOf(name)
		bodies := m.bodiesOf(name)
		if len(bodies) > 0 {
			exact = append(exact, pair{name, a, c.pattern(m.op.method, m.to, bodies)})
		}
		if named {
			loose = append(loose, pair{name, a, c.pattern(m.op.method, m.to, m.bodies)})
		}
	}
	m.addPairs(exact)
	m.addPairs(loose)
}

// pair is an answer's example and the request that it belongs to.
type pair struct {
	name    string
	answer  *answer
	request simulations.Pattern
}

// addPairs adds pairs. Of those whose requests are alike, but whose answers are
// of different media types, each is for those who accept it, and the first for
// all others.
func (m *maker) addPairs(list []pair) {
	alike := make(map[string][]pair)
	var order []string
	for _, p := range list {
		key := string((&simulations.Stub{Request: p.request, Response: &simulations.Response{}}).Value().AppendJSON(nil))
		if alike[key] == nil {
			order = append(order, key)
		}
		alike[key] = append(alike[key], p)
	}
	for _, key := range order {
		group := alike[key]
		var types []string
		for _, p := range group {
			for _, t := range p.answer.mimeTypes(p.name) {
				if !slices.Contains(types, t) {
					types = append(types, t)
				}
			}
		}
		for i := len(group) - 1; i >= 0; i-- {
			p := group[i]
			variants := m.reader.variants(m.op, p.answer, p.answer.given(), p.name)
			if own := p.answer.mimeTypes(p.name); i > 0 && len(own) > 0 {
				others := slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == own[0] })
				last := &variants[len(variants)-1]
				last.accept, last.form = accepts(own[0], others), subtype(own[0])
			}
			m.add(p.answer.at, p.name, p.request, variants, p.name)
		}
	}
}

// given is the status of an answer that an example chose.
func (a *answer) given() int {
	if a.status == 0 {
		return 200
	}
	return a.status
}

// mimeTypes are the media types of an answer that have the example.
func (a *answer) mimeTypes(name string) []string {
	var out []string
	for _, m := range a.media {
		if m.example(name) != nil {
			out = append(out, m.mimeType)
		}
	}
	return out
}

// exampleNames are the names of the request's examples.
func (m *maker) exampleNames() []string {
	var out []string
	add := func(list []example) {
		for _, e := range list {
			if e.name != "" && !slices.Contains(out, e.name) {
				out = append(out, e.name)
			}
		}
	}
	for _, p := range m.op.parameters {
		add(p.examples)
	}
	if m.op.body != nil {
		for _, b := range m.op.body.media {
			add(b.examples)
		}
	}
	return out
}

// answerOf is the answer that has the example, the best one first.
func (m *maker) answerOf(name string) *answer {
	for _, a := range m.op.answers {
		if slices.Contains(a.refs, name) || slices.Contains(a.named, name) {
			return a
		}
	}
	return nil
}

// parametersOf are the conditions with the example's parameters; it reports
// whether there are any.
func (m *maker) parametersOf(name string) (*conditions, bool) {
	c := m.base.clone()
	named := false
	for _, p := range m.op.parameters {
		for _, e := range p.examples {
			field, ok := p.name, true
			if p.in == "path" {
				field, ok = m.to.captured[p.name]
			}
			if e.name != name || !ok || !m.op.microcks.tells(p) {
				continue
			}
			if text, ok := parameterText(p, e.value.Value()); ok {
				c.fields(p.in)[field] = simulations.NewString(text)
				named = true
			}
		}
	}
	return c, named
}

// parameterText writes a value as it is sent; objects are not.
func parameterText(p *parameter, v *simulations.Value) (string, bool) {
	switch {
	case p.encoded && v.Kind != simulations.String:
		return v.String(), true
	case v.Kind == simulations.Object, v.Kind == simulations.Array && p.separator != ",":
		return "", false
	}
	return headerText(v), true
}

// bodiesOf are the bodies of the request's example of that name.
func (m *maker) bodiesOf(name string) []simulations.Pattern {
	if m.op.body == nil || !m.op.microcks.tellsBody() {
		return nil
	}
	var out []simulations.Pattern
	for _, b := range m.op.body.media {
		e := b.example(name)
		if e == nil {
			continue
		}
		is := bodyLike(b, e.value)
		if is == nil {
			continue
		}
		p := simulations.Pattern{Body: convert.Predicate(is)}
		if t := ofType(b.mimeType); t != nil {
			p.Headers = map[string]simulations.Predicate{"Content-Type": {Value: t}}
		}
		out = append(out, p)
	}
	return out
}

// bodyLike is the condition that a body is the example.
func bodyLike(m *media, at convert.Place) *simulations.Value {
	v := at.Value()
	switch {
	case depth(v) > maxValueDepth:
		at.Refuse("the example is nested deeper than %d", maxValueDepth)
		return nil
	case isJSON(m.mimeType):
		if v.Kind == simulations.String {
			if parsed, err := simulations.ParseJSON([]byte(v.Text)); err == nil {
				v = parsed
			}
		}
		return convert.Op("json", convert.Object("value", v))
	case plain(m.mimeType) == "application/x-www-form-urlencoded" && v.Kind == simulations.Object:
		form := &simulations.Value{Kind: simulations.Object}
		for i, name := range v.Names {
			if item := v.Items[i]; item.Kind != simulations.Array && item.Kind != simulations.Object {
				form.Set(name, simulations.NewString(item.Text))
			}
		}
		return convert.Op("form", form)
	case v.Kind == simulations.String && v.Text != "" && isXML(m.mimeType) && wellFormed(v.Text):
		return convert.TextOp("xml", v.Text)
	case v.Kind == simulations.String && v.Text != "":
		return convert.TextOp("text", v.Text)
	}
	return nil
}
