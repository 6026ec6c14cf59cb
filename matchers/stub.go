package matchers

import (
	"slices"
	"strings"

	"understudy/simulations"
)

// Stub is a compiled stub. It is immutable and safe for any number of
// goroutines.
type Stub struct {
	*simulations.StoredStub
	// Simulation is the name of the one that the stub belongs to.
	Simulation string
	// Answers is what the stub gives, for whoever serves it; set before the
	// stub is indexed, and not read here.
	Answers any

	pattern  *Pattern
	rank     rank
	literals []literal
}

// Match is the stub that answers.
type Match struct {
	Stub *Stub
	// Params are the parameters of the path's template, percent-decoded; nil
	// where the stub has none.
	Params map[string]string
}

// CompileStub compiles a stub of a simulation. Where it has faults, all of
// them are returned, with pointers relative to the stub, and no stub.
func CompileStub(s *simulations.StoredStub, simulation string) (*Stub, []simulations.FieldError) {
	c := &compiler{base: "/request"}
	out := &Stub{StoredStub: s, Simulation: simulation, pattern: c.pattern(&s.Request)}
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	out.rank = rankOf(out)
	out.literals = literalsOf(out.pattern)
	return out, nil
}

// Pattern is the stub's request pattern. Shared: it is immutable.
func (s *Stub) Pattern() *Pattern { return s.pattern }

// serves reports whether the stub may answer for r's collaborator.
func (s *Stub) serves(r *Request) bool {
	return s.Collaborator == "" || s.Collaborator == r.Collaborator
}

// matches reports whether the stub serves r and all its conditions hold.
func (s *Stub) matches(r *Request) bool { return s.serves(r) && s.pattern.Match(r) }

// match is the answer that the stub, which matches r, gives.
func (s *Stub) match(r *Request) Match {
	m := Match{Stub: s}
	if t := s.pattern.path.template; t != nil && t.params > 0 {
		m.Params = t.capture(r.view(s.pattern.redacted).matchPath())
	}
	return m
}

// Ref is "simulation/id", as answers and the journal name the stub.
func (s *Stub) Ref() string { return s.Simulation + "/" + s.ID }

// literalsOf gathers what the conditions ask for literally, the first at each
// place.
func literalsOf(p *Pattern) []literal {
	var out []literal
	for i := range p.conditions {
		c := &p.conditions[i]
		switch c.source {
		case fromMethod, fromPath, fromQueryNames, fromParam, fromPatterns:
			continue // what the index is divided by before, or cannot be divided by
		}
		c.predicate.eachKey(func(k literal, arg *simulations.Value) {
			if c.join != "" && strings.Contains(arg.Text, c.join) {
				return // no value of its own
			}
			k.place.source, k.place.fold = c.source, c.fold
			if c.source != fromBody {
				k.place.name = c.name
			} else if k.place.what == literalText && arg.Kind != simulations.String {
				// A number or a word is compared with the body's JSON.
				k = literal{place: place{source: fromBody, what: literalJSON}, hash: hashJSON(arg.Interface())}
			}
			if !slices.ContainsFunc(out, func(l literal) bool { return l.place == k.place }) {
				out = append(out, k)
			}
		})
	}
	return out
}

// eachKey calls do with the literals that some value must have.
func (p *Predicate) eachKey(do func(k literal, arg *simulations.Value)) {
	for i := range p.each {
		if k := p.each[i].key; k.place.what != noLiteral {
			do(k, p.each[i].arg)
		}
	}
	for _, q := range p.list {
		q.eachKey(do)
	}
}
