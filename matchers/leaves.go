package matchers

import (
	"encoding/json"
	"slices"
	"strconv"

	"understudy/matchers/internal/decimal"
	"understudy/simulations"
)

// Leaves are what two JSON values are alike by, where there are too many to compare
// them: the text of each scalar with where it stands, as a hash, which may be that of
// another: 17 and "17" are alike. An empty object or array is a leaf too. Those of
// which the hashes are lowest are a sample, the same of what is the same in any two
// values.

// maxLeaves bounds those of a request's body, maxSample those of a stub's.
const (
	maxLeaves = 1 << 14
	maxSample = 64
)

// leafHash is where a value is and, in the end, what is there.
type leafHash uint64

func (h leafHash) then(x uint64) leafHash { return (h ^ leafHash(x)) * 0x9e3779b97f4a7c15 >> 1 }

func (h leafHash) leaf(x uint64) uint32 { return uint32(h.then(x) >> 16) }

// leavesOf are the lowest leaves of a document's value, in order.
func leavesOf(v *simulations.Value) []uint32 {
	out := lowest[uint32]{most: maxSample}
	var walk func(v *simulations.Value, at leafHash)
	walk = func(v *simulations.Value, at leafHash) {
		if v == nil || len(v.Items) == 0 {
			out.add(at.leaf(hashOfEmpty(v)))
			return
		}
		for i, item := range v.Items {
			if v.Kind == simulations.Object {
				walk(item, at.then(hashOf(hashText, v.Names[i])))
			} else {
				walk(item, at.then(uint64(i)))
			}
		}
	}
	walk(v, 1)
	return slices.Clip(out.sorted())
}

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
	switch v.Kind {
	case simulations.Null:
		return hashOf(hashWord, "null")
	case simulations.Number:
		return hashOf(hashText, decimal.Canonical(v.Text))
	}
	return hashOf(hashText, v.Text)
}

// nodeLeaves are the lowest leaves of what was decoded, in order. All of it is
// looked at once.
func nodeLeaves(n any) []uint32 {
	out := lowest[uint32]{most: maxLeaves}
	var walk func(n any, at leafHash)
	walk = func(n any, at leafHash) {
		switch n := n.(type) {
		case map[string]any:
			for name, item := range n {
				walk(item, at.then(hashOf(hashText, name)))
			}
			if len(n) == 0 {
				out.add(at.leaf(hashOf(hashWord, "{}")))
			}
		case []any:
			for i, item := range n {
				walk(item, at.then(uint64(i)))
			}
			if len(n) == 0 {
				out.add(at.leaf(hashOf(hashWord, "[]")))
			}
		default:
			if text, is := scalarText(n); is {
				out.add(at.leaf(hashOf(hashText, text)))
			} else {
				out.add(at.leaf(hashOf(hashWord, "null")))
			}
		}
	}
	walk(n, 1)
	return out.sorted()
}

// scalarText is what a scalar is written as, but for how a number is; false for null
// and for what is no scalar.
func scalarText(n any) (string, bool) {
	switch n := n.(type) {
	case string:
		return n, true
	case json.Number:
		return decimal.Canonical(string(n)), true
	case bool:
		return strconv.FormatBool(n), true
	}
	return "", false
}

// shareOf is which part of a stub's leaves is among those of a body. Where the body
// has more than are kept, nothing is known of those beyond.
func shareOf(leaves, of []uint32) float64 {
	known, n := 0, 0
	for _, leaf := range leaves {
		if len(of) == maxLeaves && leaf > of[maxLeaves-1] {
			break
		}
		known++
		if _, found := slices.BinarySearch(of, leaf); found {
			n++
		}
	}
	return float64(n) / float64(max(known, 1))
}
