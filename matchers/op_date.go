package matchers

import (
	"encoding/json"
	"time"

	"understudy/simulations"
)

const dateDoc = " The argument is a date, `now`, or `now` with offsets such as `now+3d`, `now -2h` or `now +1 month`. " +
	"Dates, here and in the value, are RFC 3339, with 'T' or a space, without a zone taken as UTC, with a zone's name in brackets (RFC 9557) or not; a date alone, its midnight in UTC; an HTTP date (RFC 9110 section 5.6.7); " +
	"or seconds since 1970, from twelve digits on milliseconds. A value that is no date does not hold. " +
	"An object of `value` and options says more: `format` how the request writes the date (a pattern such as `dd/MM/yyyy`, `unix` for seconds and `epoch` for milliseconds since 1970, `iso` for no numbers but a year alone); " +
	"`truncate` rounds the request's date and `truncateArgument` the argument, to `first second of minute`, `first minute of hour`, `first hour of day`, `first day of month`, `last day of month`, `first day of next month`, or the same of `year`; " +
	"`offset`, such as `+3d`, is added to the argument after that."

const dateSchema = `{"anyOf":[{"type":["string","integer"]},{"type":"object","required":["value"],"additionalProperties":false,"properties":{` +
	`"value":{"type":["string","integer"]},"format":{"type":"string"},"truncate":{"type":"string"},"truncateArgument":{"type":"string"},"offset":{"type":"string"}}}]}`

var _ = register(Operator{
	Name:    "before",
	Doc:     "The value is a date before the argument." + dateDoc,
	Example: "{body: {jsonPath: {$.expires: {before: now+3d}}}}",
	Cost:    CostPattern,
	Schema:  dateSchema,
	compile: dateCompiler(func(c int) bool { return c < 0 }),
})

var _ = register(Operator{
	Name:    "after",
	Doc:     "The value is a date after the argument." + dateDoc,
	Example: "{headers: {If-Modified-Since: {after: \"2026-01-01T00:00:00Z\"}}}",
	Cost:    CostPattern,
	Schema:  dateSchema,
	compile: dateCompiler(func(c int) bool { return c > 0 }),
})

var _ = register(Operator{
	Name:    "at",
	Doc:     "The value is a date, and the same instant as the argument." + dateDoc,
	Example: "{query: {since: {at: 2026-01-01}}}",
	Cost:    CostPattern,
	Schema:  dateSchema,
	compile: dateCompiler(func(c int) bool { return c == 0 }),
})

func dateCompiler(holds func(c int) bool) func(*compiler, *Operator, *simulations.Value, *Predicate) {
	return func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		t := &dateTest{compare: holds}
		value := arg
		if arg.Kind == simulations.Object {
			c.members(op, arg, "value", "format", "truncate", "truncateArgument", "offset")
			value = arg.Get("value")
			c.dateOptions(op, arg, t)
		}
		if value == nil || value.Kind != simulations.String && value.Kind != simulations.Number {
			c.fail(arg, "%s takes a date, not %s", op.Name, kindOf(value))
			return
		}
		to, ok := parseInstant(value.Text)
		if t.form.iso && !to.now {
			to.fixed, ok = t.form.parse(value.Text)
		}
		if !ok {
			c.fail(arg, "%q is no date: write 2026-01-31, 2026-01-31T12:00:00Z, an HTTP date, seconds since 1970, or now+3d", cut(value.Text))
			return
		}
		t.to = to
		p.add(part{op: op, arg: arg, value: t})
	}
}

// dateOptions reads the options of a date operator.
func (c *compiler) dateOptions(op *Operator, arg *simulations.Value, t *dateTest) {
	option := func(name string, read func(v *simulations.Value)) {
		if v := arg.Get(name); v != nil {
			c.in(name, func() {
				if c.want(op, v, simulations.String) {
					read(v)
				}
			})
		}
	}
	option("format", func(v *simulations.Value) {
		var err error
		if t.form, err = parseDateForm(v.Text); err != nil {
			c.fail(v, "%s", err)
		}
	})
	round := func(into *func(time.Time) time.Time) func(v *simulations.Value) {
		return func(v *simulations.Value) {
			if *into = rounding[v.Text]; *into == nil {
				c.fail(v, "%q is none of %s", v.Text, roundings())
			}
		}
	}
	option("truncate", round(&t.round))
	option("truncateArgument", round(&t.roundTo))
	option("offset", func(v *simulations.Value) {
		i, ok := parseInstant("now" + v.Text)
		if !ok || len(i.offsets) == 0 {
			c.fail(v, "%q is no offset: write +3d, -2h or +1 month", cut(v.Text))
		}
		t.offsets = i.offsets
	})
}

type dateTest struct {
	compare func(c int) bool
	to      instant
	form    dateForm
	// round and roundTo, where set, are for the request's date and for the
	// argument; offsets come on top of that.
	round, roundTo func(time.Time) time.Time
	offsets        []offset
}

// wanted is the date that a value is compared with.
func (t *dateTest) wanted(s *scope) time.Time {
	to := t.to.resolve(s)
	if t.roundTo != nil {
		to = t.roundTo(to.UTC())
	}
	for _, o := range t.offsets {
		to = units[o.unit](to, o.n)
	}
	return to
}

func (t *dateTest) holds(v value, s *scope) bool {
	text := ""
	if n, ok := v.node.(json.Number); ok && v.kind == jsonValue {
		text = string(n)
	} else {
		text = v.string()
	}
	d, ok := t.form.parse(text)
	if ok && t.round != nil {
		d = t.round(d)
	}
	return ok && t.compare(d.Compare(t.wanted(s)))
}

func (t *dateTest) explain(_ value, s *scope, m *simulations.Mismatch) {
	m.Expected = t.wanted(s).UTC().Format(time.RFC3339Nano)
}
