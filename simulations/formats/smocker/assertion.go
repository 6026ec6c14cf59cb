package smocker

import (
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// equal is the assertion that a text alone stands for.
const equal = "ShouldEqual"

// assertion is one of Smocker's matchers with what it compares with.
type assertion struct {
	at    convert.Place
	name  string // without the "Not"
	not   bool
	value string
}

// known are the assertions, in the form that is not negated; those that have
// another have Not behind Should.
var known = []string{equal, "ShouldResemble", "ShouldContainSubstring", "ShouldStartWith", "ShouldEndWith", "ShouldMatch", "ShouldBeEmpty", "ShouldEqualJSON"}

// assertionAt reads a text, or an object of matcher and value.
func assertionAt(p convert.Place) assertion {
	a := assertion{at: p, name: equal}
	if p.Kind() != simulations.Object {
		a.value = p.Text()
		return a
	}
	p.Exactly("matcher", "value")
	if m := p.Get("matcher"); m.Set() {
		a.name = m.Text()
	}
	if rest, negated := strings.CutPrefix(a.name, "ShouldNot"); negated && a.name != "ShouldNotEqualJSON" {
		a.name, a.not = "Should"+rest, true
	}
	a.value = p.Get("value").Text()
	switch {
	case strings.HasSuffix(a.name, "AlmostEqual"):
		p.Refuse("the assertion is about numbers, and what it looks at is text: it never holds")
	case !slices.Contains(known, a.name):
		p.Refuse("%q is no assertion%s", p.Get("matcher").Text(), simulations.Suggest(p.Get("matcher").Text(), known))
	case a.name == "ShouldMatch":
		if _, err := regexp.Compile(a.value); err != nil {
			p.Get("value").Refuse("%s", err)
		}
	}
	return a
}

// holds reports whether the assertion, which is not of JSON, holds for a text.
func (a assertion) holds(text string) (ok bool) {
	switch a.name {
	case equal, "ShouldResemble":
		ok = text == a.value
	case "ShouldContainSubstring":
		ok = strings.Contains(text, a.value)
	case "ShouldStartWith":
		ok = strings.HasPrefix(text, a.value)
	case "ShouldEndWith":
		ok = strings.HasSuffix(text, a.value)
	case "ShouldBeEmpty":
		ok = text == ""
	case "ShouldMatch":
		re, err := regexp.Compile(a.value)
		ok = err == nil && re.MatchString(text)
	}
	return ok != a.not
}

// onPath is the predicate on the path.
func (a assertion) onPath() *simulations.Value {
	if (a.name == equal || a.name == "ShouldResemble") && !a.not {
		return convert.ExactPath(strings.TrimSpace(a.value))
	}
	return a.onValue()
}

// onValue is the predicate on one value of a field that is there.
func (a assertion) onValue() *simulations.Value {
	var out *simulations.Value
	switch a.name {
	case "ShouldContainSubstring":
		out = convert.TextOp("contains", a.value)
	case "ShouldStartWith":
		out = convert.TextOp("startsWith", a.value)
	case "ShouldEndWith":
		out = convert.TextOp("endsWith", a.value)
	case "ShouldMatch":
		out = convert.TextOp("regex", a.value)
	case "ShouldBeEmpty":
		out = convert.TextOp("text", "")
	case "ShouldEqualJSON":
		out = a.json()
	default:
		out = convert.TextOp("text", a.value)
	}
	if a.not {
		return convert.Op("not", out)
	}
	return out
}

// onText is the predicate on a text that is empty where it is not there.
func (a assertion) onText() *simulations.Value {
	switch empty := a.name != "ShouldEqualJSON" && a.holds(""); {
	case a.not:
		if !empty {
			return convert.All(convert.Present(), a.onValue())
		}
		return a.onValue() // what is not there satisfies it
	case a.value == "" && a.name != equal && a.name != "ShouldResemble" && a.name != "ShouldBeEmpty" && empty:
		return simulations.NewArray() // any text has the empty one in it
	case empty:
		return convert.Op("any", simulations.NewArray(convert.Absent(), a.onValue()))
	}
	return a.onValue()
}

// json is what ShouldEqualJSON compares. <<UNORDERED>> before the items of a
// list says that their order does not matter, <<PRESENCE>> stands for any value.
func (a assertion) json() *simulations.Value {
	at := a.at.Get("value")
	v, err := simulations.ParseJSON([]byte(a.value))
	if err != nil {
		at.Refuse("is no JSON: %s", err)
		return simulations.NewArray()
	}
	var n notation
	v = n.plain(v)
	if n.unordered && n.ordered {
		at.Refuse("some lists are <<UNORDERED>>, and others not: write all of them so, or compare the body by paths")
	}
	out := convert.Object("value", v)
	if n.unordered {
		out.Set("ignoreOrder", convert.Flag())
	}
	if n.presence {
		out.Set("placeholders", convert.Flag())
	}
	return convert.Op("json", out)
}

// notation is what stands in an expected document beside its values.
type notation struct {
	unordered, ordered, presence bool
}

// plain takes the notation out of a document.
func (n *notation) plain(v *simulations.Value) *simulations.Value {
	switch {
	case v.Kind == simulations.String && v.Text == "<<PRESENCE>>":
		n.presence = true
		return simulations.NewString("${json-unit.ignore}")
	case v.Kind != simulations.Object && v.Kind != simulations.Array:
		return v
	}
	items := v.Items
	if v.Kind == simulations.Array && len(items) > 0 && items[0].Kind == simulations.String && items[0].Text == "<<UNORDERED>>" {
		n.unordered = true
		items = items[1:]
	} else if v.Kind == simulations.Array && len(items) > 1 {
		n.ordered = true
	}
	out := &simulations.Value{Kind: v.Kind, Names: v.Names, Line: v.Line, Column: v.Column}
	for _, item := range items {
		out.Items = append(out.Items, n.plain(item))
	}
	return out
}
