package simulator_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulator"
)

// TestHostThatWasMeant: a request for nobody, and the question what would become
// of it, say alike who could be meant.
func TestHostThatWasMeant(t *testing.T) {
	e := newEngine(t)
	for _, name := range []string{"shop", "bank"} {
		c := &simulations.Collaborator{Hosts: []string{name + ".example"}, Mode: simulations.ModeSimulate}
		if _, _, err := e.PutCollaborator(t.Context(), name, c, simulations.Condition{}); err != nil {
			t.Fatal(err)
		}
	}
	for url, want := range map[string]string{
		"http://shop.exmaple/x":     `: did you mean "shop.example"?`,
		"http://nobody.invalid/x":   "nothing is forwarded to others",
		"http://127.0.0.1:8500/x":   "send the Host of bank, shop",
		"http://bank.example/other": "no stub answers",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", url, nil)
		r.URL.Scheme, r.URL.Host = "", "" // as to a server, not to a proxy
		e.ServeHTTP(w, r)
		got, err := e.Explain(t.Context(), &simulations.Ask{Method: "GET", URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.ReplaceAll(w.Body.String(), `\"`, `"`); !strings.Contains(said, want) || !strings.HasSuffix(got.Reason, want) {
			t.Errorf("%s: the answer is %s, explain says %q, want %q", url, said, got.Reason, want)
		}
	}
}

// TestExplainGivesBack: what an explanation takes of the room for large bodies is
// there again after it.
func TestExplainGivesBack(t *testing.T) {
	t.Parallel()
	e := newEngineWith(t, func(o *simulator.Options) { o.MaxBody, o.Bodies = 1<<20, 1<<20 })
	put(t, e, "understudy: v1\nname: large\nstubs: [{id: any, request: {path: /p}, response: {text: x}}]\n")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 3 {
		ex, err := e.Explain(ctx, &simulations.Ask{Method: "POST", URL: "/p", Body: strings.Repeat("x", 1<<19)})
		if err != nil || ex.Stub != "large/any" {
			t.Fatalf("%+v, %v", ex, err)
		}
	}
}

// TestSearchesEndWithTheReader: a search of the journal for nobody ends, and gives
// an error instead of a part of the answer.
func TestSearchesEndWithTheReader(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://any/p", nil))
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	for _, left := range []bool{false, true} {
		if left {
			leave()
		}
		for _, latest := range []bool{false, true} {
			if page, err := e.Journal(ctx, simulations.JournalFilter{Limit: 1, Latest: latest}); (err != nil) != left || !left && len(page.Entries) != 1 {
				t.Errorf("left %v, latest %v: %+v, %v", left, latest, page, err)
			}
		}
		verified, err := e.Verify(ctx, &simulations.Verification{Requests: []*simulations.Pattern{{}}})
		if (err != nil) != left || !left && !verified.OK {
			t.Errorf("left %v: %+v, %v", left, verified, err)
		}
	}
}
