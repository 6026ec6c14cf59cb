package matchers

import "understudy/simulations"

var _ = register(Operator{
	Name: "template",
	Doc: "A path template, which the whole value fits. `{name}` stands for one segment that is not empty, " +
		"`v{name}.json` for one with that prefix and suffix, `{name...}` as the last segment for the rest of the path, one character at least. " +
		"Other segments are literal, in match form; a literal brace is written `%7B` and `%7D`. " +
		"Names stand once. What a stub's path captures is percent-decoded and goes to the response's template.",
	Example: "{path: {template: \"/users/{id}/files/{file...}\"}}",
	Cost:    CostPattern,
	Schema:  `{"type":"string","pattern":"^/"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.String) {
			return
		}
		t, err := parseTemplate(arg.Text)
		if err != nil {
			c.fail(arg, "not a template: %s", err)
			return
		}
		p.add(part{op: op, arg: arg, value: t})
	},
})

func (t *template) holds(v value, _ *scope) bool { return t.match(matchForm(v.string())) }
