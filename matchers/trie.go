package matchers

import (
	"slices"
	"strings"
)

// trieNode is one segment of the templates: its children are the segments that
// may follow.
type trieNode struct {
	literal map[string]*trieNode
	param   *trieNode
	affixes []affixNode
	// end are templates that end here, rest those that go on with {name...}.
	end, rest           *bucket
	endStubs, restStubs []*Stub // until finish
}

// affixNode is a parameter with a literal prefix or suffix.
type affixNode struct {
	segment segment
	node    *trieNode
}

// insert adds a stub; the order of calls is the order of precedence.
func (n *trieNode) insert(t *template, s *Stub) {
	for i := range t.segments {
		n = n.child(&t.segments[i])
	}
	if t.hasRest {
		n.restStubs = append(n.restStubs, s)
	} else {
		n.endStubs = append(n.endStubs, s)
	}
}

func (n *trieNode) child(sg *segment) *trieNode {
	switch {
	case sg.param == "":
		c := n.literal[sg.literal]
		if c == nil {
			if n.literal == nil {
				n.literal = map[string]*trieNode{}
			}
			c = &trieNode{}
			n.literal[sg.literal] = c
		}
		return c
	case sg.literal == "" && sg.suffix == "":
		if n.param == nil {
			n.param = &trieNode{}
		}
		return n.param
	}
	i := slices.IndexFunc(n.affixes, func(a affixNode) bool {
		return a.segment.literal == sg.literal && a.segment.suffix == sg.suffix
	})
	if i < 0 {
		i = len(n.affixes)
		n.affixes = append(n.affixes, affixNode{*sg, &trieNode{}})
	}
	return n.affixes[i].node
}

// finish makes buckets of what was inserted.
func (n *trieNode) finish() {
	n.end, n.rest = newBucket(n.endStubs), newBucket(n.restStubs)
	n.endStubs, n.restStubs = nil, nil
	for _, c := range n.literal {
		c.finish()
	}
	if n.param != nil {
		n.param.finish()
	}
	for _, a := range n.affixes {
		a.node.finish()
	}
}

// gather adds the templates that path, without the '/' before it, fits. It
// visits no more nodes than there are.
func (n *trieNode) gather(path string, s *search) {
	if path != "" {
		s.collect(n.rest, "path template")
	}
	part, after, more := strings.Cut(path, "/")
	if c := n.literal[part]; c != nil {
		c.next(after, more, s)
	}
	if n.param != nil && part != "" {
		n.param.next(after, more, s)
	}
	for i := range n.affixes {
		if n.affixes[i].segment.fits(part) {
			n.affixes[i].node.next(after, more, s)
		}
	}
}

func (n *trieNode) next(after string, more bool, s *search) {
	if more {
		n.gather(after, s)
	} else {
		s.collect(n.end, "path template")
	}
}
