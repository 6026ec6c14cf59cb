package matchers

import (
	"encoding/json"
	"strings"

	"understudy/matchers/internal/decimal"
	"understudy/simulations"
)

var equalsOperator = register(Operator{
	Name: "equals",
	Doc: "Equality with a scalar; a scalar that stands for a predicate means the same. " +
		"A string equals the same text, byte for byte, and the same JSON string. " +
		"A number equals JSON numbers, and text that is a JSON number, of exactly its value: `1` equals `1.0`. " +
		"`true` and `false` equal the JSON boolean and that text. `null` equals JSON's null only. " +
		"A string never equals a JSON number, nor a number a JSON string. " +
		"`body: \"\"` holds for an empty body. Lists and objects are compared by `json`.",
	Example: "{query: {page: 2}, headers: {Accept: {equals: application/json}}}",
	Cost:    CostScalar,
	Schema:  `{"type":["string","number","boolean","null"]}`,
	compile: compileEquals,
})

func compileEquals(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	switch arg.Kind {
	case simulations.Object, simulations.Array:
		c.fail(arg, "equals takes a scalar: compare %s with `json`", arg.Kind)
		return
	case simulations.Null:
		if c.where != anyContext {
			c.fail(arg, "null equals only a value in JSON, and this field is text: write `absent: true` for a field that is not there")
			return
		}
	}
	eq := &equals{kind: arg.Kind, text: arg.Text, inText: c.where != anyContext}
	switch arg.Kind {
	case simulations.String:
		if c.where == pathContext {
			eq.text = matchForm(arg.Text)
		}
	case simulations.Number:
		eq.text = decimal.Canonical(arg.Text)
	}
	p.add(part{op: op, arg: arg, value: eq})
}

func (e *equals) literal() literal {
	return literal{place: place{what: literalText}, hash: hashScalar(e.kind, e.text, e.inText), text: e.text}
}

type equals struct {
	kind simulations.Kind
	// inText says that the field's values are text.
	inText bool
	text   string // a number's is canonical
}

func (e *equals) holds(v value, s *scope) bool {
	if v.kind == bodyValue && e.kind != simulations.String {
		n, ok := v.json(s)
		return ok && e.equalsNode(n)
	}
	if v.kind == jsonValue {
		return e.equalsNode(v.node)
	}
	switch e.kind {
	case simulations.String, simulations.Bool:
		return v.string() == e.text
	case simulations.Number:
		t := v.string()
		return decimal.Valid(t) && decimal.Canonical(t) == e.text
	}
	return false
}

// likeness is how close a value is that is not equal, 0 to maxClose.
func (e *equals) likeness(v value) float64 {
	switch {
	case v.kind == bodyValue:
		if e.kind != simulations.String {
			return 0
		}
		return closeText(e.text, string(v.body.data[:min(len(v.body.data), maxCloseText+1)]))
	case v.kind != jsonValue:
		return closeText(e.text, v.text)
	}
	text, is := scalarText(v.node)
	if !is {
		return 0
	}
	return closeText(e.text, text)
}

func (e *equals) equalsNode(n any) bool {
	switch n := n.(type) {
	case string:
		return e.kind == simulations.String && n == e.text
	case json.Number:
		return e.kind == simulations.Number && decimal.Canonical(string(n)) == e.text
	case bool:
		return e.kind == simulations.Bool && n == (e.text == "true")
	case nil:
		return e.kind == simulations.Null
	}
	return false
}

var _ = register(Operator{
	Name:    "equalsIgnoreCase",
	Doc:     "The value equals the string but for the case of letters (Unicode simple folding).",
	Example: "{headers: {Accept-Encoding: {equalsIgnoreCase: gzip}}}",
	Cost:    CostScalar,
	Schema:  `{"type":["string","number","boolean"]}`,
	compile: textCompiler(strings.EqualFold, wholeFolded),
})
