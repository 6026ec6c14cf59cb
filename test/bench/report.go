package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"
	"time"
)

// report is all that a run of the program found; -json writes it.
type report struct {
	Begun       time.Time `json:"begun"`
	Go          string    `json:"go"`
	Processors  string    `json:"processors"`
	Connections int       `json:"connections"`
	Seed        uint64    `json:"seed"`
	Round       string    `json:"round"`
	Rounds      int       `json:"rounds"`
	InMemory    bool      `json:"inMemory"`
	Results     []result  `json:"results"`
	// Misses are the costs of a miss to that of a hit of the same stubs.
	Misses    []miss     `json:"misses"`
	Sets      []facts    `json:"sets"`
	Recording *recording `json:"recording,omitempty"`
}

type miss struct {
	Workload string  `json:"workload"`
	N        int     `json:"n"`
	Ratio    float64 `json:"ratio"` // of understudy's processor time per request
}

// finish fills in what follows from several lines.
func (r *report) finish() {
	for i := range r.Results {
		line := &r.Results[i]
		if smallest := r.line(line.Workload, func(other result) bool { return other.N < line.N }); smallest != nil {
			line.Growth = over(line.Understudy.CPU, smallest.Understudy.CPU)
		}
	}
	for i := range r.Sets {
		f := &r.Sets[i]
		smallest := f
		for j := range r.Sets {
			if other := &r.Sets[j]; other.Set == f.Set && other.N < smallest.N {
				smallest = other
			}
		}
		// Of fewer the growth is lost in what a heap happens to be.
		const enough = 1000
		if f.N-smallest.N >= enough {
			f.PerStub = (f.Started.RSS - smallest.Started.RSS) / int64(f.N-smallest.N)
		}
	}
	for _, w := range workloads {
		for _, line := range r.Results {
			if !w.miss || line.Workload != w.name {
				continue
			}
			if hit := r.line(w.set.hit().name, func(other result) bool { return other.N == line.N }); hit != nil {
				r.Misses = append(r.Misses, miss{w.name, line.N, over(line.Understudy.CPU, hit.Understudy.CPU)})
			}
		}
	}
}

// line is the one of the smallest N among a workload's that fit, nil for none.
func (r *report) line(workload string, fits func(result) bool) *result {
	var found *result
	for i := range r.Results {
		if line := &r.Results[i]; line.Workload == workload && fits(*line) && (found == nil || line.N < found.N) {
			found = line
		}
	}
	return found
}

// print writes the tables.
func (r *report) print(out io.Writer) error {
	where := "on disk"
	if r.InMemory {
		where = "in memory"
	}
	fmt.Fprintf(out, "%s, %s, %s, %d connections, %d rounds of %s, seed %d, %s\n\n",
		r.Begun.Format(time.DateTime), r.Go, where, r.Connections, r.Rounds, r.Round, r.Seed, r.Processors)
	if err := r.printResults(out); err != nil {
		return err
	}
	if len(r.Sets) > 0 {
		if err := r.printSets(out); err != nil {
			return err
		}
	}
	for _, m := range r.Misses {
		fmt.Fprintf(out, "%s at N=%d costs %.2f hits\n", m.Workload, m.N, m.Ratio)
	}
	if rec := r.Recording; rec != nil {
		fmt.Fprintf(out, "record: %.2f of the rate of forwarding, which is the other side of its line (each round: %.2f); by fifths, %.0f exchanges/s; the first fifth is %.2f times as fast as the last (each round: %.2f)\n",
			rec.Share, rec.Shares, rec.Rates, rec.Slowdown, rec.Slowdowns)
	}
	return nil
}

func newTable(out io.Writer) *tabwriter.Writer {
	return tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
}

func (r *report) printResults(out io.Writer) error {
	t := newTable(out)
	fmt.Fprintln(t, "workload\tN\tCPU µs\tbare\tratio\t(low-high)\tgrowth\treq/s\tbare\tp50 ms\tp99\tp99.9\tbare p50\tp99\tp99.9\t")
	for _, l := range r.Results {
		u, b := l.Understudy, l.Bare
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.2f\t(%.2f-%.2f)\t%s\t%.0f\t%.0f\t%s\t%s\t%s\t%s\t%s\t%s\t\n",
			l.Workload, l.N, u.CPU, b.CPU, l.Ratio, l.Low, l.High, orDash(l.Growth), u.Rate, b.Rate,
			millis(u.P50), millis(u.P99), millis(u.P999), millis(b.P50), millis(b.P99), millis(b.P999))
	}
	fmt.Fprintln(t)
	return t.Flush()
}

func (r *report) printSets(out io.Writer) error {
	t := newTable(out)
	fmt.Fprintln(t, "stubs\tN\timport s\tstart s\tedit ms\tmax\timported MiB\tpeak\tstarted\tper stub B\tloaded\tpeak\tbare\t")
	for _, f := range r.Sets {
		perStub := "-"
		if f.PerStub != 0 {
			perStub = strconv.FormatInt(f.PerStub, 10)
		}
		fmt.Fprintf(t, "%s\t%d\t%.2f\t%s\t%.1f\t%.1f\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n",
			f.Set, f.N, f.Import, orDash(f.Start), f.EditP50, f.EditMax, mebibytes(f.Imported.RSS), mebibytes(f.Imported.Peak),
			mebibytes(f.Started.RSS), perStub, mebibytes(f.Loaded.RSS), mebibytes(f.Loaded.Peak), mebibytes(f.Bare.RSS))
	}
	fmt.Fprintln(t)
	return t.Flush()
}

// write writes the report as JSON to a file.
func (r *report) write(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func orDash(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", v)
}

func millis(micros float64) string { return fmt.Sprintf("%.2f", micros/1000) }

func mebibytes(n int64) string { return fmt.Sprintf("%.0f", float64(n)/(1<<20)) }
