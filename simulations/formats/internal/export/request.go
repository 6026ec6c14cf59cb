package export

import (
	"strings"

	"understudy/simulations"
)

// Inexpressible leaves out a stub with a condition that no other tool has:
// where a request comes from, or what redaction has made of it. It says
// the same of answers, too.
func Inexpressible(s *simulations.Stub, at Place) {
	for _, r := range append([]*simulations.Response{s.Response}, s.Responses...) {
		if r != nil {
			inexpressibleAnswer(r, at)
		}
	}
	if s.Scenario != nil && s.Scenario.TTL != 0 || s.State != nil && s.State.TTL != 0 {
		at.Warn("states have no end in time there")
	}
	at = at.Get("request")
	q := &s.Request
	if q.Session != nil {
		at.Get("session").LeaveOut("there are no sessions there")
	}
	if q.Origin != nil {
		at.Get("origin").LeaveOut("origins are not known there")
	}
	if !q.Redacted {
		return
	}
	if strings.Contains(q.Value().String(), simulations.Mask) {
		at.Get("redacted").LeaveOut("it compares a value that redaction has masked, and requests are not redacted there")
		return
	}
	at.Get("redacted").Warn("requests are compared there as they are sent, without redaction")
}

// inexpressibleAnswer is the same of an answer.
func inexpressibleAnswer(r *simulations.Response, at Place) {
	if len(r.Callbacks) > 0 {
		at.Warn("requests that follow an answer cannot be carried over: the callbacks were left out")
	}
	if len(r.Files) > 0 || r.Fallback != "" {
		at.LeaveOut("an answer that is chosen among files cannot be carried over; write a stub for each")
	}
	if r.Conditional {
		at.Warn("conditional requests are answered whole there")
	}
}

// FixedParams are the texts that the parameters of the path's template must be.
// A stub that asks for anything else of them is left out.
func FixedParams(q *simulations.Pattern, at Place) map[string]string {
	if len(q.Params) == 0 {
		return nil
	}
	out := make(map[string]string)
	for _, name := range Names(q.Params) {
		p := q.Params[name]
		text, ok := Literal(&p)
		if !ok {
			at.Get("params").Get(name).LeaveOut("a parameter of the path can only be a fixed text there; write the path as a regex")
			continue
		}
		out[name] = text
	}
	return out
}

// The warnings that hold for many stubs alike.
const (
	// NumbersAsWritten is for equality with a number, where the tool compares
	// digits.
	NumbersAsWritten = "a number is compared as it is written there: 1 and 1.0 are two"
	// MoreParameters is for exactQuery, where the tool lets others through.
	MoreParameters = "a query with further parameters fits, too, there"
)
