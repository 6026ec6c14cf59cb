package matchers

import "understudy/simulations"

// Stub is a stub that is ready to answer. It is immutable and safe for any
// number of goroutines.
type Stub struct {
	ID string
	// Simulation is the name of the one that the stub belongs to.
	Simulation string
	// Collaborator is the one that it answers for; "" is any.
	Collaborator string
	// Answers is what the stub gives, for whoever serves it; set before the
	// stub is indexed, and not read here.
	Answers any
	// Dear says that the answers are dear to make ready; set like Answers. An
	// index then keeps the stub instead of making it again.
	Dear bool

	// model and what is compiled from it; nil for a plain stub that an index
	// knows in its packed form, and for a shelved one until it is made ready.
	model   *simulations.StoredStub
	pattern *Pattern
	rank    rank
	refs    [1]string
	index   *Index
	number  uint32
	// shelved is set for a stub that is kept packed; what is above is then read
	// after a call of whole.
	shelved *shelved
}

// Model is the stub as the document states it, with its age. Shared so do not
// mutate. A plain stub is unpacked for it at each call.
func (s *Stub) Model() *simulations.StoredStub { return s.whole().model }

// Packed is the stub in its packed form, with its age.
func (s *Stub) Packed() simulations.PackedStub {
	if s.shelved != nil {
		return s.shelved.packed
	}
	m := s.Model()
	return simulations.PackedStub{Packed: m.Packed, Revision: m.Revision, Position: m.Position}
}

// whole is the stub with its model and what is compiled from it.
func (s *Stub) whole() *Stub {
	if s.shelved != nil {
		s.shelved.ready(s)
		return s
	}
	if s.model != nil {
		return s
	}
	return s.index.stub(s.number)
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
	made := &struct { // in one piece: most stubs are made for one request
		Stub
		Pattern
		conditions [2]condition
	}{}
	c, out := compilers.Get().(*compiler), &made.Stub
	defer c.free()
	c.base = "/request"
	made.Pattern.conditions = made.conditions[:0]
	c.pattern(&s.Request, &made.Pattern)
	if len(c.faults) > 0 {
		return nil, c.faults
	}
	*out = Stub{ID: s.ID, Simulation: simulation, Collaborator: s.Collaborator, model: s, pattern: &made.Pattern, refs: [1]string{simulation + "/" + s.ID}}
	out.rank = rankOf(out)
	return out, nil
}

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

// Exact reports whether the stub asks for one exact path.
func (s *Stub) Exact() bool { return s.shelved != nil || s.pattern.path.kind == exactPath }

// Ref is "simulation/id", as answers and the journal name the stub.
func (s *Stub) Ref() string { return s.refs[0] }

// RefList is Ref as the values of a header. Shared so do not mutate.
func (s *Stub) RefList() []string { return s.refs[:] }
