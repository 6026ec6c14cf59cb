package test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// counter is an origin that counts what reaches it, by method and path.
type counter struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	c.seen[r.Method+" "+r.URL.Path]++
	w.Header().Set("X-Origin", "yes")
}

// marker is a way of saying where a request comes from.
type marker struct {
	name   string
	header string
	value  string
	suffix string // of the host
	marked bool
}

var markers = []marker{
	{name: "none"},
	{name: "prefer", header: "Prefer", value: "return=minimal, tx=rollback", marked: true},
	{name: "understudy-tx", header: "Baggage", value: "a=b,understudy-tx=t1;p=1", marked: true},
	{name: "sd-routing-key", header: "Baggage", value: "sd%2Drouting=x, sd-routing-key=abc", marked: true},
	{name: "tracestate", header: "Tracestate", value: "vendor=1,okteto-divert=ns", marked: true},
	{name: "header", header: "X-Load-Test", value: "1", marked: true},
	{name: "shadow host", suffix: "-shadow", marked: true},
	{name: "not a marker", header: "Baggage", value: "sd-routing-key=,other=1"},
}

// TestContainment sends every combination of mode, route, method, origin, host
// and form of request, and looks at what has reached the real service.
func TestContainment(t *testing.T) {
	origin := &counter{}
	upstream, _ := serve(t, origin)
	d := start(t, "--shadow-header", "X-Load-Test")
	modes := []string{"simulate", "record", "spy", "learn", "forward", "diff"}
	for _, m := range modes {
		// On the collaborator as a whole, and, for another one, on a route.
		d.collaborator("by-"+m, fmt.Sprintf(`{"hosts":["by-%s.example"],"upstream":%q,"mode":%q}`, m, upstream, m))
		d.collaborator("route-"+m, fmt.Sprintf(`{"hosts":["route-%s.example"],"upstream":%q,"mode":"simulate","routes":[{"path":{"glob":"/**"},"mode":%q}]}`, m, upstream, m))
	}
	methods := []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get"}
	safe := []string{"GET", "HEAD", "OPTIONS"}
	allowed := func(mode, method string, marked bool) bool {
		switch mode {
		case "record", "forward", "diff":
			return !marked || slices.Contains(safe, method)
		case "spy", "learn":
			return slices.Contains(safe, method)
		}
		return false
	}
	want := map[string]int{}
	n := 0
	for _, form := range []string{"origin", "absolute", "connect"} {
		for _, where := range []string{"by-", "route-", "undeclared-"} {
			for _, mode := range modes {
				host := where + mode + ".example"
				for _, mk := range markers {
					conn := dial(t, d.url)
					if form == "connect" {
						status := conn.send(t, fmt.Sprintf("CONNECT %s%s:80 HTTP/1.1\r\nHost: %s%s:80\r\n\r\n", host, mk.suffix, host, mk.suffix), "CONNECT").StatusCode
						if (status == 200) != (where != "undeclared-") {
							t.Fatalf("CONNECT %s: %d", host, status)
						}
						if status != 200 {
							conn.Close()
							continue
						}
					}
					for _, method := range methods {
						n++
						path := fmt.Sprintf("/%s/%s/%s/%d", form, host, strings.ReplaceAll(mk.name, " ", "-"), n)
						target := path
						if form == "absolute" {
							target = "http://" + host + mk.suffix + path
						}
						head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s%s\r\nContent-Length: 0\r\n", method, target, host, mk.suffix)
						if mk.header != "" {
							head += mk.header + ": " + mk.value + "\r\n"
						}
						res := conn.send(t, head+"\r\n", method)
						ok := where != "undeclared-" && allowed(mode, method, mk.marked)
						if ok {
							want[method+" "+path]++
						}
						if got := res.Header.Get("X-Origin") == "yes"; got != ok {
							t.Errorf("%s %s, mode %s, marker %s: answered by the origin %v, want %v", method, target, mode, mk.name, got, ok)
						}
						outcome := res.Header.Get("Understudy-Outcome")
						if !ok && outcome != "miss" && outcome != "refused" || ok && outcome != "forwarded" && outcome != "recorded" {
							t.Errorf("%s %s, mode %s, marker %s: outcome %q", method, target, mode, mk.name, outcome)
						}
						if !ok && res.StatusCode != 501 {
							t.Errorf("%s %s: status %d", method, target, res.StatusCode)
						}
					}
					conn.Close()
				}
			}
		}
	}
	origin.mu.Lock()
	defer origin.mu.Unlock()
	for k, c := range want {
		if origin.seen[k] != c {
			t.Errorf("%s reached the origin %d times, want %d", k, origin.seen[k], c)
		}
	}
	for k, c := range origin.seen {
		if want[k] != c {
			t.Errorf("%s reached the origin %d times and may not", k, c)
		}
	}
	t.Logf("%d requests, %d of them let through", n, len(want))

	var status struct {
		Requests []struct {
			Origin, Outcome string
			Count           int
		}
	}
	d.call("GET", "/status", "", &status)
	total := 0
	for _, c := range status.Requests {
		total += c.Count
	}
	// Refused CONNECTs are counted too.
	if total < n {
		t.Errorf("%d requests are counted of %d", total, n)
	}
}

// TestDisagreeingTargets: what a request line, a Host and a tunnel say may differ.
func TestDisagreeingTargets(t *testing.T) {
	origin := &counter{}
	upstream, _ := serve(t, origin)
	d := start(t)
	d.collaborator("a", fmt.Sprintf(`{"hosts":["a.example"],"upstream":%q,"mode":"forward"}`, upstream))
	d.collaborator("b", fmt.Sprintf(`{"hosts":["b.example"],"upstream":%q,"mode":"simulate"}`, upstream))
	for _, c := range []struct {
		name, request string
		status        int
	}{
		{"the absolute URI counts, RFC 9112 3.2.2", "GET http://b.example/1 HTTP/1.1\r\nHost: a.example\r\n\r\n", 501},
		{"and lets through", "GET http://a.example/2 HTTP/1.1\r\nHost: b.example\r\n\r\n", 200},
		{"an undeclared URI with a declared Host", "GET http://evil.example/3 HTTP/1.1\r\nHost: a.example\r\n\r\n", 501},
		{"HTTP/1.0 without a Host", "GET /4 HTTP/1.0\r\n\r\n", 501},
		{"two Hosts", "GET /5 HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n", 400},
	} {
		conn := dial(t, d.url)
		if res := conn.send(t, c.request, "GET"); res.StatusCode != c.status {
			t.Errorf("%s: %s", c.name, res.Status)
		}
		conn.Close()
	}
	conn := dial(t, d.url)
	conn.send(t, "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n", "CONNECT")
	if res := conn.send(t, "GET /6 HTTP/1.1\r\nHost: b.example\r\n\r\n", "GET"); res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("another collaborator in a tunnel: %s", res.Status)
	}
	conn.Close()
	origin.mu.Lock()
	defer origin.mu.Unlock()
	if len(origin.seen) != 1 || origin.seen["GET /2"] != 1 {
		t.Errorf("the origin saw %v", origin.seen)
	}
}

// TestRedirectsAreTheClients: a redirect, to anywhere, is handed over and not followed.
func TestRedirectsAreTheClients(t *testing.T) {
	elsewhere := &counter{}
	other, _ := serve(t, elsewhere)
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other+"/away", http.StatusTemporaryRedirect)
	}))
	d := start(t)
	d.collaborator("a", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	for _, mode := range []string{"record", "forward", "spy", "learn", "diff"} {
		d.mode("a", mode)
		res, err := plain().Get(d.url + "/" + mode)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusTemporaryRedirect || res.Header.Get("Location") != other+"/away" {
			t.Errorf("%s: %s to %q", mode, res.Status, res.Header.Get("Location"))
		}
	}
	if len(elsewhere.seen) != 0 {
		t.Errorf("the redirect was followed: %v", elsewhere.seen)
	}
}

// rawConn speaks HTTP/1 by hand.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, url string) *rawConn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return &rawConn{c, bufio.NewReader(c)}
}

// send writes a request as it stands and reads the whole answer.
func (c *rawConn) send(t testing.TB, request, method string) *http.Response {
	t.Helper()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(c.r, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", request, err)
	}
	if method != "CONNECT" {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
	return res
}

// TestUpgradeToHTTP2IsNotPassedOn: behind an accepted offer of h2c anything could follow.
func TestUpgradeToHTTP2IsNotPassedOn(t *testing.T) {
	offers := make(chan http.Header, 10)
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		offers <- r.Header
		if r.URL.Path == "/pushy" {
			conn, rw, _ := http.NewResponseController(w).Hijack()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
			_ = rw.Flush()
			_ = conn.Close()
		}
	}))
	d := start(t)
	d.collaborator("a", fmt.Sprintf(`{"hosts":["a"],"upstream":%q,"mode":"spy"}`, upstream))
	for path, want := range map[string]int{"/": 200, "/pushy": 502} {
		c := dial(t, d.url)
		res := c.send(t, "GET "+path+" HTTP/1.1\r\nHost: a-shadow\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", "GET")
		if res.StatusCode != want {
			t.Errorf("%s: %s", path, res.Status)
		}
		if h := <-offers; h["Upgrade"] != nil || h["Http2-Settings"] != nil {
			t.Errorf("%s: the offer is passed on: %v", path, h)
		}
		c.Close()
	}
}

// TestRoutesHoldForPathsReadOtherwise: what a route keeps back stays back in
// every spelling, and what it opens opens that spelling only.
func TestRoutesHoldForPathsReadOtherwise(t *testing.T) {
	origin := &counter{}
	upstream, _ := serve(t, origin)
	d := start(t)
	d.collaborator("opened", fmt.Sprintf(`{"hosts":["opened"],"upstream":%q,"routes":[{"methods":["POST"],"path":{"glob":"/rates/**"},"mode":"forward"}]}`, upstream))
	d.collaborator("closed", fmt.Sprintf(`{"hosts":["closed"],"upstream":%q,"mode":"forward","routes":[{"path":{"glob":"/pay/**"},"mode":"simulate"},{"path":"/pay","mode":"simulate"}]}`, upstream))
	d.collaborator("based", fmt.Sprintf(`{"hosts":["based"],"upstream":%q,"mode":"forward"}`, upstream+"/base"))
	for _, c := range []struct {
		host, path string
		leaves     bool
	}{
		{"opened", "/rates/1", true},
		{"opened", "/rates/../charges", false},
		{"opened", "/rates/..%2fcharges", false},
		{"opened", "/rates/%2e%2e/charges", false},
		{"opened", "/rates/x%2f..%2f..%2fadmin", false},
		{"opened", "/rates/./1", true},
		{"closed", "/other", true},
		{"closed", "/pay", false},
		{"closed", "//pay", false},
		{"closed", "/./pay", false},
		{"closed", "/x/../pay/1", false},
		{"closed", "/pay%2f1", false},
		{"closed", "//pay//1", false},
		{"based", "/x", true},
		{"based", "/../secret", false},
		{"based", "/x/%2e%2e/..%2fsecret", false},
		{"based", "/x/../y", true},
	} {
		conn := dial(t, d.url)
		res := conn.send(t, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", c.path, c.host), "POST")
		if got := res.Header.Get("X-Origin") == "yes"; got != c.leaves {
			t.Errorf("%s %s: left %v, want %v (%s)", c.host, c.path, got, c.leaves, res.Status)
		}
		conn.Close()
	}
}

// TestNoLoops: an upstream that is understudy itself, its admin plane included,
// is refused on the first round.
func TestNoLoops(t *testing.T) {
	d := start(t)
	for name, upstream := range map[string]string{"data": d.url, "admin": strings.TrimSuffix(d.admin, "/api/v1")} {
		d.collaborator(name, fmt.Sprintf(`{"hosts":[%q],"upstream":%q,"preserveHost":true,"mode":"forward"}`, name, upstream))
		conn := dial(t, d.url)
		if res := conn.send(t, "GET /healthz HTTP/1.1\r\nHost: "+name+"\r\n\r\n", "GET"); res.StatusCode != 502 {
			t.Errorf("%s: %s", name, res.Status)
		}
		conn.Close()
	}
	var page struct{ Entries []struct{ Reason string } }
	d.call("GET", "/journal", "", &page)
	if len(page.Entries) != 2 {
		t.Errorf("%d exchanges: %+v", len(page.Entries), page)
	}
}

// TestOddTargets are refused: net/http would pass them on as they are.
func TestOddTargets(t *testing.T) {
	origin := &counter{}
	upstream, _ := serve(t, origin)
	d := start(t)
	d.collaborator("a", fmt.Sprintf(`{"hosts":["a"],"upstream":%q,"mode":"forward"}`, upstream))
	for _, target := range []string{"http:a", "http:admin/x", "file:///etc/passwd", "ftp://a/x"} {
		conn := dial(t, d.url)
		if res := conn.send(t, "GET "+target+" HTTP/1.1\r\nHost: a\r\n\r\n", "GET"); res.StatusCode != 400 {
			t.Errorf("%s: %s", target, res.Status)
		}
		conn.Close()
	}
	if len(origin.seen) != 0 {
		t.Errorf("the origin saw %v", origin.seen)
	}
}
