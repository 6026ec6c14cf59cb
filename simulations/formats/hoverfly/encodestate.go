package hoverfly

import (
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

const oneState = "there is one state for all callers, not one for each session"

// state writes what a pair requires of the state: the stub's own conditions, its
// scenario and its step.
func (e *encoder) state(p *pair, i int, step export.Step, at export.Place) {
	s := e.doc.Stubs[i]
	require := func(key, value string) {
		if p.requires == nil {
			p.requires = make(map[string]*simulations.Value)
		}
		p.requires[key] = simulations.NewString(value)
		p.score++
	}
	if step.From > 0 {
		at.Warn(oneState)
		require(stepKey(s, i), strconv.Itoa(step.From))
		if step.To != step.From {
			p.set(stepKey(s, i), strconv.Itoa(step.To))
		}
	}
	if sc := s.Scenario; sc != nil {
		at.Get("scenario").Warn(oneState)
		if sc.Requires == "1" || sc.Sets == "1" {
			at.Get("scenario").LeaveOut("1 is the first state there; give the state another name")
		}
		if sc.Requires != "" {
			require(scenarioKey(sc.Name), scenarioValue(sc.Requires))
		}
		if sc.Sets != "" {
			p.set(scenarioKey(sc.Name), scenarioValue(sc.Sets))
		}
	}
	if s.State == nil {
		return
	}
	at.Get("state").Warn(oneState)
	for _, key := range export.Names(s.State.Requires) {
		value, ok := stateValue(key, s.State.Requires[key])
		if !ok {
			at.Get("state").Get("requires").Get(key).LeaveOut("a state is a fixed text there, and one whose key has `sequence:` in it begins at 1")
		}
		require(key, value)
	}
}

// stateValue is the value that a predicate on a state asks for.
func stateValue(key string, p simulations.Predicate) (string, bool) {
	sequence := strings.Contains(key, "sequence:")
	if text, ok := export.Literal(&p); ok {
		return text, !sequence || text != "1"
	}
	if list := p.Get("any"); sequence && list != nil && list.Kind == simulations.Array && len(list.Items) == 2 &&
		list.Items[0].Text == "1" && list.Items[1].String() == convert.Absent().String() {
		return "1", true
	}
	return "", false
}

// sets writes what the answer changes of the state of the stub.
func (p *pair) sets(s *simulations.Stub, sets map[string]string) {
	if s.State == nil {
		return
	}
	for _, key := range export.Names(sets) {
		p.set(key, sets[key])
	}
	if len(s.State.Removes) > 0 {
		p.response.Set("removesState", convert.Strings(s.State.Removes))
	}
}

// set adds a value to the state after the answer.
func (p *pair) set(key, value string) {
	out := p.response.Get("transitionsState")
	if out == nil {
		out = &simulations.Value{Kind: simulations.Object}
		p.response.Set("transitionsState", out)
	}
	out.Set(key, simulations.NewString(value))
}
