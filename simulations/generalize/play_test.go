package generalize

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	ca, err := mitm.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	st := memory.Open(log)
	e, err := simulator.New(context.Background(), simulator.Options{
		Store: st, CA: ca, Logger: log, MissStatus: 501, MaxBody: 1 << 20, RecordBody: 1 << 16, JournalEntries: 100, JournalBytes: 1 << 20,
		SessionIdle: time.Hour, MaxSessions: 1000, UpstreamTimeout: time.Second,
	})
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

// message is the request as a client sends it, and its body.
func (r *request) message() (*http.Request, []byte) {
	target := "/" + strings.Join(r.segments, "/")
	if r.at.URL != nil {
		target, _ = scalarText(r.at.URL.Value)
	} else if len(r.query) > 0 {
		q := url.Values{}
		for _, f := range r.query {
			q[f.name] = f.values
		}
		target += "?" + q.Encode()
	}
	var body []byte
	kind := ""
	switch r.body.kind {
	case jsonBody:
		body, kind = r.body.json.AppendJSON(nil), "application/json"
	case formBody:
		q := url.Values{}
		for _, f := range r.body.form {
			q[f.name] = f.values
		}
		body, kind = []byte(q.Encode()), "application/x-www-form-urlencoded"
	case opaqueBody:
		text, _ := scalarText(r.at.Body.Value)
		body = []byte(text)
	}
	m := httptest.NewRequest(r.method, target, strings.NewReader(string(body)))
	m.Host = "recorded.example"
	if r.at.Authority != nil {
		m.Host, _ = scalarText(r.at.Authority.Value)
	}
	if kind != "" {
		m.Header.Set("Content-Type", kind)
	}
	for _, f := range r.headers {
		m.Header[http.CanonicalHeaderKey(f.name)] = f.values
	}
	return m, body
}

// play asks the double and returns its answer as an exchange's.
func play(t testing.TB, e *simulator.Engine, r *request, session string) (status int, given content, stub string) {
	t.Helper()
	m, _ := r.message()
	m.Header.Set("Understudy-Session", session)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, m)
	res := w.Result()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	x := &exchange{response: &simulations.Response{Text: &text}}
	stub = res.Header.Get("Understudy-Stub")
	if res.Header.Get("Understudy-Outcome") != "stub" {
		stub = ""
	}
	return res.StatusCode, x.content(), stub
}

// put makes a simulation of the document.
func put(t testing.TB, e *simulator.Engine, doc *simulations.Document) {
	t.Helper()
	own := *doc
	own.Name = "case"
	if _, err := e.PutDocument(t.Context(), "case", &own, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
}

// TestLearntIsAnsweredAsRecorded applies the proposal for each cassette and plays
// all of it: what was recorded is still answered so.
func TestLearntIsAnsweredAsRecorded(t *testing.T) {
	doc, files, file := cassettes(t)
	e := newEngine(t)
	played, replaced := 0, 0
	for _, name := range files {
		one := &simulations.Document{Understudy: simulations.Version}
		for i, s := range doc.Stubs {
			if file[i] == name {
				one.Stubs = append(one.Stubs, s)
			}
		}
		p, err := Propose(t.Context(), one)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Changes {
			replaced += len(c.Replaces)
		}
		put(t, e, p.Document)
		all, _ := exchanges(one)
		for _, x := range all {
			status, given, stub := play(t, e, x.request, name)
			pointer, differs := equalContent(given, x.content(), &comparison{asked: asked(x.request)})
			if status != x.status() || differs {
				t.Errorf("%s: %s %s: status %d, recorded %d; differs %v at %s (stub %s)", x.stubID, x.method, strings.Join(x.segments, "/"), status, x.status(), differs, pointer, stub)
			}
			played++
		}
	}
	t.Logf("%d exchanges, %d stubs replaced", played, replaced)
	if played < 600 || replaced < 5 {
		t.Error("that is too little to have been all")
	}
}

// TestHoldOutIsWhatTheDoubleAnswers compares the score, which the package works
// out by itself, with what a double answers that plays the learnt half.
func TestHoldOutIsWhatTheDoubleAnswers(t *testing.T) {
	doc, _, _ := cassettes(t)
	all, _ := exchanges(doc)
	learnt, held := split(all)
	half := &simulations.Document{Understudy: simulations.Version}
	at := make(map[int]*simulations.Stub)
	for _, x := range learnt {
		s := at[x.stub]
		if s == nil {
			copied := *doc.Stubs[x.stub]
			s = &copied
			s.Response, s.Responses, s.Order = nil, nil, simulations.OrderSequence
			at[x.stub] = s
		}
		response := *x.response
		response.Repeat = 0
		s.Responses = append(s.Responses, &response)
	}
	for i := range doc.Stubs {
		if at[i] != nil {
			half.Stubs = append(half.Stubs, at[i])
		}
	}
	p, err := Propose(t.Context(), half)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	put(t, e, p.Document)
	l, err := learn(t.Context(), learnt)
	if err != nil {
		t.Fatal(err)
	}
	_, trials, err := holdOut(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range held {
		status, given, stub := play(t, e, x.request, "held-out")
		key := l.operationKey(x.request, l.routes.path(x.request), false)
		pointer, differs := equalContent(given, x.content(), &comparison{unsteady: l.unsteady[key], asked: asked(x.request)})
		is := status == x.status() && !differs
		if is != trials[i].AsRecorded {
			t.Errorf("%s %s %s: the double answers as recorded %v (status %d, %q, stub %s), the score says %v by %s: %s",
				x.stubID, x.method, strings.Join(x.segments, "/"), is, status, pointer, stub, trials[i].AsRecorded, trials[i].By, trials[i].Why)
		}
	}
}
