package simulator_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"understudy/simulations"
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
