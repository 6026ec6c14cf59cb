package matchers

import (
	"cmp"
	"slices"
	"strings"

	"understudy/simulations"
)

// neighbours finds stubs whose path looks like another, without looking at
// all: stubs in order of their path's text, and in order of that text
// backwards, for paths that differ at the beginning.
type neighbours struct {
	forward, backward []*Stub
}

func newNeighbours(stubs []*Stub) neighbours {
	var n neighbours
	for _, s := range stubs {
		if s.pattern.path.kind != noPath {
			n.forward = append(n.forward, s)
		}
	}
	n.backward = slices.Clone(n.forward)
	slices.SortStableFunc(n.forward, func(a, b *Stub) int { return strings.Compare(a.pattern.path.text, b.pattern.path.text) })
	slices.SortStableFunc(n.backward, func(a, b *Stub) int {
		return compareBackward(a.pattern.path.text, b.pattern.path.text)
	})
	return n
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
	maxNear     = 96 // stubs that are compared with the request
	nearByPath  = 8  // on each side, in each order
	nearByIndex = 24 // from where the index leads
)

// each calls do with stubs whose path is near, until it returns false.
func (n neighbours) each(path string, do func(*Stub) bool) bool {
	around := func(list []*Stub, at int) bool {
		for _, s := range list[max(0, at-nearByPath):min(len(list), at+nearByPath)] {
			if !do(s) {
				return false
			}
		}
		return true
	}
	i, _ := slices.BinarySearchFunc(n.forward, path, func(s *Stub, path string) int { return strings.Compare(s.pattern.path.text, path) })
	j, _ := slices.BinarySearchFunc(n.backward, path, func(s *Stub, path string) int { return compareBackward(s.pattern.path.text, path) })
	return around(n.forward, i) && around(n.backward, j)
}

// Nearest returns the n stubs that come closest to r, which nothing answers,
// closest first: where more of what the stub asks for is met, the path counting
// most and the method next. blocked tells of a stub that matches why its claim
// was refused; it may be nil. The work is bounded: some 100 stubs are looked at,
// those that the index leads to, with any method, and those whose path looks
// alike.
func (s *Set) Nearest(r *Request, n int, blocked func(*Stub) (simulations.Mismatch, bool)) []simulations.NearMiss {
	tail := s.tail.state.Load()
	var ranked []nearMiss
	tried := map[*Stub]bool{}
	s.eachNear(r, tail, func(st *Stub) bool {
		if !tried[st] && st.serves(r) && !tail.hides(st) {
			tried[st] = true
			ranked = append(ranked, nearness(st, r, blocked))
		}
		return len(tried) < maxNear
	})
	slices.SortFunc(ranked, func(a, b nearMiss) int {
		return cmp.Or(cmp.Compare(b.closeness, a.closeness), compareStubs(a.stub, b.stub))
	})
	out := []simulations.NearMiss{}
	for _, m := range ranked[:min(n, len(ranked))] {
		out = append(out, m.NearMiss)
	}
	return out
}

// eachNear calls do with the stubs that may be near, likely ones first, until
// it returns false.
func (s *Set) eachNear(r *Request, tail *tailState, do func(*Stub) bool) {
	if !drain(s.gather(r, tail, nil), do) {
		return
	}
	for _, st := range tail.near(r.matchPath()) {
		if !do(st) {
			return
		}
	}
	for _, x := range s.serving(r) {
		found := &r.search
		found.reset()
		found.scope, found.sample = &r.scope, true
		for _, g := range x.groups {
			if g.collaborator == "" || g.collaborator == r.Collaborator {
				found.request = r.view(g.redacted)
				x.sections[g].gather(found.request.matchPath(), found)
			}
		}
		if !drain(found, do) || !x.near.each(r.matchPath(), do) {
			return
		}
	}
}

// drain calls do with the first few stubs of a search.
func drain(found *search, do func(*Stub) bool) bool {
	for range nearByIndex {
		st := found.next()
		if st == nil {
			break
		}
		if !do(st) {
			return false
		}
	}
	return true
}

// near are the stubs of the tail whose paths are most alike. All are looked at:
// a tail is small.
func (st *tailState) near(path string) []*Stub {
	all := st.all()
	alike := make(map[*Stub]float64, len(all))
	for _, s := range all {
		alike[s] = similarity(s.pattern.path.text, path)
	}
	slices.SortFunc(all, func(a, b *Stub) int {
		return cmp.Or(cmp.Compare(alike[b], alike[a]), compareStubs(a, b))
	})
	return all[:min(len(all), nearByIndex)]
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
)

// maxFailed bounds the conditions that a near miss names.
const maxFailed = 20

func nearness(st *Stub, r *Request, blocked func(*Stub) (simulations.Mismatch, bool)) nearMiss {
	out := nearMiss{stub: st, NearMiss: simulations.NearMiss{Stub: st.Ref()}}
	var weight, held float64
	fail := func(m simulations.Mismatch) {
		if len(out.Failed) < maxFailed {
			out.Failed = append(out.Failed, m)
		}
	}
	view := r.view(st.pattern.redacted)
	for i := range st.pattern.conditions {
		c := &st.pattern.conditions[i]
		w := c.weight()
		weight += w
		if c.holds(view, &r.scope) {
			held += w
			continue
		}
		fail(c.mismatch(view, &r.scope))
		if c.source == fromPath {
			held += w * 0.8 * similarity(st.pattern.path.text, view.matchPath())
		}
	}
	if len(out.Failed) == 0 && blocked != nil {
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
