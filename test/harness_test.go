// Package test meets understudy as its users do: the built binary, over real
// sockets and on a real disk.
package test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary is the built understudy; TestMain makes it.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "understudy-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "understudy")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "understudy/cmd/understudy")...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build understudy: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// double is an understudy that runs as a process of its own.
type double struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string // of the data plane
	admin string // of the admin API, with /api/v1
	log   *logged
	ended chan struct{}
	err   error
}

// logged keeps what a process says on stderr.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var addresses = regexp.MustCompile(`(?s)stands in at\s+(http://\S+).*admin plane\s+(http://\S+)`)

// start runs an understudy with these arguments, in memory unless they say
// --data, until the test ends.
func start(t testing.TB, args ...string) *double {
	t.Helper()
	return startIn(t, nil, args...)
}

// startIn is start with variables of the environment beside the test's own.
func startIn(t testing.TB, env []string, args ...string) *double {
	t.Helper()
	all := []string{"serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}
	if !slices.Contains(args, "--data") {
		all = append(all, "--in-memory")
	}
	cmd := exec.Command(binary, append(all, args...)...)
	cmd.Env = append(os.Environ(), env...)
	return launch(t, cmd)
}

// launch starts a prepared command and waits until it says where it listens.
func launch(t testing.TB, cmd *exec.Cmd) *double {
	t.Helper()
	d := &double{t: t, cmd: cmd, log: &logged{}, ended: make(chan struct{})}
	if d.cmd.Env == nil {
		d.cmd.Env = os.Environ()
	}
	d.cmd.Env = append(d.cmd.Env, "GORACE=halt_on_error=1")
	d.cmd.Stderr = d.log
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan []string, 1)
	go func() {
		defer close(d.ended)
		var all bytes.Buffer
		lines := bufio.NewScanner(out)
		found := false
		for lines.Scan() {
			all.Write(append(lines.Bytes(), '\n'))
			if m := addresses.FindStringSubmatch(all.String()); m != nil && !found {
				found = true
				said <- m
			}
		}
		d.err = d.cmd.Wait()
		if !found {
			said <- nil
		}
	}()
	t.Cleanup(func() { d.kill() })
	m := <-said
	if m == nil {
		t.Fatalf("understudy ended: %v\n%s", d.err, d.log)
	}
	d.url, d.admin = m[1], m[2]+"/api/v1"
	return d
}

// stop ends the process as a user would and waits for it.
func (d *double) stop() {
	d.t.Helper()
	_ = d.cmd.Process.Signal(os.Interrupt)
	select {
	case <-d.ended:
		if d.err != nil {
			d.t.Errorf("understudy ended with %v:\n%s", d.err, d.log)
		}
	case <-time.After(30 * time.Second):
		d.t.Errorf("understudy does not end:\n%s", d.log)
		d.kill()
	}
}

// kill ends the process as a failing machine would (SIGKILL).
func (d *double) kill() {
	_ = d.cmd.Process.Kill()
	<-d.ended
	if s := d.log.String(); strings.Contains(s, "DATA RACE") || strings.Contains(s, "panic:") || strings.Contains(s, "a defect of understudy") {
		d.t.Errorf("understudy says:\n%s", s)
	}
}

// call asks the admin API and decodes its JSON answer into out, unless that is nil.
func (d *double) call(method, path, body string, out any) *http.Response {
	d.t.Helper()
	return callAdmin(d.t, d.admin, method, path, body, out)
}

func callAdmin(t testing.TB, admin, method, path, body string, out any) *http.Response {
	t.Helper()
	r, err := http.NewRequest(method, admin+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body = io.NopCloser(bytes.NewReader(data))
	if out != nil {
		if res.StatusCode >= 300 {
			t.Fatalf("%s %s: %s: %s", method, path, res.Status, data)
		}
		if err := json.Unmarshal(data, out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, data)
		}
	}
	return res
}

// put imports a document.
func (d *double) put(name, doc string) {
	d.t.Helper()
	if res := d.call("PUT", "/simulations/"+name, doc, nil); res.StatusCode >= 300 {
		d.t.Fatalf("PUT %s: %s: %s", name, res.Status, text(res))
	}
}

// collaborator declares one, given as JSON.
func (d *double) collaborator(name, config string) {
	d.t.Helper()
	if res := d.call("PUT", "/collaborators/"+name, config, nil); res.StatusCode >= 300 {
		d.t.Fatalf("PUT collaborator %s: %s: %s", name, res.Status, text(res))
	}
}

func (d *double) mode(name, mode string) {
	d.t.Helper()
	if res := d.call("PUT", "/collaborators/"+name+"/mode", `{"mode":"`+mode+`"}`, nil); res.StatusCode >= 300 {
		d.t.Fatalf("mode %s %s: %s: %s", name, mode, res.Status, text(res))
	}
}

func text(res *http.Response) string {
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// corpus is the folder of real files; the test is skipped where it is absent.
func corpus(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("UNDERSTUDY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "corpus")
	}
	dir := filepath.Join(root, folder)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the corpus is not here (%v): set UNDERSTUDY_CORPUS to its folder", err)
	}
	return dir
}

// plain is a client that adds nothing of its own, follows nothing and undoes no coding.
func plain() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 128},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
}

// serve runs an HTTP server on loopback until the test ends.
func serve(t testing.TB, h http.Handler) (url string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	stop = func() { _ = s.Close() }
	t.Cleanup(stop)
	return fmt.Sprintf("http://%s", l.Addr()), stop
}
