// Package patch changes JSON values: by merge patches (RFC 7396), by patches of
// operations (RFC 6902), and at single places (RFC 6901).
//
// Values are never written to. A change gives a new value, which shares with
// the old one whatever is the same in both, so that a patch of a large value
// costs what it touches. Numbers keep their digits and objects the order of
// their members.
//
// Work is bounded: a patch has at most [MaxOperations] operations, and what it
// makes has at most [MaxNodes] values, [simulations.MaxDepth] deep.
package patch

import (
	"fmt"

	"understudy/simulations"
)

// Bounds of a patch and of its result.
const (
	MaxOperations = 1000
	MaxNodes      = 1 << 20
)

// Reason is why a patch was not applied.
type Reason uint8

const (
	// Malformed is a patch that is none (RFC 5789 section 2.2: 400).
	Malformed Reason = iota
	// Unfit is a patch that names what the value does not have (422).
	Unfit
	// TestFailed is a `test` that does not hold (409).
	TestFailed
	// TooLarge is a patch, or a result, above a bound (413).
	TooLarge
)

// Error is why a patch was not applied; nothing of it was.
type Error struct {
	Reason Reason
	// Operation is its index, -1 where the patch as a whole is meant.
	Operation int
	Detail    string
}

func (e *Error) Error() string {
	if e.Operation < 0 {
		return e.Detail
	}
	return fmt.Sprintf("operation %d: %s", e.Operation, e.Detail)
}

// clone copies one value, not what it holds, without its place in a text.
func clone(v *simulations.Value) *simulations.Value {
	return &simulations.Value{
		Kind: v.Kind, Text: v.Text,
		Items: append(make([]*simulations.Value, 0, len(v.Items)+1), v.Items...),
		Names: append([]string(nil), v.Names...),
	}
}

// index finds a member of an object, -1 for none.
func index(v *simulations.Value, name string) int {
	for i, n := range v.Names {
		if n == name {
			return i
		}
	}
	return -1
}
