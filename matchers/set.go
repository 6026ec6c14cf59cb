package matchers

import (
	"fmt"
	"slices"
)

// Set is an immutable set of simulations, each with its [Index], and one
// [Tail], which alone can be written. An edit makes a new Set, which shares the
// tail until [Set.WithTail] gives it another.
type Set struct {
	names   []string
	indexes []*Index
	tail    *Tail
	// routes are, for each collaborator that stubs name, the indexes with stubs
	// for it or for any; under "", those with stubs for any.
	routes map[string][]*Index
}

// NewSet makes an empty set with a tail.
func NewSet(tail *Tail) *Set { return &Set{tail: tail} }

// With returns a set that has index under name, in place of what was there.
func (s *Set) With(name string, index *Index) *Set {
	out := s.except(name)
	out.names = append(out.names, name)
	out.indexes = append(out.indexes, index)
	out.route()
	return out
}

// Without returns a set that has no index of that name.
func (s *Set) Without(name string) *Set {
	out := s.except(name)
	out.route()
	return out
}

func (s *Set) except(name string) *Set {
	out := &Set{tail: s.tail}
	for i, n := range s.names {
		if n != name {
			out.names = append(out.names, n)
			out.indexes = append(out.indexes, s.indexes[i])
		}
	}
	return out
}

func (s *Set) route() {
	s.routes = map[string][]*Index{"": nil}
	for _, x := range s.indexes {
		for _, c := range x.collaborators() {
			s.routes[c] = nil
		}
	}
	for c := range s.routes {
		for _, x := range s.indexes {
			if has := x.collaborators(); slices.Contains(has, c) || slices.Contains(has, "") {
				s.routes[c] = append(s.routes[c], x)
			}
		}
	}
}

// WithTail returns a set with another tail. An index and a tail that change
// together are published together in one new Set: then a search sees either
// the old ones or the new ones.
func (s *Set) WithTail(t *Tail) *Set {
	out := *s
	out.tail = t
	return &out
}

// Tail returns the set's tail.
func (s *Set) Tail() *Tail { return s.tail }

// Find returns the stub that answers r: the first in order of precedence whose
// conditions hold and that admit accepts. admit is called for stubs that match
// only, in that order, and when it refuses the search goes on; nil accepts
// every stub. Find takes no lock.
func (s *Set) Find(r *Request, admit func(*Stub) bool) (Match, bool) {
	tail := s.tail.state.Load()
	for found := s.gather(r, tail, nil); ; {
		st := found.next()
		if st == nil {
			return Match{}, false
		}
		if tail.hides(st) {
			continue
		}
		r.scope.work.Candidates++
		if st.matches(r) && (admit == nil || admit(st)) {
			return st.match(r), true
		}
	}
}

// gather collects the candidates for r.
func (s *Set) gather(r *Request, tail *tailState, trace func(step string)) *search {
	out := &r.search
	out.reset()
	out.scope, out.trace = &r.scope, trace
	indexes := s.serving(r)
	eachGroup(r, func(g group) {
		view := r.view(g.redacted)
		out.request = view
		path := view.matchPath()
		for _, x := range indexes {
			if sc := x.sections[g]; sc != nil {
				if trace != nil {
					out.where = s.nameOf(x) + ", " + g.String()
				}
				sc.gather(path, out)
			}
		}
		if tail.len > 0 {
			list := tail.paths[shardOf(path)][exactKey{g, path}]
			if trace != nil && len(list) > 0 {
				trace(fmt.Sprintf("recorded lately, %s, exact path: %d candidates", g, len(list)))
			}
			out.add(list)
		}
	})
	out.add(tail.other)
	return out
}

// serving are the indexes that have stubs for r's collaborator, or for any.
func (s *Set) serving(r *Request) []*Index {
	if indexes, ok := s.routes[r.Collaborator]; ok {
		return indexes
	}
	return s.routes[""]
}

func (s *Set) nameOf(x *Index) string { return s.names[slices.Index(s.indexes, x)] }

func (g group) String() string {
	method, collaborator := g.method, g.collaborator
	if method == "" {
		method = "any method"
	}
	if collaborator == "" {
		collaborator = "any collaborator"
	}
	if g.redacted {
		method += ", redacted"
	}
	return collaborator + ", " + method
}
