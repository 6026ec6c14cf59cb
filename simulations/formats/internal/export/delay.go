package export

import (
	"math"
	"time"

	"understudy/simulations"
)

// Delay returns the delay of a response without what no other tool has, and nil
// for none.
func Delay(r *simulations.Response, at Place) *simulations.Delay {
	if r.Delay == nil {
		return nil
	}
	at = at.Get("delay")
	d := *r.Delay
	if d.FixedTemplate != "" {
		at.Get("fixed").Warn("a wait is no template there: the answer comes without it; write a fixed one")
	}
	if d.Recorded != nil {
		at.Get("recorded").Warn("recorded latencies are not known there: the answer comes without; write `fixed`")
	}
	if time.Duration(d.Fixed)%time.Millisecond != 0 {
		at.Get("fixed").Warn("waits are whole milliseconds there")
	}
	d.FixedTemplate, d.Recorded, d.Force = "", nil, false
	return &d
}

// Fault is what another tool calls a fault, of those that it knows by name; one
// that it has no name for, or that happens by chance, leaves the stub out.
func Fault(f *simulations.FaultTerms, known map[string]simulations.Fault, at Place) string {
	if f.Probability != nil {
		at.Get("fault").LeaveOut("no fault happens by chance there")
		return ""
	}
	for _, name := range Names(known) {
		if known[name] == f.Kind {
			return name
		}
	}
	at.Get("fault").LeaveOut("the fault %s is not known there", f.Kind)
	return ""
}

// AtOnce says that a body which goes out at a pace comes at once there.
func AtOnce(r *simulations.Response, at Place) {
	if r.Pace != nil {
		at.Get("pace").Warn("bodies go out at once there")
	}
}

// Milliseconds is a duration in whole milliseconds.
func Milliseconds(d simulations.Duration) int64 {
	return time.Duration(d).Round(time.Millisecond).Milliseconds()
}

// percentile99 is the 99th percentile of the standard normal distribution.
const percentile99 = 2.3263478740408408

// Sigma is that of the distribution, also where the 99th percentile is stated.
func Sigma(l *simulations.Lognormal) float64 {
	if l.Sigma != 0 {
		return l.Sigma
	}
	return math.Log(float64(l.P99)/float64(l.Median)) / percentile99
}
