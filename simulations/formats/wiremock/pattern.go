package wiremock

import (
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// arity is how many values the field of a matcher may have.
type arity bool

const (
	single arity = false
	// multi is a query parameter, a header, a cookie, a field of a form: one
	// value that fits is enough, and every operator looks at one value at a time.
	multi arity = true
)

// options are what stands beside an operator, by operator.
var options = map[string][]string{
	"equalTo":           {"caseInsensitive"},
	"binaryEqualTo":     nil,
	"contains":          nil,
	"doesNotContain":    nil,
	"matches":           nil,
	"doesNotMatch":      nil,
	"equalToJson":       {"ignoreArrayOrder", "ignoreExtraElements"},
	"matchesJsonPath":   nil,
	"matchesJsonSchema": {"schemaVersion"},
	"equalToXml": {
		"enablePlaceholders", "placeholderOpeningDelimiterRegex", "placeholderClosingDelimiterRegex", "exemptedComparisons",
		"ignoreOrderOfSameNode", "namespaceAwareness",
	},
	"matchesXPath":           {"xPathNamespaces"},
	"before":                 dateOptions,
	"after":                  dateOptions,
	"equalToDateTime":        dateOptions,
	"absent":                 nil,
	"and":                    nil,
	"or":                     nil,
	"not":                    nil,
	"includes":               nil,
	"hasExactly":             nil,
	"matchesPathTemplate":    nil,
	"anything":               nil,
	"equalToNumber":          nil,
	"greaterThanNumber":      nil,
	"greaterThanEqualNumber": nil,
	"lessThanNumber":         nil,
	"lessThanEqualNumber":    nil,
}

var numbers = map[string]string{
	"equalToNumber": "eq", "greaterThanNumber": "gt", "greaterThanEqualNumber": "gte", "lessThanNumber": "lt", "lessThanEqualNumber": "lte",
}

// operatorOf finds the operator of a matcher, which may stand anywhere in it.
func operatorOf(p convert.Place) (name string, arg convert.Place, ok bool) {
	if p.Kind() != simulations.Object {
		p.Refuse("a matcher is an object such as {\"equalTo\": \"x\"}, not %s", p.Kind())
		return "", p, false
	}
	for n, m := range p.Members() {
		if _, known := options[n]; known {
			p.Exactly(append(slices.Clone(options[n]), n)...)
			return n, m, true
		}
	}
	p.Refuse("holds no operator that is known%s", suggestion(p))
	return "", p, false
}

func suggestion(p convert.Place) string {
	known := make([]string, 0, len(options))
	for name := range options {
		known = append(known, name)
	}
	slices.Sort(known)
	for _, name := range p.Value().Names {
		if s := simulations.Suggest(name, known); s != "" {
			return s
		}
	}
	return ""
}

// pattern says a matcher in operators; nil where it was refused.
func pattern(p convert.Place, n arity) *simulations.Value {
	name, arg, ok := operatorOf(p)
	if !ok {
		return nil
	}
	var out *simulations.Value
	switch name {
	case "absent":
		return convert.Absent() // whatever its value, as there
	case "anything":
		return simulations.NewArray()
	case "not":
		if v := pattern(arg, single); v != nil {
			return unless(v, n)
		}
		return nil
	case "doesNotContain":
		return unless(textOperator(arg, "contains"), n)
	case "doesNotMatch":
		if v := wholeRegex(arg, arg.Text()); v != nil {
			return unless(v, n)
		}
		return nil
	case "and", "or":
		return logical(name, arg, n)
	case "includes", "hasExactly":
		return several(name, arg)
	case "equalTo":
		if p.Get("caseInsensitive").Bool() {
			return textOperator(arg, "equalsIgnoreCase")
		}
		return textOperator(arg, "text")
	case "binaryEqualTo":
		return textOperator(arg, "base64")
	case "contains":
		return textOperator(arg, "contains")
	case "matches":
		return wholeRegex(arg, arg.Text())
	case "matchesPathTemplate":
		return pathTemplate(arg, arg.Text())
	case "before", "after", "equalToDateTime":
		return date(p, name, arg)
	case "equalToJson":
		out = equalToJSON(p, arg)
	case "matchesJsonSchema":
		out = jsonSchema(p, arg)
	case "matchesJsonPath":
		out = jsonPath(arg)
	case "equalToXml":
		out = equalToXML(p, arg)
	case "matchesXPath":
		out = xPath(p, arg)
	default:
		return convert.Op("number", convert.Object(numbers[name], arg.Value()))
	}
	return out
}

// textOperator is an operator that takes a text. Equality of texts is written
// as a scalar where that means the same.
func textOperator(arg convert.Place, op string) *simulations.Value {
	if arg.Kind() != simulations.String {
		arg.Refuse("is %s, but must be a string", arg.Kind())
		return nil
	}
	text := arg.Value().Text
	if op == "text" && !scalarJSON(text) {
		return simulations.NewString(text)
	}
	return convert.TextOp(op, text)
}

// scalarJSON reports whether a text is also what a JSON value that is no text
// reads like, so that equality has to say which is meant.
func scalarJSON(text string) bool {
	v, err := simulations.ParseJSON([]byte(text))
	return err == nil && v.Kind != simulations.String
}

// unless is the contrary of a predicate on one value. A field that is absent
// satisfies it; of several values one that does is enough.
func unless(v *simulations.Value, n arity) *simulations.Value {
	if v == nil {
		return nil
	}
	if n == single {
		return convert.Op("not", v)
	}
	some := convert.Op("hasItem", convert.Op("not", v))
	if takesAbsence(v) {
		return some
	}
	return convert.Op("any", simulations.NewArray(convert.Absent(), some))
}

// takesAbsence reports whether a predicate, as it is made here, holds for a
// field that is absent.
func takesAbsence(v *simulations.Value) bool {
	if v.Kind == simulations.Array {
		return !slices.ContainsFunc(v.Items, func(item *simulations.Value) bool { return !takesAbsence(item) })
	}
	if v.Kind != simulations.Object || len(v.Names) != 1 {
		return false
	}
	switch of := v.Items[0]; v.Names[0] {
	case "absent":
		return of.Text == "true"
	case "not":
		return !takesAbsence(of)
	case "any":
		return slices.ContainsFunc(of.Items, takesAbsence)
	case "all":
		return takesAbsence(of)
	}
	return false
}

// logical joins matchers, each of them about one value.
func logical(name string, arg convert.Place, n arity) *simulations.Value {
	list := &simulations.Value{Kind: simulations.Array}
	refused := arg.Refused()
	for item := range arg.Items() {
		each := n
		if name == "and" {
			each = single
		}
		if v := pattern(item, each); v != nil {
			list.Items = append(list.Items, v)
		}
	}
	if arg.Refused() > refused {
		return nil
	}
	if name == "or" {
		return convert.Op("any", list)
	}
	out := convert.Op("all", list)
	if n == multi {
		return convert.Op("hasItem", out)
	}
	return out
}

// several is about all the values of a field: each matcher is satisfied by some
// value, and for hasExactly there are no others.
func several(name string, arg convert.Place) *simulations.Value {
	list := &simulations.Value{Kind: simulations.Array}
	refused := arg.Refused()
	for item := range arg.Items() {
		if v := pattern(item, single); v != nil {
			if name == "includes" {
				v = convert.Op("hasItem", v)
			}
			list.Items = append(list.Items, v)
		}
	}
	if arg.Refused() > refused {
		return nil
	}
	if name == "includes" {
		return convert.Op("all", list)
	}
	return convert.Op("hasExactly", list)
}

// equalToJSON compares JSON, given as JSON or as its text.
func equalToJSON(p, arg convert.Place) *simulations.Value {
	doc := document(arg)
	if doc == nil {
		return nil
	}
	long := convert.Object("value", doc)
	if p.Get("ignoreArrayOrder").Bool() {
		long.Set("ignoreOrder", convert.Flag())
	}
	if p.Get("ignoreExtraElements").Bool() {
		long.Set("ignoreExtra", convert.Flag())
	}
	if strings.Contains(doc.String(), "{json-unit.") {
		long.Set("placeholders", convert.Flag())
	}
	return convert.Op("json", long)
}

// document is JSON that stands as it is, or in a string.
func document(arg convert.Place) *simulations.Value {
	if arg.Kind() != simulations.String {
		return arg.Value()
	}
	doc, err := simulations.ParseJSON([]byte(arg.Value().Text))
	if err != nil {
		arg.Refuse("the text is not JSON: %s", err)
		return nil
	}
	return doc
}

// drafts are the JSON Schema drafts by WireMock's names.
var drafts = map[string]string{
	"V4":      "http://json-schema.org/draft-04/schema#",
	"V6":      "http://json-schema.org/draft-06/schema#",
	"V7":      "http://json-schema.org/draft-07/schema#",
	"V201909": "https://json-schema.org/draft/2019-09/schema",
	"V202012": "https://json-schema.org/draft/2020-12/schema",
}

// keywords are those of JSON Schema that may stand alone.
var keywords = strings.Fields(`type enum const allOf anyOf oneOf not if properties patternProperties additionalProperties propertyNames
	required dependencies dependentRequired dependentSchemas minProperties maxProperties items prefixItems additionalItems contains
	minItems maxItems uniqueItems unevaluatedItems unevaluatedProperties minLength maxLength pattern format minimum maximum
	exclusiveMinimum exclusiveMaximum multipleOf $ref $dynamicRef $recursiveRef $schema $id $anchor $defs definitions title description default examples`)

func jsonSchema(p, arg convert.Place) *simulations.Value {
	doc := document(arg)
	if doc == nil {
		return nil
	}
	if doc.Kind == simulations.Object && len(doc.Names) > 0 && !slices.ContainsFunc(doc.Names, func(n string) bool { return slices.Contains(keywords, n) }) {
		arg.Refuse("no member of it is a keyword of JSON Schema, so that WireMock never matches: write a schema, or equalToJson for a document")
		return nil
	}
	version := p.Get("schemaVersion")
	draft := drafts[version.Text()]
	if version.Set() && draft == "" {
		version.Refuse("%q is no version: there are V4, V6, V7, V201909 and V202012", version.Text())
		return nil
	}
	if draft != "" && doc.Kind == simulations.Object && doc.Get("$schema") == nil {
		with := &simulations.Value{Kind: simulations.Object, Line: doc.Line, Column: doc.Column}
		with.Names, with.Items = slices.Clone(doc.Names), slices.Clone(doc.Items)
		with.Set("$schema", simulations.NewString(draft))
		doc = with
	}
	return convert.Op("jsonSchema", doc)
}

// nested splits {expression, operator…} into the expression and the matcher on
// what it finds; nil where there is none.
func nested(arg convert.Place) (expression string, found func() *simulations.Value) {
	if arg.Kind() != simulations.Object {
		return arg.Text(), nil
	}
	expression = arg.Get("expression").Text()
	if rest := arg.Without("expression").Without("xPathNamespaces"); len(rest.Value().Names) == 0 {
		return expression, nil
	}
	return expression, func() *simulations.Value {
		return pattern(arg.Without("expression").Without("xPathNamespaces"), single)
	}
}

// jsonPath is Jayway's, whose definite paths find null as nothing.
func jsonPath(arg convert.Place) *simulations.Value {
	expression, found := nested(arg)
	v := convert.Present()
	if found != nil {
		if v = found(); v == nil {
			return nil
		}
	}
	return convert.Op("jsonPath", convert.Object("lenient", convert.Flag(), expression, v))
}

func xPath(p, arg convert.Place) *simulations.Value {
	expression, found := nested(arg)
	out := &simulations.Value{Kind: simulations.Object}
	if ns := p.First("xPathNamespaces"); ns.Set() {
		out.Set("namespaces", ns.Value())
	} else if ns := arg.Get("xPathNamespaces"); ns.Set() {
		out.Set("namespaces", ns.Value())
	} else {
		out.Set("localNames", convert.Flag())
	}
	v := convert.Present()
	if found != nil {
		if v = found(); v == nil {
			return nil
		}
		out.Set("asXML", convert.Flag())
	}
	out.Set(expression, v)
	return convert.Op("xpath", out)
}

// equalToXML is XMLUnit's comparison: elements of different names in any order.
func equalToXML(p, arg convert.Place) *simulations.Value {
	text := arg.Text()
	out := &simulations.Value{Kind: simulations.Object}
	if p.Get("enablePlaceholders").Bool() {
		out.Set("placeholders", convert.Flag())
		text = delimited(p, text)
	}
	out.Names, out.Items = append([]string{"value"}, out.Names...), append([]*simulations.Value{simulations.NewString(text)}, out.Items...)
	if p.Get("ignoreOrderOfSameNode").Bool() {
		out.Set("ignoreOrder", convert.Flag())
	} else {
		out.Set("ignoreOrderOfNames", convert.Flag())
	}
	namespaces := "default"
	switch awareness := p.Get("namespaceAwareness"); awareness.Text() {
	case "", "LEGACY":
	case "STRICT":
		namespaces = ""
	case "NONE":
		namespaces = "prefixes"
	default:
		awareness.Refuse("%q is none of STRICT, LEGACY and NONE", awareness.Text())
	}
	for c := range p.Get("exemptedComparisons").Items() {
		switch c.Text() {
		case "NAMESPACE_URI":
			if namespaces != "prefixes" {
				namespaces = "ignore"
			}
		case "NAMESPACE_PREFIX", "SCHEMA_LOCATION", "NO_NAMESPACE_SCHEMA_LOCATION", "XML_VERSION", "XML_ENCODING", "XML_STANDALONE",
			"HAS_DOCTYPE_DECLARATION", "DOCTYPE_NAME", "DOCTYPE_PUBLIC_ID", "DOCTYPE_SYSTEM_ID", "CHILD_NODELIST_SEQUENCE":
			// These are not compared anyway.
		default:
			c.Refuse("the comparison %s cannot be left out here: say what is to be compared with `xpath`", c.Text())
		}
	}
	if namespaces != "" {
		out.Set("namespaces", simulations.NewString(namespaces))
	}
	return convert.Op("xml", out)
}
