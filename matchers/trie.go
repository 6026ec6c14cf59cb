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
	literals slots // to the node of a literal segment, by its edge
	affixes  [][]affixNode
}

// edge is the hash of a literal segment after a node.
func edge(node uint32, segment string) uint64 {
	return hashOf(hashText, segment) ^ uint64(node)*0x9e3779b97f4a7c15
}

// trieNode is one segment of the templates; 0 stands for no node.
type trieNode struct {
	// param is the node of a parameter that takes a whole segment, affixes is 1
	// and more for a place in the trie's affixes.
	param, affixes uint32
	// literals says whether literal segments may follow.
	literals bool
	// end are templates that end here, rest those that go on with {name...}.
	end, rest slot
}

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
		e := edge(n, sg.literal)
		if c, ok := t.literals.by[e]; ok {
			return uint32(c)
		}
		t.literals.by[e] = slot(fresh)
		t.nodes[n].literals = true
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

// finish ends the building: stems are the literal segments from the root on that
// nothing else stands beside.
func (t *trie) finish(stem []string) {
	t.literals = newSlots(t.literals.by)
	for _, segment := range stem {
		t.common += segment + "/"
		t.from = uint32(t.literals.by[edge(t.from, segment)])
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
	if node.literals {
		if c := t.literals.get(edge(n, part)); c != 0 {
			t.next(uint32(c), after, more, s)
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
