// Package jsonpath is an engine for JSONPath (RFC 9535).
//
// It works on values as encoding/json decodes them into any, with numbers as
// json.Number: []any, map[string]any, string, bool, nil. Numbers are compared
// exactly. Members of an object are visited in the order of their names, so
// that a result is the same every time. Work is bounded, see [MaxVisits].
package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
)

// Path is a compiled query. It is immutable and safe for any number of
// goroutines.
type Path struct {
	source   string
	segments []segment
	singular bool
	lenient  bool
	// sized is set where the query gives how many items or members there are in
	// what its segments, which are those of a singular query, find.
	sized bool
}

// SyntaxError is a query that is not valid.
type SyntaxError struct {
	// Query is the text, Offset the byte at which it stops being a query.
	Query  string
	Offset int
	Detail string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not a JSONPath: %s (at offset %d)", e.Detail, e.Offset)
}

// Compile reads a query. The error is a *SyntaxError.
func Compile(query string) (*Path, error) {
	return compile(query, rfc9535)
}

// String returns the query as it was written.
func (p *Path) String() string { return p.source }

// Normalized returns the location that a singular query names, as a normalized
// path (RFC 9535 section 2.7), where it counts no index from the end; otherwise
// the query as it was written. Queries with one normalized text find the same.
func (p *Path) Normalized() string {
	if !p.singular {
		return p.source
	}
	var l Location
	for _, s := range p.segments {
		sel := &s.selectors[0]
		if sel.kind == selectIndex && sel.index < 0 {
			return p.source
		}
		l = append(l, Step{Name: sel.name, Index: sel.index, IsIndex: sel.kind == selectIndex})
	}
	return l.String()
}

// Singular reports whether the query names at most one node by its form: it
// has name and index selectors only (RFC 9535 section 2.3.5.1).
func (p *Path) Singular() bool { return p.singular }

// Node is a value that was found, and where.
type Node struct {
	Value any
	at    *step
}

// Location returns where the node is. It is made at each call.
func (n Node) Location() Location {
	size := 0
	for s := n.at; s != nil; s = s.parent {
		size++
	}
	out := make(Location, size)
	for s := n.at; s != nil; s = s.parent {
		size--
		out[size] = s.Step
	}
	return out
}

// Step is one step of a Location: into the member Name of an object, or, where
// IsIndex is set, to the element Index of an array.
type Step struct {
	Name    string
	Index   int
	IsIndex bool
}

type step struct {
	Step
	parent *step
}

// Location is the way from the root to a node; it has no step for the root.
type Location []Step

// String returns the normalized path, RFC 9535 section 2.7.
func (l Location) String() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range l {
		if s.IsIndex {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(s.Index))
			b.WriteByte(']')
			continue
		}
		b.WriteString("['")
		for _, r := range s.Name {
			switch {
			case r == '\'' || r == '\\':
				b.WriteByte('\\')
				b.WriteRune(r)
			case r < 0x20:
				if i := strings.IndexRune("\b\t\n\f\r", r); i >= 0 {
					b.WriteByte('\\')
					b.WriteByte("btnfr"[i])
				} else {
					fmt.Fprintf(&b, `\u%04x`, r)
				}
			default:
				b.WriteRune(r)
			}
		}
		b.WriteString("']")
	}
	return b.String()
}

// Select returns the nodes that the query finds below root, in order. A query
// that needs more than [MaxVisits] ends there and returns what it has found.
func (p *Path) Select(root any) []Node {
	nodes, _ := p.run(root, true)
	return nodes
}

// Values is Select without the locations, which is cheaper.
func (p *Path) Values(root any) []any {
	if p.singular {
		if v, ok := p.Get(root); ok {
			return []any{v}
		}
		return nil
	}
	nodes, _ := p.run(root, false)
	out := make([]any, len(nodes))
	for i, n := range nodes {
		out[i] = n.Value
	}
	return out
}

// Get returns the value that a singular query names; of another query it is
// the first value found. It allocates nothing for a singular query.
func (p *Path) Get(root any) (any, bool) {
	if !p.singular {
		nodes, _ := p.run(root, false)
		if len(nodes) == 0 {
			return nil, false
		}
		return nodes[0].Value, true
	}
	return follow(p.segments, root)
}

// Locate returns where the nodes are that the query finds. Where it would need
// more than [MaxVisits], it returns the root alone: who takes out what is found
// takes out too much then, never too little.
func (p *Path) Locate(root any) []Location {
	nodes, complete := p.run(root, true)
	if !complete {
		return []Location{{}}
	}
	out := make([]Location, len(nodes))
	for i, n := range nodes {
		out[i] = n.Location()
	}
	return out
}

func (p *Path) run(root any, track bool) (nodes []Node, complete bool) {
	e := &evaluator{root: root, left: MaxVisits, track: track, lenient: p.lenient}
	nodes = e.query(p.segments, Node{Value: root})
	if p.sized {
		nodes = sizes(nodes)
	}
	return nodes, e.left > 0
}

// sizes puts in the place of each array and object how many items or members it
// has, and leaves out what is neither.
func sizes(nodes []Node) []Node {
	out := nodes[:0]
	for _, n := range nodes {
		switch v := n.Value.(type) {
		case []any:
			n.Value = number(len(v))
		case map[string]any:
			n.Value = number(len(v))
		default:
			continue
		}
		out = append(out, n)
	}
	return out
}
