package pact

import (
	"regexp"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// What the matchers of numbers take, as text.
const (
	integerText = `-?[0-9]+`
	decimalText = `-?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?`
	numberText  = `-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?`
	semverText  = `(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`
)

// whole is an expression that the whole text fits.
func whole(expr string) string { return `\A(?:` + expr + `)\z` }

// expression says a matcher of text as a regular expression, and reports
// whether it can be said so.
func (i *interaction) expression(m convert.Place) (string, bool) {
	switch name := matcher(m); name {
	case "regex":
		return m.Get("regex").Text(), true
	case "include":
		return `(?s).*` + regexp.QuoteMeta(m.Get("value").Text()) + `.*`, true
	case "semver":
		return semverText, true
	case "notEmpty":
		return `(?s).+`, true
	case "date", "time", "timestamp", "datetime":
		format := m.First("format", name)
		pattern := format.Text()
		if pattern == "" {
			pattern = isoFormats[name]
		}
		expr, ok := formatExpression(pattern)
		if !ok {
			i.lose(format, "the format %q of dates is not understood", pattern)
		}
		return expr, ok
	}
	return "", false
}

// text is the predicate on a field of text whose example is given: by the rule,
// or by equality where there is none.
func (i *interaction) text(example string, r *rule, equal func(string) *simulations.Value) *simulations.Value {
	if r == nil {
		return equal(example)
	}
	var list []*simulations.Value
	for _, m := range r.matchers {
		if v := i.textMatcher(example, m, equal); v != nil {
			list = append(list, v)
		}
	}
	switch {
	case r.or && len(list) > 1:
		return convert.Op("any", simulations.NewArray(list...))
	case len(list) == 0:
		return convert.Present()
	}
	return convert.All(list...)
}

func (i *interaction) textMatcher(example string, m convert.Place, equal func(string) *simulations.Value) *simulations.Value {
	fits := func(expr string) *simulations.Value {
		if _, err := regexp.Compile(expr); err != nil {
			return convert.TextOp("lookaround", whole(expr))
		}
		return convert.TextOp("regex", whole(expr))
	}
	switch name := matcher(m); name {
	case "equality":
		return equal(example)
	case "type":
		return convert.Present()
	case "integer":
		return fits(integerText)
	case "decimal":
		return fits(decimalText)
	case "number":
		return fits(numberText)
	case "boolean":
		return fits("true|false")
	case "include":
		return convert.TextOp("contains", m.Get("value").Text())
	default:
		if expr, ok := i.expression(m); ok {
			return fits(expr)
		}
		if !i.lost {
			i.lose(m, "the matcher %q is not for text", name)
		}
		return nil
	}
}
