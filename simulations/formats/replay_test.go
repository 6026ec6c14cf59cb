package formats

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestCassettesReplay sends the requests of every cassette of the corpus in the
// order in which they were recorded: each gets the answer that it got then.
func TestCassettesReplay(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpusFolder(t, "linode-cassettes"), "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no cassettes", err)
	}
	e := newEngine(t)
	asked := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, _, _, err := Default().Decode(data, "")
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if _, err := e.PutDocument(t.Context(), "cassette", doc, simulations.Condition{}); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		v, err := simulations.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range v.Get("interactions").Items {
			request, response := x.Get("request"), x.Get("response")
			r := httptest.NewRequest(request.Get("method").Text, request.Get("url").Text, strings.NewReader(request.Get("body").Text))
			r.TLS = nil
			r.Header.Set("Understudy-Session", filepath.Base(file))
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			asked++
			got := fmt.Sprintf("%d %s", w.Code, w.Body)
			if want := response.Get("code").Text + " " + response.Get("body").Text; got != want {
				t.Errorf("%s, interaction %d: %.200s, want %.200s", filepath.Base(file), i, got, want)
			}
		}
	}
	t.Logf("%d cassettes, %d requests", len(files), asked)
}
