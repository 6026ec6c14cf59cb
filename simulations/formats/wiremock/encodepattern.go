package wiremock

import (
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// anything is a matcher that every value satisfies.
func anything() *simulations.Value { return convert.TextOp("matches", "(?s).*") }

// single1 says a predicate on a field of one value.
func single1(v *simulations.Value, at export.Place) *simulations.Value {
	return allOf(export.Terms(v, at), false)
}

// several1 says a predicate on a field that may have several values: what is
// about one value together is `and`, what may be about others is `includes`.
func several1(v *simulations.Value, at export.Place) *simulations.Value {
	groups := export.Groups(v, at)
	switch len(groups) {
	case 0:
		return convert.Op("or", simulations.NewArray(anything(), flagged("absent")))
	case 1:
		return group(groups[0])
	}
	list := &simulations.Value{Kind: simulations.Array}
	for _, g := range groups {
		for _, t := range g {
			if isWhole(t) && !t.Is("absent", false) {
				t.At.LeaveOut("beside other conditions on a field with several values this cannot be said there; write one predicate")
			}
		}
		list.Items = append(list.Items, allOf(g, false))
	}
	return convert.Op("includes", list)
}

// isWhole reports whether an operator is about the field as a whole.
func isWhole(t export.Term) bool {
	return slices.Contains([]string{"absent", "not", "any", "hasItem", "hasExactly", "first"}, t.Op)
}

// group says conditions on one value of a field.
func group(terms []export.Term) *simulations.Value {
	if len(terms) != 1 {
		// That a value is there says every condition on one.
		terms = slices.DeleteFunc(slices.Clone(terms), func(t export.Term) bool { return t.Is("absent", false) })
		for _, t := range terms {
			if isWhole(t) && t.Op != "not" {
				t.At.LeaveOut("beside other conditions on a field with several values this cannot be said there; write one predicate")
			} else if t.Op == "not" {
				t.At.Warn("of several values of a field one that does not fit is enough for `not` there")
			}
		}
		return allOf(terms, false)
	}
	t := terms[0]
	switch t.Op {
	case "any":
		return anyOf(t, func(v *simulations.Value, at export.Place) *simulations.Value { return several1(v, at) })
	case "hasItem":
		return convert.Op("and", simulations.NewArray(single1(t.Arg, t.At)))
	case "hasExactly":
		list := &simulations.Value{Kind: simulations.Array}
		for i, item := range t.Arg.Items {
			list.Items = append(list.Items, single1(item, t.At.Item(i)))
		}
		return convert.Op("hasExactly", list)
	case "first":
		t.At.Warn("of several values of a field any may fit there, not the first alone")
		return several1(t.Arg, t.At)
	case "not":
		t.At.Warn("of several values of a field one that does not fit is enough for `not` there")
	}
	return one1(t, false)
}

func anyOf(t export.Term, say func(*simulations.Value, export.Place) *simulations.Value) *simulations.Value {
	list := &simulations.Value{Kind: simulations.Array}
	for i, item := range t.Arg.Items {
		// What each reader makes of `or` of an absent field and one that does not
		// fit is `not`.
		list.Items = append(list.Items, say(item, t.At.Item(i)))
	}
	return convert.Op("or", list)
}

// allOf says conditions on one value.
func allOf(terms []export.Term, body bool) *simulations.Value {
	switch len(terms) {
	case 0:
		return anything()
	case 1:
		return one1(terms[0], body)
	}
	list := &simulations.Value{Kind: simulations.Array}
	for _, t := range terms {
		list.Items = append(list.Items, one1(t, body))
	}
	return convert.Op("and", list)
}

// one1 says a term about one value, a body or a text.
func one1(t export.Term, body bool) *simulations.Value {
	if text, ok := t.Text(); ok {
		if body && text == "" {
			return flagged("absent")
		}
		return convert.TextOp("equalTo", text)
	}
	switch t.Op {
	case "equals":
		return scalarMatcher(t, body)
	case "absent":
		switch {
		case t.Arg.Text == "true":
			return flagged("absent")
		case body:
			return convert.TextOp("matches", "(?s).+")
		}
		return anything()
	case "not":
		return convert.Op("not", allOf(export.Terms(t.Arg, t.At), body))
	case "any":
		return anyOf(t, func(v *simulations.Value, at export.Place) *simulations.Value {
			return allOf(export.Terms(v, at), body)
		})
	case "equalsIgnoreCase":
		return convert.Object("equalTo", t.Arg, "caseInsensitive", convert.Flag())
	case "contains":
		return convert.Op("contains", t.Arg)
	case "base64":
		if t.Arg.Kind == simulations.String {
			return convert.Op("binaryEqualTo", t.Arg)
		}
	case "json":
		return jsonMatcher(t)
	case "jsonPath":
		return pathMatcher(t, "matchesJsonPath", []string{"lenient"})
	case "jsonSchema":
		return convert.Op("matchesJsonSchema", t.Arg)
	case "xml":
		return xmlMatcher(t)
	case "xpath":
		return pathMatcher(t, "matchesXPath", []string{"namespaces", "localNames", "asXML"})
	case "before", "after", "at":
		return dateMatcher(t)
	case "number":
		return numberMatcher(t)
	case "lookaround":
		return convert.TextOp("matches", wholeJava(t.Arg.Text, t.At))
	}
	return convert.TextOp("matches", javaOf(t, false))
}

// scalarMatcher is equality with a number or a word of JSON.
func scalarMatcher(t export.Term, body bool) *simulations.Value {
	switch {
	case body:
		return convert.TextOp("equalToJson", t.Arg.String())
	case t.Arg.Kind == simulations.Number:
		return convert.Op("equalToNumber", t.Arg)
	}
	return convert.TextOp("equalTo", t.Arg.Text)
}

// javaOf says a term about a text as a regular expression of Java's that the
// whole value fits.
func javaOf(t export.Term, path bool) string {
	expr, ok := t.Expression(path)
	if !ok {
		t.At.LeaveOut("the operator %s, as it stands here, has no equal there", t.Op)
		return ""
	}
	return wholeJava(expr, t.At)
}

// whole is an expression that this package's reader makes of one of Java's.
var whole = regexp.MustCompile(`^\\A\(\?s:((?s).*)\)\\z$`)

// wholeJava turns an expression that is searched into one of Java's that the
// whole value fits.
func wholeJava(expr string, at export.Place) string {
	out := ""
	if m := whole.FindStringSubmatch(expr); m != nil && balanced(m[1]) {
		out = m[1]
	} else if rest, begins := strings.CutPrefix(expr, `(?s)\A`); begins && strings.HasSuffix(rest, `\z`) && balanced(strings.TrimSuffix(rest, `\z`)) && !strings.Contains(rest, "|") {
		out = strings.TrimSuffix(rest, `\z`)
	} else {
		// The dot stops at line ends where nothing else is said, as in RE2.
		out = `(?s:.*)(?-s:` + expr + `)(?s:.*)`
	}
	if same, foreign := fromJava(out); foreign != "" || same != out {
		at.LeaveOut("the regular expression means something else in Java; write it without classes within classes, and escapes of RE2's own")
	}
	return out
}

// balanced reports whether a text is an expression by itself.
func balanced(expr string) bool {
	_, err := regexp.Compile(expr)
	return err == nil
}

func jsonMatcher(t export.Term) *simulations.Value {
	value, options := export.Options(t.Arg, export.JSONOptions...)
	var m export.Members
	if value.Kind == simulations.Object || value.Kind == simulations.Array {
		m.Set("equalToJson", value)
	} else {
		m.Text("equalToJson", value.String())
	}
	placeholders := false
	for _, o := range options {
		switch o {
		case "ignoreOrder":
			m.Set("ignoreArrayOrder", convert.Flag())
		case "ignoreExtra":
			m.Set("ignoreExtraElements", convert.Flag())
		case "placeholders":
			placeholders = true
		case "sameDigits":
			if export.HasNumber(value) {
				t.At.Get(o).Warn("numbers are equal by their value there: 1 and 1.0 are one")
			}
		default:
			t.At.Get(o).LeaveOut("JSON is compared there with ignoreOrder and ignoreExtra only")
		}
	}
	if !placeholders && strings.Contains(value.String(), "{json-unit.") {
		t.At.LeaveOut("placeholders have a meaning there whether or not it is asked for")
	}
	return m.Value()
}

// pathMatcher says paths and what they find, all of which must hold.
func pathMatcher(t export.Term, name string, options []string) *simulations.Value {
	if t.Arg.Kind == simulations.String {
		return convert.Op(name, t.Arg)
	}
	if name == "matchesJsonPath" && t.Arg.Get("lenient") == nil {
		t.At.Warn("paths are read there as before RFC 9535: a path that finds null finds nothing, and a number equals the text that writes it")
	}
	if name == "matchesXPath" && t.Arg.Get("namespaces") == nil && t.Arg.Get("localNames") == nil {
		t.At.Warn("in XPath a name without prefix fits elements whatever their namespace and prefix there")
	}
	list := &simulations.Value{Kind: simulations.Array}
	for i, path := range t.Arg.Names {
		if slices.Contains(options, path) {
			continue
		}
		at := t.At.Get(path)
		found := export.Terms(t.Arg.Items[i], at)
		var m export.Members
		if len(found) == 0 || len(found) == 1 && found[0].Is("absent", false) {
			m.Set(name, simulations.NewString(path))
		} else {
			inner := convert.Object("expression", simulations.NewString(path))
			say := allOf(found, false)
			for j, op := range say.Names {
				inner.Set(op, say.Items[j])
			}
			m.Set(name, inner)
			if name == "matchesXPath" && t.Arg.Get("asXML") == nil && !strings.ContainsAny(path[strings.LastIndexByte(path, '/')+1:], "@(") {
				at.Warn("what an XPath finds is compared as XML there, not as text: end the path in /text()")
			}
		}
		if ns := t.Arg.Get("namespaces"); ns != nil {
			m.Set("xPathNamespaces", ns)
		}
		list.Items = append(list.Items, m.Value())
	}
	if len(list.Items) == 1 {
		return list.Items[0]
	}
	return convert.Op("and", list)
}

func xmlMatcher(t export.Term) *simulations.Value {
	value, options := export.Options(t.Arg, export.XMLOptions...)
	m := convert.Object("equalToXml", value)
	namespaces := ""
	order := false
	for _, o := range options {
		switch o {
		case "placeholders":
			m.Set("enablePlaceholders", convert.Flag())
		case "ignoreOrder":
			m.Set("ignoreOrderOfSameNode", convert.Flag())
			order = true
		case "ignoreOrderOfNames":
			order = true
		case "namespaces":
			namespaces = t.Arg.Get(o).Text
		default:
			t.At.Get(o).LeaveOut("XML is compared there without this option")
		}
	}
	if !order {
		t.At.Warn("elements of different names come in any order there")
	}
	switch namespaces {
	case "":
		m.Set("namespaceAwareness", simulations.NewString("STRICT"))
	case "prefixes":
		m.Set("namespaceAwareness", simulations.NewString("NONE"))
	case "ignore":
		m.Set("exemptedComparisons", convert.Strings([]string{"NAMESPACE_URI"}))
	}
	return m
}

func dateMatcher(t export.Term) *simulations.Value {
	name := map[string]string{"before": "before", "after": "after", "at": "equalToDateTime"}[t.Op]
	if t.Arg.Kind == simulations.String {
		t.At.Warn("dates are written there as ISO 8601 has them, or as HTTP has them")
		return convert.TextOp(name, spelled(t.Arg.Text))
	}
	value := t.Arg.Get("value").Text
	if o := t.Arg.Get("offset"); o != nil {
		if value != "now" || t.Arg.Get("truncateArgument") != nil {
			t.At.LeaveOut("an offset goes with now there, before it is rounded; write the date that is meant")
		}
		value = "now " + o.Text
	}
	m := convert.Object(name, simulations.NewString(spelled(value)))
	for here, there := range map[string]string{"format": "actualFormat", "truncate": "truncateActual", "truncateArgument": "truncateExpected"} {
		if o := t.Arg.Get(here); o != nil && (here != "format" || o.Text != "iso") {
			m.Set(there, o)
		}
	}
	if t.Arg.Get("truncateArgument") != nil && value != "now" && strings.HasPrefix(value, "now") {
		m.Set("applyTruncationLast", convert.Flag())
	}
	return m
}

var shortOffset = regexp.MustCompile(`^now\s*([+-])\s*(\d+)\s*([a-z]+)$`)

// spelled writes now+3d as now +3 days.
func spelled(date string) string {
	m := shortOffset.FindStringSubmatch(strings.TrimSpace(date))
	if m == nil {
		return date
	}
	unit := map[string]string{"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "y": "years"}[m[3]]
	if unit == "" {
		unit = m[3]
	}
	return "now " + m[1] + m[2] + " " + unit
}

func numberMatcher(t export.Term) *simulations.Value {
	if t.Arg.Kind == simulations.Number {
		return convert.Op("equalToNumber", t.Arg)
	}
	there := map[string]string{
		"eq": "equalToNumber", "gt": "greaterThanNumber", "gte": "greaterThanEqualNumber", "ge": "greaterThanEqualNumber",
		"lt": "lessThanNumber", "lte": "lessThanEqualNumber", "le": "lessThanEqualNumber",
	}
	list := &simulations.Value{Kind: simulations.Array}
	for i, name := range t.Arg.Names {
		if there[name] == "" {
			t.At.Get(name).LeaveOut("numbers are not compared by %s there; write gt and lt", name)
			continue
		}
		list.Items = append(list.Items, convert.Op(there[name], t.Arg.Items[i]))
	}
	if len(list.Items) == 1 {
		return list.Items[0]
	}
	return convert.Op("and", list)
}
