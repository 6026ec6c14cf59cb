package test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHostileClients: clients that are slow, oversized or speak no HTTP get a
// clear answer, cost bounded memory, and take nothing from the others.
func TestHostileClients(t *testing.T) {
	d := start(t, "--read-header-timeout", "1s", "--max-header-bytes", "16KiB", "--max-body-bytes", "1MiB")
	d.put("main", `
understudy: v1
stubs:
  - {request: {path: /ok}, response: {text: ok}}
  - {request: {path: /json, body: {jsonPath: {$.a: 1}}}, response: {text: json}}
`)
	raw := func(name, request, want string) {
		t.Helper()
		c, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = io.WriteString(c, request) // it may be cut off before the end
		if tc, ok := c.(*net.TCPConn); ok && strings.HasSuffix(name, "half closed") {
			_ = tc.CloseWrite()
		}
		got, _ := io.ReadAll(c)
		first, _, _ := strings.Cut(string(got), "\r\n")
		if !strings.Contains(first, want) {
			t.Errorf("%s: %q, want %q", name, first, want)
		}
	}
	raw("a header that never ends", "GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ", "")
	raw("no HTTP", "hello world\r\n\r\n", "400")
	raw("a header over the bound", "GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: "+strings.Repeat("a", 64<<10)+"\r\n\r\n", "431")
	raw("a bad length", "POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400")
	raw("two lengths", "POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400")
	raw("a bad chunk", "POST /ok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", "400")
	raw("a body that ends early, half closed", "POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nConnection: close\r\n\r\nabc", "400")
	raw("a bad escape", "GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400")
	raw("a NUL in the path", "GET /\x00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "400")
	raw("HTTP/3.0", "GET / HTTP/3.0\r\nHost: x\r\n\r\n", "505")
	raw("a request", "GET /ok HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "200")

	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 1024 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	before := peakMemory(t, d)
	client := plain()
	for range 8 {
		r, _ := http.NewRequest("POST", d.url+"/json", bytes.NewReader(bomb.Bytes()))
		r.Header.Set("Content-Encoding", "gzip")
		r.Header.Set("Content-Type", "application/json")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 501 {
			t.Errorf("a bomb of 1 GiB: %s", res.Status)
		}
		_ = res.Body.Close()
	}
	deep := strings.Repeat("[", 1_000_000)
	res, err := client.Post(d.url+"/json", "application/json", strings.NewReader(deep))
	if err != nil || res.StatusCode != 501 {
		t.Errorf("a deep body: %v %v", res, err)
	}
	if grown := peakMemory(t, d) - before; grown > 128<<20 && !raceEnabled {
		t.Errorf("the bombs cost %d MiB", grown>>20)
	}
	res, err = client.Post(d.url+"/json", "application/json", strings.NewReader(`{"a": 1.0}`))
	if err != nil || text(res) != "json" {
		t.Errorf("an honest client: %v %v", res, err)
	}
}

// TestMissSaysWhatIsNearest: a miss is no collaborator's answer, and shows the mend.
func TestMissSaysWhatIsNearest(t *testing.T) {
	d := start(t)
	d.put("shop", `
understudy: v1
stubs:
  - id: charge
    request: {method: POST, path: /v1/charges, headers: {Content-Type: {glob: "application/json*"}}, body: {jsonPath: {$.currency: EUR}}}
    response: {status: 201}
`)
	res, err := plain().Post(d.url+"/v1/charges", "application/json", strings.NewReader(`{"currency":"USD"}`))
	if err != nil {
		t.Fatal(err)
	}
	body := text(res)
	if res.StatusCode != 501 || res.Header.Get("Content-Type") != "application/problem+json" || res.Header.Get("Understudy-Outcome") != "miss" {
		t.Errorf("%s %v", res.Status, res.Header)
	}
	for _, want := range []string{"shop/charge", "$.currency", "EUR", "USD"} {
		if !strings.Contains(body, want) {
			t.Errorf("the miss does not say %q: %s", want, body)
		}
	}
	var ex struct {
		Outcome    string
		NearMisses []struct{ Stub string }
	}
	d.call("POST", "/explain", `{"method":"POST","url":"/v1/charges","headers":{"Content-Type":["application/json"]},"body":"{\"currency\":\"EUR\"}"}`, &ex)
	if ex.Outcome != "stub" {
		t.Errorf("explain: %+v", ex)
	}
}

// TestUpstreamFailureBecomesNoStub: 502, journalled, and nothing recorded.
func TestUpstreamFailureBecomesNoStub(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	_ = l.Close()
	broken, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "short")
	}))
	d := start(t)
	for name, upstream := range map[string]string{"nobody": nobody, "broken": broken} {
		d.collaborator(name, fmt.Sprintf(`{"hosts":[%q],"upstream":%q,"mode":"record"}`, name, upstream))
		r, _ := http.NewRequest("GET", d.url+"/x", nil)
		r.Host = name
		res, err := plain().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != 502 || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", name, res.Status, text(res))
		}
		if res := d.call("GET", "/simulations/"+name+"-recorded", "", nil); res.StatusCode != 404 {
			t.Errorf("%s: a failure was recorded: %s", name, text(res))
		}
	}
}
