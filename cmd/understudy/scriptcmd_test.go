package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts can do besides running commands.
//
//	exit2 COMMAND…               run it; it has to end with a usage mistake's exit code
//	start NAME ARG…              run understudy ARG… until end; NAME and NAME_ADMIN hold its addresses
//	end NAME                     end it by SIGTERM; it has to end in order
//	get FILE URL [HEADER]        write status, headers and body of an answer to FILE
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exit2": exit2, "start": start, "end": end, "get": get,
}

func exit2(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); neg || !ok || exit.ExitCode() != exitUsage {
		ts.Fatalf("%q ended with %v, want exit code %d", args, err, exitUsage)
	}
}

// limit bounds the waiting for another process.
const limit = 20 * time.Second

// running is an understudy that a script has started.
type running struct {
	cmd   *exec.Cmd
	ended chan error
	// logs are complete once it has ended.
	logs bytes.Buffer
}

var (
	dataLine  = regexp.MustCompile(`^  stands in at  http://(\S+)$`)
	adminLine = regexp.MustCompile(`^  admin plane   http://(\S+)$`)
)

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME ARG…")
	}
	r := &running{cmd: exec.Command(lookPath(ts, "understudy"), args[1:]...), ended: make(chan error, 1)}
	r.cmd.Dir = ts.Getenv("WORK")
	r.cmd.Env = append(os.Environ(), "UNDERSTUDY_ADMIN=", "TMPDIR="+ts.Getenv("WORK"))
	r.cmd.Stderr = &r.logs
	out, err := r.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	ts.Defer(func() {
		_ = r.cmd.Process.Kill() // it may have ended
	})
	ready := make(chan [2]string, 1)
	go func() {
		var at [2]string
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := dataLine.FindStringSubmatch(lines.Text()); m != nil {
				at[0] = m[1]
			}
			if m := adminLine.FindStringSubmatch(lines.Text()); m != nil {
				at[1] = m[1]
				ready <- at
			}
		}
		r.ended <- r.cmd.Wait()
	}()
	select {
	case at := <-ready:
		ts.Setenv(args[0], at[0])
		ts.Setenv(args[0]+"_ADMIN", at[1])
		processes(ts)[args[0]] = r
	case err := <-r.ended:
		ts.Fatalf("understudy ended at once: %v\n%s", err, r.logs.String())
	case <-time.After(limit):
		ts.Fatalf("understudy is not ready")
	}
}

func end(ts *testscript.TestScript, neg bool, args []string) {
	r := processes(ts)[args[0]]
	if neg || r == nil {
		ts.Fatalf("nothing of the name %s runs", args[0])
	}
	ts.Check(r.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-r.ended:
		if err != nil {
			ts.Fatalf("it ended with %v\n%s", err, r.logs.String())
		}
	case <-time.After(limit):
		ts.Fatalf("it does not end")
	}
}

// processesKey is where a script keeps what it has started.
type processesKey struct{}

func processes(ts *testscript.TestScript) map[string]*running {
	return ts.Value(processesKey{}).(map[string]*running)
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: get FILE URL [HEADER]")
	}
	req, err := http.NewRequest(http.MethodGet, args[1], nil)
	ts.Check(err)
	if len(args) == 3 {
		name, value, _ := strings.Cut(args[2], ":")
		value = strings.TrimSpace(value)
		if name == "Host" {
			req.Host = value
		} else {
			req.Header.Set(name, value)
		}
	}
	client := &http.Client{Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	var out bytes.Buffer
	out.WriteString(resp.Status + "\n")
	ts.Check(resp.Header.Write(&out))
	out.WriteString("\n")
	_, err = io.Copy(&out, resp.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out.Bytes(), 0o600))
}

// lookPath finds a command on the script's own PATH.
func lookPath(ts *testscript.TestScript, name string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, name); isFile(p) {
			return p
		}
	}
	ts.Fatalf("there is no %s on the PATH", name)
	return ""
}

func isFile(p string) bool {
	info, err := os.Stat(p)
	return err == nil && info.Mode().IsRegular()
}
