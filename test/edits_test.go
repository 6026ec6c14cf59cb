package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"understudy/simulations"
)

// generation is a document whose two stubs say the same number.
func generation(n int) string {
	return fmt.Sprintf(`understudy: v1
stubs:
  - {id: a, request: {path: /a}, response: {headers: {X-Generation: "%[1]d"}, text: "generation %[1]d"}}
  - {id: b, request: {path: {template: "/b/{id}"}}, response: {headers: {X-Generation: "%[1]d"}, text: "generation %[1]d"}}
`, n)
}

// TestEditsUnderLoad: while simulations are replaced, modes switched and stubs
// edited 100 times a second, every answer belongs to one published state and none fails.
func TestEditsUnderLoad(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Generation", "real")
		_, _ = io.WriteString(w, "generation real")
	}))
	d := start(t)
	d.put("main", generation(0))
	d.collaborator("another", `{"hosts":["another"]}`) // with two of them an address is nobody's
	d.collaborator("switched", fmt.Sprintf(`{"hosts":["switched"],"upstream":%q}`, upstream))
	d.put("switched", "understudy: v1\ncollaborator: switched\nstubs:\n  - {request: {}, response: {headers: {X-Generation: stub}, text: generation stub}}\n")
	ctx, cancel := context.WithCancel(t.Context())
	var clients, editor sync.WaitGroup
	var answers, published atomic.Int64
	for c := range 64 {
		clients.Go(func() {
			client := plain()
			for i := 0; ctx.Err() == nil; i++ {
				path, host := "/a", ""
				switch (i + c) % 3 {
				case 1:
					path = fmt.Sprintf("/b/%d", i)
				case 2:
					host = "switched"
				}
				before := published.Load()
				r, _ := http.NewRequest("GET", d.url+path, nil)
				r.Host = host
				res, err := client.Do(r)
				if err != nil {
					t.Errorf("a request failed: %v", err)
					return
				}
				b, err := io.ReadAll(res.Body)
				_ = res.Body.Close()
				if err != nil || res.StatusCode != 200 {
					t.Errorf("%s: %s %v %.300s", path, res.Status, err, b)
					return
				}
				g := res.Header.Get("X-Generation")
				if string(b) != "generation "+g {
					t.Errorf("header of generation %s with %q", g, b)
				}
				var n int64
				if host == "" {
					if _, err := fmt.Sscan(g, &n); err != nil || n < before {
						t.Errorf("generation %q after %d was answered", g, before)
					}
				}
				answers.Add(1)
			}
		})
	}
	editor.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 1; n <= 300; n++ {
			<-tick.C
			d.put("main", generation(n))
			published.Store(int64(n))
			d.mode("switched", []string{"simulate", "forward", "record", "spy"}[n%4])
			if res := d.call("PUT", "/simulations/extra/stubs/x", fmt.Sprintf(`{"request":{"path":"/x"},"response":{"text":"%d"}}`, n), nil); res.StatusCode >= 300 {
				t.Errorf("edit: %s %s", res.Status, text(res))
			}
			// What is not valid changes nothing.
			if res := d.call("PUT", "/simulations/main", strings.Replace(generation(-1), "path: /a", "pth: /a", 1), nil); res.StatusCode != 400 {
				t.Errorf("an invalid document: %s", res.Status)
			}
		}
	})
	editor.Wait()
	cancel()
	clients.Wait()
	t.Logf("%d answers", answers.Load())
	if res := d.call("GET", "/simulations/main?format=yaml", "", nil); !strings.Contains(text(res), "generation 300") {
		t.Error("the last document is not the one that stands")
	}
}

// TestInvalidPutChangesNothing looks at everything that a refused document could have touched.
func TestInvalidPutChangesNothing(t *testing.T) {
	d := start(t)
	d.put("main", generation(1))
	before := text(d.call("GET", "/simulations", "", nil)) + text(d.call("GET", "/collaborators", "", nil))
	doc := strings.Replace(generation(2), "stubs:", "collaborators: {new: {hosts: [new]}}\nstubs:", 1)
	res := d.call("PUT", "/simulations/main", strings.Replace(doc, "path: /a", "path: {regex: \"(\"}", 1), nil)
	if body := text(res); res.StatusCode != 400 || !strings.Contains(body, "/stubs/0/request/path/regex") || res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s %s", res.Status, body)
	}
	if after := text(d.call("GET", "/simulations", "", nil)) + text(d.call("GET", "/collaborators", "", nil)); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	answer, err := plain().Get(d.url + "/a")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(answer); got != "generation 1" {
		t.Errorf("answers %q", got)
	}
}

// TestEqualDocumentsAreUnchanged: one that is equal to what is there keeps its
// revision and says so, after a restart and beside edits of single stubs too.
func TestEqualDocumentsAreUnchanged(t *testing.T) {
	dir := t.TempDir()
	d := start(t, "--data", dir)
	const doc = `{"understudy":"v1","collaborator":"crm","collaborators":{"crm":{"hosts":["crm"]}},
		"stubs":[{"id":"a","request":{"path":"/a"},"response":{"text":"A"}},{"id":"b","request":{"path":"/b"},"response":{"text":"B"}}],
		"collections":{"things":{"path":"/things","items":[{"id":1}]}}}`
	put := func(doc string) (a simulations.Accepted) {
		t.Helper()
		if res := d.call("PUT", "/simulations/crm", doc, &a); res.StatusCode/100 != 2 {
			t.Fatalf("%s %s", res.Status, text(res))
		}
		return a
	}
	first := put(doc)
	if !first.Created || first.Unchanged {
		t.Fatalf("the first is %+v", first)
	}
	for _, restarted := range []bool{false, true} {
		if restarted {
			d.stop()
			d = start(t, "--data", dir)
		}
		if a := put(doc); !a.Unchanged || a.Created || a.Revision != first.Revision {
			t.Errorf("an equal one, restarted %v, is %+v, and the first was %+v", restarted, a, first)
		}
	}
	for what, other := range map[string]string{
		"a stub":       strings.Replace(doc, `"text":"B"`, `"text":"C"`, 1),
		"a collection": strings.Replace(doc, `{"id":1}`, `{"id":2}`, 1),
		"an order":     strings.NewReplacer(`"id":"a"`, `"id":"b"`, `"id":"b"`, `"id":"a"`).Replace(doc),
	} {
		if a := put(other); a.Unchanged {
			t.Errorf("a document that differs in %s is unchanged", what)
		}
		if a := put(doc); a.Unchanged {
			t.Errorf("the document is unchanged after one that differs in %s", what)
		}
	}
	stub := "/simulations/crm/stubs/b"
	d.call("PUT", stub, `{"id":"b","request":{"path":"/b"},"response":{"text":"edited"}}`, nil)
	if a := put(doc); a.Unchanged {
		t.Error("the document is unchanged after an edit of a stub")
	}
	d.call("PUT", stub, `{"id":"b","request":{"path":"/b"},"response":{"text":"B"}}`, nil)
	if a := put(doc); !a.Unchanged {
		t.Error("a stub put as it was makes another simulation")
	}
}
