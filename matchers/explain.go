package matchers

import (
	"understudy/simulations"
)

// Explanation is why a request is answered as it is.
type Explanation struct {
	// Stub is the one that answers; nil for a miss.
	Stub *Stub `json:"-"`
	// Params are the captured parts of the path.
	Params map[string]string `json:"parameters,omitempty"`
	// Precedence is where the stub stands in the order.
	Precedence string `json:"precedence,omitempty"`
	// Index is the way through the index, a line for each step.
	Index []string `json:"index"`
	// Candidates are the stubs that were tried, in order, at most 20. Those
	// after the one that answers are tried too, to show what it came before.
	Candidates []simulations.Candidate `json:"candidates"`
}

// The bounds of an explanation.
const (
	maxCandidates = 20
	maxIndexLines = 100
)

// Explain finds as [Set.Find] does and says how. blocked tells of a stub that
// matches whether its claim would be refused, and why; it may be nil. It ends with
// the context of [Request.EndWith].
func (s *Set) Explain(r *Request, blocked func(*Stub) (simulations.Mismatch, bool)) Explanation {
	r.scope.searching = true
	defer func() { r.scope.searching = false }()
	tail := s.tail.state.Load()
	out := Explanation{Index: []string{}, Candidates: []simulations.Candidate{}}
	found := s.gather(r, tail, func(step string) {
		if len(out.Index) < maxIndexLines {
			out.Index = append(out.Index, step)
		}
	})
	for st := found.next(); st != nil && (len(out.Candidates) < maxCandidates || out.Stub == nil); st = found.next() {
		if tail.hides(st) || !st.serves(r) {
			continue
		}
		c := simulations.Candidate{Stub: st.Ref()}
		if _, c.Failed = st.pattern.Mismatches(r); r.scope.ended {
			break
		}
		if len(c.Failed) == 0 && blocked != nil {
			if m, is := blocked(st); is {
				c.Failed = append(c.Failed, m)
			}
		}
		c.Matched = len(c.Failed) == 0
		if c.Matched && out.Stub == nil {
			m := st.match(r)
			out.Stub, out.Params, out.Precedence = st, m.Params, st.Precedence()
		}
		if len(out.Candidates) < maxCandidates {
			out.Candidates = append(out.Candidates, c)
		}
	}
	return out
}
