package test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulations/formats/wiremock"
)

// exchange is one HTTP exchange with WireMock, as it was observed.
type exchange struct {
	Test        string
	Method, URI string
	ReqH        http.Header
	ReqB        []byte
	Status      int
	RespH       http.Header
	RespB       []byte
}

// outside are cases about what a file of stubs does not say: the recorder, the
// proxy, extensions in Java, WireMock's own disk.
var outside = map[string]string{
	"RecordApiAcceptanceTest":            "record",
	"RecordingDslAcceptanceTest":         "record",
	"SnapshotDslAcceptanceTest":          "record",
	"MappingsAcceptanceTest":             "local disk",
	"RemoteMappingsLoaderAcceptanceTest": "local disk",
	"SavingMappingsAcceptanceTest":       "local disk",
	"FaultsAcceptanceTest":               "faults do not pass the proxy that observed",
}

// wiremockDiffers are the calls that differ, and why.
var wiremockDiffers = map[string]string{
	"AdminApiTest.removeUnmatchedStubMappingsWithMultipleMappings":                                "the admin API removes no stubs by what the journal has",
	"BasicAuthAcceptanceTest.matchesPreemptiveBasicAuthWhenCredentialAreCorrect":                  "WireMock compresses the empty body for who accepts gzip",
	"HeaderMatchingAcceptanceTest.mappingMatchedWithRegexHeaders":                                 "an answer of status 304 has no Content-Type here (net/http)",
	"HeaderMatchingAcceptanceTest.mappingWithExactUrlMethodAndHeaderMatchingIsCreatedAndReturned": "an answer of status 304 has no Content-Type here (net/http)",
	"StubbingAcceptanceTest.matchesOnNowOffsetDate":                                               "asks for the hour in which it was observed",
	"JsonSchemaMatchingAcceptanceTest.doesNotMatchStubWhenSchemaIsValidJsonButNotValidSchema":     "a schema that is none, which never matches there, is refused",
}

// TestWireMockExchanges plays what WireMock's own acceptance tests sent it:
// their edits of mappings through the importer and the admin API, their calls
// through the data plane. Status, body and the headers that the stub sets must
// agree; what does not is listed with its reason.
func TestWireMockExchanges(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(corpus(t, "wiremock"), "exchanges", "*.ndjson"))
	if err != nil || len(files) == 0 {
		t.Fatal("no exchanges", err)
	}
	d := start(t)
	p := &wiremockPlayer{t: t, d: d}
	for _, file := range files {
		class := strings.TrimSuffix(filepath.Base(file), ".ndjson")
		if outside[class] != "" {
			continue
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		p.reset()
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			var x exchange
			if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
				t.Fatal(err)
			}
			p.now = x.Test
			p.play(&x)
		}
		_ = f.Close()
	}
	share := 100 * float64(p.agreed) / float64(p.served)
	t.Logf("%d of %d served calls agree, %.1f %%; %d mappings were refused", p.agreed, p.served, share, p.refused)
	for _, s := range p.different {
		test, _, _ := strings.Cut(s, ":")
		if why := wiremockDiffers[test]; why != "" {
			t.Logf("%s: %s", test, why)
			continue
		}
		t.Errorf("differs, and is not listed: %s", s)
	}
	if share < 95 {
		t.Errorf("only %.1f %% of the served calls agree", share)
	}
}

type wiremockPlayer struct {
	t         *testing.T
	d         *double
	stubs     map[string]*simulations.Stub
	sources   map[string]string // the request of each, for removal by it
	now       string            // the case that is played
	onDisk    map[string]bool   // the stubs whose body WireMock has in a file
	served    int
	agreed    int
	refused   int
	different []string
}

const played = "wiremock"

func (p *wiremockPlayer) reset() {
	p.d.put(played, "understudy: v1\n")
	p.stubs, p.sources, p.onDisk = map[string]*simulations.Stub{}, map[string]string{}, map[string]bool{}
	p.d.call("DELETE", "/sessions/default", "", nil)
}

func (p *wiremockPlayer) play(x *exchange) {
	path, ok := strings.CutPrefix(x.URI, "/__admin")
	if !ok {
		p.call(x)
		return
	}
	path, _, _ = strings.Cut(path, "?")
	if x.Status >= 300 {
		return
	}
	id, isOne := strings.CutPrefix(path, "/mappings/")
	switch op := x.Method + " " + path; {
	case op == "POST /mappings/reset", op == "POST /reset", op == "DELETE /mappings":
		p.reset()
	case op == "POST /mappings", op == "POST /mappings/edit":
		p.put(x.RespB, x.ReqB)
	case op == "POST /mappings/import":
		p.imported(x.ReqB)
	case op == "POST /mappings/remove":
		p.remove(x.ReqB)
	case op == "POST /scenarios/reset":
		p.d.call("DELETE", "/sessions/default", "", nil)
	case x.Method == "PUT" && strings.HasPrefix(path, "/scenarios/"):
		name := strings.TrimSuffix(strings.TrimPrefix(path, "/scenarios/"), "/state")
		var body struct{ State string }
		if json.Unmarshal(x.ReqB, &body) != nil || body.State == "" || body.State == "Started" {
			body.State = "started"
		}
		p.d.call("PUT", "/sessions/default/scenarios/"+url.PathEscape(name), fmt.Sprintf(`{"state":%q}`, body.State), nil)
	case x.Method == "PUT" && isOne:
		p.put([]byte(`{"id":"`+id+`"}`), x.ReqB)
	case x.Method == "DELETE" && isOne && id != "unmatched":
		p.drop(id)
	}
}

// put converts a mapping and puts its stub.
func (p *wiremockPlayer) put(answer, mapping []byte) {
	var is struct{ ID string }
	_ = json.Unmarshal(answer, &is)
	doc, _, err := wiremock.Format{}.Decode(mapping)
	if err != nil || len(doc.Stubs) != 1 || is.ID == "" {
		p.refused++
		p.different = append(p.different, fmt.Sprintf("%s: refused: %v", p.now, err))
		return
	}
	s := doc.Stubs[0]
	s.ID = is.ID
	if s.Response.File != "" {
		// The file lies on WireMock's disk: what matches is compared, without it.
		s.Response.File, p.onDisk[s.ID] = "", true
	}
	res := p.d.call("PUT", "/simulations/"+played+"/stubs/"+is.ID, string(s.Value().AppendJSON(nil)), nil)
	if res.StatusCode >= 300 {
		p.refused++
		p.different = append(p.different, fmt.Sprintf("%s: not accepted: %s: %s", p.now, compact(mapping), text(res)))
		return
	}
	p.stubs[s.ID] = s
	var m struct{ Request json.RawMessage }
	_ = json.Unmarshal(mapping, &m)
	p.sources[s.ID] = compact(m.Request)
}

func compact(raw json.RawMessage) string {
	v, err := simulations.ParseJSON(raw)
	if err != nil {
		return string(raw)
	}
	return v.Canonical().String()
}

func (p *wiremockPlayer) drop(id string) {
	p.d.call("DELETE", "/simulations/"+played+"/stubs/"+id, "", nil)
	delete(p.stubs, id)
	delete(p.sources, id)
}

// remove is by id, else by an equal request.
func (p *wiremockPlayer) remove(mapping []byte) {
	var m struct {
		ID      string
		Request json.RawMessage
	}
	_ = json.Unmarshal(mapping, &m)
	if _, ok := p.stubs[m.ID]; ok {
		p.drop(m.ID)
		return
	}
	for id, request := range p.sources {
		if request == compact(m.Request) {
			p.drop(id)
			return
		}
	}
}

func (p *wiremockPlayer) imported(body []byte) {
	var list struct {
		Mappings      []json.RawMessage
		ImportOptions struct {
			DuplicatePolicy      string
			DeleteAllNotInImport bool
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		p.t.Fatal(err)
	}
	var kept []string
	for _, m := range slices.Backward(list.Mappings) {
		var is struct{ ID string }
		_ = json.Unmarshal(m, &is)
		if is.ID == "" {
			is.ID = fmt.Sprintf("imported-%d", len(p.stubs))
		}
		kept = append(kept, is.ID)
		if p.stubs[is.ID] == nil || list.ImportOptions.DuplicatePolicy != "IGNORE" {
			p.put([]byte(`{"id":"`+is.ID+`"}`), m)
		}
	}
	if list.ImportOptions.DeleteAllNotInImport {
		for id := range p.stubs {
			if !slices.Contains(kept, id) {
				p.drop(id)
			}
		}
	}
}

// call plays a served call and compares the answers.
func (p *wiremockPlayer) call(x *exchange) {
	p.served++
	res, body, err := raw(p.d.url, x)
	why := ""
	matched := x.RespH.Get("Matched-Stub-Id")
	switch {
	case err != nil:
		why = err.Error()
	case matched == "":
		if o := res.Header.Get("Understudy-Outcome"); o == "stub" {
			why = "WireMock has no stub for it, and here " + res.Header.Get("Understudy-Stub") + " answers"
		}
	case res.StatusCode != x.Status:
		why = fmt.Sprintf("status %d, want %d: %.300s", res.StatusCode, x.Status, body)
	case string(body) != string(x.RespB) && !p.onDisk[matched]:
		why = fmt.Sprintf("body %.200q, want %.200q", body, x.RespB)
	default:
		if s := p.stubs[matched]; s != nil && s.Response != nil {
			for name := range s.Response.Headers {
				if got, want := res.Header.Values(name), x.RespH.Values(name); !slices.Equal(got, want) {
					why = fmt.Sprintf("header %s %q, want %q", name, got, want)
				}
			}
		}
	}
	if why == "" {
		p.agreed++
		return
	}
	p.different = append(p.different, fmt.Sprintf("%s: %s %s: %s", x.Test, x.Method, x.URI, why))
}

// raw sends a request as it was sent, target and all.
func raw(to string, x *exchange) (*http.Response, []byte, error) {
	host := strings.TrimPrefix(to, "http://")
	c, err := net.DialTimeout("tcp", host, 5*time.Second)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", x.Method, x.URI, host)
	for name, values := range x.ReqH {
		if slices.Contains([]string{"Connection", "Content-Length", "Transfer-Encoding", "Host"}, name) {
			continue
		}
		for _, v := range values {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	if len(x.ReqB) > 0 || x.ReqH["Content-Length"] != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(x.ReqB))
	}
	b.WriteString("\r\n")
	b.Write(x.ReqB)
	if _, err := io.WriteString(c, b.String()); err != nil {
		return nil, nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: x.Method})
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, body, err
}
