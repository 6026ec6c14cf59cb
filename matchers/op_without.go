package matchers

import (
	"regexp"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "without",
	Doc: "What is left of the value's text when everything that `regex` (RE2) finds is taken out satisfies the predicate `is`. " +
		"It leaves out what changes from call to call, such as a time.",
	Example: "{body: {without: {regex: '[0-9]+:[0-9]+', is: \"it is  o'clock\"}}}",
	Cost:    CostPattern,
	Schema: `{"type":"object","required":["regex","is"],"additionalProperties":false,"properties":{` +
		`"regex":{"type":"string","format":"regex"},"is":{"$ref":"#/$defs/predicate"}}}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.Object) {
			return
		}
		c.members(op, arg, "regex", "is")
		expr, is := arg.Get("regex"), arg.Get("is")
		if !c.want(op, expr, simulations.String) {
			return
		}
		re, err := regexp.Compile(expr.Text)
		if err != nil {
			c.in("regex", func() { c.fail(expr, "%s", regexFault(err)) })
			return
		}
		c.dear = true
		if is == nil {
			c.fail(arg, "without has a predicate `is` for what is left")
			return
		}
		c.in("is", func() { p.add(part{op: op, arg: arg, value: &withoutTest{re, c.predicate(is)}}) })
	},
})

type withoutTest struct {
	re *regexp.Regexp
	p  *Predicate
}

func (t *withoutTest) holds(v value, s *scope) bool {
	s.work.Regexes++
	return t.p.holds(one(textOf(t.re.ReplaceAllLiteralString(v.string(), ""))), s)
}
