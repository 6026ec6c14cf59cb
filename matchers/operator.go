package matchers

import (
	"slices"
	"strings"

	"understudy/simulations"
)

// Operator is one operator of the predicate language. Everything about it is in
// one file, op_<name>.go, and reaches the rest by [register].
type Operator struct {
	// Name is what stands in a document.
	Name string
	// Doc is its meaning, in Markdown.
	Doc string
	// Example is a predicate, as YAML.
	Example string
	// Cost orders tests: cheap ones run first.
	Cost Cost
	// Schema is the JSON Schema of the argument; it may refer to
	// "#/$defs/predicate" and "#/$defs/predicates" (an object of predicates).
	Schema string

	// compile turns an argument into parts of p. What is wrong with it is
	// reported to c, all of it.
	compile func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate)
}

// Cost is how dear one test of an operator is, roughly.
type Cost uint8

// The costs, cheapest first.
const (
	CostScalar   Cost = 10 // a comparison of text
	CostPattern  Cost = 20 // a pattern over text
	CostDocument Cost = 30 // the value is parsed
	CostPath     Cost = 40 // the value is parsed and searched
	CostTree     Cost = 50 // the value is parsed and validated, or searched at length
)

var registry = map[string]*Operator{}

// register makes an operator known; each operator's file calls it once.
func register(op Operator) *Operator {
	registry[op.Name] = &op
	return &op
}

// Operators lists every operator by name. Shared: do not mutate.
func Operators() []Operator {
	out := make([]Operator, 0, len(registry))
	for _, op := range registry {
		out = append(out, *op)
	}
	slices.SortFunc(out, func(a, b Operator) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func operatorNames() []string {
	var out []string
	for _, op := range Operators() {
		out = append(out, op.Name)
	}
	return out
}
