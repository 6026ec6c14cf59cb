package matchers

import (
	"slices"

	"understudy/simulations"
)

// Leaves are what two JSON values are alike by: each scalar with where it stands,
// as a hash, which may be that of another. An empty object or array is one too.

// maxLeaves bounds those of a value, maxSample those of them that an index has.
const (
	maxLeaves = 256
	maxSample = 64
)

// leafHash is where a value is and, in the end, what is there.
type leafHash uint64

func (h leafHash) then(x uint64) leafHash { return (h ^ leafHash(x)) * 0x9e3779b97f4a7c15 >> 1 }

// leavesOf are the leaves of a document's value, in order: as they are hashes, the
// first of them are a sample of all.
func leavesOf(v *simulations.Value) []uint32 {
	var out []uint32
	var walk func(v *simulations.Value, at leafHash)
	walk = func(v *simulations.Value, at leafHash) {
		if len(out) == maxLeaves {
			return
		}
		if v != nil && len(v.Items) > 0 {
			for i, item := range v.Items {
				if v.Kind == simulations.Object {
					walk(item, at.then(hashOf(hashText, v.Names[i])))
				} else {
					walk(item, at.then(uint64(i)))
				}
			}
			return
		}
		out = append(out, at.leaf(hashOfEmpty(v)))
	}
	walk(v, 1)
	slices.Sort(out)
	return out
}

func (h leafHash) leaf(x uint64) uint32 { return uint32(h.then(x) >> 16) }

// hashOfEmpty hashes a scalar, or a container that has nothing in it.
func hashOfEmpty(v *simulations.Value) uint64 {
	switch {
	case v == nil:
		return hashOf(hashWord, "null")
	case v.Kind == simulations.Object:
		return hashOf(hashWord, "{}")
	case v.Kind == simulations.Array:
		return hashOf(hashWord, "[]")
	}
	return hashScalar(v.Kind, v.Text, false)
}

// nodeLeaves is leavesOf for what was decoded.
func nodeLeaves(n any) []uint32 {
	var out []uint32
	var walk func(n any, at leafHash)
	walk = func(n any, at leafHash) {
		if len(out) == maxLeaves {
			return
		}
		switch n := n.(type) {
		case map[string]any:
			for _, name := range sortedKeys(n) {
				walk(n[name], at.then(hashOf(hashText, name)))
			}
			if len(n) == 0 {
				out = append(out, at.leaf(hashOf(hashWord, "{}")))
			}
		case []any:
			for i, item := range n {
				walk(item, at.then(uint64(i)))
			}
			if len(n) == 0 {
				out = append(out, at.leaf(hashOf(hashWord, "[]")))
			}
		default:
			h, _ := hashNode(n)
			out = append(out, at.leaf(h))
		}
	}
	walk(n, 1)
	slices.Sort(out)
	return out
}

// shareOf is which part of the leaves is among those of another value.
func shareOf(leaves, of []uint32) float64 {
	n := 0
	for i, j := 0, 0; i < len(leaves) && j < len(of); {
		switch {
		case leaves[i] < of[j]:
			i++
		case leaves[i] > of[j]:
			j++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return float64(n) / float64(max(len(leaves), 1))
}

// likeness of a value that is not equal to the one that is asked for is 0 to 1:
// which part of what is asked for is there.
func (t *jsonTest) likeness(v value, s *scope) float64 {
	n, ok := v.json(s)
	if !ok {
		return 0
	}
	return shareOf(leavesOf(t.source), nodeLeaves(n))
}

// likeness is that of the field to what the predicate asks for, where that is JSON.
func (p *Predicate) likeness(f field, s *scope) float64 {
	best := 0.0
	for i := range p.each {
		if t, ok := p.each[i].value.(*jsonTest); ok && f.len() > 0 {
			best = max(best, t.likeness(f.at(0), s))
		}
	}
	return best
}
