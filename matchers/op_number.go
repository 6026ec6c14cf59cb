package matchers

import (
	"encoding/json"
	"slices"
	"strings"

	"understudy/matchers/internal/decimal"
	"understudy/simulations"
)

var _ = register(Operator{
	Name: "number",
	Doc: "The value is a number and compares as demanded, exactly, with `gt`, `gte` (or `ge`), `lt`, `lte` (or `le`), `eq` and `ne`; " +
		"several may be given. A bare number means `eq`. Text, and a JSON string, counts as a number if it is one as JSON writes it; spaces around it do not matter.",
	Example: "{query: {page: {number: {gte: 1, lt: 100}}}}",
	Cost:    CostScalar,
	Schema: `{"anyOf":[{"type":"number"},{"type":"object","minProperties":1,"additionalProperties":false,"properties":{` +
		`"gt":{"type":"number"},"gte":{"type":"number"},"ge":{"type":"number"},"lt":{"type":"number"},"lte":{"type":"number"},"le":{"type":"number"},` +
		`"eq":{"type":"number"},"ne":{"type":"number"}}}]}`,
	compile: compileNumber,
})

// bounds are the comparisons by the name of the member.
var bounds = map[string]func(c int) bool{
	"gt":  func(c int) bool { return c > 0 },
	"gte": func(c int) bool { return c >= 0 },
	"ge":  func(c int) bool { return c >= 0 },
	"lt":  func(c int) bool { return c < 0 },
	"lte": func(c int) bool { return c <= 0 },
	"le":  func(c int) bool { return c <= 0 },
	"eq":  func(c int) bool { return c == 0 },
	"ne":  func(c int) bool { return c != 0 },
}

func compileNumber(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	var t numberTest
	add := func(name string, v *simulations.Value) {
		if v.Kind != simulations.Number {
			c.fail(v, "number compares with a number, not with %s", v.Kind)
			return
		}
		d, _ := decimal.Parse(v.Text)
		t = append(t, bound{bounds[name], d})
	}
	switch {
	case arg.Kind == simulations.Number:
		add("eq", arg)
	case arg.Kind == simulations.Object && len(arg.Names) > 0:
		c.members(op, arg, "gt", "gte", "ge", "lt", "lte", "le", "eq", "ne")
		for i, name := range arg.Names {
			if bounds[name] != nil {
				c.in(name, func() { add(name, arg.Items[i]) })
			}
		}
	default:
		c.fail(arg, "number takes a number, or an object such as {gt: 0, lte: 100}, not %s", arg.Kind)
		return
	}
	p.add(part{op: op, arg: arg, value: t})
}

type bound struct {
	holds func(c int) bool
	of    decimal.Decimal
}

type numberTest []bound

func (t numberTest) holds(v value, s *scope) bool {
	text := ""
	if n, ok := v.node.(json.Number); ok && v.kind == jsonValue {
		text = string(n)
	} else {
		text = strings.TrimSpace(v.string())
	}
	d, ok := decimal.Parse(text)
	return ok && !slices.ContainsFunc(t, func(b bound) bool { return !b.holds(d.Compare(b.of)) })
}
