package matchers

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"sync/atomic"

	"understudy/simulations"
)

// Index is the index of one simulation's stubs. It is immutable.
//
// Stubs are divided first by collaborator, method and whether they look at the
// redacted request, each of them possibly "any"; then by the kind of their
// path: exact paths in a map, templates in a trie of segments, other operators
// by the literal text that a path must begin with, and stubs without a path.
// Each of these ends in one stub or in a [bucket], and a crowded bucket is
// divided further by a literal that its stubs ask for. A search gathers the few
// places that a request leads to and goes through their stubs in order of
// precedence: what it tries does not grow with the number of stubs, as long as
// they differ in something literal.
//
// Stubs are numbered in order of precedence, and kept packed: the index itself
// holds numbers and hashes, no pointers to stubs, so that a million of them
// neither fill the memory with small objects nor give the garbage collector
// work. A stub is made ready, by the function that made it when it was accepted,
// when a request leads to it; those asked for last stay ready, and so do those
// that are dear to make, such as stubs with a regular expression. To keep every
// stub ready was rejected: it took 5 KiB for each.
type Index struct {
	simulation string
	open       Opener
	answer     Answerer
	// packed are the stubs by number, ids their numbers in order of id.
	packed    shelf
	ids       []uint32
	positions []uint32
	// revisions are the stubs', nil where all have base, 0 in those that do.
	revisions []uint64
	base      uint64
	// kept are stubs that stay ready; nil where there are none.
	kept  []*Stub
	ready []readyPlace
	// plains has a bit for each stub that is plain.
	plains []uint64

	sections []*section
	byGroup  map[group]*section // where there are many sections
	buckets  []bucket
	near     neighbours
	// counts are the stubs by collaborator.
	counts map[string]int
}

// Opener makes a packed stub of a simulation ready to match and to answer, or
// says what is wrong with it. It is called by many goroutines.
type Opener func(simulation string, s simulations.PackedStub) (*Stub, []simulations.FieldError)

// readyPlace is where a stub is kept ready that is asked for often. One that is
// asked for once is not: where a million are, it would drive out another, and
// live long enough to cost the garbage collector.
type readyPlace struct {
	// missed is 1 more than the number of the stub that was not there last.
	missed atomic.Uint32
	stub   atomic.Pointer[opened]
}

// opened is a stub that was made ready.
type opened struct {
	number uint32
	stub   *Stub
}

// maxReady bounds the stubs that stay ready because they were asked for.
const maxReady = 4096

// manySections is how many an index may have before they are found by a map.
const manySections = 8

// section is the stubs of one group.
type section struct {
	group    group
	exact    slots
	trie     trie
	prefixes prefixes
	pathless slot
}

// Len is the number of stubs.
func (x *Index) Len() int { return len(x.ids) }

// Collaborators counts the stubs by the collaborator that they name, "" for
// any. Shared so do not mutate.
func (x *Index) Collaborators() map[string]int { return x.counts }

// stub returns a stub, made ready if it has to be.
func (x *Index) stub(number uint32) *Stub {
	s, often := x.atHand(number)
	if s != nil {
		return s
	}
	s = x.make(number)
	if often {
		x.ready[number%uint32(len(x.ready))].stub.Store(&opened{number, s})
	}
	return s
}

// atHand returns a stub that is ready, or nil, and then whether it was the last
// that was not there too.
func (x *Index) atHand(number uint32) (s *Stub, often bool) {
	if x.kept != nil && x.kept[number] != nil {
		return x.kept[number], false
	}
	place := &x.ready[number%uint32(len(x.ready))]
	if o := place.stub.Load(); o != nil && o.number == number {
		return o.stub, false
	}
	return nil, place.missed.Swap(number+1) == number+1
}

func (x *Index) isPlain(number uint32) bool {
	return x.plains[number/64]>>(number%64)&1 != 0
}

// make makes a stub ready.
func (x *Index) make(number uint32) *Stub {
	return mustOpen(x.open, x.simulation, x.Packed(number)) // it was before it was indexed
}

// Packed returns stub number n, from 0, in order of precedence.
func (x *Index) Packed(n uint32) simulations.PackedStub {
	out := simulations.PackedStub{Packed: x.packed.get(n), Revision: x.base, Position: x.positions[n]}
	if x.revisions != nil && x.revisions[n] != 0 {
		out.Revision = x.revisions[n]
	}
	return out
}

// Date gives the stubs that have no revision theirs. It comes before the index
// is shared: an index can be built while the store still makes its stubs durable,
// which is when the revision is known.
func (x *Index) Date(revision uint64) {
	if x.base == 0 {
		x.base = revision
	}
	for _, s := range x.kept {
		if s != nil && s.model.Revision == 0 {
			s.model.Revision = revision
		}
	}
}

// Find returns the number of the stub of that id.
func (x *Index) Find(id string) (uint32, bool) {
	i := x.search(id)
	if i == len(x.ids) || x.id(x.ids[i]) != id {
		return 0, false
	}
	return x.ids[i], true
}

// After yields the stubs whose ids come after id, in order of id.
func (x *Index) After(id string) func(yield func(id string, number uint32) bool) {
	return func(yield func(string, uint32) bool) {
		for i := x.search(id); i < len(x.ids); i++ {
			if own := x.id(x.ids[i]); own != id && !yield(own, x.ids[i]) {
				return
			}
		}
	}
}

// search returns the place in ids of the first that is not before id.
func (x *Index) search(id string) int {
	return sort.Search(len(x.ids), func(i int) bool { return strings.Compare(x.id(x.ids[i]), id) >= 0 })
}

func (x *Index) id(number uint32) string {
	id, _ := simulations.PackedID(x.packed.get(number)) // it was read before
	return id
}

// Stub returns stub number n, made ready for the caller alone.
func (x *Index) Stub(n uint32) *Stub {
	if x.kept != nil && x.kept[n] != nil {
		return x.kept[n]
	}
	return x.make(n)
}

// gather adds what the sections of the request's groups have for it to the
// search. It is for an index of many sections; those of others are doors of the
// [Set].
func (x *Index) gather(r *Request, s *search) {
	eachGroup(r, func(g group) {
		if sc := x.byGroup[g]; sc != nil {
			x.visit(sc, r, s)
		}
	})
}

// onlyExact reports whether the section has nothing but exact paths.
func (sc *section) onlyExact() bool {
	return len(sc.trie.nodes) == 0 && len(sc.prefixes.lengths) == 0 && sc.pathless == 0
}

// visit adds what a section has for the request's path.
func (x *Index) visit(sc *section, r *Request, s *search) {
	s.index = x
	if s.trace != nil {
		s.where = x.simulation + ", " + sc.group.String()
	}
	s.request = r.view(sc.group.redacted)
	path := s.request.matchPath()
	if len(sc.exact.by) > 0 {
		s.collect(sc.exact.get(s.request.pathHash()), "exact path")
	}
	if len(sc.trie.nodes) > 0 && path[0] == '/' {
		sc.trie.find(path[1:], s)
	}
	sc.prefixes.gather(path, s)
	s.collect(sc.pathless, "no path")
}

// gatherNear adds what the index has for the request's path with any method.
func (x *Index) gatherNear(r *Request, s *search) {
	for _, sc := range x.sections {
		if sc.group.collaborator == "" || sc.group.collaborator == r.Collaborator {
			x.visit(sc, r, s)
		}
	}
}

// serves reports whether the index has stubs for the collaborator, or for any.
func (x *Index) serves(collaborator string) bool {
	return x.counts[collaborator] > 0 || x.counts[""] > 0
}

// sortSections puts sections in the order in which eachGroup goes through groups.
func sortSections(all []*section) {
	one := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	slices.SortFunc(all, func(x, y *section) int {
		a, b := x.group, y.group
		return cmp.Or(
			one(a.redacted)-one(b.redacted), one(a.collaborator == "")-one(b.collaborator == ""), one(a.method == "")-one(b.method == ""),
			strings.Compare(a.collaborator, b.collaborator), strings.Compare(a.method, b.method),
		)
	})
}
