package matchers

import "understudy/simulations"

var _ = register(Operator{
	Name: "first",
	Doc: "The field's first value satisfies the predicate; what comes after it does not matter. " +
		"Many servers read a parameter that is sent twice that way.",
	Example: "{query: {page: {first: {number: {gt: 0}}}}}",
	Cost:    CostScalar,
	Schema:  `{"$ref":"#/$defs/predicate"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		p.add(part{op: op, arg: arg, field: &firstTest{c.predicate(arg)}})
	},
})

type firstTest struct{ p *Predicate }

func (t *firstTest) holdsFor(f field, s *scope) bool {
	if f.len() == 0 {
		return t.p.holds(field{}, s)
	}
	return t.p.holds(one(f.at(0)), s)
}
