package matchers

import (
	"slices"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "multipart",
	Doc: "The body is multipart with the boundary that its Content-Type names, and for each part name (of Content-Disposition) the parts of that name satisfy the predicate, " +
		"which is about their content. An object of `headers`, `filename` and `body` asks for more: one part that satisfies all of them. The name `*` stands for every part, whatever it is called. " +
		"At most 1,000 parts are looked at; a body with more, or one that is cut off, is not multipart.",
	Example: "{body: {multipart: {meta: {jsonPath: {$.kind: photo}}, file: {filename: {endsWith: .png}, headers: {Content-Type: image/png}}}}}",
	Cost:    CostPath,
	Schema: `{"type":"object","additionalProperties":{"anyOf":[{"type":"object","minProperties":1,"additionalProperties":false,"properties":{` +
		`"headers":{"$ref":"#/$defs/predicates"},"filename":{"$ref":"#/$defs/predicate"},"body":{"$ref":"#/$defs/predicate"}}},{"$ref":"#/$defs/predicate"}]}}`,
	compile: compileMultipart,
})

// anyPart stands for the name of every part.
const anyPart = "*"

var partMembers = []string{"headers", "filename", "body"}

func compileMultipart(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	if !c.want(op, arg, simulations.Object) {
		return
	}
	for i, name := range arg.Names {
		v := arg.Items[i]
		c.in(name, func() {
			t := &multipartTest{name: name}
			if v.Kind == simulations.Object && slices.ContainsFunc(v.Names, func(n string) bool { return slices.Contains(partMembers, n) }) {
				t.of = c.partPattern(op, v)
			} else {
				c.within(anyContext, func() { t.content = c.predicate(v) })
			}
			p.add(part{op: op, name: name, arg: v, value: t})
		})
	}
}

// partPattern is what one part must be like.
type partPattern struct {
	headers  map[string]*Predicate
	filename *Predicate
	content  *Predicate
}

func (c *compiler) partPattern(op *Operator, v *simulations.Value) *partPattern {
	out := &partPattern{}
	c.members(op, v, partMembers...)
	if h := v.Get("headers"); h != nil {
		c.in("headers", func() {
			if c.want(op, h, simulations.Object) {
				out.headers = map[string]*Predicate{}
				c.predicates(h, textContext, func(name string, _ *simulations.Value, q *Predicate) {
					out.headers[canonicalHeader(name)] = q
				})
			}
		})
	}
	sub := func(token string, where context) (q *Predicate) {
		if m := v.Get(token); m != nil {
			c.in(token, func() { c.within(where, func() { q = c.predicate(m) }) })
		}
		return q
	}
	out.filename, out.content = sub("filename", textContext), sub("body", anyContext)
	return out
}

func (t *partPattern) holds(p *bodyPart, s *scope) bool {
	for name, q := range t.headers {
		if !q.holds(field{texts: p.content.header[name]}, s) {
			return false
		}
	}
	if t.filename != nil && !t.filename.holds(field{texts: p.filename}, s) {
		return false
	}
	return t.content == nil || t.content.holds(one(contentOf(p.content)), s)
}

type multipartTest struct {
	name    string
	content *Predicate
	of      *partPattern
}

func (t *multipartTest) field(parts []bodyPart) field {
	f := field{kind: bodiesField}
	for i := range parts {
		if t.name == anyPart || parts[i].name == t.name {
			f.bodies = append(f.bodies, parts[i].content)
		}
	}
	return f
}

func (t *multipartTest) holds(v value, s *scope) bool {
	parts, ok := v.document().asMultipart(s)
	if !ok {
		return false
	}
	if t.of == nil {
		return t.content.holds(t.field(parts), s)
	}
	for i := range parts {
		if (t.name == anyPart || parts[i].name == t.name) && t.of.holds(&parts[i], s) {
			return true
		}
	}
	return false
}

func (t *multipartTest) explain(v value, s *scope, m *simulations.Mismatch) {
	parts, ok := v.document().asMultipart(s)
	switch {
	case !ok:
		m.Expected, m.Actual = "a multipart body", v.show()
	case t.of == nil:
		t.content.explain(t.field(parts), s, m)
	default:
		m.Actual = t.field(parts).show()
	}
}
