package matchers

import (
	"strings"

	"github.com/antchfx/xpath"
)

// xmlNavigator is the cursor by which the XPath engine moves through a
// document. It counts its moves, so that an evaluation has an end.
type xmlNavigator struct {
	at   *xmlNode
	attr int // of the element, -1 for the node itself
	left *int
	// localNames hides prefixes.
	localNames bool
}

var _ xpath.NodeNavigator = (*xmlNavigator)(nil)

// tooManySteps ends an evaluation; evaluate recovers it.
type tooManySteps struct{}

func (n *xmlNavigator) step() {
	if *n.left--; *n.left < 0 {
		panic(tooManySteps{})
	}
}

func (n *xmlNavigator) NodeType() xpath.NodeType {
	switch {
	case n.attr >= 0:
		return xpath.AttributeNode
	case n.at.kind == xmlElement:
		return xpath.ElementNode
	case n.at.kind == xmlText:
		return xpath.TextNode
	case n.at.kind == xmlComment:
		return xpath.CommentNode
	}
	return xpath.RootNode
}

func (n *xmlNavigator) LocalName() string {
	if n.attr >= 0 {
		return n.at.attrs[n.attr].name.Local
	}
	return n.at.name.Local
}

func (n *xmlNavigator) Prefix() string {
	if n.localNames {
		return ""
	}
	if n.attr >= 0 {
		return n.at.attrs[n.attr].prefix
	}
	return n.at.prefix
}

// NamespaceURL is what the engine compares where an expression has namespaces.
func (n *xmlNavigator) NamespaceURL() string {
	if n.attr >= 0 {
		return n.at.attrs[n.attr].name.Space
	}
	return n.at.name.Space
}

func (n *xmlNavigator) Value() string {
	n.step()
	if n.attr >= 0 {
		return n.at.attrs[n.attr].value
	}
	text := n.at.content()
	*n.left -= len(text) / 64 // long texts cost too
	return text
}

// markup is the element as XML.
func (n *xmlNavigator) markup() string {
	n.step()
	var b strings.Builder
	n.at.markup(&b)
	*n.left -= b.Len() / 64
	return b.String()
}

func (n *xmlNavigator) Copy() xpath.NodeNavigator {
	n.step()
	c := *n
	return &c
}

func (n *xmlNavigator) MoveToRoot() {
	for n.at.parent != nil {
		n.at = n.at.parent
	}
	n.attr = -1
}

func (n *xmlNavigator) MoveToParent() bool {
	n.step()
	if n.attr >= 0 {
		n.attr = -1
		return true
	}
	if n.at.parent == nil {
		return false
	}
	n.at = n.at.parent
	return true
}

func (n *xmlNavigator) MoveToNextAttribute() bool {
	n.step()
	if n.attr+1 >= len(n.at.attrs) {
		return false
	}
	n.attr++
	return true
}

func (n *xmlNavigator) MoveToChild() bool {
	n.step()
	if n.attr >= 0 || len(n.at.children) == 0 {
		return false
	}
	n.at = n.at.children[0]
	return true
}

func (n *xmlNavigator) MoveToFirst() bool { return n.sibling(-n.at.index) }

func (n *xmlNavigator) MoveToNext() bool { return n.sibling(1) }

func (n *xmlNavigator) MoveToPrevious() bool { return n.sibling(-1) }

func (n *xmlNavigator) sibling(by int) bool {
	n.step()
	i := n.at.index + by
	if by == 0 || n.attr >= 0 || n.at.parent == nil || i < 0 || i >= len(n.at.parent.children) {
		return false
	}
	n.at = n.at.parent.children[i]
	return true
}

func (n *xmlNavigator) MoveTo(other xpath.NodeNavigator) bool {
	o, ok := other.(*xmlNavigator)
	if ok {
		n.at, n.attr = o.at, o.attr
	}
	return ok
}
