package admin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/simulations"
)

// aRequest is an exchange as the journal holds one.
func aRequest(method, path string) *simulations.Exchange {
	return &simulations.Exchange{
		Time: time.Unix(1, 0).UTC(), Collaborator: "pay", Session: "default", Origin: simulations.OriginUnknown, Outcome: simulations.OutcomeStub,
		Mode: simulations.ModeSimulate, Duration: time.Millisecond,
		Request:  simulations.RequestMessage{Method: method, Host: "pay", Path: path, Body: simulations.Body{Data: []byte("grüß <dich>"), Size: 12}},
		Response: simulations.ResponseMessage{Status: 200},
	}
}

func TestJournal(t *testing.T) {
	p := start(t)
	p.do("GET", "/api/v1/journal", "").want(200).says(`{"entries":[],"next":0,"missed":0,"more":false}`)
	for i := range 5 {
		p.engine.served(aRequest("GET", fmt.Sprintf("/v1/%d", i)))
	}
	page := p.do("GET", "/api/v1/journal?limit=2&after=1", "").want(200).json()
	if n := len(page["entries"].([]any)); n != 2 || page["next"] != 3.0 || page["more"] != true {
		t.Errorf("the page: %v", page)
	}
	p.do("GET", "/api/v1/journal/3", "").want(200).says(`"path":"/v1/2"`, `"body":{"size":12,"text":"grüß <dich>"}`)
	p.do("GET", "/api/v1/journal/9", "").want(404)
	p.do("GET", "/api/v1/journal?collaborator=c&session=s&origin=shadow&outcome=miss&method=PUT&path=/a*&after=7&limit=9", "").want(200)
	want := simulations.JournalFilter{After: 7, Limit: 9, Collaborator: "c", Session: "s", Origin: "shadow", Outcome: "miss", Method: "PUT", Path: "/a*"}
	if !reflect.DeepEqual(p.engine.filter, want) {
		t.Errorf("asked the engine for %+v", p.engine.filter)
	}
	p.do("GET", "/api/v1/journal?origin=shadw", "").want(400).says("shadow", "did you mean")
	p.do("GET", "/api/v1/journal?outcome=x&after=-1&sesion=a", "").want(400).says("outcome", "after", "sesion")
	p.do("GET", "/api/v1/journal?limit=1001", "").want(400)
	p.engine.overwrite(2)
	p.do("GET", "/api/v1/journal?after=1", "").want(200).says(`"missed":1`)
	p.do("DELETE", "/api/v1/journal", "").want(204)
	p.do("GET", "/api/v1/journal", "").want(200).says(`"entries":[]`)
}

func TestBodiesShown(t *testing.T) {
	for _, c := range []struct {
		body     simulations.Body
		encoding string
		want     content
	}{
		{simulations.Body{}, "", content{}},
		{simulations.Body{Data: []byte("ä"), Size: 2}, "", content{Size: 2, Text: "ä"}},
		{simulations.Body{Data: []byte("ä"), Size: 2}, "gzip", content{Size: 2, Base64: []byte("ä")}},
		{simulations.Body{Data: []byte("ä"), Size: 2}, "identity", content{Size: 2, Text: "ä"}},
		{simulations.Body{Data: []byte{0xff, 0}, Size: 2}, "", content{Size: 2, Base64: []byte{0xff, 0}}},
		{simulations.Body{Data: []byte("a\xc3"), Size: 9, Truncated: true}, "", content{Size: 9, Truncated: true, Text: "a"}},
		{simulations.Body{Data: []byte("a\xc3"), Size: 2}, "", content{Size: 2, Base64: []byte("a\xc3")}},
		{simulations.Body{Data: []byte("\xf0\x9f\x98"), Size: 4, Truncated: true}, "", content{Size: 4, Truncated: true}},
		{simulations.Body{Data: []byte("a\xff"), Size: 9, Truncated: true}, "", content{Size: 9, Truncated: true, Base64: []byte("a\xff")}},
		{simulations.Body{Stored: &simulations.BodyRef{ID: "x", Size: 1}, Size: 1}, "", content{Size: 1, Stored: &simulations.BodyRef{ID: "x", Size: 1}}},
	} {
		if got := viewBody(&c.body, []string{c.encoding}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v (%s): shown as %+v, want %+v", c.body, c.encoding, got, c.want)
		}
	}
}

func TestSearchAndVerify(t *testing.T) {
	p := start(t)
	for range 3 {
		p.engine.served(aRequest("POST", "/v1/charges"))
	}
	p.engine.served(aRequest("GET", "/v1/rates"))
	const search, verify = "/api/v1/journal/search", "/api/v1/journal/verify"
	if page := p.do("POST", search, `{"request":{"method":"POST","path":"/v1/charges"},"after":1,"limit":1}`).want(200).json(); page["next"] != 2.0 || page["more"] != true {
		t.Errorf("found %v", page)
	}
	p.do("POST", search, `{}`).want(200).says(`"next":4`)
	p.do("POST", search, `request: {path: /v1/rates}`, "Content-Type: application/yaml").want(200).says(`"path":"/v1/rates"`)
	for body, pointer := range map[string]string{
		`{"request":{"path":"a"}}`:                       "/request/path",
		`{"request":{"pth":"/a"}}`:                       "/request/pth",
		`{"request":{"body":{"regex":"("}}}`:             "/request/body/regex",
		`{"limit":0}`:                                    "/limit",
		`{"limit":1001}`:                                 "/limit",
		`{"limit":-1}`:                                   "/limit",
		`{"limit":1.5}`:                                  "/limit",
		`{"limit":1e400}`:                                "/limit",
		`{"after":-1}`:                                   "/after",
		`{"after":"1"}`:                                  "/after",
		`{"origin":"shadw"}`:                             "/origin",
		`{"outcome":1}`:                                  "/outcome",
		`{"x~/y":1}`:                                     "/x~0~1y",
		`{"journalFilter":{}}`:                           "/journalFilter",
		`{"limit":1,"limit":2}`:                          "/limit",
		`{"collaborator":["a"]}`:                         "/collaborator",
		`{"session":{"a":` + strings.Repeat("[", 600):    "/session/a",
		`{"method":"GET","path":"/a","requests":[]}`:     "/requests",
		`{"request":null}`:                               "/request",
		"{\"request\":{\"path\":{\"template\":\"/a\"}}]": "",
	} {
		a := p.do("POST", search, body).want(400)
		if e := a.problem().Errors; len(e) == 0 || !strings.HasPrefix(e[0].Pointer, pointer) || e[0].Line != 1 || e[0].Column == 0 {
			t.Errorf("%s: %s", body, a.body)
		}
	}

	if v := p.do("POST", verify, `{"request":{"path":"/v1/charges"},"exactly":3}`).want(200).json(); v["ok"] != true || v["counts"].([]any)[0] != 3.0 || v["matched"] == nil {
		t.Errorf("verified: %v", v)
	}
	p.do("POST", verify, `{"requests":[{"path":"/v1/charges"},{"method":"GET"}],"exactly":1,"inOrder":true,"collaborator":"pay"}`).want(200).says(`"ok":false`, `"counts":[3,1]`)
	if v := p.engine.verifying; len(v.Requests) != 2 || *v.Exactly != 1 || v.AtLeast != nil || !v.InOrder || v.Filter.Collaborator != "pay" {
		t.Errorf("asked the engine for %+v", v)
	}
	p.do("POST", verify, `{"request":{},"atLeast":1,"atMost":1}`).want(200)
	for body, pointer := range map[string]string{
		`{}`:               "",
		`{"requests":[]}`:  "",
		`{"request":"a"}`:  "/request",
		`{"requests":{}}`:  "/requests",
		`{"requests":[1]}`: "/requests/0",
		`{"requests":[{},{"body":{"regex":"("}}]}`:            "/requests/1/body/regex",
		`{"requests":[{"body":{"regex":"("}}]}`:               "/requests/0/body/regex",
		`{"request":{"body":{"regex":"("}}}`:                  "/request/body/regex",
		`{"request":{},"requests":[{}]}`:                      "/requests",
		`{"request":{},"exactly":1,"atMost":2}`:               "/exactly",
		`{"request":{},"atLeast":3,"atMost":2}`:               "/atLeast",
		`{"request":{},"exactly":-1}`:                         "/exactly",
		`{"request":{},"exactly":99999999999}`:                "/exactly",
		`{"request":{},"inOrder":1}`:                          "/inOrder",
		`{"request":{},"limit":1}`:                            "/limit",
		`{"requests":[` + strings.Repeat("{},", 100) + `{}]}`: "/requests",
	} {
		a := p.do("POST", verify, body).want(400)
		if e := a.problem().Errors; len(e) == 0 || e[0].Pointer != pointer || e[0].Line != 1 {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	// The pointer of a lone pattern says what was written, whichever the engine says.
	for _, said := range []string{"/request/path", "/requests/0/path"} {
		one, many := verifyRequest{Request: &simulations.Pattern{}}, verifyRequest{}
		if got := one.asWritten([]simulations.FieldError{{Pointer: said}})[0].Pointer; got != "/request/path" {
			t.Errorf("%s of request became %s", said, got)
		}
		if got := many.asWritten([]simulations.FieldError{{Pointer: said}})[0].Pointer; got != "/requests/0/path" {
			t.Errorf("%s of requests became %s", said, got)
		}
	}
}

func TestExplain(t *testing.T) {
	p := start(t)
	const explain = "/api/v1/explain"
	p.do("POST", explain, `{"url":"http://pay/v1?x=1","headers":{"A":"1","B":["2","3"],"C":4},"bodyBase64":"aGk=","session":"s"}`).want(200).
		says(`"outcome":"miss"`, `"index":[]`, `"candidates":[]`, `"failed":[]`)
	want := &simulations.Ask{Method: "GET", URL: "http://pay/v1?x=1", Headers: map[string][]string{"A": {"1"}, "B": {"2", "3"}, "C": {"4"}}, BodyBase64: []byte("hi"), Session: "s"}
	if !reflect.DeepEqual(p.engine.asked, want) {
		t.Errorf("asked the engine %+v", p.engine.asked)
	}
	p.do("POST", explain, `{"method":"POST","url":"/v1/charges","body":"x"}`).want(200)
	for body, pointer := range map[string]string{
		`{}`:                         "",
		`{"url":""}`:                 "/url",
		`{"url":"v1"}`:               "/url",
		`{"url":"ftp://a"}`:          "/url",
		`{"url":"http://"}`:          "/url",
		`{"url":"http://a/%zz"}`:     "/url",
		`{"url":"/","method":"G T"}`: "/method",
		`{"url":"/","body":"a","bodyBase64":"YQ=="}`: "/bodyBase64",
		`{"url":"/","bodyBase64":"a"}`:               "/bodyBase64",
		`{"url":"/","headers":["a"]}`:                "/headers",
		`{"url":"/","headers":{"a":{}}}`:             "/headers/a",
		`{"url":"/","headers":{"a":["b",null]}}`:     "/headers/a",
		`{"url":"/","hedaers":{}}`:                   "/hedaers",
	} {
		a := p.do("POST", explain, body).want(400)
		if e := a.problem().Errors; len(e) == 0 || e[0].Pointer != pointer {
			t.Errorf("%s: %s", body, a.body)
		}
	}
}

// events reads server-sent events.
type events struct {
	t   *testing.T
	in  *bufio.Scanner
	end func()
}

func (p *plane) stream(path string, headers ...string) *events {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	r, _ := http.NewRequestWithContext(ctx, "GET", p.url+path, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		p.t.Fatalf("the stream: %s, %s", res.Status, res.Header.Get("Content-Type"))
	}
	e := &events{t: p.t, in: bufio.NewScanner(res.Body), end: func() { cancel(); res.Body.Close() }}
	e.in.Buffer(nil, 1<<20)
	p.t.Cleanup(e.end)
	if got := e.next(); got != "retry: 2000" {
		p.t.Fatalf("the stream begins with %q", got)
	}
	return e
}

// next returns the lines of the next event.
func (e *events) next() string {
	e.t.Helper()
	var lines []string
	for e.in.Scan() {
		if e.in.Text() == "" {
			return strings.Join(lines, "\n")
		}
		lines = append(lines, e.in.Text())
	}
	e.t.Fatalf("the stream ended after %q: %v", lines, e.in.Err())
	return ""
}

func TestStream(t *testing.T) {
	p := start(t)
	p.engine.served(aRequest("GET", "/one"))
	all := p.stream("/api/v1/journal/stream")
	if got := all.next(); !strings.HasPrefix(got, "id: 1\nevent: exchange\ndata: {") || !strings.Contains(got, `"/one"`) || !strings.Contains(got, `"text":"grüß <dich>"`) {
		t.Errorf("the first event: %s", got)
	}
	some := p.stream("/api/v1/journal/stream?method=POST&after=1")
	p.engine.served(aRequest("GET", "/two"))
	p.engine.served(aRequest("POST", "/three"))
	if got := all.next(); !strings.HasPrefix(got, "id: 2\n") {
		t.Errorf("the second event: %s", got)
	}
	if got := some.next(); !strings.HasPrefix(got, "id: 3\n") {
		t.Errorf("the event that fits: %s", got)
	}
	p.engine.overwrite(2)
	again := p.stream("/api/v1/journal/stream?after=0", "Last-Event-ID: 1")
	if got := again.next(); got != "event: missed\ndata: {\"missed\":1}" {
		t.Errorf("what was missed: %s", got)
	}
	if got := again.next(); !strings.HasPrefix(got, "id: 3\n") {
		t.Errorf("the event after that: %s", got)
	}
	p.do("GET", "/api/v1/journal/stream", "", "Last-Event-ID: x").want(400)
	p.do("GET", "/api/v1/journal/stream?limit=1", "").want(400)
	p.do("HEAD", "/api/v1/journal/stream", "").want(200)
	for _, e := range []*events{all, some, again} {
		e.end()
	}
	eventually(t, "streams end with their clients", func() bool { return p.engine.followers() == 0 && len(p.server.streams) == 0 })
}

func TestStreamKeepsAlive(t *testing.T) {
	p := start(t)
	p.engine.beat = time.Millisecond
	s := p.stream("/api/v1/journal/stream")
	for range 3 {
		if got := s.next(); got != ": alive" {
			t.Errorf("an idle stream says %q", got)
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	p := start(t, func(o *Options) { o.MaxStreams = 2 })
	one := p.stream("/api/v1/journal/stream")
	p.stream("/api/v1/journal/stream")
	p.do("GET", "/api/v1/journal/stream", "").want(503).says("2 journal streams are open")
	one.end()
	eventually(t, "a place is free", func() bool { return len(p.server.streams) == 1 })
	p.stream("/api/v1/journal/stream")
}

// TestSilentClient: a client that reads nothing is let go, and holds up neither
// the journal nor the others.
func TestSilentClient(t *testing.T) {
	p := start(t)
	p.server.stall = 200 * time.Millisecond
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	_, _ = io.WriteString(c, "GET /api/v1/journal/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
	eventually(t, "it is followed", func() bool { return p.engine.followers() == 1 })
	body := []byte(strings.Repeat("x", 1<<20))
	for range 16 {
		e := aRequest("GET", "/big")
		e.Response.Body = simulations.Body{Data: body, Size: int64(len(body))}
		p.engine.served(e)
	}
	eventually(t, "it is let go", func() bool { return p.engine.followers() == 0 && len(p.server.streams) == 0 })
}

// TestConcurrency edits, reads and follows from many sides; the race detector
// looks on.
func TestConcurrency(t *testing.T) {
	p := start(t)
	follow := p.stream("/api/v1/journal/stream")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 25 {
				path := fmt.Sprintf("/api/v1/simulations/s%d", i%3)
				p.do("PUT", path, payments)
				p.do("GET", path, "")
				p.do("PUT", path+"/stubs/x", `{"request":{"path":"/a"},"response":{"text":"hi"}}`, "If-Match: *")
				p.do("GET", path+"/stubs?limit=1", "").want(200)
				p.engine.served(aRequest("GET", fmt.Sprintf("/%d/%d", i, n)))
				p.do("GET", "/api/v1/journal?limit=10", "").want(200)
				p.do("POST", "/api/v1/journal/verify", `{"request":{}}`).want(200)
			}
		})
	}
	for n := range 200 {
		if got := follow.next(); !strings.HasPrefix(got, fmt.Sprintf("id: %d\n", n+1)) {
			t.Fatalf("event %d: %.40s", n+1, got)
		}
	}
	wg.Wait()
	if left := p.server.bodies.left.Load(); left != 2*p.server.opts.MaxBody {
		t.Errorf("%d bytes of the bodies' budget are left", left)
	}
}
