package matchers

import (
	"encoding/json"
	"time"

	"understudy/simulations"
)

const dateDoc = " The argument is a date, `now`, or `now` with offsets such as `now+3d`, `now -2h` or `now +1 month`. " +
	"Dates, here and in the value, are RFC 3339, with 'T' or a space, without a zone taken as UTC, with a zone's name in brackets (RFC 9557) or not; a date alone, its midnight in UTC; an HTTP date (RFC 9110 section 5.6.7); " +
	"or seconds since 1970, from twelve digits on milliseconds. A value that is no date does not hold."

var _ = register(Operator{
	Name:    "before",
	Doc:     "The value is a date before the argument." + dateDoc,
	Example: "{body: {jsonPath: {$.expires: {before: now+3d}}}}",
	Cost:    CostPattern,
	Schema:  `{"type":["string","integer"]}`,
	compile: dateCompiler(func(c int) bool { return c < 0 }),
})

var _ = register(Operator{
	Name:    "after",
	Doc:     "The value is a date after the argument." + dateDoc,
	Example: "{headers: {If-Modified-Since: {after: \"2026-01-01T00:00:00Z\"}}}",
	Cost:    CostPattern,
	Schema:  `{"type":["string","integer"]}`,
	compile: dateCompiler(func(c int) bool { return c > 0 }),
})

var _ = register(Operator{
	Name:    "at",
	Doc:     "The value is a date, and the same instant as the argument." + dateDoc,
	Example: "{query: {since: {at: 2026-01-01}}}",
	Cost:    CostPattern,
	Schema:  `{"type":["string","integer"]}`,
	compile: dateCompiler(func(c int) bool { return c == 0 }),
})

func dateCompiler(holds func(c int) bool) func(*compiler, *Operator, *simulations.Value, *Predicate) {
	return func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if arg.Kind != simulations.String && arg.Kind != simulations.Number {
			c.fail(arg, "%s takes a date, not %s", op.Name, arg.Kind)
			return
		}
		d, ok := parseInstant(arg.Text)
		if !ok {
			c.fail(arg, "%q is no date: write 2026-01-31, 2026-01-31T12:00:00Z, an HTTP date, seconds since 1970, or now+3d", cut(arg.Text))
			return
		}
		p.add(part{op: op, arg: arg, value: &dateTest{holds, d}})
	}
}

type dateTest struct {
	compare func(c int) bool
	to      instant
}

func (t *dateTest) holds(v value, s *scope) bool {
	text := ""
	if n, ok := v.node.(json.Number); ok && v.kind == jsonValue {
		text = string(n)
	} else {
		text = v.string()
	}
	d, ok := parseDate(text)
	return ok && t.compare(d.Compare(t.to.resolve(s)))
}

func (t *dateTest) explain(_ value, s *scope, m *simulations.Mismatch) {
	m.Expected = t.to.resolve(s).UTC().Format(time.RFC3339Nano)
}
