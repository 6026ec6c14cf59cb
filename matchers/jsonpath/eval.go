package jsonpath

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"understudy/matchers/internal/decimal"
)

// MaxVisits bounds the nodes that one evaluation may visit, filters within
// filters included.
const MaxVisits = 2_000_000

// evaluator is one evaluation of a query.
type evaluator struct {
	root    any
	left    int  // visits
	track   bool // locations are wanted
	lenient bool
	regexes map[string]*regexp.Regexp
}

// spend takes one visit; false when none is left.
func (e *evaluator) spend() bool {
	e.left--
	return e.left > 0
}

// query runs segments from a node.
func (e *evaluator) query(segments []segment, from Node) []Node {
	nodes := []Node{from}
	for i := range segments {
		var next []Node
		for _, n := range nodes {
			next = e.segment(&segments[i], n, next)
		}
		nodes = next
		if len(nodes) == 0 || e.left <= 0 {
			break
		}
	}
	return nodes
}

// nodes runs a query of a filter. Locations do not matter there.
func (e *evaluator) nodes(q query, at Node) []Node {
	from := Node{Value: at.Value}
	if q.fromRoot {
		from.Value = e.root
	}
	track := e.track
	e.track = false
	out := e.query(q.segments, from)
	e.track = track
	return out
}

func (e *evaluator) segment(s *segment, n Node, out []Node) []Node {
	if !e.spend() {
		return out
	}
	for i := range s.selectors {
		out = e.selector(&s.selectors[i], n, out)
	}
	if s.descendant {
		// The node first, then its children, each with all below it, as section
		// 2.5.2.2 has it. The depth is that of the document.
		e.children(n, func(child Node) bool {
			out = e.segment(s, child, out)
			return e.left > 0
		})
	}
	return out
}

func (e *evaluator) selector(s *selector, n Node, out []Node) []Node {
	switch s.kind {
	case selectName:
		if m, ok := n.Value.(map[string]any); ok {
			if v, ok := m[s.name]; ok && e.spend() {
				out = append(out, e.member(n, s.name, v))
			}
		}
	case selectIndex:
		if list, ok := n.Value.([]any); ok {
			if i, ok := position(s.index, len(list)); ok && e.spend() {
				out = append(out, e.element(n, i, list[i]))
			}
		}
	case selectSlice:
		if list, ok := n.Value.([]any); ok {
			s.slice.each(len(list), func(i int) bool {
				out = append(out, e.element(n, i, list[i]))
				return e.spend()
			})
		}
	case selectAll:
		e.children(n, func(child Node) bool {
			out = append(out, child)
			return e.spend()
		})
	case selectFilter:
		if _, object := n.Value.(map[string]any); object && e.lenient {
			if e.spend() && s.filter.truth(e, n) {
				out = append(out, n)
			}
			break
		}
		e.children(n, func(child Node) bool {
			if !e.spend() {
				return false
			}
			if s.filter.truth(e, child) {
				out = append(out, child)
			}
			return true
		})
	}
	return out
}

// children calls yield with each child until it returns false.
func (e *evaluator) children(n Node, yield func(Node) bool) {
	switch v := n.Value.(type) {
	case []any:
		for i, item := range v {
			if !yield(e.element(n, i, item)) {
				return
			}
		}
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			if !yield(e.member(n, name, v[name])) {
				return
			}
		}
	}
}

func (e *evaluator) member(parent Node, name string, v any) Node {
	if !e.track {
		return Node{Value: v}
	}
	return Node{Value: v, at: &step{parent: parent.at, Step: Step{Name: name}}}
}

func (e *evaluator) element(parent Node, i int, v any) Node {
	if !e.track {
		return Node{Value: v}
	}
	return Node{Value: v, at: &step{parent: parent.at, Step: Step{Index: i, IsIndex: true}}}
}

// position makes an index, which may count from the end, one from the start.
func position(i, n int) (int, bool) {
	if i < 0 {
		i += n
	}
	return i, 0 <= i && i < n
}

// each is section 2.3.4.2.2.
func (s slice) each(n int, yield func(int) bool) {
	if s.step == 0 {
		return
	}
	normal := func(i int) int {
		if i < 0 {
			return i + n
		}
		return i
	}
	if s.step > 0 {
		start, end := 0, n
		if s.hasStart {
			start = min(max(normal(s.start), 0), n)
		}
		if s.hasEnd {
			end = min(max(normal(s.end), 0), n)
		}
		for i := start; i < end && yield(i); i += s.step {
		}
		return
	}
	start, end := n-1, -1
	if s.hasStart {
		start = min(max(normal(s.start), -1), n-1)
	}
	if s.hasEnd {
		end = min(max(normal(s.end), -1), n-1)
	}
	for i := start; i > end && yield(i); i += s.step {
	}
}

// follow goes along the segments of a singular query.
func follow(segments []segment, v any) (any, bool) {
	for i := range segments {
		s := &segments[i].selectors[0]
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[s.name]
			if !ok || s.kind != selectName {
				return nil, false
			}
			v = next
		case []any:
			j, ok := position(s.index, len(at))
			if !ok || s.kind != selectIndex {
				return nil, false
			}
			v = at[j]
		default:
			return nil, false
		}
	}
	return v, true
}

func (l literal) value(*evaluator, Node) (any, bool) { return l.of, true }

func (r singularRef) value(e *evaluator, at Node) (any, bool) {
	e.spend()
	if r.query.fromRoot {
		return follow(r.query.segments, e.root)
	}
	return follow(r.query.segments, at.Value)
}

func (x orExpr) truth(e *evaluator, at Node) bool {
	return slices.ContainsFunc(x, func(l logical) bool { return l.truth(e, at) })
}

func (x andExpr) truth(e *evaluator, at Node) bool {
	return !slices.ContainsFunc(x, func(l logical) bool { return !l.truth(e, at) })
}

func (x notExpr) truth(e *evaluator, at Node) bool { return !x.of.truth(e, at) }

func (x existsExpr) truth(e *evaluator, at Node) bool {
	if isSingular(x.query.segments) {
		_, ok := singularRef(x).value(e, at)
		return ok
	}
	return len(e.nodes(x.query, at)) > 0
}

func (x callExpr) truth(e *evaluator, at Node) bool { return x.call.fn.truth(e, x.call, at) }

// truth is section 2.3.5.2.2.
func (x compare) truth(e *evaluator, at Node) bool {
	l, lok := x.left.value(e, at)
	r, rok := x.right.value(e, at)
	switch x.op {
	case "==":
		return e.equal(l, lok, r, rok)
	case "!=":
		return !e.equal(l, lok, r, rok)
	case "<":
		return lok && rok && less(l, r)
	case ">":
		return lok && rok && less(r, l)
	case "<=":
		return lok && rok && less(l, r) || e.equal(l, lok, r, rok)
	default:
		return lok && rok && less(r, l) || e.equal(l, lok, r, rok)
	}
}

func (e *evaluator) equal(l any, lok bool, r any, rok bool) bool {
	if !lok || !rok {
		return lok == rok
	}
	return e.equalValues(l, r)
}

// equalValues compares deeply; what it goes through counts as visited.
func (e *evaluator) equalValues(l, r any) bool {
	if !e.spend() {
		return false
	}
	if e.lenient {
		l, r = alike(l, r)
	}
	switch l := l.(type) {
	case json.Number:
		r, ok := r.(json.Number)
		return ok && decimal.Equal(string(l), string(r))
	case []any:
		r, ok := r.([]any)
		return ok && slices.EqualFunc(l, r, e.equalValues)
	case map[string]any:
		r, ok := r.(map[string]any)
		if !ok || len(l) != len(r) {
			return false
		}
		for name, v := range l {
			w, ok := r[name]
			if !ok || !e.equalValues(v, w) {
				return false
			}
		}
		return true
	case string:
		r, ok := r.(string)
		return ok && l == r
	case bool:
		r, ok := r.(bool)
		return ok && l == r
	case nil:
		return r == nil
	}
	return false
}

// alike makes a text that is compared with a number a number, if it is one.
func alike(l, r any) (any, any) {
	ls, lText := l.(string)
	rs, rText := r.(string)
	_, lNumber := l.(json.Number)
	_, rNumber := r.(json.Number)
	switch {
	case lText && rNumber && decimal.Valid(ls):
		return json.Number(ls), r
	case lNumber && rText && decimal.Valid(rs):
		return l, json.Number(rs)
	}
	return l, r
}

// less compares two numbers or two strings; anything else is not ordered.
func less(l, r any) bool {
	switch l := l.(type) {
	case json.Number:
		r, ok := r.(json.Number)
		if !ok {
			return false
		}
		c, ok := decimal.Compare(string(l), string(r))
		return ok && c < 0
	case string:
		r, ok := r.(string)
		return ok && strings.Compare(l, r) < 0
	}
	return false
}

// regex compiles an expression that came from the document, once.
func (e *evaluator) regex(pattern string, whole bool) *regexp.Regexp {
	key := "search " + pattern
	if whole {
		key = "match " + pattern
	}
	re, ok := e.regexes[key]
	if !ok && len(e.regexes) < maxPatterns {
		re = compileIRegexp(pattern, whole)
		if e.regexes == nil {
			e.regexes = map[string]*regexp.Regexp{}
		}
		e.regexes[key] = re
	}
	return re
}
