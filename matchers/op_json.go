package matchers

import (
	"math"
	"slices"
	"strings"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "json",
	Doc: "The value is JSON and equals the argument: members in any order, numbers by exact value. " +
		"The argument is any JSON value, or an object of `value` and options, which is recognised by its having `value` and nothing but options beside it: " +
		"`ignoreOrder` compares arrays as bags, `ignoreExtra` lets objects have further members and arrays further items " +
		"(after those that are asked for; with ignoreOrder anywhere), `ignoreCount` compares arrays as sets, in which it does not matter how often an item stands, " +
		"`anywhere` asks whether some value within the document, or the whole, equals the argument, `sameDigits` lets numbers be equal only where they are written alike, `1` and `1.0` not, `placeholders` gives meaning to the strings " +
		"`${json-unit.ignore}` (any value), `${json-unit.ignore-element}` (any value or none, for a member), `${json-unit.any-string}`, `${json-unit.any-number}`, " +
		"`${json-unit.any-boolean}` and `${json-unit.regex}` followed by an RE2 expression that a string fits as a whole. " +
		"A comparison with ignoreOrder that takes more than ten million steps, or has to try more than 250,000 pairs of items, does not hold.",
	Example: "{body: {json: {value: {id: \"${json-unit.any-string}\", tags: [a, b]}, placeholders: true, ignoreOrder: true}}}",
	Cost:    CostDocument,
	Schema:  `true`,
	compile: compileJSON,
})

var jsonOptions = []string{"ignoreOrder", "ignoreExtra", "ignoreCount", "anywhere", "sameDigits", "placeholders"}

func compileJSON(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	t := &jsonTest{}
	want, depth := arg, ""
	if isLongForm(arg, jsonOptions) {
		want, depth = arg.Get("value"), "value"
		t.ignoreOrder = c.option(op, arg, "ignoreOrder")
		t.ignoreExtra = c.option(op, arg, "ignoreExtra")
		t.ignoreCount = c.option(op, arg, "ignoreCount")
		t.anywhere = c.option(op, arg, "anywhere")
		t.sameDigits = c.option(op, arg, "sameDigits")
		t.placeholders = c.option(op, arg, "placeholders")
	}
	t.source = want
	build := func() { t.want = c.wanted(want, t) }
	if depth != "" {
		c.in(depth, build)
	} else {
		build()
	}
	p.add(part{op: op, arg: arg, value: t})
}

func (t *jsonTest) literal() literal {
	if t.ignoreOrder || t.ignoreExtra || t.ignoreCount || t.anywhere || t.placeholders {
		return literal{}
	}
	return literal{place: place{what: literalJSON}, hash: hashValue(t.source)}
}

// literals are the scalars that a document must have somewhere, as members of those
// names, where the whole is no literal.
func (t *jsonTest) literals(do func(literal)) {
	var walk func(name string, v *simulations.Value)
	walk = func(name string, v *simulations.Value) {
		switch v.Kind {
		case simulations.Object:
			for i, item := range v.Items {
				walk(v.Names[i], item)
			}
		case simulations.Array:
			for _, item := range v.Items {
				walk(name, item)
			}
		case simulations.Null:
		case simulations.String, simulations.Number, simulations.Bool:
			h := hashScalar(v.Kind, v.Text, false)
			switch {
			case t.placeholders && strings.Contains(v.Text, "{json-unit."):
			case t.anywhere && name == "": // where it is a member has any name
				do(literal{place: place{what: literalScalar}, hash: h})
			default:
				do(literal{place: place{what: literalMember}, hash: hashMember(name, h)})
			}
		}
	}
	walk("", t.source)
}

// hashMember is the hash of a scalar with the name of the member that it is, or that
// its array is.
func hashMember(name string, scalar uint64) uint64 {
	return (scalar ^ hashOf(hashWord, name)) * 0x9e3779b97f4a7c15
}

// isLongForm recognises {value: …, option: …}.
func isLongForm(arg *simulations.Value, options []string) bool {
	if arg.Get("value") == nil {
		return false
	}
	for _, name := range arg.Names {
		if name != "value" && !slices.Contains(options, name) {
			return false
		}
	}
	return true
}

func (c *compiler) option(op *Operator, arg *simulations.Value, name string) (set bool) {
	if v := arg.Get(name); v != nil {
		c.in(name, func() { set = c.want(op, v, simulations.Bool) && v.Text == "true" })
	}
	return set
}

type jsonTest struct {
	source                                              *simulations.Value
	want                                                *wanted
	ignoreOrder, ignoreExtra, ignoreCount, placeholders bool
	anywhere, sameDigits                                bool
}

// maxSteps bounds a comparison without regard to order or place; any other is
// linear.
const maxSteps = 10_000_000

func (t *jsonTest) comparison() *comparison {
	c := &comparison{ignoreOrder: t.ignoreOrder, ignoreExtra: t.ignoreExtra, ignoreCount: t.ignoreCount, left: math.MaxInt}
	if t.ignoreOrder || t.ignoreCount || t.anywhere {
		c.left = maxSteps
	}
	return c
}

func (t *jsonTest) holds(v value, s *scope) bool {
	n, ok := v.json(s)
	if !ok {
		return false
	}
	c := t.comparison()
	if t.anywhere {
		return c.within(t.want, n) && c.left > 0
	}
	return c.equal(t.want, n) && c.left > 0
}

func (t *jsonTest) explain(v value, s *scope, m *simulations.Mismatch) {
	n, ok := v.json(s)
	if !ok {
		m.Expected, m.Actual = "JSON", v.show()
		return
	}
	if t.anywhere {
		m.Actual = nodeOf(n).show()
		return
	}
	at, want, got := t.comparison().difference(t.want, n)
	if at != "" {
		m.Field += " " + at
	}
	m.Expected, m.Actual = want, got
}
