package matchers

import (
	"cmp"
	"fmt"
	"strings"
)

// rank is a stub's place in the order of precedence, which the package
// comment states.
type rank struct {
	priority int
	kind     pathKind
	literals int // literal segments of the template; the number that is stated
	fields   int
}

// pathKind is how specific a path is; the more the higher.
type pathKind uint8

const (
	// statedRank is no path at all: the stub says itself how specific it is.
	statedRank pathKind = iota
	noPath
	otherPath
	templatePath
	exactPath
)

func (k pathKind) String() string {
	return [...]string{"stated specificity", "no path", "a path pattern", "a path template", "an exact path"}[k]
}

func rankOf(s *Stub) rank {
	if n := s.model.Specificity; n != 0 {
		return rank{priority: s.model.Priority, kind: statedRank, literals: n}
	}
	r := rank{
		priority: s.model.Priority,
		kind:     s.pattern.path.kind,
		fields:   len(s.pattern.conditions),
	}
	if s.pattern.path.kind == templatePath {
		r.literals = s.pattern.path.template.literals
	}
	if sc := s.model.Scenario; sc != nil && sc.Requires != "" {
		r.fields++
	}
	return r
}

// compareStubs is negative where a comes before b. It is 0 only for a stub and
// itself, as long as simulation and id name one stub.
func compareStubs(a, b *Stub) int {
	x, y := a.whole().model, b.whole().model
	return cmp.Or(compareRanks(&a.rank, &b.rank), cmp.Compare(y.Revision, x.Revision), cmp.Compare(y.Position, x.Position),
		strings.Compare(a.Simulation, b.Simulation), strings.Compare(a.ID, b.ID))
}

// compareRanks is negative where x comes before y whatever their age.
func compareRanks(x, y *rank) int {
	switch {
	case x.priority != y.priority:
		return cmp.Compare(y.priority, x.priority)
	case x.kind != y.kind:
		return cmp.Compare(y.kind, x.kind)
	case x.literals != y.literals:
		return cmp.Compare(y.literals, x.literals)
	}
	return cmp.Compare(y.fields, x.fields)
}

// Precedence says, for a human, where the stub stands in the order.
func (s *Stub) Precedence() string {
	r := &s.rank
	if r.kind == statedRank {
		return fmt.Sprintf("priority %d, specificity %d as stated, revision %d, position %d", r.priority, r.literals, s.model.Revision, s.model.Position)
	}
	path := r.kind.String()
	if r.kind == templatePath {
		path = fmt.Sprintf("%s of %d literal segments", path, r.literals)
	}
	return fmt.Sprintf("priority %d, %s, %d constrained fields, revision %d, position %d", r.priority, path, r.fields, s.model.Revision, s.model.Position)
}
