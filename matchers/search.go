package matchers

import (
	"fmt"
	"slices"
)

// search gathers the runs of stubs that a request leads to, each in order of
// precedence, and then gives the stubs one by one in that order. It belongs to
// a request and is used again.
type search struct {
	// request is the view that is searched for, scope what counts the work,
	// index the one that is searched.
	request *Request
	scope   *scope
	index   *Index
	runs    []run
	inline  [8]run
	// ones are the numbers of runs of one.
	ones [16]uint32
	used int
	// sample takes the few of a crowded bucket that come closest instead of dividing
	// it.
	sample bool
	// trace, where set, is told of every step.
	trace func(step string)
	where string // of the trace
}

// run is stubs in order of precedence: numbers of an index, or, of a tail, the
// stubs themselves.
type run struct {
	index   *Index
	numbers []uint32
	stubs   []*Stub
	// first is the first of the numbers made ready, once somebody has asked.
	first *Stub
}

func (r *run) empty() bool { return len(r.numbers)+len(r.stubs) == 0 }

// head is the first stub.
func (r *run) head() *Stub {
	if r.index == nil {
		return r.stubs[0]
	}
	if r.first == nil {
		r.first = r.index.stub(r.numbers[0])
	}
	return r.first
}

// pop takes the first stub off and makes it ready.
func (r *run) pop() *Stub {
	s := r.head().whole()
	if r.index == nil {
		r.stubs = r.stubs[1:]
	} else {
		r.numbers, r.first = r.numbers[1:], nil
	}
	return s
}

// before reports whether r's first stub comes before o's. The numbers of an
// index say it without the stubs.
func (r *run) before(o *run) bool {
	if r.index != nil && r.index == o.index {
		return r.numbers[0] < o.numbers[0]
	}
	return compareStubs(r.head(), o.head()) < 0
}

func (s *search) reset() {
	s.runs, s.used, s.sample, s.trace = s.inline[:0], 0, false, nil
}

func (s *search) addStubs(stubs []*Stub) {
	if len(stubs) > 0 {
		s.runs = append(s.runs, run{stubs: stubs})
	}
}

func (s *search) addNumbers(numbers []uint32) {
	if len(numbers) > 0 {
		s.runs = append(s.runs, run{index: s.index, numbers: numbers})
	}
}

func (s *search) addOne(number uint32) {
	if s.used == len(s.ones) {
		s.addNumbers([]uint32{number})
		return
	}
	s.ones[s.used] = number
	s.addNumbers(s.ones[s.used : s.used+1 : s.used+1])
	s.used++
}

// collect adds what a slot leads to, dividing it by what the request has.
func (s *search) collect(at slot, how string) {
	for at&bucketSlot != 0 {
		b := &s.index.buckets[at&^bucketSlot]
		sp := b.split
		if sp == nil {
			s.tell(how, len(b.stubs))
			s.addNumbers(b.stubs)
			return
		}
		if !s.sample && sp.dearer(s.request) {
			s.tell(how+", tried all", len(sp.all))
			s.addNumbers(sp.all)
			return
		}
		if s.sample {
			s.addNumbers(sp.near.closest(s.index, s.request, s.scope))
			return
		}
		if s.trace != nil {
			s.trace(fmt.Sprintf("%s, %s: %d stubs, divided by %s", s.where, how, sp.size, sp.place))
			how = fmt.Sprintf("%s, %s as asked", how, sp.place)
		}
		sp.eachPart(s.request, s.scope, func(part slot) { s.collect(part, how) })
		if s.trace != nil {
			how = fmt.Sprintf("%s any", how)
		}
		at = sp.rest
	}
	if at != 0 {
		s.tell(how, 1)
		s.addOne(uint32(at) - 1)
	}
}

func (s *search) tell(how string, candidates int) {
	if s.trace != nil {
		s.trace(fmt.Sprintf("%s, %s: %d candidates", s.where, how, candidates))
	}
}

// next returns the first of the stubs that are left, nil when none is.
func (s *search) next() *Stub {
	if r := s.first(); r != nil {
		return r.pop()
	}
	return nil
}

// nextPacked is next, but for a plain stub of an index that is not at hand it
// returns only its number.
func (s *search) nextPacked() (st *Stub, x *Index, number uint32) {
	r := s.first()
	switch {
	case r == nil:
		return nil, nil, 0
	case r.index == nil || r.first != nil || !r.index.isPlain(r.numbers[0]):
		return r.pop(), nil, 0
	}
	x, number = r.index, r.numbers[0]
	if st, often := x.atHand(number); st != nil || often {
		return r.pop(), nil, 0
	}
	r.numbers = r.numbers[1:]
	return nil, x, number
}

// first is the run that has the first of the stubs that are left, nil for none. A
// stub that is in several runs is left in one.
func (s *search) first() *run {
	if len(s.runs) > maxRuns {
		s.merge()
	}
	var best *run
	for i := range s.runs {
		switch r := &s.runs[i]; {
		case r.empty():
		case best == nil || r.before(best):
			best = r
		case r.index != nil && r.index == best.index && r.numbers[0] == best.numbers[0]:
			r.numbers, r.first = r.numbers[1:], nil
		}
	}
	return best
}

// maxRuns is how many runs are looked at for each stub.
const maxRuns = 32

// merge makes one run of all those of an index.
func (s *search) merge() {
	var runs []run
	of := map[*Index]int{}
	for _, r := range s.runs {
		at, known := of[r.index]
		switch {
		case r.index == nil:
			runs = append(runs, r)
		case !known:
			of[r.index] = len(runs)
			runs = append(runs, run{index: r.index, numbers: slices.Clone(r.numbers)})
		default:
			runs[at].numbers = append(runs[at].numbers, r.numbers...)
		}
	}
	for i := range runs {
		slices.Sort(runs[i].numbers)
		runs[i].numbers = slices.Compact(runs[i].numbers)
	}
	s.runs = runs
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
