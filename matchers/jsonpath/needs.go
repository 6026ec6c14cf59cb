package jsonpath

import (
	"encoding/json"

	"understudy/matchers/internal/decimal"
)

// Need is a scalar that a value must have somewhere, or else a query finds nothing in
// it: as the member Name of an object where Named is set, or as an item of an array
// or a member of any name. Value is a string, a bool or a json.Number.
type Need struct {
	Value any
	Name  string
	Named bool
}

// Member returns the name of the members that the query finds, where its last segment
// gives one.
func (p *Path) Member() (name string, is bool) {
	if p.sized {
		return "", false
	}
	return lastName(p.segments)
}

func lastName(segments []segment) (string, bool) {
	if len(segments) == 0 {
		return "", false
	}
	last := segments[len(segments)-1].selectors
	return last[0].name, len(last) == 1 && last[0].kind == selectName
}

// Needs returns what the filters of the query demand by comparing with ==: of filters
// that are the only selector of their segment, and not in an alternative.
func (p *Path) Needs() []Need {
	var out []Need
	for _, s := range p.segments {
		if len(s.selectors) == 1 && s.selectors[0].kind == selectFilter {
			out = p.needs(out, s.selectors[0].filter)
		}
	}
	return out
}

func (p *Path) needs(out []Need, of logical) []Need {
	switch x := of.(type) {
	case andExpr:
		for _, l := range x {
			out = p.needs(out, l)
		}
	case orExpr:
		if len(x) == 1 {
			out = p.needs(out, x[0])
		}
	case compare:
		ref, value := x.left, x.right
		if _, is := ref.(literal); is {
			ref, value = value, ref
		}
		r, isRef := ref.(singularRef)
		l, isLiteral := value.(literal)
		if x.op == "==" && isRef && isLiteral && p.alone(l.of) {
			name, named := lastName(r.query.segments)
			out = append(out, Need{Value: l.of, Name: name, Named: named})
		}
	}
	return out
}

// alone reports whether nothing but an equal scalar equals v: a lenient query takes a
// text for a number.
func (p *Path) alone(v any) bool {
	switch v := v.(type) {
	case string:
		return !p.lenient || !decimal.Valid(v)
	case json.Number:
		return !p.lenient
	case bool:
		return true
	}
	return false
}
