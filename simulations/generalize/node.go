package generalize

import (
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

// nodeKind is where a part of an answer comes from.
type nodeKind uint8

const (
	// fixedNode is the same in all answers.
	fixedNode nodeKind = iota
	// echoNode is a value of the request, textNode a text that holds some.
	echoNode
	textNode
	// madeNode is made anew for each answer.
	madeNode
	// openNode follows from nothing that is known.
	openNode
	objectNode
	listNode
)

// node is what is known of one place in the answers of an operation.
type node struct {
	kind nodeKind
	// value is what a fixed node is; of a made one the latest that was recorded,
	// of an open one the most frequent.
	value *simulations.Value
	// from is the expression of an echo; asNumber says that the text there is
	// written as a number.
	from     string
	asNumber bool
	// orElse is the value where the request has none; nil where it always has one.
	orElse *simulations.Value
	parts  []part
	// draw is the template of a made node, shape what it looks like.
	draw  string
	shape shape
	// names and items are those of objects and lists.
	names []string
	items []*node
	// why says of an open node what kept it from being something better.
	why string
}

// part is a piece of a text: literal, or the value of an expression.
type part struct{ literal, expression string }

// template writes the node as a value of a response with templates. ok is false
// where a text of it would be read as a template.
func (n *node) template() (v *simulations.Value, ok bool) {
	switch n.kind {
	case echoNode:
		switch {
		case n.orElse != nil && n.orElse.Kind != simulations.Null:
			return simulations.NewString("{{json (default " + n.from + " " + argument(n.orElse) + ")}}"), true
		case n.orElse != nil:
			return simulations.NewString("{{json " + n.from + "}}"), true
		case n.asNumber:
			return simulations.NewString("{{json (number " + n.from + ")}}"), true
		case n.value.Kind == simulations.String:
			return simulations.NewString("{{" + n.from + "}}"), true
		}
		return simulations.NewString("{{json " + n.from + "}}"), true
	case textNode:
		return simulations.NewString(writeParts(n.parts)), true
	case madeNode:
		return simulations.NewString(n.draw), true
	case objectNode, listNode:
		out := &simulations.Value{Kind: simulations.Array, Items: make([]*simulations.Value, len(n.items))}
		if n.kind == objectNode {
			out.Kind, out.Names = simulations.Object, n.names
		}
		for i, item := range n.items {
			if out.Items[i], ok = item.template(); !ok {
				return nil, false
			}
		}
		return out, !slices.ContainsFunc(out.Names, tagged)
	}
	return n.value, !holdsTag(n.value)
}

// argument writes a value as a helper's argument, "" where it cannot be one.
func argument(v *simulations.Value) string {
	switch {
	case v.Kind == simulations.Number || v.Kind == simulations.Bool:
		return v.Text
	case v.Kind == simulations.String && v.Text != "" && !strings.ContainsAny(v.Text, "'\\{}\r\n"):
		return "'" + v.Text + "'"
	case v.Kind == simulations.Array && len(v.Items) == 0:
		return "(array)"
	}
	return ""
}

func writeParts(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		if p.expression != "" {
			b.WriteString("{{" + p.expression + "}}")
		} else {
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

// tagged reports whether a text would be read as a template.
func tagged(s string) bool { return strings.Contains(s, "{{") }

func holdsTag(v *simulations.Value) bool {
	return v != nil && (v.Kind == simulations.String && tagged(v.Text) || slices.ContainsFunc(v.Names, tagged) || slices.ContainsFunc(v.Items, holdsTag))
}

// gives is what the node makes of a request's values; what is made anew comes
// as it was recorded.
func (n *node) gives(s *sources) *simulations.Value {
	switch n.kind {
	case echoNode:
		src := s.byExpression[n.from]
		switch {
		case src == nil && n.orElse != nil:
			return n.orElse
		case src == nil && n.value.Kind == simulations.String:
			return simulations.NewString("")
		case src == nil:
			return &simulations.Value{}
		case n.asNumber:
			return &simulations.Value{Kind: simulations.Number, Text: src.value.Text}
		}
		return src.value
	case textNode:
		var b strings.Builder
		for _, p := range n.parts {
			if p.expression == "" {
				b.WriteString(p.literal)
			} else if src := s.byExpression[p.expression]; src != nil {
				b.WriteString(src.value.Text)
			}
		}
		return simulations.NewString(b.String())
	case objectNode, listNode:
		out := &simulations.Value{Kind: simulations.Array, Items: make([]*simulations.Value, len(n.items))}
		if n.kind == objectNode {
			out.Kind, out.Names = simulations.Object, n.names
		}
		for i, item := range n.items {
			out.Items[i] = item.gives(s)
		}
		return out
	}
	return n.value
}

// holds reports whether the node gives what was recorded, but for what is made.
func (n *node) holds(v *simulations.Value, s *sources) bool {
	switch n.kind {
	case madeNode:
		return v.Kind == n.value.Kind && shapeOf(v.Text) == n.shape
	case objectNode:
		if v.Kind != simulations.Object || len(v.Names) != len(n.names) {
			return false
		}
		for i, name := range n.names {
			if item := v.Get(name); item == nil || !n.items[i].holds(item, s) {
				return false
			}
		}
		return true
	case listNode:
		if v.Kind != simulations.Array || len(v.Items) != len(n.items) {
			return false
		}
		for i, item := range v.Items {
			if !n.items[i].holds(item, s) {
				return false
			}
		}
		return true
	}
	return same(n.gives(s), v)
}

func same(a, b *simulations.Value) bool {
	if a.Kind != b.Kind {
		return false
	}
	if a.Kind == simulations.String || a.Kind == simulations.Bool {
		return a.Text == b.Text
	}
	return string(a.AppendCanonical(nil)) == string(b.AppendCanonical(nil))
}

// open reports whether some place of the answer follows from nothing known.
func (n *node) open() bool {
	return n.kind == openNode || slices.ContainsFunc(n.items, (*node).open)
}

// walk visits the leaves with their JSON pointers.
func (n *node) walk(at string, visit func(pointer string, n *node)) {
	switch n.kind {
	case objectNode:
		for i, item := range n.items {
			item.walk(at+"/"+simulations.PointerToken(n.names[i]), visit)
		}
	case listNode:
		for i, item := range n.items {
			item.walk(at+"/"+strconv.Itoa(i), visit)
		}
	default:
		visit(at, n)
	}
}
