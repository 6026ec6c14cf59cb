package admin

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"understudy/simulations"
)

// FuzzRequests sends any path, query and body to every kind of route. Whatever
// comes, the answer is one that the table knows, or a whole problem that does
// not blame understudy.
func FuzzRequests(f *testing.F) {
	for _, c := range [][3]string{
		{"PUT", "/api/v1/simulations/a?format=yaml", payments},
		{"PUT", "/api/v1/simulations/a/stubs/b", `{"request":{"path":"/a"},"response":{}}`},
		{"PUT", "/api/v1/collaborators/a/mode", `{"mode":"record"}`},
		{"POST", "/api/v1/journal/search", `{"request":{"path":{"regex":"a"}},"limit":1,"origin":"live"}`},
		{"POST", "/api/v1/journal/verify", `{"requests":[{},{"method":["GET"]}],"atLeast":1,"after":7}`},
		{"POST", "/api/v1/explain", `{"url":"http://a/?b=c","headers":{"a":["b",1]},"bodyBase64":"aGk="}`},
		{"PUT", "/api/v1/sessions/%2F%00/scenarios/a", `{"state":"b"}`},
		{"GET", "/api/v1/journal?after=1&limit=2&path=%2Fa*", ""},
		{"GET", "/api/v1/takes/18446744073709551616", ""},
		{"HEAD", "/api/v1/simulations/a/stubs?cursor=YQ", ""},
		{"DELETE", "/api/v1//journal/../x;y?z=%", ""},
	} {
		f.Add(c[0], c[1], c[2])
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		fake := newFake()
		fake.collaborators["a"] = &simulations.StoredCollaborator{Collaborator: &simulations.Collaborator{Upstream: "http://a"}, Revision: 1}
		logs := &logs{}
		s, err := New(Options{Engine: fake, MaxBody: 1 << 20, Logger: slog.New(slog.NewTextHandler(logs, nil))})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
		if err != nil || !strings.HasPrefix(target, "/") || strings.HasSuffix(r.URL.Path, "/stream") {
			return
		}
		r.RequestURI = target
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		data, _ := io.ReadAll(w.Body)
		a := &answer{t: t, status: w.Code, header: w.Header(), body: string(data)}
		if a.status >= 400 {
			a.problem()
		}
		if a.status == http.StatusInternalServerError {
			t.Errorf("%s %q %q: %s, %s", method, target, body, a.body, logs)
		}
	})
}

// FuzzStrict holds the strict decoder to the documents it may take: what it
// accepts, it has read wholly, so that an object with one more member is refused.
func FuzzStrict(f *testing.F) {
	f.Add(`{"request":{"path":"/a"},"exactly":1,"origin":"live"}`)
	f.Add(`{"requests":[{"body":{"jsonPath":{"$.a":1}}}],"atMost":1e2}`)
	f.Add("url: /\nheaders: {a: [b]}")
	f.Fuzz(func(t *testing.T, text string) {
		for _, into := range []any{&searchRequest{}, &verifyRequest{}, &askRequest{}, &modeRequest{}, &stateRequest{}, &generalizeRequest{}} {
			v, err := decodeStrict([]byte(text), into)
			if err != nil {
				if simulations.CodeOf(err) != simulations.CodeInvalid || len(fieldsOf(err)) == 0 || len(fieldsOf(err)) > 2*maxFaults {
					t.Fatalf("%T: %v", into, err)
				}
				continue
			}
			v.Set("no such member", simulations.NewBool(true))
			if _, err := decodeStrict(v.AppendJSON(nil), into); err == nil {
				t.Fatalf("%T took %s", into, v)
			}
		}
	})
}
