package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPercentile holds it to its definition.
func TestPercentile(t *testing.T) {
	t.Parallel()
	if percentile(nil, 0.5) != 0 {
		t.Error("of nothing")
	}
	for n := 1; n <= 2000; n++ {
		sorted := make([]time.Duration, n)
		for i := range sorted {
			sorted[i] = time.Duration(i + 1)
		}
		for _, share := range []int{0, 1, 500, 990, 999, 1000} {
			// The smallest rank that is at least share/1000 of n, in whole numbers.
			want := max((share*n+999)/1000, 1)
			if got := percentile(sorted, float64(share)/1000); got != time.Duration(want) {
				t.Fatalf("n=%d, %d/1000: %d, want %d", n, share, got, want)
			}
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	var understudy, bare tally
	for i := range 2 {
		understudy.add(round{requests: 1000, wall: time.Second, cpu: time.Duration(i+1) * 10 * time.Millisecond, latencies: []time.Duration{3000, 1000, 2000}})
		bare.add(round{requests: 1000, wall: time.Second / 2, cpu: 10 * time.Millisecond})
	}
	// A round that was too short for a tick counts in the sum only.
	understudy.add(round{requests: 1, wall: time.Second, cpu: 0})
	bare.add(round{requests: 1, wall: time.Second, cpu: 0})
	r := compare("exact", 5, &understudy, &bare)
	if r.Ratio < 1.499 || r.Ratio > 1.501 || r.Low != 1 || r.High != 2 {
		t.Errorf("%+v", r)
	}
	if u := r.Understudy; u.Requests != 2001 || u.Rate != 667 || u.P50 != 2 || u.P99 != 3 {
		t.Errorf("%+v", u)
	}
}

func TestStat(t *testing.T) {
	t.Parallel()
	line := "4711 (a ) b (c) S 1 4711 4711 0 -1 4194560 2337 0 5 0 123 45 6 7 20 0 9 0 987654 1234 56\n"
	if got, err := parseStat([]byte(line)); err != nil || got != 1680*time.Millisecond {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"", "1 (a) S 1 2", strings.Replace(line, " 123 ", " x ", 1)} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	got, err := parseStatus("Name:\tVmRSS\nVmPeak:\t  999 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nThreads:\t9\n")
	if err != nil || got != (memory{RSS: 1 << 20, Peak: 2 << 20}) {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"", "VmRSS:\t1 kB\n", "VmRSS:\t1 kB\nVmHWM:\tmuch kB\n"} {
		if got, err := parseStatus(bad); err == nil {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

// TestOwnProcess reads /proc as it is: work costs time, and memory is there.
func TestOwnProcess(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Skipf("the program needs Linux: %v", err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for after := before; after-before < 5*tick; after, err = cpuTime(os.Getpid()) {
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("%v of work are %v: %v", 20*time.Second, after-before, err)
		}
	}
	if m, err := memoryOf(os.Getpid()); err != nil || m.Peak < m.RSS || m.RSS < 1<<20 {
		t.Errorf("%+v %v", m, err)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	line := func(workload string, n int, cpu float64) result {
		return result{Workload: workload, N: n, Understudy: side{CPU: cpu, Rate: 1000, P50: 1500}, Bare: side{CPU: 10}, Ratio: cpu / 10}
	}
	r := report{
		Results: []result{line("exact", 1, 15), line("miss", 1, 30), line("exact", 1000, 18), line("miss", 1000, 54), line("missbody", 1, 9)},
		Sets: []facts{
			{Set: "exact", N: 1, Started: memory{RSS: 30 << 20}},
			{Set: "exact", N: 1001, Import: 2, Started: memory{RSS: 30<<20 + 700_000}},
			{Set: "exact", N: 11, Started: memory{RSS: 33 << 20}},
			{Set: "json", N: 1001},
		},
		Recording: middle([]*recording{{Share: 0.8, Slowdown: 0.9}, {Exchanges: 5, Rates: []float64{1, 2}, Share: 0.75, Slowdown: 0.5}, {Share: 0.5, Slowdown: 1}}),
	}
	r.finish()
	if want := []miss{{"miss", 1, 2}, {"miss", 1000, 3}}; !slices.Equal(r.Misses, want) {
		t.Errorf("%+v", r.Misses)
	}
	if r.Results[0].Growth != 0 || r.Results[2].Growth != 1.2 || r.Results[3].Growth != 1.8 {
		t.Errorf("%+v", r.Results)
	}
	if r.Sets[0].PerStub != 0 || r.Sets[1].PerStub != 700 || r.Sets[2].PerStub != 0 || r.Sets[3].PerStub != 0 {
		t.Errorf("%+v", r.Sets)
	}
	var out strings.Builder
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"exact 1000 18.0 10.0 1.80 (0.00-0.00) 1.20 1000 0 1.50",
		"exact 1001 2.00 - 0.0 0.0 0 0 31 700",
		"miss at N=1000 costs 3.00 hits",
		"record: 0.75 of the rate of forwarding, which is the other side of its line (each round: [0.50 0.75 0.80]); by fifths, [1 2] exchanges/s; the first fifth is 0.90 times as fast as the last (each round: [0.50 0.90 1.00])",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}
