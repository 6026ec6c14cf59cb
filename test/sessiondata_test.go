package test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"understudy/simulations"
)

// shop is a client of the example's collections in a session.
type shop struct {
	t       *testing.T
	d       *double
	session string
}

func (s shop) ask(method, path, body string, header ...string) (int, string, http.Header) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.d.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = "crm"
	r.Header.Set("Understudy-Session", s.session)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := plain().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

func (s shop) want(method, path, body string, status int, holds string) {
	s.t.Helper()
	got, text, _ := s.ask(method, path, body)
	if got != status || !strings.Contains(text, holds) {
		s.t.Errorf("%s %s in %s: %d %s, want %d with %q", method, path, s.session, got, text, status, holds)
	}
}

const customers = `{"understudy":"v1","collaborator":"crm","collaborators":{"crm":{"hosts":["crm"]}},
"collections":{"customers":{"path":"/customers","items":[{"id":1,"name":"Ada"},{"id":2,"name":"Grace"}]}}}`

// TestDataOfSessionsSurvives: what sessions wrote is there after a restart, and
// with a backup elsewhere, in each session its own; what was removed stays away.
func TestDataOfSessionsSurvives(t *testing.T) {
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.put("shop", customers)
	a, b, gone := shop{t, d, "a"}, shop{t, d, "b/%"}, shop{t, d, "gone"}
	a.want("POST", "/customers", `{"name":"Edsger","n":1.10}`, 201, `{"id":3,"name":"Edsger","n":1.10}`)
	a.want("DELETE", "/customers/1", "", 204, "")
	b.want("PATCH", "/customers/1", `{"name":"Countess"}`, 200, "Countess")
	b.want("POST", "/customers", `{}`, 201, `"id":3`)
	b.want("DELETE", "/customers/3", "", 204, "")
	gone.want("DELETE", "/customers/2", "", 204, "")
	large := strings.Repeat("x", 50<<10)
	for range 60 { // 3 MiB: more than one write of the store takes
		b.want("POST", "/customers", `{"id":"`+time.Now().Format("150405.000000000")+`","large":"`+large+`"}`, 201, "")
	}
	var info simulations.SessionInfo
	d.call("GET", "/sessions/a", "", &info)
	if info.Collections["shop/customers"] != 2 {
		t.Errorf("session a changed %v", info.Collections)
	}
	if res := d.call("DELETE", "/sessions/gone", "", nil); res.StatusCode != http.StatusNoContent {
		t.Errorf("removing a session: %s", res.Status)
	}
	d.stop()

	d = start(t, "--data", dir)
	a.d, b.d, gone.d = d, d, d
	a.want("GET", "/customers", "", 200, `[{"id":2,"name":"Grace"},{"id":3,"name":"Edsger","n":1.10}]`)
	b.want("GET", "/customers/1", "", 200, "Countess")
	b.want("POST", "/customers", `{}`, 201, `"id":4`)
	gone.want("GET", "/customers", "", 200, `[{"id":1,"name":"Ada"},{"id":2,"name":"Grace"}]`)
	if _, text, _ := b.ask("GET", "/customers", ""); strings.Count(text, "large") != 60 {
		t.Errorf("%d large items", strings.Count(text, "large"))
	}
	res := d.call("GET", "/simulations/shop?format=json", "", nil)
	if text := text(res); !strings.Contains(text, `"name": "Ada"`) || strings.Contains(text, "Countess") {
		t.Errorf("the export is not what was declared: %s", text)
	}
	// Declared anew, with another item: what the session wrote stays.
	d.put("shop", strings.Replace(customers, `{"id":2,"name":"Grace"}`, `{"id":9,"name":"Barbara"}`, 1))
	a.want("GET", "/customers", "", 200, `[{"id":9,"name":"Barbara"},{"id":3,"name":"Edsger","n":1.10}]`)
	if res := d.call("DELETE", "/simulations/shop", "", nil); res.StatusCode != http.StatusNoContent {
		t.Errorf("removing the simulation: %s", res.Status)
	}
	a.want("GET", "/customers", "", 501, "")
}

// TestCollectionsAndModes: a stub comes before a collection, a collection before
// the upstream, in every mode that looks up; what a collection answers does not
// leave, and explain, journal and header name it.
func TestCollectionsAndModes(t *testing.T) {
	var left atomic.Int64
	origin, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		left.Add(1)
		_, _ = io.WriteString(w, "the real one")
	}))
	d := start(t)
	d.put("shop", `{"understudy":"v1","collaborator":"crm","stubs":[{"id":"special","request":{"method":"GET","path":"/customers/2"},"response":{"text":"a stub"}}],
		"collections":{"customers":{"path":"/customers","items":[{"id":1,"name":"Ada"},{"id":2}]}}}`)
	d.collaborator("crm", `{"hosts":["crm"],"upstream":"`+origin+`"}`)
	for _, mode := range []string{"simulate", "spy", "learn"} {
		d.mode("crm", mode)
		s := shop{t, d, mode}
		s.want("GET", "/customers/2", "", 200, "a stub")
		s.want("GET", "/customers/1", "", 200, "Ada")
		s.want("GET", "/customers/7", "", 404, `"collection":"shop/customers"`)
		s.want("POST", "/customers", `{}`, 201, `"id":3`)
		s.want("PUT", "/customers", `{}`, 405, "")
		if _, _, h := s.ask("GET", "/customers/3", ""); h.Get("Understudy-Outcome") != "stub" || h.Get("Understudy-Stub") != "shop/customers" {
			t.Errorf("%s: %v", mode, h)
		}
		if n := left.Load(); n != 0 {
			t.Fatalf("%s: %d requests left", mode, n)
		}
	}
	spy := shop{t, d, "spy"}
	spy.want("GET", "/other", "", 200, "the real one")
	d.mode("crm", "forward")
	spy.want("GET", "/customers/1", "", 200, "the real one")
	// What may not leave is still stood in for.
	if status, text, _ := spy.ask("POST", "/customers", `{}`, "Baggage", "understudy-tx=1"); status != 201 || !strings.Contains(text, `"id"`) {
		t.Errorf("a mutating request of synthetic origin: %d %s", status, text)
	}
	if n := left.Load(); n != 2 {
		t.Errorf("%d requests left, want 2", n)
	}
	d.mode("crm", "simulate")
	var e simulations.Explanation
	d.call("POST", "/explain", `{"method":"DELETE","url":"http://crm/customers/1"}`, &e)
	if e.Collection != "shop/customers" || e.Outcome != simulations.OutcomeStub || e.Parameters["id"] != "1" || !strings.Contains(e.Reason, "the collection shop/customers") {
		t.Errorf("explain: %+v", e)
	}
	d.call("POST", "/explain", `{"method":"GET","url":"http://crm/customers/2"}`, &e)
	if e.Stub != "shop/special" {
		t.Errorf("explain: %+v", e)
	}
	shop{t, d, "spy"}.want("GET", "/customers/1", "", 200, "Ada") // explain deleted nothing
	var page simulations.JournalPage
	d.call("GET", "/journal?session=learn&method=POST", "", &page)
	if len(page.Entries) != 1 || page.Entries[0].Stub != "shop/customers" || page.Entries[0].Reason != "collection shop/customers answers: created an item" {
		t.Errorf("journal: %+v", page.Entries)
	}
}
