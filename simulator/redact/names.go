package redact

import (
	"strings"

	"understudy/matchers"
	"understudy/simulations"
)

// exactly is the test of a scalar: the name itself.
type exactly string

func (e exactly) MatchString(name string) bool { return string(e) == name }

// compileName compiles a predicate on names. With fold it is one on names in
// lower case, written in any.
func compileName(p simulations.Predicate, pointer string, fold bool) (nameTest, []simulations.FieldError) {
	if p.Value == nil || p.Kind == simulations.Null || p.Kind == simulations.String && p.Text == "" {
		return nil, []simulations.FieldError{{Pointer: pointer, Detail: "a name must not be empty"}}
	}
	if fold {
		p.Value = folded(p.Value, "")
	}
	if p.Kind == simulations.String {
		return exactly(p.Text), nil
	}
	compiled, faults := matchers.CompilePredicate(p, pointer)
	if len(faults) > 0 {
		return nil, faults
	}
	return compiled, nil
}

// folded copies a predicate with the text that names are compared with in lower
// case, and with expressions that ignore it. Operators' own names stay.
func folded(v *simulations.Value, operator string) *simulations.Value {
	out := *v
	switch v.Kind {
	case simulations.String:
		if operator == "regex" {
			out.Text = "(?i)" + v.Text
		} else {
			out.Text = strings.ToLower(v.Text)
		}
	case simulations.Array:
		out.Items = make([]*simulations.Value, len(v.Items))
		for i, item := range v.Items {
			out.Items[i] = folded(item, operator)
		}
	case simulations.Object:
		out.Items = make([]*simulations.Value, len(v.Items))
		for i, item := range v.Items {
			out.Items[i] = folded(item, v.Names[i])
		}
	}
	return &out
}

// find returns the action of the first rule whose name holds.
func find(rules []nameRule, name string) (simulations.RedactAs, bool) {
	for i := range rules {
		if rules[i].name.MatchString(name) {
			return rules[i].as, true
		}
	}
	return "", false
}
