package test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
)

// cassette is go-vcr's format, version 1.
type cassette struct {
	Interactions []interaction `yaml:"interactions"`
}

type interaction struct {
	Request struct {
		Body    string      `yaml:"body"`
		Headers http.Header `yaml:"headers"`
		URL     string      `yaml:"url"`
		Method  string      `yaml:"method"`
	} `yaml:"request"`
	Response struct {
		Body    string      `yaml:"body"`
		Headers http.Header `yaml:"headers"`
		Code    int         `yaml:"code"`
	} `yaml:"response"`
}

func loadCassettes(t testing.TB) []interaction {
	dir := corpus(t, "linode-cassettes")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cassettes in %s: %v", dir, err)
	}
	slices.Sort(files)
	var all []interaction
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var c cassette
		if err := yaml.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, c.Interactions...)
	}
	return all
}

// tape replays interactions, in recorded order per request.
type tape struct {
	mu      sync.Mutex
	answers map[string][]interaction
	served  int
}

func newTape(all []interaction) *tape {
	tp := &tape{answers: map[string][]interaction{}}
	for _, in := range all {
		k := in.key()
		tp.answers[k] = append(tp.answers[k], in)
	}
	return tp
}

func (in *interaction) key() string {
	u, err := url.Parse(in.Request.URL)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%s %s %s?%s %s", in.Request.Method, u.Host, u.EscapedPath(), u.RawQuery, in.Request.Body)
}

func (tp *tape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := fmt.Sprintf("%s %s %s?%s %s", r.Method, r.Host, r.URL.EscapedPath(), r.URL.RawQuery, body)
	tp.mu.Lock()
	queue := tp.answers[key]
	if len(queue) > 0 {
		tp.answers[key] = queue[1:]
	}
	tp.served++
	tp.mu.Unlock()
	if len(queue) == 0 {
		http.Error(w, "the tape has no "+key, http.StatusTeapot)
		return
	}
	in := queue[0]
	for name, values := range in.Response.Headers {
		if name != "Connection" && name != "Content-Length" && name != "Transfer-Encoding" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(in.Response.Code)
	_, _ = io.WriteString(w, in.Response.Body)
}

// play sends every interaction in order through understudy and returns what
// differs from what was recorded.
func play(t testing.TB, base, session string, all []interaction) (differences []string) {
	t.Helper()
	client := plain()
	for i, in := range all {
		u, err := url.Parse(in.Request.URL)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(in.Request.Method, base+u.RequestURI(), strings.NewReader(in.Request.Body))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = u.Host
		for name, values := range in.Request.Headers {
			r.Header[name] = values
		}
		r.Header.Set("Understudy-Session", session)
		res, err := client.Do(r)
		if err != nil {
			differences = append(differences, fmt.Sprintf("%d %s %s: %v", i, r.Method, in.Request.URL, err))
			continue
		}
		got, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if d := in.compare(res, got); d != "" {
			differences = append(differences, fmt.Sprintf("%d %s %s: %s (outcome %s, stub %s)", i, r.Method, in.Request.URL, d, res.Header.Get("Understudy-Outcome"), res.Header.Get("Understudy-Stub")))
		}
	}
	return differences
}

func (in *interaction) compare(res *http.Response, body []byte) string {
	if res.StatusCode != in.Response.Code {
		return fmt.Sprintf("status %d, recorded %d: %.200s", res.StatusCode, in.Response.Code, body)
	}
	if !bytes.Equal(body, []byte(in.Response.Body)) {
		return fmt.Sprintf("body differs: %.200q, recorded %.200q", body, in.Response.Body)
	}
	for name, values := range in.Response.Headers {
		if name == "Connection" || name == "Content-Length" || name == "Transfer-Encoding" {
			continue
		}
		if !slices.Equal(res.Header[name], values) {
			return fmt.Sprintf("header %s is %q, recorded %q", name, res.Header[name], values)
		}
	}
	for name := range res.Header {
		if in.Response.Headers[name] == nil && name != "Date" && name != "Content-Length" && !strings.HasPrefix(name, "Understudy-") {
			return fmt.Sprintf("header %s was not recorded", name)
		}
	}
	return ""
}

func report(t testing.TB, when string, differences []string) {
	t.Helper()
	for i, d := range differences {
		if i == 10 {
			t.Errorf("%s: and %d more", when, len(differences)-10)
			break
		}
		t.Errorf("%s: %s", when, d)
	}
}

// TestRecordAndPlayBack is the main job on a real API's traffic: record it,
// pull the plug, and go on; after a restart, and in another understudy too.
func TestRecordAndPlayBack(t *testing.T) {
	all := loadCassettes(t)
	tp := newTape(all)
	origin, stopOrigin := serve(t, tp)
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.collaborator("linode", fmt.Sprintf(`{"hosts":["*"],"upstream":%q,"preserveHost":true,"mode":"record"}`, origin))
	report(t, "recording", play(t, d.url, "recording", all))
	if tp.served != len(all) {
		t.Fatalf("the origin served %d of %d", tp.served, len(all))
	}
	stopOrigin()
	d.mode("linode", "simulate")
	report(t, "simulate", play(t, d.url, "fresh-1", all))

	res := d.call("GET", "/simulations/linode-recorded?format=yaml", "", nil)
	exported := text(res)
	if res.StatusCode != 200 {
		t.Fatalf("export: %s", res.Status)
	}
	d.kill()
	d = start(t, "--data", dir)
	report(t, "after kill -9 and a restart", play(t, d.url, "fresh-2", all))

	other := start(t)
	other.put("linode-recorded", exported)
	report(t, "after export and import", play(t, other.url, "fresh", all))
	if tp.served != len(all) {
		t.Errorf("the origin was asked %d more times", tp.served-len(all))
	}
}
