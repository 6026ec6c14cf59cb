package simulator_test

import (
	"net/http"
	"net/http/httptest"
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
