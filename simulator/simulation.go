package simulator

import (
	"iter"
	"maps"
	"slices"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/table"
)

// simulation is one in memory: an index, and what was put and dropped since it
// was built, which the set's tail has too. catalog.state guards it.
type simulation struct {
	name         string
	revision     uint64
	collaborator string
	declares     []string
	index        *matchers.Index
	collections  map[string]*collection
	tables       map[string]*table.Table
	// recent are the stubs put since by id; nil for one that was dropped.
	recent map[string]*matchers.Stub
	// counts are the stubs by collaborator.
	counts map[string]int
	// digest is digestOf the document that was put, until a stub is edited; "" where
	// it would have to be made.
	digest string
}

func newSimulation(name string, index *matchers.Index) *simulation {
	return &simulation{name: name, index: index, recent: make(map[string]*matchers.Stub), counts: maps.Clone(index.Collaborators())}
}

// emptyIndex is of a simulation that begins with a stub put into it.
func emptyIndex(name string) *matchers.Index { return newBuilder(name).Build() }

// len is the number of stubs.
func (s *simulation) len() int {
	n := 0
	for _, count := range s.counts {
		n += count
	}
	return n
}

// stub returns a stub, made ready if need be; nil for none.
func (s *simulation) stub(id string) *matchers.Stub {
	if st, ok := s.recent[id]; ok {
		return st
	}
	if n, ok := s.index.Find(id); ok {
		return s.index.Stub(n)
	}
	return nil
}

// has reports whether there is a stub of that id.
func (s *simulation) has(id string) bool {
	if st, ok := s.recent[id]; ok {
		return st != nil
	}
	_, ok := s.index.Find(id)
	return ok
}

// put and drop edit the stubs.
func (s *simulation) put(st *matchers.Stub) {
	s.uncount(st.ID)
	s.counts[st.Collaborator]++
	s.recent[st.ID] = st
}

func (s *simulation) drop(id string) {
	s.uncount(id)
	s.recent[id] = nil
}

// overtaken reports whether there is a later stub of that id than one of a
// revision: of two recordings, of a take that ends and of the next, the store may
// put the one first in order and the other may be done first here.
func (s *simulation) overtaken(id string, revision uint64) bool {
	if st, ok := s.recent[id]; ok {
		return st != nil && st.Packed().Revision > revision
	}
	n, ok := s.index.Find(id)
	return ok && s.index.Packed(n).Revision > revision
}

func (s *simulation) uncount(id string) {
	st := s.stub(id)
	if st == nil {
		return
	}
	if s.counts[st.Collaborator]--; s.counts[st.Collaborator] == 0 {
		delete(s.counts, st.Collaborator)
	}
}

// edits are the stubs that were put since the index was built, and the ids of
// those that were dropped.
func (s *simulation) edits() (put []*matchers.Stub, dropped []string) {
	for id, st := range s.recent {
		if st == nil {
			dropped = append(dropped, id)
		} else {
			put = append(put, st)
		}
	}
	return put, dropped
}

// view is what a simulation holds at a time, to be read without the lock.
type view struct {
	index  *matchers.Index
	recent map[string]*matchers.Stub
}

func (s *simulation) view() view { return view{s.index, maps.Clone(s.recent)} }

// after yields the stubs whose ids come after an id, in order of their ids.
func (v view) after(id string) iter.Seq2[*simulations.StoredStub, error] {
	return func(yield func(*simulations.StoredStub, error) bool) {
		recent := slices.Sorted(maps.Keys(v.recent))
		at, found := slices.BinarySearch(recent, id)
		if found {
			at++
		}
		// lately yields those of recent that come before an id, or all.
		lately := func(before string, all bool) bool {
			for ; at < len(recent) && (all || recent[at] < before); at++ {
				if st := v.recent[recent[at]]; st != nil && !yield(st.Model(), nil) {
					return false
				}
			}
			return true
		}
		for own, n := range v.index.After(id) {
			if !lately(own, false) {
				return
			}
			if _, edited := v.recent[own]; edited {
				continue
			}
			if !yield(v.index.Packed(n).Unpack()) {
				return
			}
		}
		lately("", true)
	}
}
