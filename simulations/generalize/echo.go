package generalize

import (
	"slices"

	"understudy/simulations"
)

// holdsRequest reports whether a value that is always the same holds something
// that may be the request's nevertheless.
func (s *sample) holdsRequest(v *simulations.Value) bool {
	if scalar(v) {
		found, _ := s.candidates(v)
		return !trivial(v) && len(found) > 0 ||
			v.Kind == simulations.String && len(v.Text) <= maxText && len(occurrences(v.Text, s.sources[0], minAlike)) > 0
	}
	return slices.ContainsFunc(v.Items, s.holdsRequest)
}

// echo finds a value of the request that is the value in all exchanges. One that
// says little by itself, or is always the same, has to have the member's name,
// or to come from the path.
func (s *sample) echo(values []*simulations.Value, name string, alike bool) *node {
	candidates, asNumber := s.candidates(values[0])
	slices.SortStableFunc(candidates, func(a, b *source) int { return rank(a, name) - rank(b, name) })
	for _, c := range candidates {
		if (alike || trivial(values[0])) && rank(c, name) > 1 {
			break
		}
		holds := true
		for i := 1; i < len(values) && holds; i++ {
			src := s.sources[i].byExpression[c.expression]
			switch {
			case src == nil:
				holds = false
			case asNumber:
				holds = values[i].Kind == simulations.Number && src.value.Text == values[i].Text && isPlainNumber(values[i].Text)
			default:
				holds = same(src.value, values[i])
			}
		}
		if holds {
			return &node{kind: echoNode, value: values[len(values)-1], from: c.expression, asNumber: asNumber}
		}
	}
	return nil
}

// optional finds a member of the request, of the same name, that is the value
// where the request has it; where it has none the value is always the same.
func (s *sample) optional(values []*simulations.Value, name string) *node {
	if name == "" {
		return nil
	}
	from := ""
	for i, src := range s.sources {
		for _, c := range src.byText[string(values[i].AppendCanonical(nil))] {
			if from == "" && c.name == name {
				from = c.expression
			}
		}
	}
	if from == "" {
		return nil
	}
	n := &node{kind: echoNode, value: values[len(values)-1], from: from}
	for i, v := range values {
		src := s.sources[i].byExpression[from]
		switch {
		case src != nil:
			// An empty text counts as none where there is another value.
			if !same(src.value, v) || v.Text == "" && v.Kind != simulations.Array && v.Kind != simulations.Object {
				return nil
			}
		case n.orElse == nil:
			n.orElse = v
		case !same(n.orElse, v):
			return nil
		}
	}
	if n.orElse != nil && n.orElse.Kind != simulations.Null && argument(n.orElse) == "" {
		return nil
	}
	return n
}

// candidates are the sources in the first exchange that have the value, or, for
// a number, are a text that writes it.
func (s *sample) candidates(v *simulations.Value) (list []*source, asNumber bool) {
	list = s.sources[0].byText[string(v.AppendCanonical(nil))]
	if len(list) == 0 && v.Kind == simulations.Number && isPlainNumber(v.Text) {
		list, asNumber = s.sources[0].byText[string(simulations.AppendJSONString(nil, v.Text))], true
	}
	return slices.Clone(list), asNumber
}

// isPlainNumber takes what a number helper writes as it read it.
func isPlainNumber(s string) bool {
	return isInteger(s) && len(s) <= 15 && simulations.CanonicalNumber(s) == s
}

func rank(c *source, name string) int {
	switch {
	case c.name == name && name != "":
		return 0
	case c.parameter:
		return 1
	}
	return 2
}

// trivial reports whether a value says too little to be told by where it stands.
func trivial(v *simulations.Value) bool {
	switch v.Kind {
	case simulations.String, simulations.Number:
		return len(v.Text) < 3
	case simulations.Array, simulations.Object:
		return len(v.Items) == 0
	}
	return true
}
