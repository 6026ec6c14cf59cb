package simulator

import (
	"maps"
	"slices"
	"strings"
	"time"

	"understudy/matchers"
	"understudy/simulations"
)

// stubState is a stub's simulations.State, compiled. The methods of nil do
// nothing.
type stubState struct {
	requires []stateCondition
	removes  []string
	ttl      time.Duration // of what is set; 0 for ever
}

type stateCondition struct {
	key      string
	arg      *simulations.Value
	operator *matchers.Predicate
}

// compileState compiles what a stub requires of the session's values; pointers
// are relative to the stub.
func compileState(s *simulations.State) (*stubState, []simulations.FieldError) {
	if s == nil {
		return nil, nil
	}
	out := &stubState{removes: s.Removes, ttl: time.Duration(s.TTL)}
	var faults []simulations.FieldError
	for _, key := range slices.Sorted(maps.Keys(s.Requires)) {
		p, fs := matchers.CompilePredicate(s.Requires[key], "/state/requires/"+simulations.PointerToken(key))
		faults = append(faults, fs...)
		out.requires = append(out.requires, stateCondition{key, s.Requires[key].Value, p})
	}
	return out, faults
}

// unmet says which value is not as the stub requires it; nil where all are.
func (s *stubState) unmet(values memos, now int64) *simulations.Mismatch {
	if s == nil {
		return nil
	}
	for i := range s.requires {
		c := &s.requires[i]
		value, there := values.get(c.key, now)
		if there && c.operator.MatchTexts(time.Time{}, value) || !there && c.operator.MatchTexts(time.Time{}) {
			continue
		}
		m := &simulations.Mismatch{Field: "state " + c.key, Operator: "holds", Expected: c.arg.String(), Actual: value}
		if c.arg.Kind == simulations.String {
			m.Operator, m.Expected = "equals", c.arg.Text
		}
		if !there {
			m.Actual = "absent"
		}
		return m
	}
	return nil
}

// weighs is what apply takes at most, in bytes.
func (s *stubState) weighs(sets map[string]string) int64 {
	var bytes int64
	for key, value := range sets {
		bytes += weigh(key, value)
	}
	return bytes
}

// apply changes the values of a session, whose lock is held and which has room
// for them, and returns what they were.
func (s *stubState) apply(se *session, sets map[string]string, now int64) map[string]*string {
	if s == nil || len(sets)+len(s.removes) == 0 {
		return nil
	}
	before := make(map[string]*string, len(sets)+len(s.removes))
	note := func(key string) {
		before[key] = nil
		if old, ok := se.values.get(key, now); ok {
			before[key] = &old
		}
	}
	for _, key := range s.removes {
		note(key)
		se.drop(memoValue, key)
	}
	for key, value := range sets {
		note(key)
		se.set(memoValue, key, kept{value, until(now, s.ttl)})
	}
	return before
}

// fixedSets are the values that a response sets whatever is rendered.
func fixedSets(s *simulations.State, r *simulations.Response) map[string]string {
	if s == nil {
		return nil
	}
	out := make(map[string]string, len(s.Sets))
	for key, value := range s.Sets {
		if !r.Template || !strings.Contains(value, "{{") {
			out[key] = value
		}
	}
	return out
}
