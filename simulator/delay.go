package simulator

import (
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"understudy/simulations"
)

// wait holds the answer back and reports whether the client is still there. The
// delay is the answer's own, else the collaborator's, else the one of all; the
// recording, which may be nil, is of the exchange that the answer was made of.
func (x *exchange) wait(own *simulations.Delay, recording *simulations.Recording) bool {
	d := own
	if d == nil && x.collaborator != nil {
		d = x.collaborator.config.Delay
	}
	if d == nil {
		d = x.engine.opts.Delay
	}
	if d == nil || !d.Force && !x.slowed() {
		return true
	}
	var latency time.Duration
	if recording != nil {
		latency = time.Duration(recording.Latency)
	}
	x.rest()
	return pause(x.r, draw(d, latency, rand.Float64, rand.NormFloat64))
}

// slowed reports whether what costs time is done to this request: a shadow of
// real traffic, or a synthetic request, must not hold up who sends it.
func (x *exchange) slowed() bool {
	o := x.entry.Origin
	return !o.Contained() || x.engine.opts.DelayShadow
}

// pause waits, and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// draw takes one delay from its distribution; recorded is the latency that the
// answer was recorded with.
func draw(d *simulations.Delay, recorded time.Duration, uniform, normal func() float64) time.Duration {
	drawn := 0.0
	switch {
	case d.Uniform != nil:
		low, high := float64(d.Uniform.Min), float64(d.Uniform.Max)
		drawn = low + uniform()*(high-low)
	case d.Lognormal != nil:
		l := d.Lognormal
		sigma := l.Sigma
		if l.P99 > 0 {
			sigma = math.Log(float64(l.P99)/float64(l.Median)) / z99
		}
		drawn = max(float64(l.Median)*math.Exp(sigma*normal()), float64(l.Min))
		if l.Max > 0 {
			drawn = min(drawn, float64(l.Max))
		}
	case d.Recorded != nil:
		drawn = float64(d.Recorded.Of(recorded))
	}
	return time.Duration(min(float64(d.Fixed)+drawn, float64(simulations.MaxDelay)))
}
