package admin

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plane is an admin plane over a fake engine, served on loopback.
type plane struct {
	t      *testing.T
	engine *fakeEngine
	server *Server
	url    string
	logs   *logs
}

type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, change ...func(*Options)) *plane {
	t.Helper()
	p := &plane{t: t, engine: newFake(), logs: &logs{}}
	opts := Options{Engine: p.engine, Listen: "127.0.0.1:0", Logger: slog.New(slog.NewTextHandler(p.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, c := range change {
		c(&opts)
	}
	var err error
	if p.server, err = New(opts); err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(p.server.Handler())
	t.Cleanup(func() {
		p.server.stop() // streams end
		h.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	p.url = h.URL
	return p
}

// answer is an answer that was read.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// do sends a request; headers are "Name: value".
func (p *plane) do(method, path, body string, headers ...string) *answer {
	p.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	r, err := http.NewRequest(method, p.url+path, content)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Add(name, value)
	}
	return p.send(r)
}

func (p *plane) send(r *http.Request) *answer {
	p.t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return &answer{t: p.t, status: res.StatusCode, header: res.Header, body: string(data)}
}

func (a *answer) want(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if status >= 400 {
		a.problem()
	}
	return a
}

// problem reads a problem, and holds it to RFC 9457.
func (a *answer) problem() problem {
	a.t.Helper()
	var p problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		a.t.Fatalf("no problem: %v: %s", err, a.body)
	}
	if a.header.Get("Content-Type") != problemType || p.Status != a.status || p.Title == "" || p.Detail == "" || !strings.HasPrefix(p.Type, "urn:understudy:problem:") || p.Type == "urn:understudy:problem:" {
		a.t.Fatalf("not a whole problem: %s, %s", a.header.Get("Content-Type"), a.body)
	}
	return p
}

// says wants a part of the body.
func (a *answer) says(parts ...string) *answer {
	a.t.Helper()
	for _, part := range parts {
		if !strings.Contains(a.body, part) {
			a.t.Errorf("the answer does not say %q: %s", part, a.body)
		}
	}
	return a
}

func (a *answer) has(name, value string) *answer {
	a.t.Helper()
	if got := a.header.Get(name); got != value {
		a.t.Errorf("%s is %q, want %q", name, got, value)
	}
	return a
}

func (a *answer) json() map[string]any {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		a.t.Fatalf("no JSON object: %v: %s", err, a.body)
	}
	return v
}

// eventually polls a state until it holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("not so after 10 s: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

const payments = `understudy: v1
collaborator: pay
collaborators:
  pay: {hosts: [pay.example], upstream: "https://pay.example"}
stubs:
  - id: charge
    request: {method: POST, path: /v1/charges}
    response: {status: 201, json: {id: 1}}
  - id: rates
    request: {path: {glob: "/v1/rates/*"}}
    response: {text: "1.1"}
`

// muxless is a path of the route that can be asked for.
func (rt *route) muxless() string {
	return strings.NewReplacer("{name}", "a", "{id}", "1").Replace(rt.path)
}
