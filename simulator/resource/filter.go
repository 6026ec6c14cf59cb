package resource

import (
	"net/http"
	"slices"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/patch"
)

// filter is what a query parameter asks of an item.
type filter struct {
	field patch.Pointer
	is    simulations.FilterTest
}

// filter keeps the items that the request asks for. Of a parameter that stands
// several times one is enough.
func (c *Collection) filter(q *Request, items []*item) ([]*item, *Refusal) {
	asked := make(map[string][]string)
	for _, p := range q.Query {
		if _, ok := c.list.filters[p.Name]; ok {
			asked[p.Name] = append(asked[p.Name], p.Value)
		}
	}
	var members *simulations.Value
	if h := c.list.config.FilterHeader; h != "" && q.Header.Get(h) != "" {
		v, err := simulations.ParseJSON([]byte(q.Header.Get(h)))
		if err != nil || v.Kind != simulations.Object {
			return nil, refuse(http.StatusBadRequest, "the header %s is a JSON object of the members that an item has to have", h)
		}
		members = v
	}
	if len(asked) == 0 && members == nil {
		return items, nil
	}
	return slices.DeleteFunc(items, func(it *item) bool {
		for name, values := range asked {
			f := c.list.filters[name]
			if !slices.ContainsFunc(values, func(text string) bool { return f.passes(c.shown(it.value), text) }) {
				return true
			}
		}
		return members != nil && !has(c.shown(it.value), members)
	}), nil
}

// has reports whether an item has all these members; of a member that is a list
// one element is enough.
func has(item, members *simulations.Value) bool {
	for i, name := range members.Names {
		at, want := item.Get(name), members.Items[i]
		switch {
		case at == nil:
			return false
		case patch.Equal(at, want):
		case at.Kind == simulations.Array && slices.ContainsFunc(at.Items, func(e *simulations.Value) bool { return patch.Equal(e, want) }):
		case at.Kind == simulations.Object && want.Kind == simulations.Object && has(at, want):
		default:
			return false
		}
	}
	return true
}

// passes holds an item against a parameter's value.
func (f filter) passes(v *simulations.Value, text string) bool {
	at := f.field.Get(v)
	if f.is == simulations.FilterNot {
		return at == nil || !anyOf(at, func(e *simulations.Value) bool { return equals(e, text) })
	}
	if at == nil {
		return false
	}
	return anyOf(at, func(e *simulations.Value) bool {
		switch f.is {
		case simulations.FilterIn:
			return slices.ContainsFunc(strings.Split(text, ","), func(one string) bool { return equals(e, one) })
		case simulations.FilterContains:
			return strings.Contains(scalar(e), text)
		case simulations.FilterStartsWith:
			return strings.HasPrefix(scalar(e), text)
		case simulations.FilterLess:
			return compareText(e, text) < 0
		case simulations.FilterAtMost:
			return compareText(e, text) <= 0
		case simulations.FilterGreater:
			return compareText(e, text) > 0
		case simulations.FilterAtLeast:
			return compareText(e, text) >= 0
		}
		return equals(e, text)
	})
}

// anyOf tests a value, or the elements of a list.
func anyOf(v *simulations.Value, test func(*simulations.Value) bool) bool {
	if v.Kind == simulations.Array {
		return slices.ContainsFunc(v.Items, test)
	}
	return test(v)
}

// scalar is a value as a parameter would write it.
func scalar(v *simulations.Value) string {
	switch v.Kind {
	case simulations.Number:
		return simulations.CanonicalNumber(v.Text)
	case simulations.Null:
		return "null"
	case simulations.Array, simulations.Object:
		return v.String()
	}
	return v.Text
}

// equals reports whether a parameter's text stands for a value.
func equals(v *simulations.Value, text string) bool {
	if v.Kind == simulations.Number {
		n, ok := matchers.CompareNumbers(v.Text, text)
		return ok && n == 0
	}
	return scalar(v) == text
}

// compareText orders a value against a parameter's text: numbers as numbers,
// everything else as text.
func compareText(v *simulations.Value, text string) int {
	if v.Kind == simulations.Number {
		if n, ok := matchers.CompareNumbers(v.Text, text); ok {
			return n
		}
	}
	return strings.Compare(scalar(v), text)
}
