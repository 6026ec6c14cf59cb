package test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// received is a callback as its receiver saw it.
type received struct {
	Method, URL, Host, Body string
	Header                  http.Header
}

// receiver keeps what comes, and answers with the statuses in turn, the last
// one for ever; 0 breaks the connection.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	got      []received
	came     chan struct{}
}

func newReceiver(statuses ...int) *receiver {
	return &receiver{statuses: statuses, came: make(chan struct{}, 100_000)}
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	status := 200
	if len(v.statuses) > 0 {
		status = v.statuses[0]
		if len(v.statuses) > 1 {
			v.statuses = v.statuses[1:]
		}
	}
	v.got = append(v.got, received{r.Method, r.URL.String(), r.Host, string(body), r.Header})
	v.mu.Unlock()
	v.came <- struct{}{}
	if status == 0 {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
		return
	}
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "thanks")
}

func (v *receiver) all() []received {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]received(nil), v.got...)
}

// entry is what a test looks at of an entry of the journal.
type entry struct {
	ID                                               uint64
	Outcome, Reason, Error, Stub, Collaborator, Mode string
	Origin, Session                                  string
	Request                                          struct {
		Method, Host, Path, Query string
		Headers                   http.Header
		Body                      struct{ Text string }
	}
	Response struct {
		Status int
		Body   struct{ Text string }
	}
	Callback *struct {
		Cause    uint64
		Number   int
		Attempts []struct {
			Time     time.Time
			Duration time.Duration
			Status   int
			Error    string
		}
	}
}

// callbacks waits until so many have ended, and returns those that fit.
func (d *double) callbacks(n int, query string) []entry {
	d.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		var page struct{ Entries []entry }
		d.call("GET", "/journal?outcome=callback&limit=1000", "", &page)
		if len(page.Entries) >= n {
			d.call("GET", "/journal?limit=1000&"+query, "", &page)
			return page.Entries
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("%d callbacks have ended, want %d:\n%+v", len(page.Entries), n, page.Entries)
		}
	}
}

func TestCallbacks(t *testing.T) {
	t.Parallel()
	shop := newReceiver()
	url, _ := serve(t, shop)
	d := start(t, "--callback-host", strings.TrimPrefix(url, "http://"))
	d.put("jobs", `{"understudy":"v1","collaborators":{"shop":{"upstream":"`+url+`/api"}},"stubs":[
		{"id":"native","request":{"method":"POST","path":{"template":"/jobs/{kind}"}},"response":{"status":202,"headers":{"Location":"/jobs/7"},"json":{"id":"{{request.body.ref}}-7","n":1.50},"template":true,"callbacks":[
			{"collaborator":"shop","path":"/hooks/{{request.path.kind}}?ref={{request.body.ref}}","headers":{"X-Job":"{{response.headers.Location}}"},"template":true,"parameters":{"state":"done"},
			 "json":{"state":"{{parameters.state}}","id":"{{response.body.id}}","n":"{{json response.body.n}}","status":"{{json response.status}}"}},
			{"url":"`+url+`/plain","method":"PUT","text":"{{as it is}}","headers":{"Content-Type":"text/plain","Authorization":"Bearer secret"}}]}},
		{"id":"wiremock","request":{"path":"/wm"},"response":{"text":"ok","callbacks":[
			{"url":"`+url+`/{{originalRequest.query.to}}","base64":"e3tvcmlnaW5hbFJlc3BvbnNlLmJvZHl9fQ==","template":true,"dialect":"wiremock","method":"{{parameters.m}}","parameters":{"m":"PATCH"}}]}},
		{"id":"steps","request":{"path":"/steps"},"responses":[{"text":"1"},{"text":"2","callbacks":[{"collaborator":"shop","path":"/second"}]}]},
		{"id":"fault","request":{"path":"/fault"},"response":{"fault":"connection-reset","callbacks":[{"collaborator":"shop","path":"/after-fault","method":"GET"}]}}]}`)

	res, body := d.ask("POST", "/jobs/print", "s1", `{"ref":"A1"}`, "Content-Type", "application/json")
	if res.StatusCode != 202 || body != `{"id":"A1-7","n":1.50}` {
		t.Fatalf("%s %s", res.Status, body)
	}
	d.ask("GET", "/wm?to=there", "", "")
	d.ask("GET", "/steps", "", "")
	d.ask("GET", "/steps", "", "")
	if _, err := plain().Get(d.url + "/fault"); err == nil {
		t.Error("the fault has an answer")
	}
	all := d.callbacks(5, "outcome=callback-sent")
	byPath := map[string]received{}
	for _, r := range shop.all() {
		byPath[r.Method+" "+r.URL] = r
	}
	for what, want := range map[string]string{
		"POST /api/hooks/print?ref=A1": `{"state":"done","id":"A1-7","n":1.50,"status":202}`, "PUT /plain": "{{as it is}}", "PATCH /there": "ok", "POST /api/second": "", "GET /api/after-fault": "",
	} {
		if r, ok := byPath[what]; !ok || r.Body != want {
			t.Errorf("%s: %+v, want body %q", what, r, want)
		}
	}
	if h := byPath["POST /api/hooks/print?ref=A1"].Header; h.Get("X-Job") != "/jobs/7" || h.Get("Content-Type") != "application/json" || h.Get("Understudy-Hops") != "1" {
		t.Errorf("the headers are %v", h)
	}
	if len(all) != 5 || len(byPath) != 5 {
		t.Fatalf("%d are in the journal, %d came", len(all), len(byPath))
	}
	// Each names the exchange that caused it, and can be found by it.
	var page struct{ Entries []entry }
	d.call("GET", "/journal?path=/jobs/print", "", &page)
	cause := page.Entries[0].ID
	caused := d.callbacks(5, fmt.Sprintf("cause=%d", cause))
	if len(caused) != 2 {
		t.Fatalf("the exchange %d has caused %+v", cause, caused)
	}
	for _, e := range caused {
		if e.Callback == nil || e.Callback.Cause != cause || len(e.Callback.Attempts) != 1 || e.Callback.Attempts[0].Status != 200 || e.Stub != "jobs/native" || e.Session != "s1" || e.Response.Status != 200 || e.Response.Body.Text != "thanks" {
			t.Errorf("the journal has %+v", e)
		}
		if strings.Contains(fmt.Sprint(e.Request.Headers), "secret") {
			t.Errorf("the journal shows a secret: %v", e.Request.Headers)
		}
	}
	// What was sent was not received: a verification does not count it.
	for body, want := range map[string]bool{
		`{"request":{"path":"/plain"},"exactly":0}`:                                              true,
		`{"request":{"path":"/plain","method":"PUT"},"outcome":"callback-sent","exactly":1}`:     true,
		`{"request":{"body":{"contains":"\"done\""}},"cause":` + fmt.Sprint(cause) + `}`:         true,
		`{"request":{"path":"/plain"},"outcome":"callback","cause":` + fmt.Sprint(cause+1) + `}`: false,
	} {
		var v struct{ OK bool }
		if d.call("POST", "/journal/verify", body, &v); v.OK != want {
			t.Errorf("verify %s: %v", body, v.OK)
		}
	}
	d.metrics(map[string]string{`understudy_callbacks_total{result="sent"}`: "5", "understudy_callback_attempts_total": "5", "understudy_callbacks_waiting": "0"})
}

// TestWireMockWebhooks: mappings with webhooks send what WireMock would send.
func TestWireMockWebhooks(t *testing.T) {
	t.Parallel()
	v := newReceiver()
	url, _ := serve(t, v)
	d := start(t, "--callback-host", "127.0.0.1")
	res := d.call("PUT", "/simulations/wm?format=wiremock", `{"mappings":[
		{"request":{"method":"POST","url":"/things"},"response":{"status":201,"jsonBody":{"id":"7"}},"serveEventListeners":[{"name":"webhook","parameters":{
			"method":"PUT","url":"`+url+`/{{parameters.kind}}/{{jsonPath originalRequest.body '$.ref'}}","headers":{"Content-Type":"application/json","X-List":["a","b"],"X-From":"{{originalRequest.headers.X-Me}}"},
			"body":"{ \"result\": \"{{originalRequest.method}}\", \"id\": \"{{jsonPath originalResponse.body '$.id'}}\" }","kind":"hook","delay":{"type":"uniform","lower":1,"upper":20}}}]},
		{"request":{"url":"/old"},"response":{},"postServeActions":[{"name":"webhook","parameters":{"url":"`+url+`/got","base64Body":"AP8=","method":"POST","unused":1}}]},
		{"request":{"url":"/older"},"response":{"fault":"EMPTY_RESPONSE"},"postServeActions":{"webhook":{"url":"`+url+`/plain?a=b","delay":{"type":"fixed","milliseconds":1}}}}]}`, nil)
	if body := text(res); res.StatusCode != 201 || !strings.Contains(body, `"warnings":[]`) {
		t.Fatalf("%s %s", res.Status, body)
	}
	d.ask("POST", "/things", "", `{"ref":"r1"}`, "X-Me", "me")
	d.ask("GET", "/old", "", "")
	_, _ = plain().Get(d.url + "/older")
	d.callbacks(3, "outcome=callback-sent")
	got := map[string]received{}
	for _, r := range v.all() {
		got[r.Method+" "+r.URL] = r
	}
	for what, want := range map[string]string{"PUT /hook/r1": `{ "result": "POST", "id": "7" }`, "POST /got": "\x00\xff", "GET /plain?a=b": ""} {
		if r, ok := got[what]; !ok || r.Body != want {
			t.Errorf("%s: %+v, want body %q", what, r, want)
		}
	}
	if h := got["PUT /hook/r1"].Header; h.Get("X-From") != "me" || len(h["X-List"]) != 2 || h.Get("Content-Type") != "application/json" {
		t.Errorf("the headers are %v", h)
	}
}

// metrics holds the metrics of these names against their values.
func (d *double) metrics(want map[string]string) {
	d.t.Helper()
	res, err := http.Get(strings.TrimSuffix(d.admin, "/api/v1") + "/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if w, ok := want[name]; ok && w != value {
			d.t.Errorf("%s is %s, want %s", name, value, w)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		d.t.Errorf("there are no metrics %v", want)
	}
}

// TestCallbackReceivers: receivers that fail, and what is tried again.
func TestCallbackReceivers(t *testing.T) {
	t.Parallel()
	hanging := make(chan struct{})
	defer close(hanging)
	hangs, _ := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hanging }))
	endless, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 32<<10)); err != nil {
				return
			}
		}
	}))
	stalls, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		<-hanging
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + l.Addr().String()
	_ = l.Close()

	retry := `"retry":{"attempts":3,"backoff":"1ms","jitter":0.5}`
	d := start(t, "--callback-host", "127.0.0.1")
	for i, c := range []struct {
		name, url, more string
		receiver        *receiver
		outcome         string
		statuses        []int
		reason          string
	}{
		{"ok", "", `"method":"POST"`, newReceiver(204), "sent", []int{204}, "answered 204"},
		{"500 then 200", "", retry, newReceiver(500, 200), "sent", []int{500, 200}, "attempt 2"},
		{"500 for ever", "", retry, newReceiver(500), "failed", []int{500, 500, 500}, "answered 500 (attempt 3)"},
		{"500, not retried", "", `"method":"POST"`, newReceiver(500), "failed", []int{500}, "answered 500"},
		{"404 is not worth it", "", retry, newReceiver(404, 200), "failed", []int{404}, "answered 404"},
		{"404 by wish", "", `"retry":{"attempts":3,"backoff":"1ms","on":["4xx"]}`, newReceiver(404, 200), "sent", []int{404, 200}, ""},
		{"404 is expected", "", `"expect":[404,"5xx"]`, newReceiver(404), "sent", []int{404}, ""},
		{"200 is not expected", "", `"expect":201`, newReceiver(200), "failed", []int{200}, ""},
		{"a redirect", "", retry, newReceiver(307, 200), "failed", []int{307}, "answered 307"},
		{"resets, then answers", "", retry, newReceiver(0, 200), "sent", []int{0, 200}, ""},
		{"resets", "", retry, newReceiver(0), "failed", []int{0, 0, 0}, "there was no answer"},
		{"resets, by wish only on 5xx", "", `"retry":{"attempts":3,"backoff":"1ms","on":["5xx"]}`, newReceiver(0), "failed", []int{0}, ""},
		{"hangs", hangs, `"timeout":"100ms",` + `"retry":{"attempts":2,"backoff":"1ms"}`, nil, "failed", []int{0, 0}, "within 100ms"},
		{"stalls", stalls, `"timeout":"100ms"`, nil, "failed", []int{200}, "within 100ms"},
		{"is closed", closed, retry, nil, "failed", []int{0, 0, 0}, "refused"},
		{"never ends", endless, `"timeout":"5s"`, nil, "sent", []int{200}, ""},
		{"past its time", "", `"retry":{"attempts":9,"backoff":"1h","maxBackoff":"1h","within":"1m"}`, newReceiver(503), "failed", []int{503}, ""},
	} {
		url := c.url
		if c.receiver != nil {
			url, _ = serve(t, c.receiver)
		}
		d.put("r", `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s"},"response":{"callbacks":[{"url":"`+url+`/in",`+c.more+`}]}}]}`)
		d.ask("GET", "/s", "", "")
		all := d.callbacks(i+1, "outcome=callback")
		e := all[len(all)-1]
		got := []int{}
		for _, a := range e.Callback.Attempts {
			got = append(got, a.Status)
		}
		if e.Outcome != "callback-"+c.outcome || fmt.Sprint(got) != fmt.Sprint(c.statuses) || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("%s: %s after %v: %s", c.name, e.Outcome, got, e.Reason)
		}
		if c.receiver != nil && len(c.receiver.all()) != len(c.statuses) {
			t.Errorf("%s: %d came, want %d", c.name, len(c.receiver.all()), len(c.statuses))
		}
	}
}

// TestCallbackContainment sends callbacks to every kind of address, of requests
// of every origin, and looks at what has come.
func TestCallbackContainment(t *testing.T) {
	t.Parallel()
	upstream, listed, other := newReceiver(), newReceiver(), newReceiver()
	upstreamURL, _ := serve(t, upstream)
	listedURL, _ := serve(t, listed)
	otherURL, _ := serve(t, other)
	port := func(url string) string { return url[strings.LastIndexByte(url, ':')+1:] }
	proxy := newReceiver()
	proxyURL, _ := serve(t, proxy)
	for _, shadowed := range []bool{false, true} {
		args := []string{"--callback-host", "127.0.0.1:" + port(listedURL), "--shadow-header", "X-Load-Test", fmt.Sprintf("--callback-shadow=%v", shadowed)}
		// The environment's proxies are not obeyed: nothing may come there.
		d := startIn(t, []string{"HTTP_PROXY=" + proxyURL, "http_proxy=" + proxyURL, "ALL_PROXY=" + proxyURL}, args...)
		d.collaborator("based", `{"upstream":"`+upstreamURL+`/base","hosts":["based.example"]}`)
		d.collaborator("bare", `{"hosts":["bare.example"]}`)
		n := 0
		for _, mode := range []string{"simulate", "spy", "forward"} {
			d.mode("based", mode)
			for _, c := range []struct {
				to string // JSON
				ok bool
			}{
				{`"collaborator":"based","path":"/a"`, true},
				{`"collaborator":"based","path":"/%2e%2e/a"`, false},
				{`"collaborator":"based","path":"/a/../../b"`, false},
				{`"collaborator":"bare","path":"/a"`, false},
				{`"collaborator":"nobody","path":"/a"`, false},
				{`"url":"` + upstreamURL + `/base/a"`, true},
				{`"url":"` + upstreamURL + `/base"`, true},
				{`"url":"` + upstreamURL + `/basement"`, false},
				{`"url":"` + upstreamURL + `/base/../a"`, false},
				{`"url":"` + upstreamURL + `/"`, false},
				{`"url":"http://based.example/base/a"`, false},
				{`"url":"http://bare.example/"`, false},
				{`"url":"` + listedURL + `/a"`, true},
				{`"url":"http://[::ffff:127.0.0.1]:` + port(listedURL) + `/a"`, true},
				{`"url":"http://localhost:` + port(listedURL) + `/a"`, false},
				{`"url":"https://127.0.0.1:` + port(upstreamURL) + `/base/a"`, false},
				{`"url":"` + otherURL + `/a"`, false},
				{`"url":"http://localhost:` + port(otherURL) + `/a"`, false},
				{`"url":"http://0.0.0.0:` + port(otherURL) + `/a"`, false},
				{`"url":"http://[::1]:` + port(otherURL) + `/a"`, false},
				{`"template":true,"url":"{{request.headers.X-To}}"`, false},
				{`"template":true,"url":"http://127.0.0.1{{request.headers.X-Port}}/a"`, false},
			} {
				d.put("c", `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s","method":"POST"},"response":{"callbacks":[{`+c.to+`}]}}]}`)
				for _, mk := range markers {
					before := len(upstream.all()) + len(listed.all())
					r, _ := http.NewRequest("POST", d.url+"/s", nil)
					r.Host = "undeclared.example" + mk.suffix
					r.Header.Set("X-To", otherURL)
					r.Header.Set("X-Port", "@127.0.0.1:"+port(otherURL))
					if mk.header != "" {
						r.Header.Set(mk.header, mk.value)
					}
					res, err := plain().Do(r)
					if err != nil {
						t.Fatal(err)
					}
					_ = res.Body.Close()
					n++
					var page struct{ Entries []entry }
					for deadline := time.Now().Add(10 * time.Second); len(page.Entries) == 0 && time.Now().Before(deadline); {
						d.call("GET", "/journal?outcome=callback", "", &page)
					}
					d.call("DELETE", "/journal", "", nil)
					if len(page.Entries) != 1 {
						t.Fatalf("%s: the journal has %+v", c.to, page.Entries)
					}
					want := c.ok && (!mk.marked || shadowed)
					e, came := page.Entries[0], len(upstream.all())+len(listed.all())-before
					if (e.Outcome == "callback-sent") != want || came != map[bool]int{true: 1}[want] || !want && e.Outcome != "callback-refused" && e.Outcome != "callback-failed" {
						t.Errorf("%s, marker %s, mode %s: %s, %d came; %s", c.to, mk.name, mode, e.Outcome, came, e.Reason)
					}
				}
			}
		}
		t.Logf("%d callbacks", n)
	}
	if len(other.all())+len(proxy.all()) > 0 {
		t.Errorf("what may not be reached has got %+v %+v", other.all(), proxy.all())
	}
}

// TestCallbackOrigin: a callback of a shadow or synthetic request, that is let go,
// is contained by who receives it, also where no header of the request told it.
func TestCallbackOrigin(t *testing.T) {
	t.Parallel()
	upstream := newReceiver()
	upstreamURL, _ := serve(t, upstream)
	second := start(t, "--shadow-header", "X-Load-Test")
	second.collaborator("here", `{"upstream":"`+upstreamURL+`","hosts":["127.0.0.1"],"mode":"forward"}`)
	causes := slices.Concat(markers, []marker{
		{name: "default shadow", suffix: ".shadows", marked: true}, {name: "default synthetic", suffix: ".robots", marked: true},
	})
	for _, header := range []string{"X-Load-Test", "X-Other"} {
		first := start(t, "--callback-shadow", "--callback-host", "127.0.0.1", "--shadow-header", header)
		first.collaborator("shadows", `{"hosts":["undeclared.example.shadows"],"origin":"shadow"}`)
		first.collaborator("robots", `{"hosts":["undeclared.example.robots"],"origin":"synthetic"}`)
		first.put("c", `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s"},"response":{"callbacks":[{"url":"`+second.url+`/back","headers":{"Baggage":"own=1"}}]}}]}`)
		for _, mk := range causes {
			r, _ := http.NewRequest("GET", first.url+"/s", nil)
			r.Host = "undeclared.example" + mk.suffix
			if mk.header != "" {
				r.Header.Set(mk.header, mk.value)
			}
			res, err := plain().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			first.callbacks(1, "")
			first.call("DELETE", "/journal", "", nil)
			var page struct{ Entries []entry }
			second.call("GET", "/journal", "", &page)
			second.call("DELETE", "/journal", "", nil)
			marked := mk.marked && (mk.header != "X-Load-Test" || header == mk.header)
			if len(page.Entries) != 1 {
				t.Fatalf("%s: %d came", mk.name, len(page.Entries))
			}
			e := page.Entries[0]
			contained := e.Origin == "shadow" || e.Origin == "synthetic"
			if contained != marked || (e.Outcome == "forwarded") == marked || e.Request.Headers.Values("Baggage")[len(e.Request.Headers.Values("Baggage"))-1] != "own=1" {
				t.Errorf("%s, told by %s: the callback is %s, and %s, with %v", mk.name, header, e.Origin, e.Outcome, e.Request.Headers)
			}
		}
	}
	if n := len(upstream.all()); n != 5 {
		t.Errorf("%d callbacks have passed the second one, want those of live requests, 5", n)
	}
}

// TestCallbackLoops: neither understudy itself nor a ring of several goes round
// without end.
func TestCallbackLoops(t *testing.T) {
	t.Parallel()
	a, b := start(t, "--callback-host", "*"), start(t, "--callback-host", "*")
	stub := func(to string) string {
		return `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s"},"response":{"callbacks":[{"url":"` + to + `/s"}]}}]}`
	}
	a.put("self", stub(a.url))
	a.ask("GET", "/s", "", "")
	if all := a.callbacks(1, "outcome=callback"); all[0].Outcome != "callback-failed" || !strings.Contains(all[0].Reason, "understudy's own") {
		t.Errorf("to itself: %+v", all)
	}
	a.put("self", stub("http://"+strings.TrimPrefix(strings.TrimSuffix(a.admin, "/api/v1"), "http://")))
	a.ask("GET", "/s", "", "")
	if all := a.callbacks(2, "outcome=callback"); all[1].Outcome != "callback-failed" {
		t.Errorf("to its admin plane: %+v", all)
	}
	a.put("self", stub(b.url))
	b.put("ring", stub(a.url))
	b.ask("GET", "/s", "", "")
	var refused []entry
	for deadline := time.Now().Add(10 * time.Second); len(refused) == 0 && time.Now().Before(deadline); {
		refused = append(a.callbacks(0, "outcome=callback-refused"), b.callbacks(0, "outcome=callback-refused")...)
	}
	if len(refused) != 1 || !strings.Contains(refused[0].Reason, "5 callbacks have led to it") {
		t.Errorf("a ring ends with %+v", refused)
	}
	if n := len(a.callbacks(0, "outcome=callback-sent")) + len(b.callbacks(0, "outcome=callback-sent")); n != 5 {
		t.Errorf("the ring was gone round with %d callbacks, want 5", n)
	}
}

// TestCallbackClientGone: a client that leaves before the answer has begun has no
// callbacks, one that leaves later has them.
func TestCallbackClientGone(t *testing.T) {
	t.Parallel()
	v := newReceiver()
	url, _ := serve(t, v)
	d := start(t, "--callback-host", "127.0.0.1")
	d.put("g", `{"understudy":"v1","stubs":[
		{"id":"early","request":{"path":"/early"},"times":9,"response":{"delay":"1h","callbacks":[{"url":"`+url+`/early"}]}},
		{"id":"late","request":{"path":"/late"},"response":{"text":"`+strings.Repeat("x", 8<<20)+`","callbacks":[{"url":"`+url+`/late"}]}}]}`)
	ctx, leave := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, "GET", d.url+"/early", nil)
	gone := make(chan error, 1)
	go func() {
		_, err := plain().Do(r)
		gone <- err
	}()
	var sessions struct{ Sessions []any }
	for deadline := time.Now().Add(10 * time.Second); len(sessions.Sessions) == 0 && time.Now().Before(deadline); {
		d.call("GET", "/sessions", "", &sessions) // the answer is counted: it waits
	}
	leave()
	if err := <-gone; err == nil {
		t.Error("the answer came at once")
	}
	var left struct{ Entries []entry }
	for deadline := time.Now().Add(10 * time.Second); len(left.Entries) == 0 && time.Now().Before(deadline); {
		d.call("GET", "/journal?path=/early", "", &left)
	}
	if len(left.Entries) != 1 || left.Entries[0].Error != "the client left during the delay" {
		t.Errorf("the client left, and the journal has %+v", left.Entries)
	}
	conn := dial(t, d.url)
	_, _ = io.WriteString(conn, "GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
	_, _ = io.ReadFull(conn, make([]byte, 100))
	_ = conn.Close()
	all := d.callbacks(1, "outcome=callback")
	if len(all) != 1 || all[0].Outcome != "callback-sent" || v.all()[0].URL != "/late" {
		t.Errorf("%+v, %+v", all, v.all())
	}
}

// TestCallbackQueue: what has no room is dropped, and said.
func TestCallbackQueue(t *testing.T) {
	t.Parallel()
	hanging := make(chan struct{})
	url, _ := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hanging }))
	d := start(t, "--callback-host", "127.0.0.1", "--callback-queue", "3", "--callback-concurrency", "2")
	d.put("q", `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s"},"response":{"callbacks":[{"url":"`+url+`/in"}]}}]}`)
	for range 5 {
		d.ask("GET", "/s", "", "")
	}
	dropped := d.callbacks(2, "outcome=callback-dropped")
	if len(dropped) != 2 || !strings.Contains(dropped[0].Reason, "--callback-queue") {
		t.Errorf("%+v", dropped)
	}
	var status struct {
		Callbacks struct{ Waiting, Running, Dropped int }
	}
	for deadline := time.Now().Add(10 * time.Second); status.Callbacks.Running < 2 && time.Now().Before(deadline); {
		d.call("GET", "/status", "", &status)
	}
	if c := status.Callbacks; c.Waiting != 1 || c.Running != 2 || c.Dropped != 2 {
		t.Errorf("%+v", c)
	}
	close(hanging)
	d.callbacks(5, "outcome=callback-sent")
}

// TestCallbacksMany: ten thousand callbacks all arrive, and no more at once than
// is allowed.
func TestCallbacksMany(t *testing.T) {
	t.Parallel()
	const requests, each, atOnce = 625, 16, 8
	var now, most, came atomic.Int64
	url, _ := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		_, _ = io.Copy(io.Discard, r.Body)
		now.Add(-1)
		came.Add(1)
	}))
	d := start(t, "--callback-host", "127.0.0.1", "--callback-concurrency", fmt.Sprint(atOnce), "--journal-size", "20000")
	callbacks := make([]string, each)
	for i := range callbacks {
		callbacks[i] = fmt.Sprintf(`{"url":"%s/%d","delay":{"uniform":{"max":"50ms"}},"template":true,"json":{"n":"{{request.query.n}}"}}`, url, i)
	}
	d.put("m", `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s"},"response":{"text":"ok","callbacks":[`+strings.Join(callbacks, ",")+`]}}]}`)
	client := plain()
	var wg sync.WaitGroup
	for w := range 5 {
		wg.Go(func() {
			for i := range requests / 5 {
				res, err := client.Get(fmt.Sprintf("%s/s?n=%d", d.url, w*requests+i))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
		})
	}
	wg.Wait()
	var status struct {
		Callbacks struct{ Sent, Dropped, Failed, Waiting, Running int }
	}
	for deadline := time.Now().Add(time.Minute); status.Callbacks.Sent < requests*each && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		d.call("GET", "/status", "", &status)
	}
	if c := status.Callbacks; c.Sent != requests*each || c.Dropped+c.Failed+c.Waiting+c.Running != 0 || came.Load() != requests*each || most.Load() > atOnce {
		t.Errorf("%+v, %d came, %d at once", c, came.Load(), most.Load())
	}
}

// TestCallbackShutdown: what is due in time still goes, the rest is said.
func TestCallbackShutdown(t *testing.T) {
	t.Parallel()
	v := newReceiver()
	url, _ := serve(t, v)
	d := start(t, "--callback-host", "127.0.0.1", "--drain-timeout", "5s")
	d.put("s", `{"understudy":"v1","stubs":[{"id":"s","request":{"path":"/s"},"response":{"callbacks":[
		{"url":"`+url+`/soon","delay":"300ms"},{"url":"`+url+`/late","delay":"1h"}]}}]}`)
	began := time.Now()
	d.ask("GET", "/s", "", "")
	d.stop()
	if all := v.all(); len(all) != 1 || all[0].URL != "/soon" {
		t.Errorf("%+v came", all)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("the end took %s", took)
	}
	if log := d.log.String(); !strings.Contains(log, "callbacks were not sent") || !strings.Contains(log, "callbacks=1") {
		t.Errorf("the log says\n%s", log)
	}
}

// TestCallbackRefusals: what cannot be is said when the document is put, with its
// place.
func TestCallbackRefusals(t *testing.T) {
	t.Parallel()
	d := start(t, "--callback-host", "hooks.example")
	for _, c := range []struct{ callback, pointer string }{
		{`{}`, "/callbacks/0"},
		{`{"url":"http://a.example","collaborator":"shop"}`, "/callbacks/0/url"},
		{`{"url":"ftp://a.example"}`, "/callbacks/0/url"},
		{`{"url":"http://user:pass@a.example"}`, "/callbacks/0/url"},
		{`{"url":"http://2130706433/"}`, "/callbacks/0/url"},
		{`{"collaborator":"shop"}`, "/callbacks/0/path"},
		{`{"collaborator":"shop","path":"hooks"}`, "/callbacks/0/path"},
		{`{"collaborator":"shop","path":"//evil.example/a"}`, "/callbacks/0/path"},
		{`{"url":"http://a.example","method":"CONNECT"}`, "/callbacks/0/method"},
		{`{"url":"http://a.example","headers":{"Host":"b.example"}}`, "/callbacks/0/headers/Host"},
		{`{"url":"http://a.example","headers":{"understudy-hops":"0"}}`, "/callbacks/0/headers/Understudy-Hops"},
		{`{"url":"http://a.example","text":"a","json":1}`, "/callbacks/0/json"},
		{`{"url":"http://{{nobody}}/","template":true}`, "/callbacks/0/url"},
		{`{"url":"{{#if}}","template":true}`, "/callbacks/0/url"},
		{`{"url":"http://a.example","template":true,"json":{"a":"{{response.statuz}}"}}`, "/callbacks/0/json/a"},
		{`{"url":"http://a.example","parameters":{"a":1}}`, "/callbacks/0"},
		{`{"url":"http://a.example","delay":"2h"}`, "/callbacks/0/delay"},
		{`{"url":"http://a.example","timeout":"1h"}`, "/callbacks/0/timeout"},
		{`{"url":"http://a.example","expect":"error"}`, "/callbacks/0/expect"},
		{`{"url":"http://a.example","expect":[99]}`, "/callbacks/0/expect/0"},
		{`{"url":"http://a.example","expect":"6xx"}`, "/callbacks/0/expect"},
		{`{"url":"http://a.example","retry":{}}`, "/callbacks/0/retry"},
		{`{"url":"http://a.example","retry":{"attempts":1}}`, "/callbacks/0/retry/attempts"},
		{`{"url":"http://a.example","retry":{"attempts":3,"jitter":2}}`, "/callbacks/0/retry/jitter"},
		{`{"url":"http://a.example","retry":{"attempts":3,"backoff":"2m","maxBackoff":"1m"}}`, "/callbacks/0/retry/backoff"},
		{`{"url":"http://a.example","reply":1}`, "/callbacks/0/reply"},
	} {
		res := d.call("PUT", "/simulations/x", `{"understudy":"v1","stubs":[{"response":{"callbacks":[`+c.callback+`]}}]}`, nil)
		var p struct {
			Errors []struct{ Pointer, Detail string }
		}
		_ = json.Unmarshal([]byte(text(res)), &p)
		if res.StatusCode != 422 && res.StatusCode != 400 || len(p.Errors) == 0 || p.Errors[0].Pointer != "/stubs/0/response"+c.pointer {
			t.Errorf("%s: %s %+v", c.callback, res.Status, p.Errors)
		}
	}
	var accepted struct {
		Warnings []struct{ Pointer, Detail string }
	}
	d.call("PUT", "/simulations/x", `{"understudy":"v1","collaborators":{"bare":{}},"stubs":[{"response":{"callbacks":[
		{"url":"http://hooks.example/ok"},{"url":"http://other.example/a"},{"template":true,"url":"http://third.example/{{request.method}}"},
		{"collaborator":"shop","path":"/"},{"collaborator":"bare","path":"/"},{"template":true,"url":"http://{{request.host}}/"}]}}]}`, &accepted)
	got := ""
	for _, w := range accepted.Warnings {
		got += strings.TrimPrefix(w.Pointer, "/stubs/0/response/callbacks/") + " "
	}
	if got != "1/url 2/url 3/collaborator 4/collaborator " {
		t.Errorf("warned of %s: %+v", got, accepted.Warnings)
	}
}
