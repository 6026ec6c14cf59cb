package test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const faulty = `
understudy: v1
stubs:
  - {request: {path: /connection-reset}, response: {fault: connection-reset}}
  - {request: {path: /empty-response}, response: {fault: empty-response}}
  - {request: {path: /malformed-chunk}, response: {text: whole, fault: malformed-chunk}}
  - {request: {path: /random-data}, response: {fault: random-data}}
  - {request: {path: /truncated-body}, response: {text: whole, trailers: {X-End: "1"}, fault: truncated-body}}
  - {request: {path: /timeout}, response: {fault: {kind: timeout, over: 300ms}}}
  - {request: {path: /slow-headers}, response: {text: whole, status: 201, headers: {X-Own: "1"}, fault: {kind: slow-headers, over: 300ms}}}
  - {request: {path: /never}, response: {text: whole, fault: {kind: connection-reset, probability: 0}}}
  - {request: {path: /always}, response: {text: whole, fault: {kind: connection-reset, probability: 1}}}
  - {request: {path: /sometimes}, response: {text: whole, fault: {kind: empty-response, probability: 0.5}}}
  - {request: {path: /chosen, session: chaos}, response: {fault: connection-reset}}
  - {request: {path: /chosen}, response: {text: whole}}
`

// clients are Go's over each protocol; each call has a connection of its own.
func clients() map[string]func(d *double, path string) (*http.Response, error) {
	protocols := func(set func(*http.Protocols)) *http.Client {
		p := new(http.Protocols)
		set(p)
		return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
			Protocols: p, DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		}}
	}
	h1 := protocols(func(p *http.Protocols) { p.SetHTTP1(true) })
	h2 := protocols(func(p *http.Protocols) { p.SetHTTP2(true) })
	h2c := protocols(func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) })
	over := func(c *http.Client, scheme string) func(*double, string) (*http.Response, error) {
		return func(d *double, path string) (*http.Response, error) {
			return c.Get(strings.Replace(d.url, "http:", scheme+":", 1) + path)
		}
	}
	return map[string]func(*double, string) (*http.Response, error){
		"HTTP/1.1": over(h1, "http"), "HTTP/1.1 over TLS": over(h1, "https"), "HTTP/2": over(h2, "https"), "h2c": over(h2c, "http"),
	}
}

// TestFaults: each fault is what it says it is, for each protocol's client.
func TestFaults(t *testing.T) {
	t.Parallel()
	d := start(t, "--tls")
	d.put("faults", faulty)
	says := func(text string) func(error) bool {
		return func(err error) bool { return err != nil && strings.Contains(err.Error(), text) }
	}
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	for _, c := range []struct {
		path string
		one  func(error) bool // over HTTP/1.1
		two  func(error) bool // over HTTP/2
		over time.Duration
	}{
		{"/connection-reset", is(syscall.ECONNRESET), says("INTERNAL_ERROR"), 0},
		{"/empty-response", is(io.EOF), says("INTERNAL_ERROR"), 0},
		{"/malformed-chunk", says("invalid byte in chunk length"), says("INTERNAL_ERROR"), 0},
		{"/random-data", says("malformed HTTP"), says("INTERNAL_ERROR"), 0},
		{"/truncated-body", is(io.ErrUnexpectedEOF), says("INTERNAL_ERROR"), 0},
		{"/timeout", is(io.EOF), says("INTERNAL_ERROR"), 300 * time.Millisecond},
		{"/slow-headers", is(nil), is(nil), 300 * time.Millisecond},
		{"/never", is(nil), is(nil), 0},
		{"/always", is(syscall.ECONNRESET), says("INTERNAL_ERROR"), 0},
	} {
		for protocol, get := range clients() {
			fits := c.one
			if strings.HasPrefix(protocol, "HTTP/2") || protocol == "h2c" {
				fits = c.two
			}
			began := time.Now()
			res, err := get(d, c.path)
			var body []byte
			if err == nil {
				body, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			took := time.Since(began)
			if !fits(err) || took < c.over {
				t.Errorf("%s over %s: %v after %s, with %q", c.path, protocol, err, took, body)
			}
			if err == nil && string(body) != "whole" {
				t.Errorf("%s over %s: %q", c.path, protocol, body)
			}
			if c.path == "/slow-headers" && err == nil && (res.StatusCode != 201 || res.Header.Get("X-Own") != "1" || res.Header.Get("Understudy-Outcome") != "stub") {
				t.Errorf("%s over %s: %s %v", c.path, protocol, res.Status, res.Header)
			}
		}
	}
}

// TestFaultsByCurl: curl sees each fault as that fault, by its exit code.
func TestFaultsByCurl(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	d := start(t)
	d.put("faults", faulty)
	for path, want := range map[string]int{
		"/connection-reset": 56, "/empty-response": 52, "/malformed-chunk": 56, "/random-data": 1, "/truncated-body": 18,
		"/timeout": 52, "/slow-headers": 0,
	} {
		err := exec.Command(curl, "-s", "-m", "20", "-o", t.TempDir()+"/out", d.url+path).Run()
		code := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			code = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if code != want {
			t.Errorf("%s: curl ends with %d, want %d", path, code, want)
		}
	}
}

// TestFaultsByChance: which answers have a fault follows from the session, and
// comes again in a session that begins anew.
func TestFaultsByChance(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.put("faults", faulty)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(session, path string) (ok bool) {
		t.Helper()
		r, err := http.NewRequest("GET", d.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Understudy-Session", session)
		res, err := client.Do(r)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		if got := text(res); got != "whole" {
			t.Fatalf("%s: %q", path, got)
		}
		return true
	}
	run := func(session string) (drawn string) {
		for range 60 {
			drawn += map[bool]string{true: ".", false: "x"}[ask(session, "/sometimes")]
		}
		return drawn
	}
	first, other := run("a"), run("b")
	if n := strings.Count(first, "x"); n < 12 || n > 48 {
		t.Errorf("%d of 60 answers have the fault: %s", n, first)
	}
	if first == other {
		t.Errorf("two sessions draw alike: %s", first)
	}
	if res := d.call("DELETE", "/sessions/a", "", nil); res.StatusCode >= 300 {
		t.Fatal(res.Status)
	}
	if again := run("a"); again != first {
		t.Errorf("the session draws\n%s and then\n%s", first, again)
	}
	if ask("chaos", "/chosen") || !ask("calm", "/chosen") {
		t.Error("the fault is not the chosen session's alone")
	}
}

// TestSlowHeadersEndWithTheClient: a client that has gone is not waited for.
func TestSlowHeadersEndWithTheClient(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.put("slow", "understudy: v1\nstubs: [{request: {path: /}, response: {text: whole, fault: slow-headers}}]")
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: any\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil { // the header has begun
		t.Fatal(err)
	}
	_ = conn.Close()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if out := text(d.call("GET", "/journal", "", nil)); strings.Contains(out, "the client left") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it goes on for nobody")
		}
	}
}
