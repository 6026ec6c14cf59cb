package matchers

import (
	"fmt"

	"understudy/simulations"
)

// Set is an immutable set of simulations, each with its [Index], and one
// [Tail], which alone can be written. An edit makes a new Set, which shares the
// tail until [Set.WithTail] gives it another.
type Set struct {
	names   []string
	indexes []*Index
	tail    *Tail
	// routes are, for each collaborator that stubs name, what has stubs for it
	// or for any; under "", what has stubs for any.
	routes map[string]route
}

// route is where a search for a collaborator's requests goes.
type route struct {
	indexes []*Index
	doors   []door
}

// door is a section of an index, or an index of many. Doors stand side by side,
// so that a request passes those of simulations that have nothing for it as fast
// as memory allows.
type door struct {
	index *Index
	// section is nil for an index of many.
	section *section
	// exact is set where the section has nothing but exact paths.
	exact *slots
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
	s.routes = map[string]route{"": {}}
	for _, x := range s.indexes {
		for c := range x.counts {
			s.routes[c] = route{}
		}
	}
	for c := range s.routes {
		var to route
		for _, x := range s.indexes {
			if x.serves(c) {
				to.add(x, c)
			}
		}
		s.routes[c] = to
	}
}

func (to *route) add(x *Index, collaborator string) {
	to.indexes = append(to.indexes, x)
	if x.byGroup != nil {
		to.doors = append(to.doors, door{index: x})
		return
	}
	for _, sc := range x.sections {
		if sc.group.collaborator != "" && sc.group.collaborator != collaborator {
			continue
		}
		d := door{index: x, section: sc}
		if sc.onlyExact() && !sc.group.redacted {
			d.exact = &sc.exact
		}
		to.doors = append(to.doors, d)
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
// every stub. Find takes no lock. It ends with the context of [Request.EndWith].
func (s *Set) Find(r *Request, admit func(*Stub) bool) (Match, bool) {
	r.scope.searching = true
	m, ok := s.find(r, admit)
	r.scope.searching = false
	return m, ok
}

func (s *Set) find(r *Request, admit func(*Stub) bool) (Match, bool) {
	tail := s.tail.state.Load()
	for found := s.gather(r, tail, nil); ; {
		st, x, number := found.nextPacked()
		switch {
		case x != nil:
			if tail.hidesNumber(x, number) {
				continue
			}
			if !r.scope.next() {
				return Match{}, false
			}
			var p simulations.Plain
			if !simulations.UnpackPlain(x.packed.get(number), &p) || !plainMatches(&p, r) {
				continue
			}
			if st = x.plain(&p, number); admit == nil || admit(st) {
				return Match{Stub: st}, true
			}
		case st == nil:
			return Match{}, false
		case !tail.hides(st):
			if !r.scope.next() {
				return Match{}, false
			}
			if st.matches(r) && !r.scope.ended && (admit == nil || admit(st)) {
				return st.match(r), true
			}
		}
	}
}

// gather collects the candidates for r.
func (s *Set) gather(r *Request, tail *tailState, trace func(step string)) *search {
	out := &r.search
	out.reset()
	out.scope, out.trace = &r.scope, trace
	doors := s.to(r).doors
	for i := range doors {
		d := &doors[i]
		switch {
		case d.section == nil:
			d.index.gather(r, out)
		case d.section.group.method != "" && d.section.group.method != r.Method:
		case d.exact != nil && trace == nil && d.exact.lacks(r.pathHash()):
		default:
			d.index.visit(d.section, r, out)
		}
	}
	if tail.len > 0 {
		eachGroup(r, func(g group) {
			path := r.view(g.redacted).matchPath()
			list := tail.exact(exactKey{g, path})
			if trace != nil && len(list) > 0 {
				trace(fmt.Sprintf("recorded or edited lately, %s, exact path: %d candidates", g, len(list)))
			}
			out.addStubs(list)
		})
	}
	out.addStubs(tail.other)
	return out
}

// to is where a search for r goes.
func (s *Set) to(r *Request) route {
	if to, ok := s.routes[r.Collaborator]; ok {
		return to
	}
	return s.routes[""]
}

// serving are the indexes that have stubs for r's collaborator, or for any.
func (s *Set) serving(r *Request) []*Index { return s.to(r).indexes }
