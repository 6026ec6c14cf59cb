package openapi

import (
	"understudy/simulations"
	"understudy/simulations/formats/internal/instance"
)

// breakLoops takes out references by which a schema contains itself without a
// member or an item in between: they say nothing, and no validator likes them.
// Open are the schemas on the way to this one.
func (s *schemas) breakLoops(name string, open map[string]bool) {
	if s.sound[name] {
		return
	}
	open[name] = true
	s.breakLoopsIn(s.defs[name], open)
	delete(open, name)
	s.sound[name] = true
}

func (s *schemas) breakLoopsIn(v *simulations.Value, open map[string]bool) {
	if to := instance.RefName(v); open[to] {
		s.places[to].Warn("the schema contains itself with nothing in between: the reference was left out")
		*v = *truth()
		return
	} else if to != "" {
		s.breakLoops(to, open)
	}
	for i, name := range v.Names {
		switch name {
		case "not", "if", "then", "else":
			s.breakLoopsIn(v.Items[i], open)
		case "allOf", "anyOf", "oneOf", "dependentSchemas":
			for _, sub := range v.Items[i].Items {
				s.breakLoopsIn(sub, open)
			}
		}
	}
}
