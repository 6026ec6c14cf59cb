package main

import (
	"slices"
	"time"
)

// tally is what the rounds of a workload at one server came to.
type tally struct {
	requests  int
	wall, cpu time.Duration
	latencies []time.Duration
	costs     []float64 // of each round, in µs of processor time per request
}

func (t *tally) add(r round) {
	t.requests += r.requests
	t.wall += r.wall
	t.cpu += r.cpu
	t.latencies = append(t.latencies, r.latencies...)
	t.costs = append(t.costs, microseconds(r.cpu)/float64(r.requests))
}

// side is one server's part of a result. Times are in microseconds.
type side struct {
	Requests int     `json:"requests"`
	CPU      float64 `json:"cpuMicros"` // processor time per request
	Rate     float64 `json:"rate"`      // requests per second
	P50      float64 `json:"p50Micros"`
	P99      float64 `json:"p99Micros"`
	P999     float64 `json:"p999Micros"`
}

// side sums up; it sorts the latencies.
func (t *tally) side() side {
	slices.Sort(t.latencies)
	return side{
		Requests: t.requests,
		CPU:      microseconds(t.cpu) / float64(t.requests),
		Rate:     float64(t.requests) / t.wall.Seconds(),
		P50:      microseconds(percentile(t.latencies, 0.5)),
		P99:      microseconds(percentile(t.latencies, 0.99)),
		P999:     microseconds(percentile(t.latencies, 0.999)),
	}
}

// percentile is the smallest value that at least the share p of sorted does
// not exceed (nearest rank), 0 of nothing.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	// The share is a decimal fraction: what a product of floats is short of or
	// over a whole number by must not count as a rank.
	const hair = 1e-9
	rank := int(p*float64(len(sorted)) + 1 - hair)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// result is one line of the comparison.
type result struct {
	Workload   string `json:"workload"`
	N          int    `json:"n"`
	Understudy side   `json:"understudy"`
	// Bare is the other server: of the workload record it is understudy itself
	// in mode forward.
	Bare side `json:"bare"`
	// Ratio is understudy's processor time per request to the other's, over all
	// rounds; Low and High are those of single rounds. All are 0 where the
	// rounds were too short to tell.
	Ratio float64 `json:"ratio"`
	Low   float64 `json:"ratioLow"`
	High  float64 `json:"ratioHigh"`
	// Growth is understudy's processor time per request to that at the smallest N.
	Growth float64 `json:"growth,omitempty"`
}

// compare makes a line of the rounds of both, which were run in turns.
func compare(workload string, n int, understudy, bare *tally) result {
	r := result{Workload: workload, N: n, Understudy: understudy.side(), Bare: bare.side()}
	r.Ratio = over(r.Understudy.CPU, r.Bare.CPU)
	var ratios []float64
	for i, cost := range understudy.costs {
		// A round below a tick says nothing.
		if ratio := over(cost, bare.costs[i]); ratio > 0 {
			ratios = append(ratios, ratio)
		}
	}
	if len(ratios) > 0 {
		r.Low, r.High = slices.Min(ratios), slices.Max(ratios)
	}
	return r
}

// over is a/b, and 0 where b was too small to measure: JSON has no infinity.
func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
