package matchers

import (
	"slices"
	"strings"

	"understudy/simulations"
)

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

// literals gathers what the conditions ask for literally, the first few at each
// place.
func (s *Stub) literals() []literal {
	out := s.pattern.path.literals()
	for i := range s.pattern.conditions {
		c := &s.pattern.conditions[i]
		switch c.source {
		case fromMethod, fromPath, fromQueryNames, fromParam, fromPatterns:
			continue // what the index is divided by before, or cannot be divided by
		}
		add := func(k literal) {
			if k.also != nil && slices.ContainsFunc(out, func(l literal) bool { return l.also != nil }) {
				return // a stub that is in several parts for several reasons is in too many
			}
			for slices.ContainsFunc(out, func(l literal) bool { return l.place == k.place }) {
				k.place.nth++
			}
			if k.place.nth < maxNth {
				out = append(out, k)
			}
		}
		c.predicate.eachKey(c.textual(), func(k literal, arg *simulations.Value) {
			if joint := c.joint(); joint != "" && !k.stays(joint, arg) {
				return // several values may make it, of which none is it
			}
			k.place.source, k.place.fold = c.source, c.fold
			if k.place.what.isPiece() {
				c.addPieces(k, add)
				return
			}
			if c.source != fromBody {
				if k.place.what != literalText && k.place.what != literalItem {
					return // it is of a document, and this is a text
				}
				k.place.name += c.name // behind what an item has
			} else if k.place.what == literalText && k.place.as == asScalar && arg.Kind != simulations.String {
				// A number or a word is compared with the body's JSON.
				k = literal{place: place{source: fromBody, what: literalJSON}, hash: hashValue(arg)}
			}
			if k.place.what == literalJSON {
				if isLongForm(arg, jsonOptions) {
					arg = arg.Get("value")
				}
				k.leaves = leavesOf(arg)
			}
			add(k)
		})
	}
	return out
}

// stays reports whether a literal that a joined value must have is that of one of the
// values that are joined.
func (l *literal) stays(joint string, arg *simulations.Value) bool {
	switch {
	case l.also != nil:
		return false
	case l.place.what.isPiece():
		// A part of a longer joint may be at the end of one.
		return len(joint) == 1 && !strings.Contains(wholeFold(l.text), wholeFold(joint))
	case l.place.what == literalItem:
		return l.place.name == listName(joint)
	}
	return arg.Kind != simulations.Number && l.place.as != asFolded && !strings.Contains(arg.Text, joint)
}

// addPieces adds what a value of the field must have somewhere: two of a long text that
// it contains.
func (c *condition) addPieces(k literal, add func(literal)) {
	k.place.name = c.name
	if k.place.what != literalWithin {
		add(k.piece(maxPiece))
		return
	}
	add(k.piece(maxWithin))
	if len(k.text) > maxWithin {
		k.text = k.text[:maxWithin]
		add(k.piece(maxWithin))
	}
}

// textual reports whether the values of the field are texts, of which each is an item.
func (c *condition) textual() bool {
	return c.source == fromQuery || c.source == fromHeader || c.source == fromCookie
}

// eachKey calls do with the literals that some value must have, be it as an item
// where the values are the items.
func (p *Predicate) eachKey(items bool, do func(k literal, arg *simulations.Value)) {
	for i := range p.whole {
		switch t := p.whole[i].field.(type) {
		case anyOf:
			t.eachKey(items, do)
		case *hasItem:
			if items {
				t.p.eachKey(items, do)
			}
		case hasExactly:
			for _, q := range t {
				if items {
					q.eachKey(items, do)
				}
			}
		}
	}
	for i := range p.each {
		p.each[i].eachLiteral(func(k literal) { do(k, p.each[i].arg) })
	}
	for _, q := range p.list {
		q.eachKey(items, do)
	}
}

// maxAlternatives is how many alternatives a literal may have: in so many parts of a
// division the stub is.
const maxAlternatives = 8

// eachKey calls do with the literals of which some value must have one or another:
// those at places where each of the predicates has one.
func (a anyOf) eachKey(items bool, do func(k literal, arg *simulations.Value)) {
	type key struct {
		literal
		arg *simulations.Value
	}
	if len(a) > maxAlternatives {
		return
	}
	var common []key
	for i, q := range a {
		var own []key
		q.eachKey(items, func(k literal, arg *simulations.Value) {
			switch what := k.place.what; {
			case k.also != nil, what.isPiece(), what == literalItem, what == literalText && arg.Kind != simulations.String:
				return // its place depends on more than that
			}
			if !slices.ContainsFunc(own, func(o key) bool { return o.place == k.place }) {
				own = append(own, key{k, arg})
			}
		})
		if i == 0 {
			common = own
			continue
		}
		kept := common[:0]
		for _, k := range common {
			if at := slices.IndexFunc(own, func(o key) bool { return o.place == k.place }); at >= 0 {
				if h := own[at].hash; h != k.hash {
					if k.also == nil {
						k.also = new([]uint64)
					}
					if !slices.Contains(*k.also, h) {
						*k.also = append(*k.also, h)
					}
				}
				kept = append(kept, k)
			}
		}
		common = kept
	}
	for _, k := range common {
		do(k.literal, k.arg)
	}
}
