package matchers

import (
	"cmp"
	"slices"
	"strings"

	"understudy/simulations"
)

// alternative is one of several patterns of which one has to fit, as a request
// that it does not fit meets it.
type alternative struct {
	// held is the share of its conditions that hold; a path that looks alike is a
	// part of one.
	held float64
	// reached is the cost of the first condition that does not: what stops later
	// stands closer, as a body of the right media type that is not valid.
	reached Cost
	failed  []simulations.Mismatch
}

// closest is the alternative that comes closest to a request which none of them
// fits. A field that stops each of them is what has to change, whichever is
// meant: then it alone is named, with what any of them expects. The patterns of
// a condition are at least one.
func closest(patterns []*Pattern, r *Request, s *scope) alternative {
	all := make([]alternative, 0, min(len(patterns), maxExplained))
	for _, p := range patterns[:cap(all)] {
		all = append(all, p.alternative(r, s))
	}
	best := slices.MinFunc(all, func(a, b alternative) int { // the first of equal ones
		return cmp.Or(cmp.Compare(b.reached, a.reached), cmp.Compare(b.held, a.held))
	})
	for _, m := range best.failed {
		if common, ok := inAll(m, all); ok {
			best.failed = []simulations.Mismatch{common}
			break
		}
	}
	return best
}

func (p *Pattern) alternative(r *Request, s *scope) (out alternative) {
	failed, held := 0, 0.0
	for i := range p.conditions {
		if s.over() {
			break
		}
		c := &p.conditions[i]
		if c.holds(r, s) {
			held++
			continue
		}
		if failed++; failed == 1 {
			out.reached = c.cost
		}
		if c.source == fromPath {
			// All paths begin alike: less than half is nothing in common.
			if alike := pathLikeness(p.path.text, r.matchPath()); alike >= 0.5 {
				held += alikeWeight * alike
			}
		}
		out.failed = append(out.failed, c.mismatches(r, s)...)
	}
	if out.held = 1; failed > 0 {
		out.held = held / float64(len(p.conditions))
	}
	return out
}

// inAll joins what several alternatives expect of the field of m; false where
// there is one alone, or one that the field does not stop.
func inAll(m simulations.Mismatch, all []alternative) (simulations.Mismatch, bool) {
	var expected []string
	for _, a := range all {
		i := slices.IndexFunc(a.failed, func(o simulations.Mismatch) bool { return o.Field == m.Field && o.Operator == m.Operator })
		if i < 0 {
			return m, false
		}
		if text := a.failed[i].Expected; !slices.Contains(expected, text) {
			expected = append(expected, text)
		}
	}
	m.Expected = cut(strings.Join(expected, " or "))
	return m, len(all) > 1
}
