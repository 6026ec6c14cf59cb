package test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// throughProxy is a client that trusts understudy's CA and uses it as its proxy.
func throughProxy(t testing.TB, d *double, h2 bool) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(text(d.call("GET", "/ca.pem", "", nil)))) {
		t.Fatal("no CA certificate")
	}
	proxy, err := url.Parse(d.url)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		Protocols: new(http.Protocols), MaxIdleConnsPerHost: 64,
	}
	tr.Protocols.SetHTTP1(!h2)
	tr.Protocols.SetHTTP2(h2)
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// TestHTTPSThroughConnect: HTTPS calls end at understudy, with a certificate of
// its CA; connections are kept, HTTP/2 works, and recording does too.
func TestHTTPSThroughConnect(t *testing.T) {
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "real %s %s", r.Host, r.URL.Path)
	}))
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.put("pay", fmt.Sprintf(`
understudy: v1
collaborator: pay
collaborators:
  pay: {hosts: ["*.pay.example"], upstream: %q, preserveHost: true}
stubs:
  - {request: {path: /stub}, response: {text: stubbed}}
`, upstream))
	for _, h2 := range []bool{false, true} {
		client := throughProxy(t, d, h2)
		reused := 0
		for i := range 20 {
			r, _ := http.NewRequest("GET", "https://eu.pay.example/stub", nil)
			r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
				if info.Reused {
					reused++
				}
			}}))
			res, err := client.Do(r)
			if err != nil {
				t.Fatalf("h2 %v, call %d: %v", h2, i, err)
			}
			b, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if string(b) != "stubbed" || (res.ProtoMajor == 2) != h2 || res.TLS == nil {
				t.Errorf("h2 %v: %s %q", h2, res.Proto, b)
			}
		}
		if reused != 19 {
			t.Errorf("h2 %v: %d of 19 calls used the connection again", h2, reused)
		}
		if _, err := client.Get("https://evil.example/"); err == nil {
			t.Error("a tunnel to an undeclared host was opened")
		}
	}
	d.mode("pay", "record")
	client := throughProxy(t, d, true)
	for _, mode := range []string{"record", "simulate"} {
		d.mode("pay", mode)
		res, err := client.Get("https://eu.pay.example/recorded")
		if err != nil {
			t.Fatal(err)
		}
		if got := text(res); got != "real eu.pay.example /recorded" {
			t.Errorf("%s: %q", mode, got)
		}
		_ = res.Body.Close()
	}
	keys, err := filepath.Glob(filepath.Join(dir, "*key*"))
	if err != nil || len(keys) == 0 {
		t.Fatalf("no key file: %v", err)
	}
	for _, k := range keys {
		if info, err := os.Stat(k); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", k, info.Mode(), err)
		}
	}
	out, err := exec.Command(binary, "ca", "--admin", d.admin[:len(d.admin)-len("/api/v1")]).Output()
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(out) {
		t.Errorf("understudy ca: %v %s", err, out)
	}
}

// TestArchiveThroughConnect: the https hosts of a recording answer through CONNECT
// once a document declares them, and not before.
func TestArchiveThroughConnect(t *testing.T) {
	d := start(t)
	d.put("shop", `{"log": {"entries": [{"request": {"method": "GET", "url": "https://api.example/items?page=3"},
	  "response": {"status": 200, "content": {"text": "recorded"}}}]}}`)
	client := throughProxy(t, d, false)
	if res, err := client.Get("https://api.example/items?page=3"); err == nil {
		_ = res.Body.Close()
		t.Fatalf("a host that nobody declares is answered %s", res.Status)
	} else if !strings.Contains(err.Error(), "Forbidden") {
		t.Fatal(err)
	}
	d.put("hosts", "understudy: v1\ncollaborators:\n  apis: {hosts: [\"*.example\"]}\n")
	res, err := client.Get("https://api.example/items?page=3")
	if err != nil {
		t.Fatal(err)
	}
	if got := text(res); got != "recorded" {
		t.Errorf("%s %q", res.Status, got)
	}
}

// TestProtocolsOnOnePort: HTTP/1.0, 1.1, HTTP/2 in clear text, and TLS where configured.
func TestProtocolsOnOnePort(t *testing.T) {
	d := start(t, "--tls")
	d.put("main", "understudy: v1\nstubs: [{request: {}, response: {text: hello}}]\n")
	conn := dial(t, d.url)
	if res := conn.send(t, "GET / HTTP/1.0\r\n\r\n", "GET"); res.StatusCode != 200 {
		t.Errorf("HTTP/1.0: %s", res.Status)
	}
	conn.Close()
	h2c := &http.Transport{Protocols: new(http.Protocols)}
	h2c.Protocols.SetUnencryptedHTTP2(true)
	res, err := (&http.Client{Transport: h2c}).Get(d.url)
	if err != nil || res.ProtoMajor != 2 || text(res) != "hello" {
		t.Errorf("h2c: %v %v", res, err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(text(d.call("GET", "/ca.pem", "", nil))))
	for _, h2 := range []bool{false, true} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "shop.example", MinVersion: tls.VersionTLS12}, Protocols: new(http.Protocols)}
		tr.Protocols.SetHTTP1(!h2)
		tr.Protocols.SetHTTP2(h2)
		res, err := (&http.Client{Transport: tr}).Get("https" + d.url[len("http"):])
		if err != nil || (res.ProtoMajor == 2) != h2 || text(res) != "hello" {
			t.Errorf("TLS, h2 %v: %v %v", h2, res, err)
		}
		tr.CloseIdleConnections()
	}
	h2c.CloseIdleConnections()
}
