package test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"understudy/simulations"
)

// ask sends one request and returns the answer, read.
func (d *double) ask(method, path, session, body string, header ...string) (*http.Response, string) {
	d.t.Helper()
	r, err := http.NewRequest(method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if session != "" {
		r.Header.Set("Understudy-Session", session)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		} else {
			r.Header.Add(header[i], header[i+1])
		}
	}
	res, err := plain().Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return res, string(b)
}

// TestSequences: answers that differ are played in recorded order, repeats
// included, per session; the last one stays. The same answer is kept once.
func TestSequences(t *testing.T) {
	var n atomic.Int64
	script := []string{"A", "A", "B", "A", "C", "C"}
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/same" {
			_, _ = io.WriteString(w, "same")
			return
		}
		_, _ = io.WriteString(w, script[n.Add(1)-1])
	}))
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	for range script {
		d.ask("GET", "/changing", "", "")
		d.ask("GET", "/same", "", "")
	}
	d.mode("api", "simulate")
	for _, session := range []string{"one", "two"} {
		var got []string
		for range len(script) + 2 {
			_, b := d.ask("GET", "/changing", session, "")
			got = append(got, b)
		}
		if want := append(slices.Clone(script), "C", "C"); !slices.Equal(got, want) {
			t.Errorf("session %s: %v, want %v", session, got, want)
		}
	}
	var doc struct {
		Stubs []struct {
			Request   struct{ Path string }
			Response  *struct{ Text string }
			Responses []struct {
				Text   string
				Repeat int
			}
		}
	}
	d.call("GET", "/simulations/api-recorded?format=json", "", &doc)
	if len(doc.Stubs) != 2 {
		t.Fatalf("%d stubs", len(doc.Stubs))
	}
	for _, s := range doc.Stubs {
		if s.Request.Path == "/same" && s.Response == nil || s.Request.Path == "/changing" && len(s.Responses) != 4 {
			t.Errorf("%+v", s)
		}
	}
}

// TestHeadLengths: HEAD is answered with the length that the real service said, 0 and
// none included.
func TestHeadLengths(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if length := r.URL.Query().Get("length"); length != "" {
			w.Header().Set("Content-Length", length)
		}
	}))
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	paths := map[string]string{"/?length=0": "0", "/?length=1234": "1234", "/": ""}
	for _, mode := range []string{"record", "simulate"} {
		d.mode("api", mode)
		for path, want := range paths {
			res, _ := d.ask("HEAD", path, "", "")
			if got := res.Header.Get("Content-Length"); res.StatusCode != 200 || got != want {
				t.Errorf("%s %s: %s with length %q, want %q", mode, path, res.Status, got, want)
			}
		}
	}
}

// TestSequencesBeginAnew: a session that has played a sequence to its end plays
// the one that was recorded after it from its first answer on, and so it does when
// the newer take is dropped.
func TestSequencesBeginAnew(t *testing.T) {
	var n atomic.Int64
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, n.Add(1)) }))
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	ask := func(when, want string) {
		t.Helper()
		got := ""
		for range 3 {
			_, b := d.ask("GET", "/tick", "one", "")
			got += b
		}
		if got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	ask("recorded", "123")
	d.mode("api", "simulate")
	ask("played", "123")
	ask("played to the end", "333")
	d.mode("api", "record")
	ask("recorded again", "456")
	d.mode("api", "simulate")
	ask("the new recording", "456")
	if res := d.call("DELETE", "/takes/2", "", nil); res.StatusCode != 204 {
		t.Fatalf("drop: %s %s", res.Status, text(res))
	}
	ask("the older again", "123")
}

// TestEditsOutliveRestarts: what an edit of a recording has taken out of it does not
// come back with a later answer, after kill -9 either.
func TestEditsOutliveRestarts(t *testing.T) {
	for name, edit := range map[string]func(d *double, stub string){
		"the simulation is deleted": func(d *double, _ string) { d.call("DELETE", "/simulations/api-recorded", "", nil) },
		"the stub is deleted":       func(d *double, stub string) { d.call("DELETE", "/simulations/api-recorded/stubs/"+stub, "", nil) },
		"the stub is edited": func(d *double, _ string) {
			var doc map[string]any
			d.call("GET", "/simulations/api-recorded?format=json", "", &doc)
			doc["stubs"].([]any)[0].(map[string]any)["response"].(map[string]any)["text"] = "edited"
			b, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			d.put("api-recorded", string(b))
		},
		"nothing": nil,
	} {
		for _, restarts := range []string{"", "a", "b", "ab"} {
			var n atomic.Int64
			upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, n.Add(1)) }))
			data := t.TempDir()
			d := start(t, "--data", data)
			again := func(when string) {
				if strings.Contains(restarts, when) {
					d.kill()
					d = start(t, "--data", data)
				}
			}
			d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
			res, _ := d.ask("GET", "/tick", "", "")
			_, stub, _ := strings.Cut(res.Header.Get("Understudy-Stub"), "/")
			if stub == "" {
				t.Fatalf("what was recorded has no stub: %v", res.Header)
			}
			want := "123"
			if edit != nil {
				edit(d, stub)
				want = "233"
			}
			again("a")
			d.ask("GET", "/tick", "", "")
			again("b")
			d.ask("GET", "/tick", "", "")
			d.mode("api", "simulate")
			got := ""
			for range 3 {
				_, b := d.ask("GET", "/tick", "one", "")
				got += b
			}
			if got != want {
				t.Errorf("%s, restarts %q: %s, want %s", name, restarts, got, want)
			}
			d.stop()
		}
	}
}

// TestStragglers: an exchange that was under way when its collaborator came to
// record elsewhere joins the take that it began in, and disturbs no other.
func TestStragglers(t *testing.T) {
	var n atomic.Int64
	come, goOn := make(chan struct{}), make(chan struct{})
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(come)
			<-goOn
		}
		_, _ = fmt.Fprint(w, n.Add(1))
	}))
	d := start(t)
	into := func(simulation string) {
		d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record","recordInto":%q}`, upstream, simulation))
	}
	into("first")
	d.ask("GET", "/x", "", "")
	var slow sync.WaitGroup
	slow.Go(func() { d.ask("GET", "/slow", "", "") })
	<-come
	into("second")
	d.ask("GET", "/x", "", "")
	d.ask("GET", "/x", "", "")
	close(goOn)
	slow.Wait()
	d.ask("GET", "/x", "", "")
	var takes []simulations.Take
	d.call("GET", "/takes", "", &struct {
		Takes *[]simulations.Take `json:"takes"`
	}{&takes})
	if len(takes) != 2 || takes[0].Exchanges != 3 || takes[1].Exchanges != 2 {
		t.Errorf("%+v", takes)
	}
	d.mode("api", "simulate")
	if res := d.call("DELETE", "/simulations/first", "", nil); res.StatusCode != 204 {
		t.Fatalf("delete: %s", res.Status)
	}
	got := ""
	for range 4 {
		_, b := d.ask("GET", "/x", "one", "")
		got += b + " "
	}
	if got != "2 3 5 5 " {
		t.Errorf("played: %s", got)
	}
}

// TestTakes: a recording is refreshed in part; takes are compared and dropped.
func TestTakes(t *testing.T) {
	var version atomic.Int64
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s v%d", r.URL.Path, version.Load())
	}))
	d := start(t, "--data", t.TempDir())
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	version.Store(1)
	d.ask("GET", "/a", "", "")
	d.ask("GET", "/b", "", "")
	d.mode("api", "simulate")
	version.Store(2)
	d.mode("api", "record")
	d.ask("GET", "/b", "", "")
	d.ask("GET", "/c", "", "")
	d.mode("api", "simulate")
	expect := func(when string, want map[string]string) {
		t.Helper()
		for path, body := range want {
			res, got := d.ask("GET", path, when, "")
			if body == "" && res.StatusCode == 501 {
				continue
			}
			if got != body {
				t.Errorf("%s: %s is %q, want %q", when, path, got, body)
			}
		}
	}
	expect("refreshed", map[string]string{"/a": "/a v1", "/b": "/b v2", "/c": "/c v2"})
	var takes struct {
		Takes []struct{ ID, Exchanges, Requests int }
	}
	d.call("GET", "/takes", "", &takes)
	if len(takes.Takes) != 2 || takes.Takes[0].Exchanges != 2 || takes.Takes[0].Requests != 2 {
		t.Fatalf("%+v", takes)
	}
	newest := takes.Takes[0].ID
	if takes.Takes[1].ID > newest {
		t.Errorf("the newest is not first: %+v", takes)
	}
	var info struct {
		Differences struct {
			Before       int
			New, Changed []string
			NotSeen      []string
			Same         int
		}
	}
	d.call("GET", fmt.Sprintf("/takes/%d", newest), "", &info)
	if diff := info.Differences; diff.Before != takes.Takes[1].ID || len(diff.New) != 1 || len(diff.Changed) != 1 || len(diff.NotSeen) != 1 || diff.Same != 0 {
		t.Errorf("%+v", info)
	}
	if res := d.call("DELETE", fmt.Sprintf("/takes/%d", newest), "", nil); res.StatusCode != 204 {
		t.Fatalf("drop: %s %s", res.Status, text(res))
	}
	expect("dropped", map[string]string{"/a": "/a v1", "/b": "/b v1", "/c": ""})
}

// TestDropWhileRecording drops takes while recording goes on: what a remaining take
// has is played back, and what none has is gone.
func TestDropWhileRecording(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	const requests, connections = 600, 8
	// record asks for the paths below prefix; dropped is called once a third is there.
	record := func(d *double, prefix string, dropped func()) {
		var done atomic.Int64
		third := make(chan struct{})
		var work sync.WaitGroup
		for c := range connections {
			work.Go(func() {
				for i := c; i < requests; i += connections {
					path := fmt.Sprintf("/%s/%d", prefix, i)
					if res, body := d.ask("GET", path, "", ""); res.Header.Get("Understudy-Outcome") != "recorded" || body != path {
						t.Errorf("%s: %s %v", path, res.Status, res.Header)
					}
					if done.Add(1) == requests/3 {
						close(third)
					}
				}
			})
		}
		<-third
		dropped()
		work.Wait()
	}
	drop := func(d *double, id int) {
		if res := d.call("DELETE", fmt.Sprint("/takes/", id), "", nil); res.StatusCode != 204 {
			t.Errorf("drop %d: %s %s", id, res.Status, text(res))
		}
	}
	stubs := func(d *double) int {
		var list struct {
			Simulations []struct {
				Name  string
				Stubs int
			}
		}
		d.call("GET", "/simulations", "", &list)
		return list.Simulations[0].Stubs
	}
	begin := func() *double {
		d := start(t, "--data", t.TempDir())
		d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
		record(d, "a", func() {})
		d.mode("api", "simulate")
		d.mode("api", "record")
		return d
	}
	t.Run("the older", func(t *testing.T) {
		d := begin()
		record(d, "a", func() { drop(d, 1) })
		d.mode("api", "simulate")
		for i := range requests {
			path := fmt.Sprint("/a/", i)
			if res, body := d.ask("GET", path, "", ""); res.StatusCode != 200 || body != path {
				t.Fatalf("%s is %s", path, res.Status)
			}
		}
	})
	t.Run("the current one", func(t *testing.T) {
		d := begin()
		record(d, "b", func() { drop(d, 2) })
		var takes struct{ Takes []struct{ ID, Requests int } }
		d.call("GET", "/takes", "", &takes)
		want := 0
		for _, take := range takes.Takes {
			want += take.Requests
		}
		if n := stubs(d); n != want {
			t.Errorf("%d stubs, the takes have %d requests", n, want)
		}
		for _, take := range takes.Takes {
			drop(d, take.ID)
		}
		if n := stubs(d); n != 0 {
			t.Errorf("%d stubs are left of no take", n)
		}
	})
}

// TestSameTrafficSameSimulation: two recordings of the same traffic, in two
// understudies, export the same bytes, whatever differs from call to call.
func TestSameTrafficSameSimulation(t *testing.T) {
	var n atomic.Int64
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
		n.Add(1)
	}))
	record := func() string {
		d := start(t)
		d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
		for i := range 20 {
			id := fmt.Sprintf("%032x", n.Load())
			d.ask("POST", fmt.Sprintf("/x/%d?q=1&q=2", i%7), "", fmt.Sprintf(`{"b": %d.0, "a": [1, 2]}`, i%3), "Content-Type", "application/json",
				"X-Request-Id", id, "Authorization", "Bearer "+id, "User-Agent", "agent/"+id, "Traceparent", "00-"+id+"-00f067aa0ba902b7-01", "X-Custom", "kept")
			d.ask("POST", "/form", "", "b=2&a=1", "Content-Type", "application/x-www-form-urlencoded")
			d.ask("POST", "/xml", "", "<a><b/></a>", "Content-Type", "text/xml")
			d.ask("POST", "/bytes", "", "\x00\xff", "Content-Type", "application/octet-stream")
		}
		d.mode("api", "simulate")
		// What is not significant may differ in playback.
		for _, c := range [][4]string{
			{"/x/0?q=2&q=1", `{"a":[1,2],"b":0}`, "application/json", "X-Custom"},
			{"/form", "a=1&b=2", "application/x-www-form-urlencoded", ""},
			{"/xml", "<a>\n  <b></b>\n</a>", "text/xml", ""},
			{"/bytes", "\x00\xff", "application/octet-stream", ""},
		} {
			header := []string{"Content-Type", c[2], "User-Agent", "another"}
			if c[3] != "" {
				header = append(header, c[3], "kept")
			}
			if res, b := d.ask("POST", c[0], "", c[1], header...); res.StatusCode != 200 {
				t.Errorf("%s %q: %s %s", c[0], c[1], res.Status, b)
			}
		}
		// What is, may not.
		for _, c := range [][2]string{{"/x/0?q=1", `{"a":[1,2],"b":0}`}, {"/x/0?q=1&q=2", `{"a":[2,1],"b":0}`}, {"/x/0?q=1&q=2&z=1", `{"a":[1,2],"b":0}`}, {"/form", ""}, {"/form", "a=1&b=2&c=3"}, {"/form", "a=1&b=2&b=2"}} {
			if res, _ := d.ask("POST", c[0], "", c[1], "Content-Type", "application/json", "X-Custom", "kept"); res.StatusCode != 501 {
				t.Errorf("%s %q is answered: %s", c[0], c[1], res.Status)
			}
		}
		return text(d.call("GET", "/simulations/api-recorded?format=yaml", "", nil))
	}
	first, second := record(), record()
	if first != second {
		t.Errorf("they differ:\n%s\n---\n%s", first, second)
	}
}

// TestCodings: an encoded body is kept as it was, matched decoded, and decoded
// for a client that does not take it.
func TestCodings(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(z, `{"real":true}`)
	_ = z.Close()
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Add("Trailer", "X-Sum")
		_, _ = w.Write(zipped.Bytes())
		w.Header().Set("X-Sum", "42")
	}))
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	for _, mode := range []string{"record", "simulate"} {
		d.mode("api", mode)
		r, _ := http.NewRequest("POST", d.url+"/", bytes.NewReader(zipped.Bytes()))
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := plain().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := text(res); got != zipped.String() || res.Header.Get("Content-Encoding") != "gzip" || res.Trailer.Get("X-Sum") != "42" {
			t.Errorf("%s: %q %v, trailer %v", mode, got, res.Header, res.Trailer)
		}
	}
	// The recorded request is matched by what it says, not by how it was packed.
	res, b := d.ask("POST", "/", "", `{"real": true}`, "Content-Type", "application/json", "Content-Encoding", "identity")
	if res.StatusCode != 501 {
		t.Logf("identity coding: %s %s", res.Status, b)
	}
}

// TestRedaction: what a rule names is nowhere afterwards: not in the store's
// files, the journal, an export or the log; and playback works with the real values.
func TestRedaction(t *testing.T) {
	const canary = "canary-7f3a9"
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", "sid="+canary+"-cookie; Path=/")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Echo", canary+"-header")
		_, _ = w.Write(b)
	}))
	dir := t.TempDir()
	d := start(t, "--data", dir, "--log-level", "debug")
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record","redact":[
		{"header":"X-Echo"},{"query":"key","as":"token"},{"cookie":"track","as":"drop"},{"form":"password"},
		{"jsonPath":"$.card.number","as":"token"},{"jsonPath":"$..secret","as":"drop"},{"regex":"canary-[0-9a-z]+-text"}]}`, upstream))
	send := func(card string) (*http.Response, string) {
		return d.ask("POST", "/pay/"+canary+"-text?key="+canary+"-query", "", fmt.Sprintf(`{"card":{"number":"%s-%s"},"deep":[{"secret":"%s-deep"}],"note":"say %s-text"}`, canary, card, canary, canary),
			"Content-Type", "application/json", "Authorization", "Bearer "+canary+"-auth", "X-Api-Key", canary+"-key", "Cookie", "sid="+canary+"-c; track="+canary+"-t")
	}
	res, b := send("1")
	if res.StatusCode != 200 || !strings.Contains(b, canary+"-1") || !strings.Contains(res.Header.Get("Set-Cookie"), canary) {
		t.Fatalf("the client's own answer is redacted: %s %s %v", res.Status, b, res.Header)
	}
	d.ask("POST", "/form", "", "user=u&password="+canary+"-form", "Content-Type", "application/x-www-form-urlencoded")
	d.mode("api", "simulate")
	if res, b := send("1"); res.Header.Get("Understudy-Outcome") != "stub" {
		t.Errorf("the same request is not answered: %s %s", res.Status, b)
	}
	if res, _ := send("2"); res.StatusCode != 501 {
		t.Errorf("another card is answered: %s", res.Status)
	}
	// A near miss and a difference tell of the request and the answer too.
	d.put("auth", "understudy: v1\ncollaborator: api\nstubs: [{request: {path: /auth, headers: {Authorization: Bearer x}, query: {key: k}, cookies: {sid: s}}, response: {}}]\n")
	if res, b := d.ask("GET", "/auth?key="+canary+"-q", "", "", "Authorization", "Bearer "+canary, "Cookie", "sid="+canary); res.StatusCode != 501 || strings.Contains(b, canary) {
		t.Errorf("a miss: %s %s", res.Status, b)
	}
	d.mode("api", "diff")
	send("1")
	d.ask("POST", "/pay/other?key="+canary, "", canary+"-text")
	for _, path := range []string{"/journal", "/simulations/api-recorded?format=yaml", "/takes", "/status"} {
		if out := text(d.call("GET", path, "", nil)); strings.Contains(out, canary) {
			t.Errorf("%s holds a canary: %s", path, out)
		}
	}
	d.stop()
	if strings.Contains(d.log.String(), canary) {
		t.Errorf("the log holds a canary")
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("%s holds a canary", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDiff: the upstream answers, and what it says otherwise than the stub is in the journal.
func TestDiff(t *testing.T) {
	var changed atomic.Bool
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !changed.Load() {
			_, _ = io.WriteString(w, `{"id": 1, "at": "10:00", "items": [{"n": 1.0}]}`)
			return
		}
		w.Header().Set("X-New", "1")
		w.WriteHeader(203)
		_, _ = io.WriteString(w, `{"id": 2, "at": "11:00", "items": [{"n": 1}, {"n": 2}]}`)
	}))
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record","diff":{"ignorePaths":["$.at"]}}`, upstream))
	d.ask("GET", "/x", "", "")
	d.mode("api", "diff")
	d.ask("GET", "/x", "", "")
	changed.Store(true)
	if res, b := d.ask("GET", "/x", "", ""); res.StatusCode != 203 || !strings.Contains(b, `"id": 2`) {
		t.Errorf("the upstream does not answer: %s %s", res.Status, b)
	}
	d.ask("GET", "/other", "", "")
	var page struct {
		Entries []struct {
			Reason      string
			Differences []struct{ Path, Kind, Stub, Upstream string }
		}
	}
	d.call("GET", "/journal", "", &page)
	if n := len(page.Entries); n != 4 {
		t.Fatalf("%d entries", n)
	}
	if len(page.Entries[1].Differences) != 0 {
		t.Errorf("alike, but %+v", page.Entries[1].Differences)
	}
	var got []string
	for _, x := range page.Entries[2].Differences {
		got = append(got, x.Path+" "+x.Kind)
	}
	want := []string{"status changed", "headers.X-New missing", "$['id'] changed", "$['items'][1] missing"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if x := page.Entries[3]; len(x.Differences) != 1 || x.Differences[0].Path != "stub" {
		t.Errorf("without a stub: %+v", x)
	}
}

// TestVerify counts and orders what came.
func TestVerify(t *testing.T) {
	d := start(t)
	d.put("main", "understudy: v1\nstubs: [{request: {}, response: {}}]\n")
	for _, p := range []string{"/login", "/buy", "/buy", "/logout"} {
		d.ask("POST", p, "s", `{"n":1}`, "Content-Type", "application/json")
	}
	for body, want := range map[string]bool{
		`{"request":{"path":"/buy"},"exactly":2}`:                                            true,
		`{"request":{"path":"/buy","body":{"jsonPath":{"$.n":1}}},"atLeast":1,"atMost":2}`:   true,
		`{"request":{"path":"/buy"},"exactly":1}`:                                            false,
		`{"request":{"path":"/sell"}}`:                                                       false,
		`{"request":{"path":"/sell"},"atMost":0}`:                                            true,
		`{"requests":[{"path":"/login"},{"path":"/buy"},{"path":"/logout"}],"inOrder":true}`: true,
		`{"requests":[{"path":"/logout"},{"path":"/buy"}],"inOrder":true}`:                   false,
		`{"request":{"path":"/buy"},"session":"another","atLeast":1}`:                        false,
		`{"request":{"method":"POST"},"session":"s","exactly":4}`:                            true,
	} {
		var out struct {
			OK     bool
			Detail string
		}
		d.call("POST", "/journal/verify", body, &out)
		if out.OK != want {
			t.Errorf("%s: %v, %s", body, out.OK, out.Detail)
		}
	}
	for body, want := range map[string]int{
		`{"request":{"path":"/sell"}}`:                 0, // nothing in common with what came
		`{"request":{"path":"/bay"}}`:                  2, // each /buy
		`{"request":{"path":"/sell","method":"POST"}}`: 3,
		`{"request":{"path":"/sell","method":"GET"}}`:  0,
	} {
		var out struct {
			Nearest []struct {
				Stub  string
				Score float64
			}
		}
		d.call("POST", "/journal/verify", body, &out)
		if len(out.Nearest) != want || want == 2 && !strings.HasSuffix(out.Nearest[0].Stub, "POST /buy") {
			t.Errorf("%s: %d are near, want %d: %v", body, len(out.Nearest), want, out.Nearest)
		}
	}
	var found struct{ Entries []json.RawMessage }
	d.call("POST", "/journal/search", `{"request":{"path":{"startsWith":"/log"}}}`, &found)
	if len(found.Entries) != 2 {
		t.Errorf("search finds %d", len(found.Entries))
	}
}

// TestWhatNoDocumentHolds: an answer beyond what a document may say reaches the
// client, is kept in the log, makes no stub, and the next start is none the worse.
func TestWhatNoDocumentHolds(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/latin" {
			w.Header()["X-Latin"] = []string{"caf\xe9"}
			return
		}
		w.WriteHeader(799)
	}))
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	if res, _ := d.ask("GET", "/799", "", ""); res.StatusCode != 799 {
		t.Errorf("the client gets %s", res.Status)
	}
	if res, _ := d.ask("GET", "/latin", "", ""); res.Header.Get("X-Latin") != "caf\xe9" {
		t.Errorf("the client gets %q", res.Header.Get("X-Latin"))
	}
	d.ask("GET", "/latin?q=\xe9", "", "", "X-Custom", "\xe9")
	var takes struct {
		Takes []struct{ Exchanges, Requests, Cut int }
	}
	d.call("GET", "/takes", "", &takes)
	if len(takes.Takes) != 1 || takes.Takes[0].Exchanges != 3 || takes.Takes[0].Requests != 0 || takes.Takes[0].Cut != 3 {
		t.Errorf("%+v", takes)
	}
	d.kill()
	d = start(t, "--data", dir)
	d.mode("api", "simulate")
	if res, _ := d.ask("GET", "/799", "", ""); res.StatusCode != 501 {
		t.Errorf("played back: %s", res.Status)
	}
}

// switched agrees to an upgrade and returns the connection, which is the caller's to
// close; nil where there is none to have.
func switched(t *testing.T, w http.ResponseWriter) (net.Conn, *bufio.ReadWriter) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	_ = rw.Flush()
	return conn, rw
}

// TestUpgradePassesThrough: a protocol switch is spliced in mode forward, and
// refused where a mutating request is.
func TestUpgradePassesThrough(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, rw := switched(t, w)
		if conn == nil {
			return
		}
		defer conn.Close()
		line, _ := rw.ReadString('\n')
		_, _ = rw.WriteString("echo " + line)
		_ = rw.Flush()
	}))
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"forward"}`, upstream))
	for mode, want := range map[string]int{"forward": 101, "spy": 501, "simulate": 501} {
		d.mode("api", mode)
		c := dial(t, d.url)
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		res, err := http.ReadResponse(c.r, nil)
		if err != nil || res.StatusCode != want {
			// The collaborator declares no hosts, so any Host is its own.
			t.Fatalf("%s: %v %v", mode, res, err)
		}
		if want == 101 {
			_, _ = io.WriteString(c, "hello\n")
			if line, err := c.r.ReadString('\n'); err != nil || line != "echo hello\n" {
				t.Errorf("%q %v", line, err)
			}
		}
		c.Close()
	}
}

// TestUpstreamHTTP2: an upstream over TLS is spoken to in HTTP/2 where it has that, and
// recorded with its trailers, as gRPC needs; an upgrade goes there in HTTP/1.1.
func TestUpstreamHTTP2(t *testing.T) {
	real := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			if conn, _ := switched(t, w); conn != nil {
				_ = conn.Close()
			}
			return
		}
		sent, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/same" {
			w.Header().Set("Content-Length", "55")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if r.URL.Path == "/large" {
			w.Header().Set("Content-Length", strconv.Itoa(len(r.Proto)+1+len(sent)))
		}
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = io.WriteString(w, r.Proto+" "+string(sent))
		w.Header().Set("Grpc-Status", "0")
	}))
	real.EnableHTTP2 = true
	real.StartTLS()
	t.Cleanup(real.Close)
	d := start(t)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"upstreamTLS":{"insecureSkipVerify":true},"mode":"record"}`, real.URL))
	for _, mode := range []string{"record", "simulate"} {
		d.mode("api", mode)
		for path, sent := range map[string]string{"/call": "x", "/large": strings.Repeat("x", 100_000)} {
			res, body := d.ask("POST", path, "", sent)
			if body != "HTTP/2.0 "+sent || res.Trailer.Get("Grpc-Status") != "0" {
				t.Errorf("%s %s: %s %.20q %v", mode, path, res.Status, body, res.Trailer)
			}
		}
		if res, body := d.ask("GET", "/same", "", ""); res.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s: %s %q", mode, res.Status, body)
		}
	}
	d.mode("api", "forward")
	c := dial(t, d.url)
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	if res, err := http.ReadResponse(c.r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("%v %v", res, err)
	}
}

// TestDocumentsKeepModes: importing a document again leaves the mode that a
// collaborator was switched to; an exported recording, read into where it came
// from, takes nothing away; what a document does say applies.
func TestDocumentsKeepModes(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "real") }))
	d := start(t)
	doc := fmt.Sprintf("understudy: v1\ncollaborators:\n  api: {hosts: [api], upstream: %q, routes: [{path: /health, mode: forward}]}\nstubs: []\n", upstream)
	d.put("api", doc)
	etag := d.call("GET", "/simulations/api", "", nil).Header.Get("Etag")
	d.mode("api", "record")
	if now := d.call("GET", "/simulations/api", "", nil).Header.Get("Etag"); now == etag {
		t.Error("the mode is part of the export, but its ETag stays")
	}
	d.ask("GET", "/x", "", "", "Host", "api")
	exported := text(d.call("GET", "/simulations/api-recorded?format=yaml", "", nil))
	if strings.Contains(exported, "mode:") || strings.Contains(exported, "routes:") {
		t.Errorf("a recording is exported with a mode:\n%s", exported)
	}
	expect := func(when, mode string, routes int) {
		t.Helper()
		var info struct {
			Mode   string
			Config struct{ Routes []any }
		}
		d.call("GET", "/collaborators/api", "", &info)
		if info.Mode != mode || len(info.Config.Routes) != routes {
			t.Errorf("%s: mode %s, %d routes", when, info.Mode, len(info.Config.Routes))
		}
	}
	d.put("api-recorded", exported)
	expect("its recording again", "record", 1)
	d.put("api", doc)
	expect("the same document", "record", 1)
	d.put("api", strings.Replace(doc, ", routes: [{path: /health, mode: forward}]", "", 1))
	expect("without routes", "record", 0)
	d.put("api", strings.Replace(doc, "hosts: [api]", "hosts: [api], mode: simulate", 1))
	expect("with a mode", "simulate", 1)
}

// TestConcurrentTrafficSameSimulation: the order in which concurrent requests
// happen to end leaves no trace in the document.
func TestConcurrentTrafficSameSimulation(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }))
	record := func() string {
		d := start(t)
		d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
		var clients sync.WaitGroup
		for c := range 8 {
			clients.Go(func() {
				for i := range 25 {
					d.ask("GET", fmt.Sprintf("/%d/%d", c, i), "", "")
				}
			})
		}
		clients.Wait()
		return text(d.call("GET", "/simulations/api-recorded?format=yaml", "", nil))
	}
	if first, second := record(), record(); first != second || strings.Count(first, "- id:") != 200 {
		t.Errorf("they differ, or have not 200 stubs: %d and %d", strings.Count(first, "- id:"), strings.Count(second, "- id:"))
	}
}
