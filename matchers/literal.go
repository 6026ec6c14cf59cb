package matchers

import (
	"encoding/json"
	"hash/maphash"

	"understudy/matchers/internal/decimal"
	"understudy/simulations"
)

// literal is a value that a field must have for a test to hold: what crowded
// buckets of the index are split by.
type literal struct {
	place place
	hash  uint64
	// text is the scalar that is asked for, a number's canonical, or the piece; "" for
	// other literals.
	text string
	// length is the piece's in bytes.
	length int
	// leaves are a sample of those of a body that is asked for as JSON.
	leaves []uint32
	// also are the hashes of other literals, of which the value may have any instead.
	also *[]uint64
}

// each calls do with the hash, and those of the alternatives.
func (l *literal) each(do func(hash uint64)) {
	do(l.hash)
	if l.also != nil {
		for _, h := range *l.also {
			do(h)
		}
	}
}

// seed is the process's: hashes leave it nowhere, and nobody can prepare
// collisions. A collision costs a candidate, never an answer.
var seed = maphash.MakeSeed()

// Kinds of hashed scalars; text and number never meet.
const (
	hashText   = 't'
	hashNumber = 'n'
	hashWord   = 'w' // true, false, null of JSON
	hashFold   = 'f'
)

func hashOf(kind byte, s string) uint64 {
	return maphash.String(seed, s) ^ kindHash(kind)
}

func kindHash(kind byte) uint64 { return uint64(kind) * 0x9e3779b97f4a7c15 }

// hashNode hashes a scalar of JSON as a literal of the same value hashes.
func hashNode(n any) (uint64, bool) {
	switch n := n.(type) {
	case string:
		return hashOf(hashText, n), true
	case json.Number:
		return hashOf(hashNumber, decimal.Canonical(string(n))), true
	case bool:
		if n {
			return hashOf(hashWord, "true"), true
		}
		return hashOf(hashWord, "false"), true
	case nil:
		return hashOf(hashWord, "null"), true
	}
	return 0, false
}

// eachText calls do with the hashes that a text has: as the text, and as the
// number that it may be.
func eachText(t string, do func(h uint64)) {
	do(hashOf(hashText, t))
	if decimal.Valid(t) {
		do(hashOf(hashNumber, decimal.Canonical(t)))
	}
}

// hashScalar hashes a scalar of a document; text is true where the field's
// values are text, whose booleans are words like any other.
func hashScalar(kind simulations.Kind, value string, text bool) uint64 {
	switch kind {
	case simulations.String:
		return hashOf(hashText, value)
	case simulations.Number:
		return hashOf(hashNumber, decimal.Canonical(value))
	case simulations.Bool:
		if text {
			return hashOf(hashText, value)
		}
		return hashOf(hashWord, value)
	}
	return hashOf(hashWord, "null")
}

// hashJSON hashes a JSON value; values that are equal hash alike.
func hashJSON(n any) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	writeJSON(&h, n)
	return h.Sum64()
}

// hashValue is hashJSON for a value of a document.
func hashValue(v *simulations.Value) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	writeValue(&h, v)
	return h.Sum64()
}

func writeValue(h *maphash.Hash, v *simulations.Value) {
	switch {
	case v == nil:
		writeJSON(h, nil)
	case v.Kind == simulations.Array:
		_ = h.WriteByte('[')
		for _, item := range v.Items {
			writeValue(h, item)
		}
		_ = h.WriteByte(']')
		_ = h.WriteByte(0)
	case v.Kind == simulations.Object && ascending(v.Names):
		_ = h.WriteByte('{')
		for i, name := range v.Names {
			_, _ = h.WriteString(name)
			_ = h.WriteByte(0)
			writeValue(h, v.Items[i])
		}
		_ = h.WriteByte('}')
		_ = h.WriteByte(0)
	default:
		writeJSON(h, v.Interface())
	}
}

// ascending reports whether names are sorted and none stands twice.
func ascending(names []string) bool {
	for i := 1; i < len(names); i++ {
		if names[i-1] >= names[i] {
			return false
		}
	}
	return true
}

func writeJSON(h *maphash.Hash, n any) {
	switch n := n.(type) {
	case []any:
		_ = h.WriteByte('[')
		for _, item := range n {
			writeJSON(h, item)
		}
		_ = h.WriteByte(']')
	case map[string]any:
		_ = h.WriteByte('{')
		for _, name := range sortedKeys(n) {
			_, _ = h.WriteString(name)
			_ = h.WriteByte(0)
			writeJSON(h, n[name])
		}
		_ = h.WriteByte('}')
	case json.Number:
		_ = h.WriteByte(hashNumber)
		_, _ = h.WriteString(decimal.Canonical(string(n)))
	case string:
		_ = h.WriteByte(hashText)
		_, _ = h.WriteString(n)
	case bool:
		if n {
			_ = h.WriteByte('1')
		} else {
			_ = h.WriteByte('0')
		}
	}
	_ = h.WriteByte(0)
}
