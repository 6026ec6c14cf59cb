package recorded

import (
	"slices"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// sorted is an object with its members in order of their names, so that one
// request gives one text.
func sorted(v *simulations.Value) *simulations.Value {
	names := slices.Sorted(slices.Values(v.Names))
	out := &simulations.Value{Kind: simulations.Object}
	for _, name := range names {
		out.Set(name, v.Get(name))
	}
	return out
}

func sortedStrings(list []string) *simulations.Value {
	return convert.Strings(slices.Sorted(slices.Values(list)))
}
