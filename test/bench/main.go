// Command bench compares understudy with a bare net/http server that looks the
// same answers up in a map: processor time per request, rate, latency, memory,
// and the time that import, start and edits take.
//
// It builds understudy and runs it and the bare server (itself, as a child) as
// processes of their own on loopback, one at a time under load, in short rounds
// by turns. The load is a closed loop over kept HTTP/1.1 connections; stubs are
// drawn at random with a fixed seed, no request body is like another, and every
// answer is checked. Processor time is what /proc says, so it needs Linux.
//
// Where there are two processors or more and taskset, the servers run under load
// on the first alone and the load generator on the others; import and start have
// all of them, but not with -in-memory.
//
// The bare server reads of a request what it needs to find the answer, and no
// more: the path, a header, a query parameter or, by encoding/json, one member
// of the body. Its miss is a fixed text, while understudy's names the nearest
// stub. The workload record has no bare server: its other side is understudy in
// mode forward, before the same origin. It is begun anew in every round; of what is
// printed of it below the tables, the first figure is the median of the rounds.
//
// The first table has a line per workload and N, understudy's figure first:
// processor time per request, the ratio of the two over all rounds and the
// lowest and highest of single rounds, how understudy's grew from the smallest N
// on, rates and latencies. The second has what the stubs cost: import and start
// up to the first right answer, an edit of one stub up to its right answer, and
// resident memory after import, start and load.
//
//	go run ./test/bench -n 1,1000000 -workloads exact,json,templated
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	workloads []string
	ns        []int
	round     time.Duration
	turns     int
	conns     int
	seed      uint64
	records   int
	inMemory  bool
	pin       bool
	pinned    string // the processors that it is pinned to, "" if it is not
	binary    string
	dir       string
	json      string
	progress  io.Writer
}

func main() {
	if spec := os.Getenv(bareEnv); spec != "" {
		if err := serveBare(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	if err := begin(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// begin finds processors for the generator and runs what the options say.
func begin(o *options) error {
	cpus := os.Getenv(pinnedEnv)
	if free := generatorCPUs(); o.pin && cpus == "" && free != "" {
		return repin(free)
	}
	o.pinned = cpus
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return bench(ctx, o, os.Stdout)
}

// parse reads the flags; what is wrong with them is said on stderr, and later
// how far the run is.
func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{progress: stderr}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	names := f.String("workloads", strings.Join(workloadNames(), ","), "workloads, separated by commas")
	ns := f.String("n", "1,1000,20000,100000,1000000", "numbers of stubs, separated by commas; not for record")
	f.DurationVar(&o.round, "round", time.Second, "length of a round at one server")
	f.IntVar(&o.turns, "rounds", 3, "rounds of each workload at each server")
	f.IntVar(&o.conns, "connections", 32, "connections")
	f.Uint64Var(&o.seed, "seed", 1, "seed of what is drawn at random")
	f.IntVar(&o.records, "records", 5000, "exchanges of each round of the workload record")
	f.BoolVar(&o.inMemory, "in-memory", false, "have understudy keep everything in memory: without a start on what is stored")
	f.BoolVar(&o.pin, "pin", true, "under load, run the servers on the first processor, the load generator on the others")
	f.StringVar(&o.binary, "binary", "", "the understudy to measure (default: built from the source)")
	f.StringVar(&o.dir, "data", "", "where to make the folder that understudy stores in (default: the folder for temporary files)")
	f.StringVar(&o.json, "json", "", "file for the results as JSON")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	err := o.check(f.Args(), *names, *ns)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
	}
	return o, err
}

// check takes in what the flags' own types do not hold to a rule.
func (o *options) check(rest []string, names, ns string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q: there are only flags", rest[0])
	}
	for name := range strings.SplitSeq(names, ",") {
		if !slices.Contains(workloadNames(), name) {
			return fmt.Errorf("-workloads: %q is none of %s", name, strings.Join(workloadNames(), ", "))
		}
		o.workloads = append(o.workloads, name)
	}
	for text := range strings.SplitSeq(ns, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-n: %q is no number from 1", text)
		}
		o.ns = append(o.ns, n)
	}
	// The number of a request has 16 bits for the connection.
	if o.conns < 1 || o.conns > 1<<16 || o.turns < 1 || o.round < time.Millisecond || o.records < chunks {
		return fmt.Errorf("-connections is from 1 to %d, -rounds from 1, -round from 1ms, -records from %d", 1<<16, chunks)
	}
	return nil
}

// bench runs the workloads and prints the tables.
func bench(ctx context.Context, o *options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp(o.dir, "understudy-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.dir = dir
	if o.binary == "" {
		o.say("build understudy")
		if o.binary, err = build(ctx, dir); err != nil {
			return err
		}
	}
	s := &suite{options: o, report: report{
		Begun: time.Now(), Go: runtime.Version(), Processors: "not pinned", Connections: o.conns, Seed: o.seed,
		Round: o.round.String(), Rounds: o.turns, InMemory: o.inMemory,
	}}
	if o.pinned != "" {
		s.report.Processors = "servers on processor 0 under load"
	}
	if err := s.run(ctx); err != nil {
		if ctx.Err() != nil {
			// The servers have been killed, and all else follows from that.
			return errors.New("interrupted")
		}
		return err
	}
	if o.json != "" {
		if err := s.report.write(o.json); err != nil {
			return err
		}
	}
	return s.report.print(out)
}

// say tells how far the run is.
func (o *options) say(format string, args ...any) {
	fmt.Fprintf(o.progress, format+"\n", args...)
}
