package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"understudy/simulations"
)

// TestSearchEndsWithTheClient: of a client that leaves while its stub is looked for
// no stub is claimed, nothing is forwarded, and the journal says so.
func TestSearchEndsWithTheClient(t *testing.T) {
	var asked int
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer upstream.Close()
	e := newEngine(t)
	var doc strings.Builder
	fmt.Fprintf(&doc, "understudy: v1\nname: searched\ncollaborators: {pay: {hosts: [pay], mode: spy, upstream: %q}}\nstubs:\n", upstream.URL)
	for i := range 20 {
		fmt.Fprintf(&doc, "  - {id: s%d, priority: 1, request: {path: /p, body: {jsonPath: {$..k%d: 1}}}, response: {text: x}}\n", i, i)
	}
	doc.WriteString("  - {id: once, times: 1, request: {path: /p, body: {not: {jsonPath: {$..k: 1}}}}, response: {text: once}}\n")
	put(t, e, doc.String())
	for _, host := range []string{"any", "pay"} {
		for _, method := range []string{http.MethodPost, http.MethodHead} {
			ctx, leave := context.WithCancel(t.Context())
			r := httptest.NewRequestWithContext(ctx, method, "http://"+host+"/p", io.MultiReader(strings.NewReader(`{"a":1}`), leaving(leave)))
			w := httptest.NewRecorder()
			func() {
				defer func() {
					if p := recover(); p != http.ErrAbortHandler {
						t.Errorf("it ended with %v: %d %s", p, w.Code, w.Body)
					}
				}()
				e.ServeHTTP(w, r)
			}()
			page, err := e.Journal(t.Context(), simulations.JournalFilter{Limit: 1, Latest: true})
			if err != nil || len(page.Entries) != 1 {
				t.Fatalf("%+v, %v", page, err)
			}
			x := page.Entries[0]
			if x.Outcome != simulations.OutcomeRefused || !strings.Contains(x.Error, "the client left") || x.Reason != x.Error || len(x.NearMisses) > 0 {
				t.Errorf("%s %s: the journal has %+v", method, host, x)
			}
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if ex, err := e.Explain(ctx, &simulations.Ask{Method: "POST", URL: "/p", Body: `{"a":1}`}); err == nil {
		t.Errorf("explained to nobody: %+v", ex)
	}
	if asked > 0 {
		t.Errorf("the upstream was asked %d times", asked)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://any/p", strings.NewReader(`{"a":1}`)))
	if w.Body.String() != "once" {
		t.Errorf("the stub that answers once does not any more: %d %s", w.Code, w.Body)
	}
}

// TestMissOrAbandoned: whenever a client leaves, the journal has the whole miss, or
// that it left, and never a part of the near misses.
func TestMissOrAbandoned(t *testing.T) {
	e := newEngine(t)
	var doc strings.Builder
	doc.WriteString("understudy: v1\nname: searched\nstubs:\n")
	for i := range 4 {
		fmt.Fprintf(&doc, "  - {id: s%d, request: {path: /p, body: {jsonPath: {$..k%d: 1}}}, response: {text: x}}\n", i, i)
	}
	put(t, e, doc.String())
	abandoned := 0
	for left := int64(0); ; left++ {
		ctx := &patient{Context: t.Context()}
		ctx.left.Store(left)
		func() {
			defer func() { _ = recover() }() // the answer is broken off
			e.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodPost, "http://any/p", strings.NewReader(`{"a":1}`)))
		}()
		page, err := e.Journal(t.Context(), simulations.JournalFilter{Limit: 1, Latest: true})
		if err != nil {
			t.Fatal(err)
		}
		x := page.Entries[0]
		if x.Error == "" && len(x.NearMisses) == 3 {
			break
		}
		if abandoned++; !strings.Contains(x.Error, "the client left") || len(x.NearMisses) > 0 || abandoned > 1000 {
			t.Fatalf("after %d looks at the context: %s, %q, near are %v", left, x.Reason, x.Error, x.NearMisses)
		}
	}
	if abandoned < 12 {
		t.Errorf("%d were abandoned", abandoned)
	}
}

// patient is a context that ends after it was asked so often.
type patient struct {
	context.Context //nolint:containedctx // it is one
	left            atomic.Int64
}

func (p *patient) Err() error {
	if p.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// leaving is the end of a body behind which the client leaves.
type leaving func()

func (leave leaving) Read([]byte) (int, error) {
	leave()
	return 0, io.EOF
}
