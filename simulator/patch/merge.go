package patch

import "understudy/simulations"

// Merge applies a merge patch as RFC 7396 section 2 says: members that are null
// in the patch go, objects are merged, everything else is put in place.
func Merge(target, patch *simulations.Value) *simulations.Value {
	if patch.Kind != simulations.Object {
		return patch
	}
	out := &simulations.Value{Kind: simulations.Object}
	if target != nil && target.Kind == simulations.Object {
		out = clone(target)
	}
	at := positions(out)
	gone := false
	for i, name := range patch.Names {
		item := patch.Items[i]
		j, there := at[name]
		switch {
		case item.Kind == simulations.Null:
			if there {
				out.Items[j], gone = nil, true
			}
		case there:
			out.Items[j] = Merge(out.Items[j], item)
		default:
			out.Names, out.Items = append(out.Names, name), append(out.Items, Merge(nil, item))
		}
	}
	if gone {
		compact(out)
	}
	return out
}

// Assign sets the members of patch in target, one by one: what they held before
// counts for nothing, and null is a value.
func Assign(target, patch *simulations.Value) *simulations.Value {
	out := clone(target)
	at := positions(out)
	for i, name := range patch.Names {
		if j, there := at[name]; there {
			out.Items[j] = patch.Items[i]
		} else {
			out.Names, out.Items = append(out.Names, name), append(out.Items, patch.Items[i])
		}
	}
	return out
}

// Fill adds the members of defaults that target lacks, in objects within too.
func Fill(target, defaults *simulations.Value) *simulations.Value {
	if target.Kind != simulations.Object || defaults.Kind != simulations.Object {
		return target
	}
	out := clone(target)
	at := positions(out)
	for i, name := range defaults.Names {
		if j, there := at[name]; there {
			out.Items[j] = Fill(out.Items[j], defaults.Items[i])
		} else {
			out.Names, out.Items = append(out.Names, name), append(out.Items, defaults.Items[i])
		}
	}
	return out
}

// WithoutNulls takes the members that are null out of an object and of the
// objects within; elements of lists stay.
func WithoutNulls(v *simulations.Value) *simulations.Value {
	if v.Kind != simulations.Object {
		return v
	}
	out := clone(v)
	for i, item := range out.Items {
		if item.Kind == simulations.Null {
			out.Items[i] = nil
		} else {
			out.Items[i] = WithoutNulls(item)
		}
	}
	compact(out)
	return out
}

// compact takes out the members whose value is nil.
func compact(v *simulations.Value) {
	n := 0
	for i, item := range v.Items {
		if item != nil {
			v.Names[n], v.Items[n] = v.Names[i], item
			n++
		}
	}
	v.Names, v.Items = v.Names[:n], v.Items[:n]
}

// positions maps an object's names to their places, so that walking two large
// objects side by side costs their sum.
func positions(v *simulations.Value) map[string]int {
	at := make(map[string]int, len(v.Names))
	for i, name := range v.Names {
		at[name] = i
	}
	return at
}
