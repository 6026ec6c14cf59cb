package matchers

import (
	"strings"

	"understudy/simulations"
)

// textTest is an operator that compares two texts.
type textTest struct {
	compare func(value, arg string) bool
	arg     string
	piece   piece
}

// piece says where in a value that fits the argument stands as it is written.
type piece uint8

const (
	nowhere piece = iota
	atBegin
	atEnd
	anywhere
	whole       // it is the value
	wholeFolded // it is, but for the case of letters
)

func (t *textTest) literalPieces() (prefix, end, within string) {
	switch t.piece {
	case atBegin, whole:
		return t.arg, "", ""
	case atEnd:
		return "", t.arg, ""
	case anywhere:
		return "", "", t.arg
	}
	return "", "", ""
}

// literal is the argument, where a value is to be that.
func (t *textTest) literal() literal {
	switch t.piece {
	case whole:
		return literal{place: place{what: literalText, as: asText}, hash: hashOf(hashText, t.arg), text: t.arg}
	case wholeFolded:
		return literal{place: place{what: literalText, as: asFolded}, hash: hashFolded(t.arg), text: folded(t.arg)}
	}
	return literal{}
}

func (t *textTest) holds(v value, _ *scope) bool { return t.compare(v.string(), t.arg) }

func textCompiler(compare func(value, arg string) bool, at piece) func(*compiler, *Operator, *simulations.Value, *Predicate) {
	return func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if s, ok := c.text(op, arg); ok {
			p.add(part{op: op, arg: arg, value: &textTest{compare, s, at}})
		}
	}
}

var _ = register(Operator{
	Name:    "contains",
	Doc:     "The value contains the string.",
	Example: "{headers: {User-Agent: {contains: curl}}}",
	Cost:    CostScalar,
	Schema:  `{"type":["string","number","boolean"]}`,
	compile: textCompiler(strings.Contains, anywhere),
})

var _ = register(Operator{
	Name:    "startsWith",
	Doc:     "The value begins with the string.",
	Example: "{headers: {Authorization: {startsWith: \"Bearer \"}}}",
	Cost:    CostScalar,
	Schema:  `{"type":["string","number","boolean"]}`,
	compile: textCompiler(strings.HasPrefix, atBegin),
})

var _ = register(Operator{
	Name:    "endsWith",
	Doc:     "The value ends with the string.",
	Example: "{path: {endsWith: .json}}",
	Cost:    CostScalar,
	Schema:  `{"type":["string","number","boolean"]}`,
	compile: textCompiler(strings.HasSuffix, atEnd),
})

var _ = register(Operator{
	Name: "text",
	Doc: "The value's text equals the string, whatever the value is: of a JSON number its digits as they were sent, of an object or a list compact JSON with members sorted by name. " +
		"Where `equals` tells \"1\" from 1, and 1 from 1.0 not, `text` does the opposite.",
	Example: "{body: {jsonPath: {$.id: {text: \"0042\"}}}}",
	Cost:    CostScalar,
	Schema:  `{"type":["string","number","boolean"]}`,
	compile: textCompiler(func(value, arg string) bool { return value == arg }, whole),
})
