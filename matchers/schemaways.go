package matchers

import "github.com/santhosh-tekuri/jsonschema/v5"

// A schema that comes back to itself in two ways, say through properties and through
// patternProperties, looks at each value twice, at what is in it four times, and so
// on: a hundred bytes take hours. Whether one does is seen from the schemas that are
// reached from each other, which are found as Tarjan has it.

// ways are the schemas that a schema holds a value against, or a part of it: of each
// list a value meets one at most. here are of the value itself, members of one member
// of an object, items of one item of a list.
type ways struct{ here, members, items [][]*jsonschema.Schema }

func waysOf(s *jsonschema.Schema) (w ways) {
	one := func(to *[][]*jsonschema.Schema, of ...*jsonschema.Schema) {
		*to = append(*to, of)
	}
	maybe := func(v any) *jsonschema.Schema {
		of, _ := v.(*jsonschema.Schema)
		return of
	}
	for _, of := range []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.DynamicRef, s.Not, s.If} {
		one(&w.here, of)
	}
	one(&w.here, s.Then, s.Else)
	for _, list := range [][]*jsonschema.Schema{s.AllOf, s.AnyOf, s.OneOf} {
		for _, of := range list {
			one(&w.here, of)
		}
	}
	for _, of := range s.DependentSchemas {
		one(&w.here, of)
	}
	for _, of := range s.Dependencies {
		one(&w.here, maybe(of))
	}
	// A member is of one name, and additional where nothing else has it.
	named := []*jsonschema.Schema{maybe(s.AdditionalProperties), s.UnevaluatedProperties}
	for _, of := range s.Properties {
		named = append(named, of)
	}
	one(&w.members, named...)
	for _, of := range s.PatternProperties {
		one(&w.members, of)
	}
	placed := append([]*jsonschema.Schema{maybe(s.Items), maybe(s.AdditionalItems), s.Items2020, s.UnevaluatedItems}, s.PrefixItems...)
	if list, is := s.Items.([]*jsonschema.Schema); is {
		placed = append(placed, list...)
	}
	one(&w.items, placed...)
	one(&w.items, s.Contains)
	return w
}

// comesBack reports whether a schema that s reaches comes back to itself in several
// ways.
func comesBack(s *jsonschema.Schema) bool {
	g := cycles{place: make(map[*jsonschema.Schema]int), low: make(map[*jsonschema.Schema]int), of: make(map[*jsonschema.Schema]int)}
	g.visit(s)
	for from := range g.of {
		within := func(lists [][]*jsonschema.Schema) (n int) {
			for _, list := range lists {
				for _, to := range list {
					if to != nil && g.of[to] == g.of[from] {
						n++
						break
					}
				}
			}
			return n
		}
		w := waysOf(from)
		if within(w.here)+max(within(w.members), within(w.items)) > 1 {
			return true
		}
	}
	return false
}

// cycles numbers the schemas such that those that reach each other have one number.
type cycles struct {
	place, low, of map[*jsonschema.Schema]int
	open           []*jsonschema.Schema
}

func (g *cycles) visit(s *jsonschema.Schema) {
	g.place[s] = len(g.place) + 1
	g.low[s] = g.place[s]
	g.open = append(g.open, s)
	w := waysOf(s)
	for _, lists := range [][][]*jsonschema.Schema{w.here, w.members, w.items} {
		for _, list := range lists {
			for _, to := range list {
				switch {
				case to == nil || g.of[to] != 0:
				case g.place[to] == 0:
					g.visit(to)
					g.low[s] = min(g.low[s], g.low[to])
				default:
					g.low[s] = min(g.low[s], g.place[to])
				}
			}
		}
	}
	if g.low[s] != g.place[s] {
		return
	}
	for {
		last := g.open[len(g.open)-1]
		g.open = g.open[:len(g.open)-1]
		if g.of[last] = g.place[s]; last == s {
			return
		}
	}
}
