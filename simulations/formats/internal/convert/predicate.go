package convert

import (
	"regexp"
	"strings"

	"understudy/simulations"
)

// Op makes a predicate of one operator.
func Op(name string, arg *simulations.Value) *simulations.Value {
	return &simulations.Value{Kind: simulations.Object, Names: []string{name}, Items: []*simulations.Value{arg}, Line: arg.Line, Column: arg.Column}
}

// TextOp makes a predicate of an operator that takes a string.
func TextOp(name, arg string) *simulations.Value { return Op(name, simulations.NewString(arg)) }

// Object makes an object of names and values in turn.
func Object(pairs ...any) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Object}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i].(string), pairs[i+1].(*simulations.Value))
	}
	return out
}

// Flag is true as a Value.
func Flag() *simulations.Value { return simulations.NewBool(true) }

// Strings makes a list of strings.
func Strings(list []string) *simulations.Value {
	out := &simulations.Value{Kind: simulations.Array}
	for _, s := range list {
		out.Items = append(out.Items, simulations.NewString(s))
	}
	return out
}

// Present holds for a field that has a value, Absent for one that has none.
func Present() *simulations.Value { return Op("absent", simulations.NewBool(false)) }

// Absent holds for a field that has no value.
func Absent() *simulations.Value { return Op("absent", simulations.NewBool(true)) }

// All joins predicates that must all hold; one alone stands for itself.
func All(list ...*simulations.Value) *simulations.Value {
	if len(list) == 1 {
		return list[0]
	}
	return simulations.NewArray(list...)
}

// Predicate wraps a value for the model; nil stays nil.
func Predicate(v *simulations.Value) *simulations.Predicate {
	if v == nil {
		return nil
	}
	return &simulations.Predicate{Value: v}
}

// Literal is a regular expression that fits the text only.
func Literal(s string) string { return regexp.QuoteMeta(s) }

// Wildcards turns a glob of '*' alone into a regular expression that the whole
// value fits.
func Wildcards(glob string) string {
	parts := strings.Split(glob, "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return `(?s)\A` + strings.Join(parts, ".*") + `\z`
}

// ExactPath is the predicate on a path that is the text, which no escape stands
// in.
func ExactPath(text string) *simulations.Value {
	return simulations.NewString(delimiters.Replace(text))
}

// delimiters are what ends a path in a URL.
var delimiters = strings.NewReplacer("?", "%3F", "#", "%23")

// JSONName is the segment of a JSONPath that leads to the member of that name.
func JSONName(name string) string {
	return "[" + string(simulations.AppendJSONString(nil, name)) + "]"
}

// Methods are those that a comparison of methods other than equality is tried
// with: a stub lists the methods that it answers.
var Methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}

// FindsSeveral reports whether a JSONPath may find more than one value.
func FindsSeveral(path string) bool {
	return strings.Contains(path, "..") || strings.ContainsAny(path, "*?:,")
}
