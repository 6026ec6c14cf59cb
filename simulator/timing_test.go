package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
	"understudy/simulator"
)

// put gives an engine a document, named by its own name.
func put(t testing.TB, e *simulator.Engine, text string) {
	t.Helper()
	doc, err := simulations.Decode([]byte(text))
	if err == nil {
		_, err = e.PutDocument(t.Context(), doc.Name, doc, simulations.Condition{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhoseDelay: a stub's delay is over its collaborator's, that over the one of
// all; who sends shadow or synthetic traffic waits for none but a forced one.
func TestWhoseDelay(t *testing.T) {
	const document = `
understudy: v1
name: delays
collaborators:
  pay: {hosts: [pay], delay: {fixed: 2s}}
  slow: {hosts: [slow], delay: {fixed: 4s, force: true}}
  played: {hosts: [played], delay: {recorded: {scale: 0.5}}}
  other: {hosts: [other]}
stubs:
  - {request: {path: /own}, response: {delay: 3s}}
  - {request: {path: /none}, response: {delay: 0s}}
  - {request: {path: /theirs}, response: {}}
  - {request: {path: /recorded}, response: {delay: {fixed: 1s, recorded: {}}, recorded: {latency: 8s}}}
  - {request: {path: /faster}, response: {recorded: {latency: 8s}}}
  - {request: {path: /forced}, response: {delay: {fixed: 5s, force: true}}}
collections:
  things: {path: /things}
  late: {path: /late, delay: 7s}
`
	synctest.Test(t, func(t *testing.T) {
		e := newEngineWith(t, func(o *simulator.Options) { o.Delay = &simulations.Delay{Fixed: simulations.Duration(time.Second)} })
		put(t, e, document)
		for _, c := range []struct {
			host, path string
			want       time.Duration
		}{
			{"pay", "/own", 3 * time.Second},
			{"pay", "/none", 0},
			{"pay", "/theirs", 2 * time.Second},
			{"other", "/theirs", time.Second},
			{"pay", "/recorded", 9 * time.Second},
			{"played", "/faster", 4 * time.Second},
			{"played", "/theirs", 0},
			{"other", "/things", time.Second},
			{"pay", "/things", 2 * time.Second},
			{"pay", "/late", 7 * time.Second},
			{"pay-shadow", "/own", 0},
			{"pay-shadow", "/theirs", 0},
			{"pay-shadow", "/forced", 5 * time.Second},
			{"slow-shadow", "/theirs", 4 * time.Second},
			{"other-shadow", "/theirs", 0},
		} {
			start := time.Now()
			r := httptest.NewRequest(http.MethodGet, "http://"+c.host+c.path, nil)
			r.URL.Scheme, r.URL.Host = "", ""
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if took := time.Since(start); w.Code != 200 || took != c.want {
				t.Errorf("%s%s: %d after %s, want %s", c.host, c.path, w.Code, took, c.want)
			}
		}
	})
}

// timedWriter notes what was flushed, and when.
type timedWriter struct {
	*httptest.ResponseRecorder
	start   time.Time
	written int
	pieces  []string
}

func (w *timedWriter) Write(p []byte) (int, error) {
	w.written += len(p)
	return w.ResponseRecorder.Write(p)
}

// WriteString is not the recorder's: all bytes have to pass Write.
func (w *timedWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

func (w *timedWriter) Flush() {
	w.ResponseRecorder.Flush()
	w.pieces = append(w.pieces, fmt.Sprintf("%d@%s", w.written, time.Since(w.start)))
	w.written = 0
}

// ask sends a request to an engine within a bubble of time.
func ask(ctx context.Context, e *simulator.Engine, url string) *timedWriter {
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	r.URL.Scheme, r.URL.Host = "", ""
	w := &timedWriter{ResponseRecorder: httptest.NewRecorder(), start: time.Now()}
	e.ServeHTTP(w, r)
	return w
}

// TestPace: a body goes out in its pieces, each flushed when it is due, and the
// header before all of them.
func TestPace(t *testing.T) {
	const document = `
understudy: v1
name: paces
collaborators:
  pay: {hosts: [pay]}
  slow: {hosts: [slow], pace: {bytesPerSecond: 2}}
  again: {hosts: [again], pace: {recorded: {scale: 0.5}}}
  still: {hosts: [still], pace: {recorded: {scale: 0}}}
stubs:
  - {request: {path: /chunks}, response: {text: "0123456789", pace: {chunks: 4, over: 8s}}}
  - {request: {path: /few}, response: {text: "01", pace: {chunks: 4, over: 8s}}}
  - {request: {path: /late}, response: {text: "01", delay: 1s, pace: {chunks: 1, over: 1s}}}
  - {request: {path: /forced}, response: {text: "01", pace: {chunks: 1, over: 1s, force: true}}}
  - {request: {path: /plain}, response: {text: "01234"}}
  - {request: {path: /empty}, response: {pace: {chunks: 1, over: 1s}}}
  - {request: {path: /recorded}, response: {text: "01234", recorded: {pieces: [{after: 1s, size: 2}, {after: 4s, size: 3}]}}}
  - {request: {path: /events}, response: {text: "data: a\n\ndata: b\n\n", headers: {Content-Type: text/event-stream}}}
  - request: {path: /played}
    response:
      text: "data: a\n\ndata: b\n\ndata: c\n\n"
      headers: {Content-Type: text/event-stream; charset=utf-8}
      recorded: {pieces: [{size: 18}, {after: 4s, size: 9}]}
  - {request: {path: /rendered}, response: {template: true, text: "{{request.query.a}}", pace: {chunks: 2, over: 2s}}}
`
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		put(t, e, document)
		for url, want := range map[string]string{
			"http://pay/chunks":        "[0@0s 2@2s 3@4s 2@6s 3@8s]",
			"http://pay/few":           "[0@0s 1@4s 1@8s]",
			"http://pay/late":          "[0@1s 2@2s]",
			"http://pay/plain":         "[]",
			"http://pay/empty":         "[]",
			"http://pay/recorded":      "[]",
			"http://pay/events":        "[0@0s 9@0s 9@0s]",
			"http://pay/played":        "[0@0s 9@0s 9@0s 9@4s]",
			"http://pay/rendered?a=xy": "[0@0s 1@1s 1@2s]",
			"http://slow/plain":        "[0@0s 1@500ms 1@1s 1@1.5s 1@2s 1@2.5s]",
			"http://slow/chunks":       "[0@0s 2@2s 3@4s 2@6s 3@8s]",
			"http://again/recorded":    "[0@0s 2@500ms 3@2s]",
			"http://again/plain":       "[]",
			"http://again/played":      "[0@0s 9@0s 9@0s 9@2s]",
			"http://still/played":      "[0@0s 9@0s 9@0s 9@0s]",
			"http://pay-shadow/chunks": "[]",
			"http://pay-shadow/played": "[0@0s 9@0s 9@0s 9@0s]",
			"http://pay-shadow/forced": "[0@0s 2@1s]",
		} {
			w := ask(t.Context(), e, url)
			if got := fmt.Sprint(w.pieces); got != want {
				t.Errorf("%s: %s, want %s", url, got, want)
			}
			length := w.Header().Get("Content-Length")
			if known := len(w.pieces) == 0 || strings.HasPrefix(url, "http://slow/plain"); known != (length != "") {
				t.Errorf("%s: Content-Length is %q", url, length)
			}
		}
		page, err := e.Journal(t.Context(), simulations.JournalFilter{Limit: 100, Path: "/chunks"})
		if err != nil || len(page.Entries) == 0 || page.Entries[0].Response.Body.Truncated || string(page.Entries[0].Response.Body.Data) != "0123456789" {
			t.Errorf("the journal has %+v, %v", page.Entries, err)
		}
	})
}

// TestPaceOfStored: a body that lies in the store is streamed in its rhythm, and
// comes whole.
func TestPaceOfStored(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 6<<16) // 6 MiB
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		put(t, e, "understudy: v1\nname: large\nstubs: [{request: {path: /}, response: {text: "+large+", pace: {bytesPerSecond: 1048576}}}]")
		w := ask(t.Context(), e, "http://any/")
		if took := time.Since(w.start); took != 6*time.Second {
			t.Errorf("it took %s", took)
		}
		if w.Body.String() != large {
			t.Errorf("%d bytes came", w.Body.Len())
		}
	})
}

// TestPaceEndsWithTheClient: whoever leaves in the middle of a body holds nothing
// up: neither a goroutine nor a timer stays.
func TestPaceEndsWithTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		put(t, e, "understudy: v1\nname: left\nstubs: [{request: {path: /}, response: {text: abcd, pace: {chunks: 4, over: 40s}}}]")
		ctx, leave := context.WithTimeout(t.Context(), 15*time.Second)
		defer leave()
		start := time.Now()
		func() {
			defer func() {
				if p := recover(); p != http.ErrAbortHandler {
					t.Errorf("it ended with %v", p)
				}
			}()
			ask(ctx, e, "http://any/")
		}()
		if took := time.Since(start); took != 15*time.Second {
			t.Errorf("it ended after %s", took)
		}
		page, err := e.Journal(t.Context(), simulations.JournalFilter{Limit: 1})
		if err != nil || len(page.Entries) != 1 || !strings.Contains(page.Entries[0].Error, "broke off") {
			t.Errorf("the journal has %+v, %v", page.Entries, err)
		}
	})
}
