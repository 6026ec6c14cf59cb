package simulator_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulator"
	"understudy/simulator/mitm"
	"understudy/store/memory"
)

// newEngine is a double in memory that listens nowhere.
func newEngine(t testing.TB) *simulator.Engine {
	t.Helper()
	return newEngineOn(t, func(s simulator.Store) simulator.Store { return s })
}

// newEngineOn puts something between the double and its store.
func newEngineOn(t testing.TB, between func(simulator.Store) simulator.Store) *simulator.Engine {
	t.Helper()
	return newEngineWith(t, func(o *simulator.Options) { o.Store = between(o.Store) })
}

// newEngineWith changes the double's options first.
func newEngineWith(t testing.TB, change func(*simulator.Options)) *simulator.Engine {
	t.Helper()
	ca, err := mitm.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	st := memory.Open(log)
	o := simulator.Options{
		Store: st, CA: ca, Logger: log, MissStatus: 501, MaxBody: 1 << 16, RecordBody: 1 << 16, JournalEntries: 100, JournalBytes: 1 << 20,
		SessionIdle: time.Hour, MaxSessions: 100, UpstreamTimeout: time.Second,
	}
	change(&o)
	e, err := simulator.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := st.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

const fuzzed = `
understudy: v1
collaborators:
  pay: {hosts: [pay, "*.pay.example"], redact: [{regex: "s[e]cret"}, {query: key}, {jsonPath: $.a}, {form: f}]}
  other: {hosts: [other]}
stubs:
  - {collaborator: pay, request: {path: /a, query: {q: {regex: "^x"}}}, response: {text: a}}
  - {collaborator: pay, request: {path: {template: "/t/{id}/{rest...}"}, redacted: true}, response: {text: "{{request.pathParams.id}} {{request.query.q}} {{request.body.a}}", template: true}}
  - {request: {path: {glob: "/g/*/x"}, headers: {X-A: {number: {gt: 1}}}}, response: {json: {a: "{{request.body}}"}, template: true}}
  - {request: {body: {jsonPath: {$.a: {not: 1}}}}, response: {}}
  - {request: {body: {xpath: "//a"}}, response: {}}
  - {request: {body: {form: {f: {hasExactly: [a, b]}}}}, response: {}}
  - {request: {cookies: {c: d}}, response: {}, times: 2}
`

// FuzzRequest sends whatever HTTP can parse: every request gets an answer with
// an outcome, and nothing panics.
func FuzzRequest(f *testing.F) {
	e := newEngine(f)
	doc, err := simulations.Decode([]byte(fuzzed))
	if err != nil {
		f.Fatal(err)
	}
	if _, err := e.PutDocument(context.Background(), "fuzzed", doc, simulations.Condition{}); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"GET /a?q=x HTTP/1.1\r\nHost: pay\r\n\r\n",
		"GET http://eu.pay.example/t/%2F%ff/..//x?key=secret&a=%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"CONNECT pay-shadow:443 HTTP/1.1\r\nHost: pay\r\n\r\n",
		"POST /g/1/x HTTP/1.0\r\nX-A: 2e0\r\nContent-Length: 9\r\n\r\n{\"a\":2.0}",
		"POST / HTTP/1.1\r\nHost: other:80-shadow\r\nBaggage: a=b,understudy-tx=%00\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nf=a&f=b",
		"POST / HTTP/1.1\r\nHost: [::1]\r\nContent-Encoding: gzip, br\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\x1f\x8b\x08\r\n0\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: pay\r\nCookie: c=d; c\r\nPrefer: tx=rollback\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: pay\r\nContent-Length: 11\r\n\r\n<a><b/></a>",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(string(data))))
		if err != nil {
			return
		}
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		res := w.Result()
		if _, err := io.ReadAll(res.Body); err != nil {
			t.Fatal(err)
		}
		switch o := res.Header.Get("Understudy-Outcome"); o {
		case "stub", "miss", "refused":
		default:
			t.Fatalf("outcome %q, status %d", o, res.StatusCode)
		}
		if res.StatusCode == http.StatusInternalServerError && strings.Contains(w.Body.String(), "problem:internal") {
			t.Fatalf("a defect: %s", w.Body)
		}
	})
}
