package matchers

import (
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "formOnly",
	Doc: "The value is read as application/x-www-form-urlencoded, as `form` does, and has no field but those listed. " +
		"Recorded stubs use it beside `form`, so that a form with a further field is another request.",
	Example: "{body: {form: {a: \"1\"}, formOnly: [a]}}",
	Cost:    CostDocument,
	Schema:  `{"type":"array","items":{"type":"string"}}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.Array) {
			return
		}
		t := &formOnlyTest{}
		for i, item := range arg.Items {
			c.in(strconv.Itoa(i), func() {
				if item.Kind != simulations.String {
					c.fail(item, "a field's name is a string: quote it")
				}
			})
			t.names = append(t.names, item.Text)
		}
		p.add(part{op: op, arg: arg, value: t})
	},
})

type formOnlyTest struct{ names []string }

func (t *formOnlyTest) holds(v value, s *scope) bool {
	for _, name := range v.document().asForm(s).names {
		if !slices.Contains(t.names, name) {
			return false
		}
	}
	return true
}

func (t *formOnlyTest) explain(v value, s *scope, m *simulations.Mismatch) {
	m.Expected = "only " + strings.Join(t.names, ", ")
	m.Actual = strings.Join(v.document().asForm(s).names, ", ")
}
