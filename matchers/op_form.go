package matchers

import "understudy/simulations"

var _ = register(Operator{
	Name: "form",
	Doc: "The value is read as application/x-www-form-urlencoded, whatever the Content-Type says, and for each field its values satisfy the predicate. " +
		"It is read as the query is.",
	Example: "{body: {form: {grant_type: client_credentials, scope: {contains: read}}}}",
	Cost:    CostDocument,
	Schema:  `{"$ref":"#/$defs/predicates"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.Object) {
			return
		}
		c.predicates(arg, textContext, func(name string, v *simulations.Value, q *Predicate) {
			p.add(part{op: op, name: name, arg: v, value: &formTest{name, q}})
		})
	},
})

type formTest struct {
	name string
	p    *Predicate
}

func (t *formTest) field(v value, s *scope) field {
	return field{texts: v.document().asForm(s).values[t.name]}
}

func (t *formTest) holds(v value, s *scope) bool { return t.p.holds(t.field(v, s), s) }

func (t *formTest) literal() literal {
	for i := range t.p.each {
		if k := t.p.each[i].literal(); k.place.what == literalText {
			return literal{place: place{what: literalForm, name: t.name, as: k.place.as}, hash: k.hash, text: k.text}
		}
	}
	return literal{}
}

func (t *formTest) explain(v value, s *scope, m *simulations.Mismatch) {
	t.p.explain(t.field(v, s), s, m)
}
