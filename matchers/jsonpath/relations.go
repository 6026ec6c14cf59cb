package jsonpath

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/matchers/internal/decimal"
)

// relation is an operator of the filters of Jayway that RFC 9535 has not: a word
// between two operands. What it says of values of other types is false.
type relation struct {
	name  string
	holds func(e *evaluator, left, right any) bool
	// absent is what it says where one of the operands finds nothing.
	absent bool
}

// relations are in the order of Jayway's documentation.
var relations = []*relation{
	{name: "in", holds: func(e *evaluator, l, r any) bool { return e.has(r, l) }},
	{name: "nin", holds: func(e *evaluator, l, r any) bool { return !e.has(r, l) }, absent: true},
	{name: "subsetof", holds: func(e *evaluator, l, r any) bool { return e.hasAll(r, l) }},
	{name: "anyof", holds: func(e *evaluator, l, r any) bool { return bothLists(l, r) && e.hasAny(r, l) }},
	{name: "noneof", holds: func(e *evaluator, l, r any) bool { return bothLists(l, r) && !e.hasAny(r, l) }},
	{name: "all", holds: func(e *evaluator, l, r any) bool { return e.hasAll(l, r) }},
	{name: "size", holds: hasSize},
	{name: "empty", holds: isEmpty},
	{name: "contains", holds: contains},
}

// related is a relation between two operands as a test.
type related struct {
	of          *relation
	left, right operand
}

func (x related) truth(e *evaluator, at Node) bool {
	l, lok := x.left.value(e, at)
	r, rok := x.right.value(e, at)
	if !lok || !rok {
		return x.of.absent
	}
	return x.of.holds(e, l, r)
}

// relation passes over the name of one, in either case, if that comes next.
func (p *parser) relation() *relation {
	if !p.dialect.lenient {
		return nil
	}
	end := p.pos
	for end < len(p.s) && ('a' <= p.s[end]|0x20 && p.s[end]|0x20 <= 'z') {
		end++
	}
	for _, r := range relations {
		if strings.EqualFold(r.name, p.s[p.pos:end]) {
			p.pos = end
			return r
		}
	}
	return nil
}

// list reads the literals of a list, behind its bracket.
func (p *parser) list() (any, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	out := []any{}
	for p.space(); !p.take("]"); p.space() {
		if len(out) > 0 {
			if !p.take(",") {
				return nil, p.fail("',' or ']' must follow, not %s", p.next())
			}
			p.space()
		}
		at := p.pos
		term, err := p.term()
		if err != nil {
			return nil, err
		}
		item, is := term.(literal)
		if !is {
			return nil, p.failAt(at, "a list holds literals")
		}
		out = append(out, item.of)
	}
	return literal{out}, nil
}

// has reports whether the list has an item that equals v. It looks no further once no
// visits are left: lists may be as long as a body, and each item of one is looked for
// in another.
func (e *evaluator) has(list, v any) bool {
	items, _ := list.([]any)
	for i := 0; i < len(items) && e.left > 0; i++ {
		if e.equalValues(items[i], v) {
			return true
		}
	}
	return false
}

// hasAny and hasAll report it of some item of another list, and of each.
func (e *evaluator) hasAny(list, of any) bool {
	items, _ := of.([]any)
	return slices.ContainsFunc(items, func(item any) bool { return e.has(list, item) })
}

func (e *evaluator) hasAll(list, of any) bool {
	items, _ := of.([]any)
	return bothLists(list, of) && !slices.ContainsFunc(items, func(item any) bool { return !e.has(list, item) })
}

func bothLists(l, r any) bool {
	_, left := l.([]any)
	_, right := r.([]any)
	return left && right
}

func hasSize(_ *evaluator, l, r any) bool {
	n := 0
	switch l := l.(type) {
	case string:
		n = utf8.RuneCountInString(l)
	case []any:
		n = len(l)
	default:
		return false
	}
	want, ok := r.(json.Number)
	return ok && decimal.Equal(string(number(n)), string(want))
}

func isEmpty(_ *evaluator, l, r any) bool {
	n := 0
	switch l := l.(type) {
	case string:
		n = len(l)
	case []any:
		n = len(l)
	case map[string]any:
		n = len(l)
	default:
		return false
	}
	want, ok := r.(bool)
	return ok && want == (n == 0)
}

// contains is of a text and a part of it, or of a list and an item.
func contains(e *evaluator, l, r any) bool {
	text, isText := l.(string)
	part, ofText := r.(string)
	if isText && ofText {
		return strings.Contains(text, part)
	}
	return e.has(l, r)
}
