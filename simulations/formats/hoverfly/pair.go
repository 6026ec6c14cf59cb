package hoverfly

import (
	"maps"
	"slices"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// pair is one pair as it is written.
type pair struct {
	request  export.Members
	path     []*simulations.Value
	requires map[string]*simulations.Value
	response export.Members
	labels   []*simulations.Value
	// score is what the request counts when it matches.
	score int
}

func (p *pair) clone() *pair {
	c := *p
	c.request.Clip()
	c.path, c.requires = slices.Clip(p.path), maps.Clone(p.requires)
	return &c
}

// everything is a matcher that lets everything through.
func everything() *simulations.Value {
	return convert.Object("matcher", simulations.NewString("glob"), "value", simulations.NewString("*"))
}

// raise brings the pairs of a stub to the score of those before, which they have
// to win against.
func raise(levels *export.Levels, s *simulations.Stub, pairs []*pair) {
	least := levels.Of(s)
	for _, p := range pairs {
		for p.score < least {
			p.path = append(p.path, everything())
			p.score++
		}
		levels.Put(s, p.score)
	}
}

func (p *pair) value() *simulations.Value {
	if len(p.path) > 0 {
		p.request.Set("path", simulations.NewArray(p.path...))
	}
	if len(p.requires) > 0 {
		requires := &simulations.Value{Kind: simulations.Object}
		for _, key := range export.Names(p.requires) {
			requires.Set(key, p.requires[key])
		}
		p.request.Set("requiresState", requires)
	}
	var out export.Members
	if len(p.labels) > 0 {
		out.Set("labels", simulations.NewArray(p.labels...))
	}
	out.Set("request", p.request.Value())
	out.Set("response", p.response.Value())
	return out.Value()
}
