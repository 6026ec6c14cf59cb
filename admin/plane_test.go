package admin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

func TestCollaborators(t *testing.T) {
	p := start(t)
	const pay = "/api/v1/collaborators/pay"
	p.do("GET", "/api/v1/collaborators", "").want(200).says(`{"collaborators":[]}`)
	p.do("PUT", pay, `{"hosts":["pay.example"],"listen":":9001","upstream":"http://pay"}`).want(201).has("Location", pay).
		says(`"name":"pay"`, `"mode":"simulate"`, `"address":":9001"`, `"stubs":0`, `"config":{"hosts":["pay.example"],"listen":":9001","upstream":"http://pay"}`)
	p.do("GET", pay, "").want(200).has("Etag", `"1"`)
	p.do("PUT", pay+"/mode", `{"mode":"record"}`).want(200).says(`"mode":"record"`)
	p.do("PUT", pay+"/mode", `mode: spy`).want(200).says(`"mode":"spy"`)
	p.do("PUT", pay+"/mode", `{"mode":"recrod"}`).want(400).says(`"pointer":"/mode"`, `did you mean \"record\"`, `"line":1`, `"column":9`)
	p.do("PUT", pay+"/mode", `{"mode":"record","x":1}`).want(400).says(`"pointer":"/x"`)
	p.do("PUT", pay+"/mode", `{}`).want(400).says("mode is missing")
	p.do("PUT", pay+"/mode", `[]`).want(400)
	p.do("PUT", pay+"/mode", `{"mode":"record"`).want(400)
	p.do("PUT", "/api/v1/collaborators/none/mode", `{"mode":"record"}`).want(404)
	p.do("PUT", "/api/v1/collaborators/empty", `{}`).want(201).says(`"config":{}`)
	p.do("PUT", "/api/v1/collaborators/empty/mode", `{"mode":"record"}`).want(409)
	p.do("PUT", "/api/v1/collaborators/x", `{"hosts":["a"],"hots":1}`).want(400).says(`"pointer":"/hots"`)
	p.do("PUT", "/api/v1/collaborators/x", "\nhosts: [taken.example]").want(400).says(`"pointer":"/hosts/0"`, `"line":2`, `"column":9`)
	p.do("GET", "/api/v1/collaborators", "").want(200).says(`"name":"empty"`, `"name":"pay"`)
	p.do("DELETE", pay, "").want(204)
	p.do("GET", pay, "").want(404)
}

func TestTakesAndSessions(t *testing.T) {
	p := start(t)
	p.do("GET", "/api/v1/takes", "").want(200).says(`{"takes":[]}`)
	p.engine.takes[1<<63] = simulations.Take{ID: 1 << 63, Collaborator: "pay", Started: time.Unix(0, 0).UTC()}
	p.do("GET", "/api/v1/takes", "").want(200).says(`"id":9223372036854775808`)
	p.do("GET", "/api/v1/takes/9223372036854775808", "").want(200).says(`"new":["a/b"]`, `"changed":[]`, `"notSeen":[]`)
	p.do("GET", "/api/v1/takes/2", "").want(404)
	p.do("GET", "/api/v1/takes/99999999999999999999", "").want(400)
	p.do("GET", "/api/v1/takes/two", "").want(404)
	p.do("DELETE", "/api/v1/takes/9223372036854775808", "").want(204)
	p.do("DELETE", "/api/v1/takes/9223372036854775808", "").want(404)

	p.do("GET", "/api/v1/sessions", "").want(200).says(`{"sessions":[]}`)
	p.do("PUT", "/api/v1/sessions/a%2Fb%20c/scenarios/checkout", `{"state":"paid"}`).want(204)
	p.do("GET", "/api/v1/sessions/a%2Fb%20c", "").want(200).says(`"id":"a/b c"`, `"checkout":"paid"`, `"answers":{}`)
	p.do("GET", "/api/v1/sessions", "").want(200).says(`"id":"a/b c"`)
	p.do("PUT", "/api/v1/sessions/s/scenarios/checkout", `{"state":1}`).want(400).says(`"pointer":"/state"`)
	p.do("PUT", "/api/v1/sessions/s/scenarios/checkout", `{"state":""}`).want(400).says(`"pointer":"/state"`, `"line":1`)
	p.do("PUT", "/api/v1/sessions/s/scenarios/-", `{"state":"a"}`).want(400)
	p.do("PUT", "/api/v1/sessions/s/scenarios/checkout", `{"state":"paid","ttl":"90s"}`).want(204)
	if p.engine.ttl != 90*time.Second {
		t.Errorf("the ttl is %s", p.engine.ttl)
	}
	for _, wrong := range []string{`"0s"`, `"-1s"`, `90`, `"soon"`, `"1000000h"`} {
		p.do("PUT", "/api/v1/sessions/s/scenarios/checkout", `{"state":"paid","ttl":`+wrong+`}`).want(400).says(`"pointer":"/ttl"`)
	}
	p.do("PUT", "/api/v1/sessions/s/values/a%2Fb%20%C3%A4", `{"value":""}`).want(204)
	p.do("GET", "/api/v1/sessions/s", "").want(200).says(`"values":{"a/b ä":""}`)
	p.do("PUT", "/api/v1/sessions/s/values/k", `{"value":1}`).want(400).says(`"pointer":"/value"`)
	p.do("DELETE", "/api/v1/sessions/s/values/a%2Fb%20%C3%A4", "").want(204)
	p.do("DELETE", "/api/v1/sessions/s/values/a%2Fb%20%C3%A4", "").want(404)
	p.do("POST", "/api/v1/sessions/s/reset", "").want(204)
	p.do("GET", "/api/v1/sessions/s", "").want(200).says(`"scenarios":{}`)
	first := p.do("GET", "/api/v1/sessions?limit=1", "").want(200).says(`"id":"a/b c"`, `"next":"`)
	_, next, _ := strings.Cut(first.body, `"next":"`)
	next, _, _ = strings.Cut(next, `"`)
	p.do("GET", "/api/v1/sessions?scenario=checkout&state=paid&id=s*&cursor="+next, "").want(200).says(`"id":"s"`)
	if want := (simulations.SessionFilter{After: "a/b c", Limit: 1000, ID: "s*", Scenario: "checkout", State: "paid"}); p.engine.sessionFilter != want {
		t.Errorf("asked with %+v, want %+v", p.engine.sessionFilter, want)
	}
	p.do("GET", "/api/v1/sessions?state=paid", "").want(400)
	p.do("GET", "/api/v1/sessions/%FF", "").want(400)
	p.do("DELETE", "/api/v1/sessions/a%2Fb%20c", "").want(204)
	p.do("DELETE", "/api/v1/sessions/a%2Fb%20c", "").want(404)
}

func TestFixtures(t *testing.T) {
	p := start(t)
	const path = "/api/v1/fixtures/before"
	p.do("GET", "/api/v1/fixtures", "").want(200).says(`{"fixtures":[]}`)
	p.do("PUT", path, "fixture: v1\nscenarios: {door: {is: shut, ttl: 5m}}\nvalues: {k: ''}\n").want(201).says(`"warnings":[{"pointer":"/answers"`).has("Location", path)
	p.do("PUT", path, `{"fixture":"v1","name":"before","scenarios":{"door":{"is":"shut","ttl":"5m"}},"values":{"k":""}}`).want(200)
	p.do("GET", path, "").want(200).says(`{"fixture":"v1","name":"before","scenarios":{"door":{"is":"shut","ttl":"5m0s"}},"values":{"k":""}}`)
	p.do("PUT", path, `{"fixture":"v1","name":"after"}`).want(400).says(`"pointer":"/name"`, `"line":1`)
	p.do("PUT", path, `{"fixture":"v1","values":{"full":"x"}}`).want(400).says(`"pointer":"/values/full"`, `"line":1`)
	p.do("PUT", path, `{"fixture":"v1","scenario":{}}`).want(400).says(`"pointer":"/scenario"`, `did you mean`)
	p.do("POST", "/api/v1/sessions/s/freeze", `{"fixture":"other"}`).want(404)
	p.do("POST", "/api/v1/sessions/s/restore", `{"fixture":"before"}`).want(200).says(`"session":"s"`, `"warnings":[]`)
	p.do("POST", "/api/v1/sessions/s/restore", `{"fixture":"before","strict":true}`).want(409)
	p.do("POST", "/api/v1/sessions/s/freeze", `{"fixture":"other"}`).want(201).has("Location", "/api/v1/fixtures/other")
	p.do("DELETE", path, "").want(204)
	p.do("DELETE", path, "").want(404)
	p.do("GET", path, "").want(404)
}

func TestSystem(t *testing.T) {
	p := start(t)
	p.do("GET", "/healthz", "").want(200).says("ok\n")
	p.do("GET", "/readyz", "").want(200)
	p.engine.notReady = "the store fails"
	p.do("GET", "/readyz", "").want(503).says("the store fails")
	p.do("GET", "/healthz", "").want(200)
	p.do("GET", "/api/v1/status", "").want(200).says(`"version":"test"`, `"listen":[]`, `"requests":[]`, `"ready":false`)
	p.do("GET", "/metrics", "").want(200).says("understudy_requests_total 1\n").has("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	p.do("GET", "/api/v1/ca.pem", "").want(200).says("BEGIN CERTIFICATE")
	if got := p.do("GET", "/api/v1/schema/v1.json", "").want(200); got.body != string(simulations.Schema()) {
		t.Error("another schema is served")
	}
	p.do("GET", "/api/v1/openapi.json", "").want(200).has("Content-Type", "application/json").says(`"openapi": "3.1.0"`)
}

func TestBackup(t *testing.T) {
	p := start(t)
	p.engine.backup = []byte("backup" + strings.Repeat("x", 1<<20))
	if got := p.do("GET", "/api/v1/backup", "").want(200).has("Content-Type", "application/octet-stream"); got.body != string(p.engine.backup) {
		t.Errorf("a backup of %d bytes", len(got.body))
	}
	p.do("HEAD", "/api/v1/backup", "").want(200)
	if p.engine.backups != 1 {
		t.Errorf("%d backups were made for one GET and one HEAD", p.engine.backups)
	}

	// A failure in the middle must not look like an end.
	p.engine.backupFails = errSecret
	res, err := http.Get(p.url + "/api/v1/backup")
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err == nil {
		t.Errorf("a backup that failed ended well, after %d bytes", len(got))
	}
	if !strings.Contains(p.logs.String(), "on fire") {
		t.Error("the failure was not logged")
	}
	// One before the first byte is a problem like any other.
	p.engine.backup = nil
	p.engine.backupFails = nil
	p.do("GET", "/api/v1/backup", "").want(200)
	old, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	_ = old.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(old, "GET /api/v1/backup HTTP/1.0\r\n\r\n")
	if answer, _ := io.ReadAll(old); !bytes.HasPrefix(answer, []byte("HTTP/1.0 400 ")) {
		t.Errorf("HTTP/1.0 was answered %.40q", answer)
	}

	p.do("POST", "/api/v1/restore", "backup one").want(204)
	if string(p.engine.backup) != "backup one" {
		t.Errorf("restored %q", p.engine.backup)
	}
	p.do("POST", "/api/v1/restore", "something else").want(400)
	p.do("POST", "/api/v1/restore", "backup", "Content-Encoding: gzip").want(415)
	p.do("POST", "/api/v1/restore", "backup", "Content-Type: image/png").want(415)
}

func TestRouting(t *testing.T) {
	p := start(t)
	p.do("GET", "/", "").want(404)
	p.do("GET", "/api/v1", "").want(404)
	p.do("GET", "/api/v1/simulations/", "").want(404)
	p.do("GET", "//api/v1/simulations", "").want(404)
	p.do("GET", "/api/v1/../v1/status", "").want(404)
	p.do("POST", "/api/v1/status", "").want(405).has("Allow", "GET, HEAD")
	p.do("PATCH", "/api/v1/simulations/a", "{}").want(405).has("Allow", "GET, HEAD, PUT, DELETE")
	p.do("OPTIONS", "/api/v1/journal", "").want(405).has("Allow", "GET, HEAD, DELETE")
	p.do("GET", "/api/v1/journal/search", "").want(405).has("Allow", "POST")
	p.do("GET", "/api/v1/status?a=1", "").want(400).says(`unknown query parameter`, "none are known here")
	for i := range routes {
		rt := &routes[i]
		path := rt.muxless()
		p.do(rt.method, path+"?nonsense=1", "").want(400).says("nonsense")
		if rt.method == "GET" {
			for range 2 { // twice, on one connection: HEAD leaves it in order
				if a := p.do("HEAD", path, ""); a.body != "" {
					t.Errorf("HEAD %s has a body", path)
				}
			}
		}
	}
	if f := p.engine.followers(); f != 0 {
		t.Errorf("HEAD left %d streams", f)
	}
}

func TestLifecycle(t *testing.T) {
	fake := newFake()
	s, err := New(Options{Engine: fake, Listen: "127.0.0.1:0", MaxConnections: 4})
	if err != nil {
		t.Fatal(err)
	}
	if s.Addr() != "" {
		t.Error("an address before the start")
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err == nil {
		t.Error("started twice")
	}
	second, err := New(Options{Engine: fake, Listen: s.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); simulations.CodeOf(err) != simulations.CodeUnavailable {
		t.Errorf("a taken port: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+s.Addr()+"/api/v1/journal/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is followed", func() bool { return fake.followers() == 1 })
	done := make(chan error, 1)
	go func() { done <- s.Stop(t.Context()) }()
	if _, err := io.ReadAll(res.Body); err != nil {
		t.Errorf("the stream did not end well: %v", err)
	}
	res.Body.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Errorf("the second stop: %v", err)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Errorf("a stop without a start: %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestListenerLimits: connections over the cap wait, and a header that is too
// large is refused.
func TestListenerLimits(t *testing.T) {
	s, err := New(Options{Engine: newFake(), Listen: "127.0.0.1:0", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ask := func(request string, wait time.Duration) (net.Conn, string) {
		t.Helper()
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(wait))
		_, _ = io.WriteString(c, request)
		line := make([]byte, len("HTTP/1.1 200"))
		n, _ := io.ReadFull(c, line)
		return c, string(line[:n])
	}
	const hello = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
	one, answer := ask("GET /api/v1/journal/stream HTTP/1.1\r\nHost: localhost\r\n\r\n", 10*time.Second)
	if answer != "HTTP/1.1 200" {
		t.Errorf("the first connection: %q", answer)
	}
	two, answer := ask(hello, 100*time.Millisecond)
	if answer != "" {
		t.Errorf("a connection over the cap: %q", answer)
	}
	two.Close()
	one.Close()
	three, answer := ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n\r\n", 10*time.Second)
	if answer != "HTTP/1.1 431" {
		t.Errorf("a header of %d bytes: %q", 2*maxHeaderBytes, answer)
	}
	three.Close()
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOptions(t *testing.T) {
	_, err := New(Options{Listen: "nowhere", MaxBody: -1, MaxConnections: -1, MaxStreams: -1, AllowedHosts: []string{"a/b"}, AllowedOrigins: []string{"tools.example", "https://a/b"}})
	if err == nil {
		t.Fatal("bad options were taken")
	}
	for _, field := range []string{"Engine", "Listen", "MaxBody", "MaxConnections", "MaxStreams", "AllowedHosts", "tools.example", "https://a/b"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not named: %v", field, err)
		}
	}
	if errors.Unwrap(err) == nil {
		t.Error("the faults cannot be had one by one")
	}
}

// TestStalledBody: a sender that stands still is given up, and one that goes
// slowly is not.
func TestStalledBody(t *testing.T) {
	p := start(t)
	p.server.stall = 2 * time.Second // far more than a busy machine makes of the ticks below
	dial := func() net.Conn {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = io.WriteString(c, "PUT /api/v1/simulations/s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\nConnection: close\r\n\r\n")
		return c
	}
	still := dial()
	if answer, _ := io.ReadAll(still); !bytes.HasPrefix(answer, []byte("HTTP/1.1 408 ")) {
		t.Errorf("a body that stands still was answered %.60q", answer)
	}
	slow := dial()
	tick := time.NewTicker(500 * time.Millisecond) // six of them are more than one stall
	defer tick.Stop()
	for _, piece := range []string{"under", "study", ": v1\n", "name: ", "s    ", "\n\n\n\n"} {
		<-tick.C
		_, _ = io.WriteString(slow, piece)
	}
	if answer, _ := io.ReadAll(slow); !bytes.HasPrefix(answer, []byte("HTTP/1.1 201 ")) {
		t.Errorf("a slow body was answered %.300q", answer)
	}
}
