package matchers

import (
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// value is one value that an operator is asked about.
type value struct {
	kind valueKind
	text string // a textValue's
	node any    // a jsonValue's, as encoding/json decodes it, numbers as json.Number
	body *body  // a bodyValue's
}

type valueKind uint8

const (
	textValue valueKind = iota
	jsonValue
	bodyValue
)

func textOf(s string) value     { return value{kind: textValue, text: s} }
func nodeOf(n any) value        { return value{kind: jsonValue, node: n} }
func contentOf(b *body) value   { return value{kind: bodyValue, body: b} }
func (v value) isPresent() bool { return v.kind != bodyValue || len(v.body.data) > 0 }

// string returns the value as text operators see it.
func (v value) string() string {
	switch v.kind {
	case textValue:
		return v.text
	case bodyValue:
		return v.body.string()
	}
	if s, ok := v.node.(string); ok {
		return s
	}
	return string(appendJSON(nil, v.node))
}

// document returns the value as something that can be parsed.
func (v value) document() *body {
	if v.kind == bodyValue {
		return v.body
	}
	s := v.string()
	return &body{data: []byte(s), text: s, hasText: true, apart: true}
}

// json returns the value as JSON, as encoding/json decodes it; false where it
// is none.
func (v value) json(s *scope) (any, bool) {
	if v.kind == jsonValue {
		return v.node, true
	}
	return v.document().asJSON(s)
}

// extent is that of n, which the value is as JSON.
func (v value) extent(n any) extent {
	of := v.body
	if v.kind != bodyValue {
		return extentOf(n)
	}
	if of.extent == nil {
		e := extentOf(n)
		of.extent = &e
	}
	return *of.extent
}

// show is the value for a human, cut.
func (v value) show() string {
	if v.kind == jsonValue {
		return cut(string(appendHead(nil, v.node, maxShown)))
	}
	return cut(v.string())
}

// The bounds of values in messages: in characters, and in the bytes that they may
// take.
const (
	shown    = 200
	maxShown = utf8.UTFMax * shown
)

func cut(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxShown)], "\uFFFD")
	n := 0
	for i := range s {
		if n == shown {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

func showArgument(arg *simulations.Value, quoted bool) string {
	if arg == nil {
		return ""
	}
	if arg.Kind == simulations.String && !quoted {
		return cut(arg.Text)
	}
	return cut(arg.Head(maxShown))
}

// field is the values that a predicate is asked about.
type field struct {
	texts  []string
	nodes  []any
	bodies []*body
	single value
	kind   fieldKind
}

type fieldKind uint8

const (
	textsField fieldKind = iota
	nodesField
	bodiesField
	singleField
)

func one(v value) field {
	if !v.isPresent() {
		return field{}
	}
	return field{kind: singleField, single: v}
}

func (f field) len() int {
	switch f.kind {
	case textsField:
		return len(f.texts)
	case nodesField:
		return len(f.nodes)
	case bodiesField:
		return len(f.bodies)
	}
	return 1
}

func (f field) at(i int) value {
	switch f.kind {
	case textsField:
		return textOf(f.texts[i])
	case nodesField:
		return nodeOf(f.nodes[i])
	case bodiesField:
		return contentOf(f.bodies[i])
	}
	return f.single
}

// items are what hasItem and hasExactly look at: the items of a field's only
// value where that is a JSON array, the field's values otherwise.
func (f field) items(s *scope) field {
	if f.len() != 1 {
		return f
	}
	v := f.at(0)
	if v.kind == textValue {
		return f
	}
	if n, ok := v.json(s); ok {
		if list, ok := n.([]any); ok {
			return field{kind: nodesField, nodes: list}
		}
	}
	return f
}

func (f field) show() string {
	switch n := f.len(); n {
	case 0:
		return "absent"
	case 1:
		return f.at(0).show()
	default:
		var b strings.Builder
		for i := 0; i < n && b.Len() < shown; i++ {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(f.at(i).show())
		}
		return cut(b.String())
	}
}
