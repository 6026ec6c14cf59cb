package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	// The end-to-end test starts this binary as the bare server.
	if spec := os.Getenv(bareEnv); spec != "" {
		if err := serveBare(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestAll runs every workload at a built understudy, in short.
func TestAll(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole program")
	}
	if _, err := cpuTime(os.Getpid()); err != nil {
		t.Skipf("the program needs Linux: %v", err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "out.json")
	o, err := parse([]string{"-n", "10", "-round", "20ms", "-rounds", "2", "-connections", "4", "-records", "50", "-data", dir, "-json", file}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := bench(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", &out)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if want := len(workloads) + 1; len(r.Results) != want {
		t.Errorf("%d results, want %d", len(r.Results), want)
	}
	for _, l := range r.Results {
		if l.Understudy.Requests == 0 || l.Bare.Requests == 0 || l.Understudy.P50 <= 0 || l.Understudy.P999 < l.Understudy.P50 {
			t.Errorf("%+v", l)
		}
		if !strings.Contains(out.String(), l.Workload) {
			t.Errorf("no line of %s", l.Workload)
		}
	}
	for _, f := range r.Sets {
		if f.Import <= 0 || f.Start <= 0 || f.EditMax < f.EditP50 || f.EditP50 <= 0 || f.Loaded.Peak < f.Started.RSS || f.Bare.RSS == 0 {
			t.Errorf("%+v", f)
		}
	}
	if r.Recording == nil || r.Recording.Exchanges != 50 || len(r.Recording.Rates) != chunks || r.Recording.Share <= 0 || len(r.Recording.Shares) != o.turns {
		t.Errorf("%+v", r.Recording)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse(nil, t.Output())
	if err != nil || len(o.workloads) != len(workloads)+1 || len(o.ns) != 5 {
		t.Errorf("%+v %v", o, err)
	}
	for _, c := range []struct{ arg, want string }{
		{"exact", "there are only flags"},
		{"-workloads=exact,tempate", `"tempate"`},
		{"-n=0", `"0"`},
		{"-n=1,", `""`},
		{"-connections=0", "-connections"},
		{"-records=4", "-records"},
		{"-rounds=many", "-rounds"},
		{"-what", "-what"},
	} {
		var said strings.Builder
		if _, err := parse([]string{c.arg}, &said); err == nil || !strings.Contains(said.String(), c.want) {
			t.Errorf("%s: %v\n%s", c.arg, err, &said)
		}
	}
}

// TestPlaces: a server runs where it is meant to, though the generator that
// starts it is pinned elsewhere.
func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		pinned string
		where  place
		want   string
	}{
		{"", anywhere, "server --x"},
		{"", aside, "server --x"},
		{"1-1", anywhere, "taskset -c 0-1 server --x"},
		{"1-15", anywhere, "taskset -c 0-15 server --x"},
		{"1-15", aside, "taskset -c 0 server --x"},
	} {
		o := options{pinned: c.pinned}
		if got := strings.Join(o.command(t.Context(), c.where, "server", "--x").Args, " "); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
