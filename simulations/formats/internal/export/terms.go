package export

import (
	"slices"

	"understudy/simulations"
)

// Term is one operator of a predicate with its argument.
type Term struct {
	Op  string
	Arg *simulations.Value
	// At is where the operator stands.
	At Place
}

// Groups takes a predicate apart. The terms of one group are about one value of
// the field, those of another may be about another value. A predicate that
// demands nothing has no groups.
func Groups(v *simulations.Value, at Place) [][]Term {
	switch {
	case v == nil:
		return nil
	case v.Kind == simulations.Array:
		var out [][]Term
		for i, item := range v.Items {
			out = append(out, Groups(item, at.Item(i))...)
		}
		return out
	case v.Kind != simulations.Object:
		return [][]Term{{{Op: "equals", Arg: v, At: at}}}
	}
	var own []Term
	var others [][]Term
	for i, name := range v.Names {
		if name == "all" {
			others = append(others, Groups(v.Items[i], at.Get(name))...)
			continue
		}
		own = append(own, Term{Op: name, Arg: v.Items[i], At: at.Get(name)})
	}
	if len(own) > 0 {
		others = append([][]Term{own}, others...)
	}
	return others
}

// Terms is Groups for a field of one value, of which all terms are.
func Terms(v *simulations.Value, at Place) []Term { return slices.Concat(Groups(v, at)...) }

// Is reports whether the term is that operator with true, or false, as argument.
func (t Term) Is(op string, flag bool) bool {
	return t.Op == op && t.Arg.Kind == simulations.Bool && (t.Arg.Text == "true") == flag
}

// Text returns the text that the term demands the value to be, byte for byte;
// false where it demands something else, or as much as that of a value in JSON.
func (t Term) Text() (string, bool) {
	if (t.Op == "equals" || t.Op == "text") && t.Arg.Kind == simulations.String {
		return t.Arg.Text, true
	}
	if t.Op == "text" && (t.Arg.Kind == simulations.Number || t.Arg.Kind == simulations.Bool) {
		return t.Arg.Text, true
	}
	return "", false
}

// Literal returns the text of a predicate that is nothing but equality.
func Literal(p *simulations.Predicate) (string, bool) {
	if p == nil || p.Value == nil {
		return "", false
	}
	terms := Terms(p.Value, NewLog().At(""))
	if len(terms) != 1 {
		return "", false
	}
	return terms[0].Text()
}

// Options splits the argument of an operator that takes either a value or an
// object of `value` and options; options that stand for nothing are left out.
func Options(arg *simulations.Value, known ...string) (value *simulations.Value, options []string) {
	if arg.Kind != simulations.Object || arg.Get("value") == nil {
		return arg, nil
	}
	for i, name := range arg.Names {
		if name == "value" {
			continue
		}
		if !slices.Contains(known, name) {
			return arg, nil // a value that happens to have a member of that name
		}
		if item := arg.Items[i]; item.Kind == simulations.Bool && item.Text == "true" || item.Kind == simulations.String {
			options = append(options, name)
		}
	}
	return arg.Get("value"), options
}

// JSONOptions are the options of the operator json, XMLOptions those of xml.
var (
	JSONOptions = []string{"ignoreOrder", "ignoreExtra", "ignoreCount", "anywhere", "sameDigits", "placeholders"}
	XMLOptions  = []string{"ignoreOrder", "ignoreOrderOfNames", "ignoreAttributes", "namespaces", "placeholders"}
)

// HasNumber reports whether there is a number in the value.
func HasNumber(v *simulations.Value) bool {
	return v.Kind == simulations.Number || slices.ContainsFunc(v.Items, HasNumber)
}

// OtherKind reports whether a text reads as a JSON value that is no string, so
// that equality with the text and with what it writes are two things.
func OtherKind(text string) bool {
	v, err := simulations.ParseJSON([]byte(text))
	return err == nil && v.Kind != simulations.String
}
