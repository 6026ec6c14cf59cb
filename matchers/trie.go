package matchers

import (
	"slices"
	"strings"
)

// trie finds path templates segment by segment. Its nodes are numbers, and the
// literal segments of all of them stand in one map: a tree of objects would
// cost the garbage collector as much as keeping every stub.
//
// A literal segment is known by its hash, with that of the node before it. Two
// of one hash share a node, which costs a candidate, never an answer.
type trie struct {
	nodes []trieNode // the first is the root
	// common is the text of the literal segments, each with its '/', that all
	// templates begin with, and from the node behind them. It is known once the
	// trie is whole.
	common   string
	from     uint32
	literals slots // to the node of a literal segment that has siblings, by its edge
	affixes  [][]affixNode
}

// edge is the hash of a literal segment, by its own, after a node.
func edge(node uint32, segment uint64) uint64 {
	return segment ^ uint64(node)*0x9e3779b97f4a7c15
}

// trieNode is one segment of the templates; 0 stands for no node.
type trieNode struct {
	// param is the node of a parameter that takes a whole segment, affixes is 1
	// and more for a place in the trie's affixes.
	param, affixes uint32
	// literal is the node of the literal segment that may follow, whose hash is
	// segment: a million templates may have a literal of their own, and all go on
	// alike. It is severalLiterals where several may follow.
	literal uint32
	segment uint64
	// end are templates that end here, rest those that go on with {name...}.
	end, rest slot
}

// severalLiterals stands for nodes that the trie's literals lead to.
const severalLiterals = 1<<32 - 1

// affixNode is a parameter with a literal prefix or suffix.
type affixNode struct {
	segment segment
	node    uint32
}

// insert returns the node at which the template ends.
func (t *trie) insert(tp *template) uint32 {
	if len(t.nodes) == 0 {
		t.nodes = []trieNode{{}}
		t.literals.by = map[uint64]slot{}
	}
	n := uint32(0)
	for i := range tp.segments {
		n = t.child(n, &tp.segments[i])
	}
	return n
}

func (t *trie) child(n uint32, sg *segment) uint32 {
	fresh := uint32(len(t.nodes))
	switch {
	case sg.param == "":
		h := hashOf(hashText, sg.literal)
		if c := t.literal(n, h); c != 0 {
			return c
		}
		switch node := &t.nodes[n]; node.literal {
		case 0:
			node.literal, node.segment = fresh, h
		default:
			t.literals.by[edge(n, node.segment)] = slot(node.literal)
			node.literal = severalLiterals
			fallthrough
		case severalLiterals:
			t.literals.by[edge(n, h)] = slot(fresh)
		}
	case sg.literal == "" && sg.suffix == "":
		if c := t.nodes[n].param; c != 0 {
			return c
		}
		t.nodes[n].param = fresh
	default:
		if t.nodes[n].affixes == 0 {
			t.affixes = append(t.affixes, nil)
			t.nodes[n].affixes = uint32(len(t.affixes))
		}
		list := &t.affixes[t.nodes[n].affixes-1]
		i := slices.IndexFunc(*list, func(a affixNode) bool {
			return a.segment.literal == sg.literal && a.segment.suffix == sg.suffix
		})
		if i >= 0 {
			return (*list)[i].node
		}
		*list = append(*list, affixNode{*sg, fresh})
	}
	t.nodes = append(t.nodes, trieNode{})
	return fresh
}

// literal is the node that a literal segment of this hash leads to after node n.
func (t *trie) literal(n uint32, segment uint64) uint32 {
	switch node := &t.nodes[n]; {
	case node.literal == severalLiterals:
		return uint32(t.literals.get(edge(n, segment)))
	case node.literal != 0 && node.segment == segment:
		return node.literal
	}
	return 0
}

// finish ends the building: stems are the literal segments from the root on that
// nothing else stands beside.
func (t *trie) finish(stem []string) {
	t.literals = newSlots(t.literals.by)
	for _, segment := range stem {
		t.common += segment + "/"
		t.from = t.literal(t.from, hashOf(hashText, segment))
	}
}

// find adds the templates that path, without the '/' before it, fits.
func (t *trie) find(path string, s *search) {
	if rest, ok := strings.CutPrefix(path, t.common); ok {
		t.gather(t.from, rest, s)
	}
}

// gather adds the templates that path, without the '/' before it, fits from
// node n on. It visits no more nodes than there are.
func (t *trie) gather(n uint32, path string, s *search) {
	node := &t.nodes[n]
	if path != "" {
		s.collect(node.rest, "path template")
	}
	part, after, more := strings.Cut(path, "/")
	if node.literal != 0 {
		if c := t.literal(n, hashOf(hashText, part)); c != 0 {
			t.next(c, after, more, s)
		}
	}
	if node.param != 0 && part != "" {
		t.next(node.param, after, more, s)
	}
	if node.affixes != 0 {
		for i := range t.affixes[node.affixes-1] {
			if a := &t.affixes[node.affixes-1][i]; a.segment.fits(part) {
				t.next(a.node, after, more, s)
			}
		}
	}
}

func (t *trie) next(n uint32, after string, more bool, s *search) {
	if more {
		t.gather(n, after, s)
	} else {
		s.collect(t.nodes[n].end, "path template")
	}
}
