package matchers

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"sync"

	"understudy/simulations"
)

// neighbours finds stubs whose path looks like another, without looking at
// all: the numbers of stubs in order of their path's text, and in order of that
// text backwards, for paths that differ at the beginning. The case of letters does
// not count.
type neighbours struct {
	texts             shelf // the paths' texts by number, those of templates nameless
	forward, backward []uint32
	// heads and tails are the forms of the templates, counted from either side.
	heads, tails []params
}

func newNeighbours(all []keys) neighbours {
	var n neighbours
	texts := make([]string, len(all))
	numbers := make([]uint32, 0, len(all))
	heads, tails := make(forms), make(forms)
	for i := range all {
		if all[i].path.kind == noPath {
			continue
		}
		texts[i] = all[i].path.text
		numbers = append(numbers, uint32(i))
		if all[i].path.kind == templatePath && isParam(texts[i]) {
			text, head, tail := nameless(texts[i])
			texts[i] = text
			heads[head]++
			tails[tail]++
		}
	}
	n.heads, n.tails = heads.most(), tails.most()
	for piece := range slices.Chunk(texts, reshelved) {
		n.texts.put(piece)
	}
	for i, text := range texts {
		texts[i] = wholeFold(text)
	}
	var both sync.WaitGroup
	both.Go(func() { n.forward = sortTexts(texts, numbers, strings.Compare, sharedHead, headOf) })
	both.Go(func() { n.backward = sortTexts(texts, numbers, compareBackward, sharedTail, tailOf) })
	both.Wait()
	return n
}

// sortTexts puts the numbers of texts in order. What all texts have in common
// is passed over, and the eight bytes behind it decide nearly always.
func sortTexts(texts []string, numbers []uint32, compare, shared func(a, b string) int, piece func(text string, from int) uint64) []uint32 {
	type entry struct {
		piece  uint64
		number uint32
	}
	if len(numbers) == 0 {
		return nil
	}
	first := texts[numbers[0]]
	common := len(first)
	for _, n := range numbers {
		common = min(common, shared(first, texts[n]))
	}
	entries := make([]entry, len(numbers))
	for i, n := range numbers {
		entries[i] = entry{piece(texts[n], common), n}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if a.piece != b.piece {
			return cmp.Compare(a.piece, b.piece)
		}
		return cmp.Or(compare(texts[a.number], texts[b.number]), cmp.Compare(a.number, b.number))
	})
	out := make([]uint32, len(entries))
	for i, e := range entries {
		out[i] = e.number
	}
	return out
}

// sharedHead is how many bytes two texts begin with alike, sharedTail how many they
// end with alike.
func sharedHead(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func sharedTail(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// headOf is eight bytes of a text as a number that orders as they do; tailOf
// the same from the text's end backwards.
func headOf(text string, from int) uint64 {
	var b [8]byte
	copy(b[:], text[min(from, len(text)):])
	return binary.BigEndian.Uint64(b[:])
}

func tailOf(text string, from int) uint64 {
	var b [8]byte
	for i := 0; i < len(b) && from+i < len(text); i++ {
		b[i] = text[len(text)-1-from-i]
	}
	return binary.BigEndian.Uint64(b[:])
}

func compareBackward(a, b string) int {
	for i := 1; i <= len(a) && i <= len(b); i++ {
		if x, y := a[len(a)-i], b[len(b)-i]; x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// The bounds of a search for near misses.
const (
	nearByPath  = 8   // stubs whose path looks alike, on each side, in each order
	nearByForm  = 2   // those of templates of one form
	nearByIndex = 8   // stubs that an index leads to, with the request's method or any
	maxLed      = 24  // stubs that all indexes lead to
	maxIndexes  = 64  // indexes that are asked at all
	nearLately  = 512 // stubs of a tail that are looked at
	maxFormed   = 128 // segments of a path that is sought in the forms of templates
	maxCompared = 4   // stubs whose path looks alike that are compared with the request
)

// each calls do with the numbers of stubs whose path is near.
func (n *neighbours) each(path string, do func(number uint32)) {
	path = wholeFold(path)
	around := func(list []uint32, compare func(a, b string) int, path string, reach int) {
		at, _ := slices.BinarySearchFunc(list, path, func(number uint32, path string) int { return compare(wholeFold(n.texts.get(number)), path) })
		for _, number := range list[max(0, at-reach):min(len(list), at+reach)] {
			do(number)
		}
	}
	around(n.forward, strings.Compare, path, nearByPath)
	around(n.backward, compareBackward, path, nearByPath)
	if strings.Count(path, "/") > maxFormed {
		return
	}
	for _, form := range n.heads {
		around(n.forward, strings.Compare, form.fromHead(path), nearByForm)
	}
	for _, form := range n.tails {
		around(n.backward, compareBackward, form.fromTail(path), nearByForm)
	}
}

// Nearest returns the n stubs that come closest to r, which nothing answers,
// closest first: where more of what the stub asks for is met, the path counting
// most and the method next. blocked tells of a stub that matches why its claim
// was refused; it may be nil. The work is bounded: a few stubs of each
// simulation that the index leads to, with any method, of a crowded bucket those
// that likes find, the few of those whose path looks alike that look most so, and
// those that share the path of the first two of these, where that is one. It ends
// with the context of [Request.EndWith].
func (s *Set) Nearest(r *Request, n int, blocked func(*Stub) (simulations.Mismatch, bool)) []simulations.NearMiss {
	r.scope.searching = true
	defer func() { r.scope.searching = false }()
	tail := s.tail.state.Load()
	var ranked []nearMiss
	tried := map[stubKey]bool{} // a stub may be made ready more than once
	try := func(st *Stub) bool {
		if r.scope.over() {
			return false
		}
		k := stubKey{st.Simulation, st.ID}
		if !tried[k] && st.serves(r) && !tail.hides(st) {
			tried[k] = true
			ranked = append(ranked, nearness(st, r, blocked))
		}
		return len(tried) < maxLed
	}
	s.eachLed(r, tail, try)
	alike := s.alike(r, tail)
	for _, c := range alike {
		try(c.ready())
	}
	if len(alike) > 1 && alike[0].samePath(&alike[1]) && alike[0].path() != r.matchPath() { // where the request itself has led
		alike[0].eachBeside(r, try)
	}
	slices.SortFunc(ranked, func(a, b nearMiss) int {
		return cmp.Or(cmp.Compare(b.closeness, a.closeness), compareStubs(a.stub, b.stub))
	})
	out := []simulations.NearMiss{}
	for _, m := range ranked[:min(n, len(ranked))] {
		out = append(out, m.NearMiss)
	}
	return out
}

// eachLed calls do with the first few stubs that the request leads to, and the
// first few of each simulation that it would lead to with another method, until
// it returns false.
func (s *Set) eachLed(r *Request, tail *tailState, do func(*Stub) bool) {
	more := drain(s.gather(r, tail, nil), do)
	for _, x := range s.asked(r) {
		if !more {
			return
		}
		more = drain(x.beside(r), do)
	}
}

// beside is a search of what the index has for the request's path with any method.
func (x *Index) beside(r *Request) *search {
	found := &r.search
	found.reset()
	found.scope, found.sample = &r.scope, true
	x.gatherNear(r, found)
	return found
}

// asked are the indexes that are asked for near misses.
func (s *Set) asked(r *Request) []*Index {
	all := s.serving(r)
	return all[:min(len(all), maxIndexes)]
}

// drain calls do with the first few stubs of a search, until it returns false.
func drain(found *search, do func(*Stub) bool) bool {
	for range nearByIndex {
		st := found.next()
		if st == nil {
			return true
		}
		if !do(st) {
			return false
		}
	}
	return true
}

// lookalike is a stub whose path looks like the request's.
type lookalike struct {
	index  *Index
	number uint32
	stub   *Stub // of a tail
	alike  float64
}

func (c *lookalike) ready() *Stub {
	if c.stub != nil {
		return c.stub
	}
	return c.index.stub(c.number)
}

// is reports whether both are the same stub; a tail gives each of its own once.
func (c *lookalike) is(d lookalike) bool {
	return c.stub == nil && d.stub == nil && c.index == d.index && c.number == d.number
}

// samePath reports whether two stubs of an index have one path: others may too.
func (c *lookalike) samePath(d *lookalike) bool {
	return c.index != nil && c.index == d.index && c.path() == d.path()
}

// path is that of a stub of an index.
func (c *lookalike) path() string { return c.index.near.texts.get(c.number) }

// eachBeside calls do with the first few stubs that the request would lead to if
// it had the path of this one, of a crowd those that come closest.
func (c *lookalike) eachBeside(r *Request, do func(*Stub) bool) {
	path, sum := r.path, r.pathSum
	r.path, r.pathSum = c.path(), 0
	found := c.index.beside(r)
	r.path, r.pathSum = path, sum
	drain(found, do)
}

// alike returns the stubs whose paths look most like the request's, the likest
// first. Only their paths are looked at.
func (s *Set) alike(r *Request, tail *tailState) []lookalike {
	path := r.matchPath()
	sought := folded(path)
	all := make([]lookalike, 0, maxCompared+1)
	add := func(c lookalike, path string) {
		c.alike = pathLikeness(folded(path), sought)
		at := len(all)
		for at > 0 && all[at-1].alike < c.alike {
			at--
		}
		if at == maxCompared || slices.ContainsFunc(all, c.is) {
			return
		}
		all = slices.Insert(all, at, c)
		all = all[:min(len(all), maxCompared)]
	}
	for _, x := range s.asked(r) {
		x.near.each(path, func(n uint32) { add(lookalike{index: x, number: n}, x.near.texts.get(n)) })
	}
	tail.some(nearLately, func(st *Stub) { add(lookalike{stub: st}, st.pathText()) })
	return all
}

type nearMiss struct {
	simulations.NearMiss
	stub      *Stub
	closeness float64
}

// The weights of conditions in closeness.
const (
	pathWeight   = 10
	methodWeight = 3
	// alikeWeight is what a path or a JSON body that is like the one asked for counts
	// of one that is equal.
	alikeWeight = 0.8
)

// maxFailed bounds the conditions that a near miss names.
const maxFailed = 20

func nearness(st *Stub, r *Request, blocked func(*Stub) (simulations.Mismatch, bool)) nearMiss {
	out := nearMiss{stub: st, NearMiss: simulations.NearMiss{Stub: st.Ref()}}
	var weight, held float64
	fail := func(m ...simulations.Mismatch) {
		out.Failed = append(out.Failed, m[:min(len(m), maxFailed-len(out.Failed))]...)
	}
	view := r.view(st.pattern.redacted)
	for i := range st.pattern.conditions {
		if r.scope.over() {
			break
		}
		c := &st.pattern.conditions[i]
		w := c.weight()
		weight += w
		if c.holds(view, &r.scope) {
			held += w
			continue
		}
		switch {
		case c.source == fromPath:
			held += w * alikeWeight * pathLikeness(folded(st.pattern.path.text), folded(view.matchPath()))
		case c.predicate != nil && c.source != fromMethod && (c.source != fromBody || !r.BodyTruncated):
			held += w * alikeWeight * c.predicate.likeness(c.field(view), &r.scope)
		case c.alternatives():
			near := closest(c.patterns, view, &r.scope)
			held += w * near.held
			fail(near.failed...)
			continue
		}
		if len(out.Failed) < maxFailed {
			fail(c.mismatch(view, &r.scope))
		}
	}
	if len(out.Failed) == 0 && blocked != nil && !r.scope.ended {
		if m, is := blocked(st); is {
			fail(m)
		}
	}
	out.closeness = (held + 0.5) / (weight + 1)
	if len(out.Failed) > 0 {
		out.Score = out.closeness
	}
	return out
}

func (c *condition) weight() float64 {
	switch c.source {
	case fromPath:
		return pathWeight
	case fromMethod:
		return methodWeight
	}
	return 1
}

// similarity of two paths is 0 to 1: what they have in common at both ends.
func similarity(a, b string) float64 {
	n := min(len(a), len(b))
	head := 0
	for head < n && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < n-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	return float64(head+tail) / float64(max(len(a), len(b), 1))
}
