package simulator

import (
	"strconv"
	"time"

	"understudy/matchers"
	"understudy/simulations"
)

// claim is what a session grants for one answer of one stub.
type claim struct {
	// response is the one to give.
	response *response
	// number counts the stub's answers in this session, from 1.
	number int
	// before are the values that the claim has changed, as they were; a key that
	// had none has nil.
	before map[string]*string
	// spared says that the response's fault, which it has by chance, does not
	// happen this time.
	spared bool
	// err is why the session cannot remember the answer, which is then not given:
	// it is full.
	err error
}

// remembers reports whether a stub needs a session's memory at all.
func remembers(s *simulations.Stub) bool {
	return s.Scenario != nil || s.State != nil || s.Times > 0 || len(s.Responses) > 1 || len(s.Responses) == 1 && s.Responses[0].Repeat > 0 || byChance(s)
}

// claim asks a session for the right to answer with a stub. dry decides without
// moving anything on: for explain, and for transactions that are rolled back.
// Where it refuses, blocked says why. l is the search that it is for, nil for none.
//
// A claim is atomic: under the session's lock it looks at state and counters
// and moves them on, before anything is rendered, so that of any number of
// concurrent requests each step is given to exactly one.
func (s *sessions) claim(id string, st *matchers.Stub, a *answers, dry bool, l *look) (c claim, blocked *simulations.Mismatch) {
	if !a.counts && l.untouched() {
		return claim{response: a.responses[0], number: 1}, nil
	}
	defer s.trim()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	switch {
	case se == nil && (dry || !a.counts):
		se = &session{}
	case se == nil:
		se = s.use(sh, id)
	case !dry:
		se.lastUsed = s.now()
	}
	now := s.now().UnixNano()
	if !l.holds(se, now) {
		return claim{}, &simulations.Mismatch{Field: "session", Operator: "equals", Expected: "as it was", Actual: "changed"}
	}
	if blocked := se.blocks(st, a, now); blocked != nil {
		l.pass(se, st)
		return claim{}, blocked
	}
	name := st.Ref()
	answered := se.answers[name]
	c = claim{response: a.pick(answered, s.options.seed, id, name), number: answered + 1}
	c.spared = c.response.spared(s.options.seed, id, name, answered)
	if !dry && a.counts {
		c.err = se.grant(&c, name, st.Model().Stub, a, now)
	}
	return c, nil
}

// blocks says why a session does not grant a stub now, nil where it does.
func (se *session) blocks(st *matchers.Stub, a *answers, now int64) *simulations.Mismatch {
	if !a.counts {
		return nil
	}
	model := st.Model()
	if sc := model.Scenario; sc != nil && sc.Requires != "" {
		state, moved := se.scenarios.get(sc.Name, now)
		if !moved {
			state = simulations.ScenarioStart
		}
		if state != sc.Requires {
			return &simulations.Mismatch{Field: "scenario " + sc.Name, Operator: "equals", Expected: sc.Requires, Actual: state}
		}
	}
	if blocked := a.state.unmet(se.values, now); blocked != nil {
		return blocked
	}
	if answered := se.answers[st.Ref()]; model.Times > 0 && answered >= model.Times {
		return &simulations.Mismatch{Field: "times", Operator: "number", Expected: "fewer than " + strconv.Itoa(model.Times) + " answers in this session", Actual: strconv.Itoa(answered)}
	}
	return nil
}

// grant moves the session on by an answer of the stub of that name, or says why
// there is no room for it.
func (se *session) grant(c *claim, name string, model *simulations.Stub, a *answers, now int64) error {
	counts := model.Times > 0 || len(a.responses) > 1 || byChance(model)
	moves := model.Scenario != nil && model.Scenario.Sets != ""
	most := a.state.weighs(c.response.sets)
	if counts {
		most += weigh(name, "")
	}
	if moves {
		most += weigh(model.Scenario.Name, model.Scenario.Sets)
	}
	return se.change(most, func() {
		if moves {
			sc := model.Scenario
			se.set(memoScenario, sc.Name, kept{sc.Sets, until(now, time.Duration(sc.TTL))})
		}
		c.before = a.state.apply(se, c.response.sets, now)
		if counts {
			se.count(name)
		}
	})
}
