package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a server that runs beside the load generator.
type process struct {
	name  string
	addr  string // host:port of the data plane
	admin string // URL of the admin API, "" for a bare server
	cmd   *exec.Cmd
	stdin io.Closer
	log   *tail
	ended chan struct{}
	err   error // how it ended; read it after ended is closed
}

// build makes the understudy binary in dir and returns its path.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "understudy")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "understudy/cmd/understudy").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build understudy: %w\n%s", err, out)
	}
	return binary, nil
}

// place is where a server runs.
type place bool

// A server runs on all processors, as it does where it is used, or on the
// first alone, where the load generator does not get in its way.
const (
	anywhere place = false
	aside    place = true
)

// command prepares a server. Where the load generator is pinned it says where
// the server runs, whichever place that is: a child inherits the generator's
// processors.
func (o *options) command(ctx context.Context, where place, name string, args ...string) *exec.Cmd {
	if o.pinned != "" {
		cpus := allCPUs(o.pinned)
		if where == aside {
			cpus = "0"
		}
		name, args = "taskset", append([]string{"-c", cpus, name}, args...)
	}
	return exec.CommandContext(ctx, name, args...)
}

// startUnderstudy runs the binary on the folder, "" for in memory.
func (o *options) startUnderstudy(ctx context.Context, where place, folder string) (*process, error) {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}
	if folder == "" {
		args = append(args, "--in-memory")
	} else {
		args = append(args, "--data", folder)
	}
	return launch("understudy", true, o.command(ctx, where, o.binary, args...))
}

// startBare runs this program, aside, as the bare server of a set with n stubs.
func (o *options) startBare(ctx context.Context, s *set, n int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := o.command(ctx, aside, self)
	cmd.Env = append(os.Environ(), bareEnv+"="+s.name+" "+strconv.Itoa(n))
	return launch("bare", false, cmd)
}

var (
	dataAddress  = regexp.MustCompile(`stands in at\s+http://(\S+)`)
	adminAddress = regexp.MustCompile(`admin plane\s+(http://\S+)`)
)

// launch starts a server and waits until it has said where it listens. The
// caller ends it with stop.
func launch(name string, understudy bool, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd, log: &tail{}, ended: make(chan struct{})}
	cmd.Stderr = p.log
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go func() {
		defer close(p.ended)
		lines := bufio.NewScanner(stdout)
		if p.heard(lines, understudy) {
			close(ready)
		}
		for lines.Scan() {
			// What it says later on is not needed, but has to go somewhere.
		}
		p.err = cmd.Wait()
	}()
	select {
	case <-ready:
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("%s ended before it was ready: %v\n%s", name, p.err, p.log)
	}
}

// heard reads until the server has said where it listens, and returns false if
// it never does. Understudy names its admin plane last.
func (p *process) heard(lines *bufio.Scanner, understudy bool) bool {
	for lines.Scan() {
		if m := dataAddress.FindStringSubmatch(lines.Text()); m != nil {
			if p.addr = m[1]; !understudy {
				return true
			}
		}
		if m := adminAddress.FindStringSubmatch(lines.Text()); m != nil {
			p.admin = m[1] + "/api/v1"
			return true
		}
	}
	return false
}

// stop ends the server as a user would and waits for it; one that does not end
// within half a minute is killed, which is an error.
func (p *process) stop() error {
	_ = p.stdin.Close()
	if p.admin != "" {
		_ = p.cmd.Process.Signal(os.Interrupt)
	}
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.log)
		}
		return nil
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
		return fmt.Errorf("%s did not end by itself\n%s", p.name, p.log)
	}
}

// tail keeps the last of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}

// pinnedEnv says that the load generator has been started again on its own processors.
const pinnedEnv = "UNDERSTUDY_BENCH_PINNED"

// generatorCPUs are the processors that servers do not take, "" where there is
// none or nothing to pin with.
func generatorCPUs() string {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		return ""
	}
	return "1-" + strconv.Itoa(runtime.NumCPU()-1)
}

// allCPUs are the generator's processors and the servers' one.
func allCPUs(generators string) string {
	return "0-" + generators[strings.LastIndexByte(generators, '-')+1:]
}

// repin starts this program again, in the same process, on the generator's
// processors; it returns only if it cannot. Only a process that is started
// pinned has a runtime that knows how many processors it may use.
func repin(cpus string) error {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{"taskset", "-c", cpus, self}, os.Args[1:]...)
	return syscall.Exec(taskset, args, append(os.Environ(), pinnedEnv+"="+cpus))
}
