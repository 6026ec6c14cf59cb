package export

import "understudy/simulations"

// Step is one answer of a stub in its turn. Steps are numbered from 1.
type Step struct {
	Response *simulations.Response
	At       Place
	// From is the step that it is, To the one after it; To is From for the one
	// that stays. Both are 0 where the stub has one answer and no end.
	From, To int
}

// MaxSteps bounds what one stub is unrolled into.
const MaxSteps = 1000

// Steps unrolls a stub that has several answers, or answers a number of times,
// into steps. It leaves out the stub whose order is random, or that has more
// steps than MaxSteps.
func Steps(s *simulations.Stub, at Place) []Step {
	if s.Response != nil && s.Times == 0 {
		return []Step{{Response: s.Response, At: at.Get("response")}}
	}
	ring, ok := answersInTurn(s, at)
	if !ok {
		return nil
	}
	n := len(ring)
	if s.Times > 0 {
		n = s.Times
	}
	if n > MaxSteps {
		at.LeaveOut("its %d answers in turn are more than %d steps", n, MaxSteps)
		return nil
	}
	if n == 1 && s.Times == 0 {
		ring[0].From, ring[0].To = 0, 0
		return ring
	}
	steps := make([]Step, n)
	for i := range steps {
		j := min(i, len(ring)-1)
		if s.Order == simulations.OrderCycle {
			j = i % len(ring)
		}
		steps[i] = ring[j]
		steps[i].From, steps[i].To = i+1, i+2
	}
	if s.Times == 0 {
		last := &steps[n-1]
		if last.To = last.From; s.Order == simulations.OrderCycle {
			last.To = 1
		}
	}
	return steps
}

// answersInTurn lists the answers, each as often as it is repeated.
func answersInTurn(s *simulations.Stub, at Place) ([]Step, bool) {
	if s.Response != nil {
		return []Step{{Response: s.Response, At: at.Get("response")}}, true
	}
	if s.Order == simulations.OrderRandom && len(s.Responses) > 1 {
		at.Get("order").LeaveOut("answers are not drawn at random there; write `order: cycle`, or one response")
		return nil, false
	}
	var out []Step
	for i, r := range s.Responses {
		times := max(r.Repeat, 1)
		if s.Order != simulations.OrderCycle && i == len(s.Responses)-1 {
			times = 1 // it stays anyway
		}
		if len(out)+times > MaxSteps {
			at.Get("responses").LeaveOut("its answers in turn are more than %d steps", MaxSteps)
			return nil, false
		}
		for range times {
			out = append(out, Step{Response: r, At: at.Get("responses").Item(i)})
		}
	}
	return out, true
}
