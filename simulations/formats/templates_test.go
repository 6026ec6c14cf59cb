package formats

import (
	"bufio"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"understudy/simulations"
)

// undetermined are templates whose result is random or that of a clock, or that
// need what the corpus leaves out: headers, cookies, addresses, files.
var undetermined = regexp.MustCompile(`random|pickRandom|\bnow\b|request\.(id|headers|cookies|baseUrl|host|port|scheme|clientIp|requestLine)|hostname|systemValue`)

// TestWireMockTemplates gives each observed response definition to a stub, as
// the reader makes it, asks what was asked, and compares the body.
func TestWireMockTemplates(t *testing.T) {
	f, err := os.Open(filepath.Join(corpusFolder(t, "wiremock"), "templates.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e := newEngine(t)
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	seen := make(map[string]bool)
	equal, compared := 0, 0
	for sc.Scan() {
		var o struct {
			Test, URL, Method string
			Body              *string
			Def               map[string]any
			Out               struct{ Body *string }
		}
		if err := json.Unmarshal(sc.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		body, _ := o.Def["body"].(string)
		if seen[sc.Text()] || body == "" || o.Out.Body == nil || undetermined.MatchString(body) || strings.HasSuffix(o.Test, ".customHelper") ||
			strings.HasSuffix(o.Test, ".conditionalHelper") {
			continue
		}
		seen[sc.Text()] = true
		o.Def["transformers"] = []string{"response-template"}
		delete(o.Def, "headers")
		delete(o.Def, "proxyBaseUrl")
		text, err := json.Marshal(map[string]any{"request": map[string]any{}, "response": o.Def})
		if err != nil {
			t.Fatal(err)
		}
		doc, _, _, err := Default().Decode(text, "wiremock")
		if err == nil {
			_, err = e.PutDocument(t.Context(), "template", doc, simulations.Condition{})
		}
		if err != nil {
			t.Errorf("%s: %v", o.Test, err)
			continue
		}
		method, sent := strings.Replace(o.Method, "ANY", "GET", 1), ""
		if o.Body != nil {
			sent = *o.Body
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(method, o.URL, strings.NewReader(sent)))
		compared++
		if got := w.Body.String(); got != *o.Out.Body {
			t.Errorf("%s: %s on %s: %q, want %q", o.Test, body, o.URL, got, *o.Out.Body)
			continue
		}
		equal++
	}
	t.Logf("%d of %d templates render equal", equal, compared)
	if compared < 90 {
		t.Errorf("only %d templates", compared)
	}
}
