// Package instance makes values that are valid under a JSON Schema, and says
// whether a value is. Schemas are of draft 2020-12 and refer to each other by
// `#/$defs/NAME`; a reader of files brings what it finds into that form.
//
// What is made depends on the schema and the seed only. A value that stands in
// the schema as an example or a default is taken before one is made up, and
// members that are writeOnly are left out unless they are required.
package instance

import (
	"errors"
	"fmt"
	"regexp"

	"understudy/simulations"
)

// Set is a set of schemas that may refer to each other. It remembers compiled
// patterns, so it is for one goroutine.
type Set struct {
	defs     map[string]*simulations.Value
	patterns map[string]*regexp.Regexp
	// steps is what is left of maxAllSteps.
	steps int
}

// NewSet makes a set of the schemas that `#/$defs/NAME` leads to. The map stays
// the caller's: what it gains later counts.
func NewSet(defs map[string]*simulations.Value) *Set {
	return &Set{defs: defs, patterns: make(map[string]*regexp.Regexp), steps: maxAllSteps}
}

// refPrefix is how a reference begins.
const refPrefix = "#/$defs/"

// Ref makes a reference to the schema of that name.
func Ref(name string) *simulations.Value {
	return &simulations.Value{
		Kind: simulations.Object, Names: []string{"$ref"},
		Items: []*simulations.Value{simulations.NewString(refPrefix + simulations.PointerToken(name))},
	}
}

// RefName is the name that a schema refers to, "" where it refers to none.
func RefName(schema *simulations.Value) string {
	ref := schema.Get("$ref")
	if ref == nil || ref.Kind != simulations.String || len(ref.Text) < len(refPrefix) || ref.Text[:len(refPrefix)] != refPrefix {
		return ""
	}
	return unescape(ref.Text[len(refPrefix):])
}

// lookup returns the schema that a reference leads to, nil for none.
func (s *Set) lookup(schema *simulations.Value) (string, *simulations.Value) {
	name := RefName(schema)
	if name == "" {
		return "", nil
	}
	return name, s.defs[name]
}

// pattern compiles a pattern once; nil for one that RE2 does not read, which is
// no constraint here.
func (s *Set) pattern(expr string) *regexp.Regexp {
	re, ok := s.patterns[expr]
	if !ok {
		re, _ = regexp.Compile(expr) // nil where it fails
		s.patterns[expr] = re
	}
	return re
}

// Bounds of one value.
const (
	// maxSteps is how many schemas are looked at for one attempt.
	maxSteps = 3_000
	// maxAllSteps is how many, for all values of a set.
	maxAllSteps = 4_000_000
	// maxText is the longest text that is made.
	maxText = 10_000
	// maxItems is the longest list that is made.
	maxItems = 200
)

// richness is, from attempt to attempt, how deep optional members are made.
var richness = []int{6, 3, 1, 0}

var (
	errNone = errors.New("nothing was found that is valid under the schema")
	errAll  = errors.New("the schemas of the document take too long to make values of")
)

// Make makes a value that is valid under the schema. The same seed gives the
// same value. The error says that none was found in bounded time: there may be
// none, as where a schema requires itself.
func (s *Set) Make(schema *simulations.Value, seed string) (*simulations.Value, error) {
	err := errNone
	for _, rich := range richness {
		m := newMaker(s, seed, rich)
		v, ok := m.value([]*simulations.Value{schema}, place{required: true})
		s.steps -= maxSteps - m.steps
		if s.steps <= 0 {
			return nil, errAll
		}
		if !ok {
			continue
		}
		if err = s.Valid(v, schema); err == nil {
			return v, nil
		}
		err = fmt.Errorf("what was made is not valid: %w", err)
	}
	return nil, err
}
