package openapi

import (
	"regexp"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// keyword brings one keyword of a schema over to out.
type keyword func(s *schemas, out *simulations.Value, name string, arg convert.Place, depth int)

// keywords are those that mean something here; the others are passed over.
// required and the keywords of OpenAPI alone, such as nullable, are seen to once
// the rest is there.
var keywords map[string]keyword

func init() { // the table refers to itself through schema
	keywords = map[string]keyword{
		"type": typeKeyword, "enum": enumKeyword, "const": copied, "format": textual, "pattern": patternKeyword,
		"minimum": numeric, "maximum": numeric, "exclusiveMinimum": numeric, "exclusiveMaximum": numeric, "multipleOf": numeric,
		"minLength": counted, "maxLength": counted, "minItems": counted, "maxItems": counted,
		"minProperties": counted, "maxProperties": counted, "minContains": counted, "maxContains": counted,
		"uniqueItems": flag,
		"allOf":       listed, "anyOf": listed, "oneOf": listed, "prefixItems": listed,
		"items": itemsKeyword, "contains": single, "additionalProperties": single, "propertyNames": single,
		"not": single, "if": single, "then": single, "else": single,
		"unevaluatedItems": single, "unevaluatedProperties": single,
		"properties": mapped, "patternProperties": mapped, "dependentSchemas": mapped, "dependentRequired": dependent,
		"example": annotated, "examples": annotated, "default": annotated, "writeOnly": annotated, "xml": annotated, "x-example": annotated,
	}
}

// types are the types of JSON Schema.
var types = map[string]bool{"null": true, "boolean": true, "integer": true, "number": true, "string": true, "array": true, "object": true}

func typeKeyword(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	var list []*simulations.Value
	take := func(p convert.Place) {
		switch text := p.Text(); {
		case types[text]:
			list = append(list, simulations.NewString(text))
		case text == "file": // of Swagger 2: bytes
		default:
			p.Warn("%q is no type: any value is taken", text)
		}
	}
	if arg.Kind() == simulations.Array {
		for item := range arg.Items() {
			take(item)
		}
	} else {
		take(arg)
	}
	switch len(list) {
	case 0:
	case 1:
		out.Set(name, list[0])
	default:
		out.Set(name, distinct(list))
	}
}

// distinct is a list without what stands in it before.
func distinct(items []*simulations.Value) *simulations.Value {
	out := simulations.NewArray()
	seen := make(map[string]bool)
	for _, item := range items {
		if key := string(item.Canonical().AppendJSON(nil)); !seen[key] {
			seen[key] = true
			out.Items = append(out.Items, item)
		}
	}
	return out
}

func enumKeyword(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	if arg.Kind() != simulations.Array || len(arg.Value().Items) == 0 {
		arg.Warn("an enum lists values: it was passed over")
		return
	}
	out.Set(name, distinct(arg.Value().Items))
}

func copied(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	out.Set(name, arg.Value())
}

func textual(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	if arg.Kind() == simulations.String {
		out.Set(name, arg.Value())
	}
}

func flag(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	if isTrue(arg) {
		out.Set(name, truth())
	}
}

// annotated keeps what helps to make a value: a request is not made.
func annotated(s *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	if s.to == response && (name != "examples" || arg.Kind() == simulations.Array) {
		out.Set(strings.TrimPrefix(name, "x-"), arg.Value())
	}
}

// patternKeyword takes what RE2 reads; expressions are ECMAScript's.
func patternKeyword(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	expr := fromECMA(arg.Text())
	if _, err := regexp.Compile(expr); err != nil {
		arg.Warn("the pattern is none that RE2 reads, and was passed over: %s", err)
		return
	}
	out.Set(name, simulations.NewString(expr))
}

var unicodeEscape = regexp.MustCompile(`\\u(?:\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{4}))`)

// fromECMA writes an expression as RE2 has it.
func fromECMA(expr string) string {
	return unicodeEscape.ReplaceAllString(expr, `\x{$1$2}`)
}

// maxNumber is how long a number may be written that is a bound: one of a
// million digits is not compared.
const maxNumber = 40

func numeric(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	if arg.Kind() == simulations.Bool && strings.HasPrefix(name, "exclusive") {
		return // OpenAPI 3.0's flag: see exclusive
	}
	if arg.Kind() != simulations.Number {
		arg.Warn("is %s, but must be a number: it was passed over", arg.Kind())
		return
	}
	text := simulations.CanonicalNumber(arg.Value().Text)
	if len(text) > maxNumber || strings.Contains(text, "e") || name == "multipleOf" && (text == "0" || text[0] == '-') {
		arg.Warn("%.40s is no bound that is compared: it was passed over", arg.Value().Text)
		return
	}
	out.Set(name, &simulations.Value{Kind: simulations.Number, Text: text})
}

func counted(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	if arg.Kind() == simulations.Number {
		if n, err := strconv.ParseInt(simulations.CanonicalNumber(arg.Value().Text), 10, 32); err == nil && n >= 0 {
			out.Set(name, simulations.NewInt(n))
			return
		}
		if strings.HasPrefix(name, "max") {
			return // more than anything can have
		}
	}
	arg.Warn("is no number of things: it was passed over")
}

func single(s *schemas, out *simulations.Value, name string, arg convert.Place, depth int) {
	out.Set(name, s.schema(arg, depth))
}

func listed(s *schemas, out *simulations.Value, name string, arg convert.Place, depth int) {
	list := simulations.NewArray()
	if arg.Kind() == simulations.Array {
		for item := range arg.Items() {
			list.Items = append(list.Items, s.schema(item, depth))
		}
	}
	if len(list.Items) == 0 {
		arg.Warn("lists no schemas: it was passed over")
		return
	}
	out.Set(name, list)
}

// itemsKeyword takes the lists of schemas of early drafts, too.
func itemsKeyword(s *schemas, out *simulations.Value, name string, arg convert.Place, depth int) {
	if arg.Kind() == simulations.Array {
		listed(s, out, "prefixItems", arg, depth)
		return
	}
	single(s, out, name, arg, depth)
}

func mapped(s *schemas, out *simulations.Value, name string, arg convert.Place, depth int) {
	if arg.Kind() != simulations.Object {
		arg.Warn("is %s, but must be an object of schemas: it was passed over", arg.Kind())
		return
	}
	object := &simulations.Value{Kind: simulations.Object}
	for member, sub := range arg.Members() {
		if name == "patternProperties" {
			expr := fromECMA(member)
			if _, err := regexp.Compile(expr); err != nil {
				sub.Warn("the pattern is none that RE2 reads, and was passed over: %s", err)
				continue
			}
			if expr != member && arg.Get(expr).Is() { // twice, written in two ways
				continue
			}
			member = expr
		}
		object.Names = append(object.Names, member)
		object.Items = append(object.Items, s.schema(sub, depth))
	}
	out.Set(name, object)
}

func dependent(_ *schemas, out *simulations.Value, name string, arg convert.Place, _ int) {
	object := &simulations.Value{Kind: simulations.Object}
	for member, list := range arg.Members() {
		var needed []*simulations.Value
		for item := range list.Items() {
			needed = append(needed, simulations.NewString(item.Text()))
		}
		object.Names, object.Items = append(object.Names, member), append(object.Items, distinct(needed))
	}
	out.Set(name, object)
}
