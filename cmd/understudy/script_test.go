package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"understudy": main})
}

// TestScripts runs the command line as a user would, one file for each subject.
// UNDERSTUDY_ADMIN leads to an admin plane that answers with what real ones do.
func TestScripts(t *testing.T) {
	t.Parallel()
	examples, err := filepath.Abs("../../simulations/examples")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: scriptCommands,
		Setup: func(e *testscript.Env) error {
			s := httptest.NewServer(cannedAdmin())
			e.Defer(s.Close)
			e.Setenv("UNDERSTUDY_ADMIN", s.URL)
			e.Setenv("WEB", s.URL)
			e.Setenv("TZ", "UTC")
			e.Setenv("EXAMPLES", examples)
			e.Values[processesKey{}] = make(map[string]*running)
			return nil
		},
	})
}

// cannedAdmin answers the admin plane's routes with fixed values. It holds what
// was put, and says of a request that fits no route what mux would.
func cannedAdmin() http.Handler {
	mux := http.NewServeMux()
	say := func(route, body string) {
		mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		})
	}
	say("GET /api/v1/simulations", `{"simulations": [{"name": "payments", "revision": 7, "stubs": 3, "collections": 2, "collaborators": ["payments", "bank"]}]}`)
	say("GET /api/v1/collaborators", `{"collaborators": [{"name": "payments", "mode": "spy", "revision": 7, "stubs": 3, "address": "127.0.0.1:9001", "config": {"hosts": ["payments", "*.pay.example"], "upstream": "https://payments.internal"}}]}`)
	say("GET /api/v1/collaborators/{name}", `{"name": "payments", "mode": "spy", "revision": 7, "stubs": 3, "config": {"hosts": ["payments"]}}`)
	say("GET /api/v1/journal/{id}", `{"id": 17, "request": {"method": "GET", "path": "/x", "headers": {"Accept": ["*/*"]}, "body": {"size": 0}}}`)
	say("GET /api/v1/takes", `{"takes": [{"id": 3, "collaborator": "payments", "simulation": "payments-recorded", "started": "2026-03-01T10:00:00Z", "exchanges": 12, "requests": 8, "current": true}]}`)
	say("GET /api/v1/takes/3", `{"id": 3, "collaborator": "payments", "simulation": "payments-recorded", "started": "2026-03-01T10:00:00Z", "exchanges": 12, "requests": 8, "current": true, "differences": {"before": 2, "new": ["payments-recorded/get-x"], "changed": [], "notSeen": ["payments-recorded/get-y"], "same": 6}}`)
	say("GET /api/v1/sessions", `{"sessions": [{"id": "default", "lastUsed": "2026-03-01T10:00:00Z", "scenarios": {"checkout": "paid"}, "answers": {"payments/once": 1}, "values": {"cart": "c-9"}, "collections": {"shop/orders": 2, "shop/customers": 1}, "tables": {"shop/prices": 4}, "bytes": 700}]}`)
	say("GET /api/v1/sessions/{id}", `{"id": "default", "lastUsed": "2026-03-01T10:00:00Z", "scenarios": {"checkout": "paid"}, "answers": {"payments/once": 1}, "values": {"cart": "c-9"}, "expires": {"scenarios": {}, "values": {"cart": "2026-03-01T11:00:00Z"}}, "collections": {"shop/orders": 2}, "bytes": 700}`)
	say("GET /readyz", `{"ready": true}`)
	for _, route := range []string{
		"DELETE /api/v1/simulations/payments", "DELETE /api/v1/collaborators/payments", "DELETE /api/v1/journal",
		"DELETE /api/v1/takes/3", "DELETE /api/v1/sessions/{id}", "PUT /api/v1/sessions/{id}/scenarios/{name}",
		"POST /api/v1/sessions/{id}/reset", "PUT /api/v1/sessions/{id}/values/{key}", "DELETE /api/v1/sessions/{id}/values/{key}",
	} {
		mux.HandleFunc(route, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	}
	mux.HandleFunc("GET /api/v1/journal", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("outcome") == "lost" {
			problem(w, http.StatusBadRequest, `{"detail": "a parameter is wrong", "errors": [{"pointer": "/outcome", "detail": "\"lost\" is none of stub, miss"}]}`)
			return
		}
		_, _ = io.WriteString(w, `{"entries": [`+canned(1, "/v1/charges")+`], "next": 1, "missed": 2, "more": true}`)
	})
	mux.HandleFunc("GET /api/v1/journal/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, ": hello\n\n")
		if r.URL.Query().Get("after") == "" {
			fmt.Fprintf(w, "id: 1\nevent: exchange\ndata: %s\n\n", canned(1, "/a"))
		}
		fmt.Fprintf(w, "event: missed\ndata: {\"missed\": 3}\n\nid: 2\nevent: exchange\ndata: %s\n\n", strings.Replace(canned(2, "/b\\u001b[31m"), `"reason"`, `"nearMisses": [{"stub": "payments/get", "failed": [{"field": "path", "operator": "equals", "expected": "/x", "actual": "/b"}]}], "reason"`, 1))
	})
	mux.HandleFunc("PUT /api/v1/collaborators/{name}/mode", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("name") != "payments" {
			problem(w, http.StatusNotFound, `{"detail": "there is no collaborator of that name"}`)
			return
		}
		var body struct{ Mode string }
		_ = json.NewDecoder(r.Body).Decode(&body) // an empty mode shows in the answer
		fmt.Fprintf(w, `{"name": "payments", "mode": %q}`, body.Mode)
	})
	mux.HandleFunc("PUT /api/v1/simulations/{name}", func(w http.ResponseWriter, r *http.Request) {
		var doc struct{ Stubs []json.RawMessage }
		if err := json.NewDecoder(r.Body).Decode(&doc); err != nil {
			problem(w, http.StatusBadRequest, `{"detail": "no JSON came"}`)
			return
		}
		if r.PathValue("name") == "refused" {
			problem(w, http.StatusBadRequest, `{"detail": "the document is not valid", "errors": [{"pointer": "/stubs/0/request/path", "detail": "too much", "line": 1, "column": 9}]}`)
			return
		}
		fmt.Fprintf(w, `{"name": %q, "revision": 8, "stubs": %d, "collaborators": 0, "created": true, "warnings": [{"pointer": "/stubs/0", "detail": "it can never answer"}]}`, r.PathValue("name"), len(doc.Stubs))
	})
	mux.HandleFunc("GET /api/v1/simulations/{name}", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("name") != "payments" {
			problem(w, http.StatusNotFound, `{"detail": "there is no simulation of that name"}`)
			return
		}
		if r.URL.Query().Get("format") == "json" {
			_, _ = io.WriteString(w, `{"understudy": "v1", "name": "payments", "stubs": [{"response": {"text": "hi"}}, {"response": {"fault": "timeout"}}]}`)
			return
		}
		fmt.Fprintf(w, "understudy: v1\nname: payments\n# %s\n", r.URL.Query().Get("format"))
	})
	mux.HandleFunc("POST /api/v1/journal/verify", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a cut body shows in the answer
		ok := !strings.Contains(string(body), "/never")
		answer, _ := json.Marshal(map[string]any{"ok": ok, "counts": []int{1}, "detail": "asked " + string(body), "matched": []int{}, "missed": 0})
		_, _ = w.Write(answer)
	})
	mux.HandleFunc("POST /api/v1/explain", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a cut body shows in the answer
		if strings.Contains(string(body), "/never") {
			_, _ = io.WriteString(w, `{"host": "payments", "mode": "simulate", "session": "default", "origin": "unknown", "outcome": "miss", "reason": "no stub answers", "index": ["exact: none"], "candidates": [], "nearMisses": [{"stub": "payments/get", "score": 0.5, "failed": [{"field": "path", "operator": "equals", "expected": "/x", "actual": "/never"}]}]}`)
			return
		}
		answer, _ := json.Marshal(map[string]any{
			"collaborator": "payments", "host": "payments", "mode": "simulate", "session": "default", "origin": "unknown",
			"outcome": "stub", "reason": "asked " + string(body), "stub": "payments/get", "parameters": map[string]string{"id": "42"},
		})
		_, _ = w.Write(answer)
	})
	mux.HandleFunc("GET /api/v1/backup", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "everything") })
	mux.HandleFunc("POST /api/v1/restore", func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != "everything" {
			problem(w, http.StatusBadRequest, `{"detail": "this is no backup"}`)
		}
	})
	mux.HandleFunc("GET /api/v1/ca.pem", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "-----BEGIN CERTIFICATE-----\n")
	})
	// What the script of URLs fetches.
	mux.HandleFunc("GET /files/shop.yaml", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "understudy: v1\nstubs: [{request: {path: /}, response: {text: x}}]\n")
	})
	mux.HandleFunc("GET /files/shops.zip", func(w http.ResponseWriter, _ *http.Request) {
		archive := zip.NewWriter(w)
		defer archive.Close()
		for name, text := range map[string]string{
			"shops/north.yaml": "understudy: v1\nstubs: [{request: {path: /}, response: {file: body.txt}}]\n",
			"shops/south.yaml": "understudy: v1\nstubs: [{request: {path: /}, response: {text: x}}]\n",
			"shops/body.txt":   "hello",
		} {
			if f, err := archive.Create(name); err == nil {
				_, _ = io.WriteString(f, text)
			}
		}
	})
	mux.HandleFunc("GET /files/bad.zip", func(w http.ResponseWriter, _ *http.Request) {
		archive := zip.NewWriter(w)
		defer archive.Close()
		if f, err := archive.Create("bad.yaml"); err == nil {
			_, _ = io.WriteString(f, "understudy: v1\nnonsense: 1\n")
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/web") {
			http.NotFound(w, r) // as any web server
			return
		}
		problem(w, http.StatusNotFound, `{"detail": "there is no such route"}`)
	})
	return mux
}

func problem(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func canned(id int, path string) string {
	return fmt.Sprintf(`{"id": %d, "time": "2026-03-01T10:00:00Z", "collaborator": "payments", "session": "default", "origin": "live", "outcome": "stub", "reason": "the stub fits", "stub": "payments/charge-card", "duration": 1234567, "request": {"method": "POST", "host": "payments", "path": "%s", "body": {"size": 0}}, "response": {"status": 201, "body": {"size": 0}}}`, id, path)
}
