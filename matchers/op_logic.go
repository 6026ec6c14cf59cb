package matchers

import (
	"strconv"

	"understudy/simulations"
)

var _ = register(Operator{
	Name:    "absent",
	Doc:     "`absent: true` holds for a field that has no value, `absent: false` for one that has a value. An empty body is absent.",
	Example: "{query: {debug: {absent: true}}}",
	Cost:    CostScalar,
	Schema:  `{"type":"boolean"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if c.want(op, arg, simulations.Bool) {
			p.add(part{op: op, arg: arg, field: absent(arg.Text == "true")})
		}
	},
})

type absent bool

func (a absent) holdsFor(f field, _ *scope) bool { return (f.len() == 0) == bool(a) }

var _ = register(Operator{
	Name:    "not",
	Doc:     "The predicate does not hold: no value of the field satisfies it. It holds for a field that is absent, unless the predicate itself does.",
	Example: "{headers: {Accept: {not: {contains: xml}}}}",
	Cost:    CostPattern,
	Schema:  `{"$ref":"#/$defs/predicate"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		p.add(part{op: op, arg: arg, field: &not{c.predicate(arg)}})
	},
})

type not struct{ p *Predicate }

func (n *not) holdsFor(f field, s *scope) bool { return !n.p.holds(f, s) }

var _ = register(Operator{
	Name:    "any",
	Doc:     "At least one of the predicates holds.",
	Example: "{query: {sort: {any: [asc, desc]}}}",
	Cost:    CostPattern,
	Schema:  `{"type":"array","minItems":1,"items":{"$ref":"#/$defs/predicate"}}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if list, ok := c.predicateList(op, arg); ok {
			p.add(part{op: op, arg: arg, field: anyOf(list)})
		}
	},
})

type anyOf []*Predicate

func (a anyOf) holdsFor(f field, s *scope) bool {
	for _, p := range a {
		if p.holds(f, s) {
			return true
		}
	}
	return false
}

var _ = register(Operator{
	Name:    "all",
	Doc:     "Each of the predicates holds, each by some value; a list that stands for a predicate means the same.",
	Example: "{headers: {Accept: {all: [{contains: json}, {contains: xml}]}}}",
	Cost:    CostPattern,
	Schema:  `{"type":"array","minItems":1,"items":{"$ref":"#/$defs/predicate"}}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if list, ok := c.predicateList(op, arg); ok {
			p.list = append(p.list, list...)
		}
	},
})

func (c *compiler) predicateList(op *Operator, arg *simulations.Value) ([]*Predicate, bool) {
	if arg == nil || arg.Kind != simulations.Array || len(arg.Items) == 0 {
		c.fail(arg, "%s takes a list of predicates that is not empty", op.Name)
		return nil, false
	}
	out := make([]*Predicate, len(arg.Items))
	for i, item := range arg.Items {
		c.in(strconv.Itoa(i), func() { out[i] = c.predicate(item) })
	}
	return out, true
}
