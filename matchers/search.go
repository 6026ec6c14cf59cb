package matchers

import (
	"fmt"
	"slices"
)

// search gathers the lists of stubs that a request leads to, each in order of
// precedence, and then gives the stubs one by one in that order. It belongs to
// a request and is used again.
type search struct {
	// request is the view that is searched for, scope what counts the work.
	request *Request
	scope   *scope
	runs    [][]*Stub
	inline  [16][]*Stub
	// sample takes the first few of a crowded bucket instead of dividing it.
	sample bool
	// trace, where set, is told of every step.
	trace func(step string)
	where string // of the trace
}

func (s *search) reset() {
	s.runs, s.sample, s.trace = s.inline[:0], false, nil
}

func (s *search) add(stubs []*Stub) {
	if len(stubs) > 0 {
		s.runs = append(s.runs, stubs)
	}
}

// collect adds the parts of a bucket, which may be nil, that the request leads to.
func (s *search) collect(b *bucket, how string) {
	for b != nil && b.split != nil {
		sp := b.split
		if s.sample {
			s.add(sp.some)
			return
		}
		if s.trace != nil {
			s.trace(fmt.Sprintf("%s, %s: %d stubs, divided by %s", s.where, how, sp.size, sp.place))
			how = fmt.Sprintf("%s, %s as asked", how, sp.place)
		}
		var once seen
		sp.eachHash(s.request, s.scope, func(h uint64) {
			if part := sp.by[h]; part != nil && once.first(h) {
				s.collect(part, how)
			}
		})
		if s.trace != nil {
			how = fmt.Sprintf("%s any", how)
		}
		b = sp.rest
	}
	if b == nil {
		return
	}
	if s.trace != nil {
		s.trace(fmt.Sprintf("%s, %s: %d candidates", s.where, how, len(b.stubs)))
	}
	s.add(b.stubs)
}

// next returns the first of the stubs that are left, nil when none is.
func (s *search) next() *Stub {
	best := -1
	for i, run := range s.runs {
		if len(run) > 0 && (best < 0 || compareStubs(run[0], s.runs[best][0]) < 0) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	st := s.runs[best][0]
	s.runs[best] = s.runs[best][1:]
	return st
}

// seen tells hashes that come again, as values of a field may.
type seen struct {
	few  []uint64
	many map[uint64]struct{}
}

func (s *seen) first(h uint64) bool {
	if s.many != nil {
		if _, ok := s.many[h]; ok {
			return false
		}
		s.many[h] = struct{}{}
		return true
	}
	if slices.Contains(s.few, h) {
		return false
	}
	s.few = append(s.few, h)
	if len(s.few) > 32 {
		s.many = make(map[uint64]struct{}, 2*len(s.few))
		for _, h := range s.few {
			s.many[h] = struct{}{}
		}
	}
	return true
}
