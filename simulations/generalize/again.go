package generalize

import (
	"slices"

	"understudy/simulations"
)

// earlier are what the stubs ask for that were made when the document was
// generalised before. A new stub that asks for the same would stand below the
// one that is there and never answer.
type earlier map[string]bool

func earlierIn(doc *simulations.Document) earlier {
	out := make(earlier)
	for _, s := range doc.Stubs {
		if slices.Contains(s.Labels, madeLabel) {
			out[condition(s)] = true
		}
	}
	return out
}

// has reports whether one of them answers all that a new stub would.
func (e earlier) has(s *simulations.Stub) bool { return len(e) > 0 && e[condition(s)] }

// condition is the canonical text of all that decides whether a stub answers,
// but its rank among those that do.
func condition(s *simulations.Stub) string {
	c := *s
	c.ID, c.Priority, c.Labels, c.Response = "", 0, nil, nil
	return string(c.Value().AppendCanonical(nil))
}
