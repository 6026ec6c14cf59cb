package mitm

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
)

func newCA(t testing.TB) *CA {
	t.Helper()
	ca, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func pool(t testing.TB, ca *CA) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(ca.PEM()) {
		t.Fatalf("not PEM: %s", ca.PEM())
	}
	return p
}

// serve intercepts as a proxy would: a listener whose connections get the CA's
// configuration.
func serve(t *testing.T, ca *CA, defaultHost string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s %v", r.Proto, r.TLS.DidResume)
		}),
		ErrorLog:  log.New(io.Discard, "", 0),
		TLSConfig: ca.TLSConfig(defaultHost),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.ServeTLS(l, "", "")
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return l.Addr().String()
}

func get(t *testing.T, addr, url string, cfg *tls.Config, h2 bool) (string, error) {
	t.Helper()
	tr := &http.Transport{
		TLSClientConfig:   cfg,
		ForceAttemptHTTP2: h2,
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		},
	}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr, Timeout: 10 * time.Second}).Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func TestHandshake(t *testing.T) {
	ca := newCA(t)
	roots := pool(t, ca)
	for _, c := range []struct{ url, defaultHost, want string }{
		{"https://pay.example/", "other.example", "HTTP/2.0 false"},
		{"https://my_service/", "other.example", "HTTP/2.0 false"},
		{"https://xn--bcher-kva.example/", "other.example", "HTTP/2.0 false"},
		{"https://bücher.example/", "other.example", "HTTP/2.0 false"},
		{"https://10.1.2.3/", "10.1.2.3", "HTTP/2.0 false"}, // no SNI for addresses
		{"https://[2001:db8::1]/", "[2001:db8::1]", "HTTP/2.0 false"},
	} {
		got, err := get(t, serve(t, ca, c.defaultHost), c.url, &tls.Config{RootCAs: roots}, true)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v", c.url, got, err)
		}
	}
	addr := serve(t, ca, "other.example")
	if got, err := get(t, addr, "https://pay.example/", &tls.Config{RootCAs: roots}, false); err != nil || got != "HTTP/1.1 false" {
		t.Errorf("HTTP/1.1: %q, %v", got, err)
	}
	if got, err := get(t, addr, "https://pay.example/", &tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}, true); err != nil || got != "HTTP/2.0 false" {
		t.Errorf("TLS 1.2: %q, %v", got, err)
	}
	if _, err := get(t, addr, "https://10.9.9.9/", &tls.Config{RootCAs: roots}, true); err == nil {
		t.Error("an address that is not the default host was certified")
	}
	if _, err := get(t, addr, "https://pay.example/", &tls.Config{RootCAs: pool(t, newCA(t))}, true); err == nil {
		t.Error("another authority is as good")
	}
	if _, err := get(t, serve(t, ca, ""), "https://10.9.9.9/", &tls.Config{RootCAs: roots}, true); err == nil {
		t.Error("a handshake without any name went through")
	}
}

// A session goes on although every tunnel has a configuration of its own.
func TestResumption(t *testing.T) {
	ca := newCA(t)
	client := &tls.Config{RootCAs: pool(t, ca), ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	for i, want := range []string{"HTTP/1.1 false", "HTTP/1.1 true"} {
		got, err := get(t, serve(t, ca, "other.example"), "https://pay.example/", client, false)
		if err != nil || got != want {
			t.Errorf("connection %d: %q, %v", i, got, err)
		}
	}
}

func TestLeaf(t *testing.T) {
	ca := newCA(t)
	cert, err := ca.Certificate("Pay.Example.")
	if err != nil {
		t.Fatal(err)
	}
	leaf := cert.Leaf
	if fmt.Sprint(leaf.DNSNames, leaf.IPAddresses) != "[pay.example] []" || leaf.IsCA || leaf.SerialNumber.Sign() <= 0 {
		t.Errorf("%v %v CA %v", leaf.DNSNames, leaf.IPAddresses, leaf.IsCA)
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life > leafLife || time.Since(leaf.NotBefore) < skew {
		t.Errorf("valid %v from %v", life, leaf.NotBefore)
	}
	again, err := ca.Certificate("pay.example")
	if err != nil || again != cert {
		t.Errorf("made twice: %v", err)
	}
	ip, err := ca.Certificate("[::ffff:10.0.0.1]")
	if err != nil || len(ip.Leaf.IPAddresses) != 1 || ip.Leaf.IPAddresses[0].String() != "10.0.0.1" || len(ip.Leaf.DNSNames) != 0 {
		t.Errorf("%v, %v", ip.Leaf.IPAddresses, err)
	}
	if err := ip.Leaf.VerifyHostname("10.0.0.1"); err != nil {
		t.Error(err)
	}
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60)
	if cert, err := ca.Certificate(long); err != nil || cert.Leaf.VerifyHostname(long) != nil {
		t.Errorf("a long name: %v", err)
	}
}

func TestHostsRefused(t *testing.T) {
	ca := newCA(t)
	for _, host := range []string{
		"", ".", "*", "*.example", "a.*.example", "pay..example", "pay:80", "pay/x", "pay example", "fe80::1%eth0", "[fe80::1%25eth0]",
		"-a.example", "a-.example", strings.Repeat("a", 64), strings.Repeat("a.", 127) + "aa", "1.2.3.4.5", "999.1.1.1", "a\x00b", "pay.example..", "[pay]", "\xff", "a。。b",
		strings.Repeat("ü", 300),
	} {
		if cert, err := ca.Certificate(host); err == nil || simulations.CodeOf(err) != simulations.CodeInvalid || len(err.Error()) > 2000 {
			t.Errorf("%q: %v, %v", host, cert, err)
		}
	}
	if len(ca.cache.entries) != 0 {
		t.Errorf("%d refused hosts are kept", len(ca.cache.entries))
	}
}

func TestConcurrentMinting(t *testing.T) {
	ca := newCA(t)
	var wg sync.WaitGroup
	got := make([]*tls.Certificate, 400)
	for i := range got {
		wg.Go(func() {
			cert, err := ca.Certificate(fmt.Sprintf("host%d.example", i%8))
			if err != nil {
				t.Error(err)
			}
			got[i] = cert
		})
	}
	wg.Wait()
	for i := range got {
		if got[i] != got[i%8] {
			t.Errorf("host%d.example was made more than once", i%8)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	first := c.get("first")
	for i := range maxLeaves - 1 {
		c.get(fmt.Sprint(i))
	}
	if c.get("first") != first { // and is now the one used last
		t.Error("first went too early")
	}
	c.get("one more")
	if len(c.entries) != maxLeaves || c.order.Len() != maxLeaves {
		t.Errorf("%d entries, %d in order", len(c.entries), c.order.Len())
	}
	if c.get("first") != first {
		t.Error("the one used last went")
	}
	if _, ok := c.entries["0"]; ok {
		t.Error("the one used longest ago stayed")
	}
	second := &entry{}
	c.remove("first", second) // not the one that is there
	if c.get("first") != first {
		t.Error("another's entry was removed")
	}
}

func TestRenewalAndExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t)
		started := time.Now()
		roots := pool(t, ca)
		last, err := ca.Certificate("pay.example")
		if err != nil {
			t.Fatal(err)
		}
		made := 1
		for day := 1; ; day++ {
			time.Sleep(24 * time.Hour)
			cert, err := ca.Certificate("pay.example")
			if !time.Now().Before(ca.cert.NotAfter) {
				if err == nil || !strings.Contains(err.Error(), "expired") {
					t.Errorf("after the authority's end: %v", err)
				}
				if time.Since(started) < 9*365*24*time.Hour {
					t.Errorf("the authority lived %v", time.Since(started))
				}
				break
			}
			if err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
			if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: "pay.example", Roots: roots}); err != nil {
				t.Fatalf("day %d: %v", day, err)
			}
			if cert != last {
				if left := time.Until(last.Leaf.NotAfter); left <= 0 {
					t.Errorf("day %d: renewed %v late", day, -left)
				}
				made++
				last = cert
			}
		}
		if made < 10 || made > 30 {
			t.Errorf("%d certificates in ten years", made)
		}
		if _, err := load(ca.PEM(), nil, "ca.pem", "ca-key.pem"); err == nil {
			t.Error("no key is a key")
		}
	})
}

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "ca")
	ca, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{"": 0o700, CertFile: 0o644, KeyFile: 0o600} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%q: %v, %v", name, info.Mode(), err)
			}
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("left behind: %v", files)
	}
	again, err := Open(dir)
	if err != nil || !bytes.Equal(again.PEM(), ca.PEM()) {
		t.Errorf("another authority after a restart: %v", err)
	}
	// What the first made, the second's clients trust.
	cert, _ := ca.Certificate("pay.example")
	if _, err := cert.Leaf.Verify(x509.VerifyOptions{DNSName: "pay.example", Roots: pool(t, again)}); err != nil {
		t.Error(err)
	}
	again.PEM()[0] = 'x'
	if again.PEM()[0] == 'x' {
		t.Error("PEM hands out its own bytes")
	}
	other, err := Open(t.TempDir())
	if err != nil || other.cert.Subject.CommonName == ca.cert.Subject.CommonName {
		t.Errorf("two authorities of one name %q: %v", ca.cert.Subject, err)
	}
}

func TestOpenTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	var wg sync.WaitGroup
	got := make([]*CA, 8)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = Open(dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, ca := range got {
		if !bytes.Equal(ca.PEM(), got[0].PEM()) {
			t.Error("two authorities in one folder")
		}
	}
}

func TestOpenNeverReplaces(t *testing.T) {
	pair := func() (cert, key []byte) {
		cert, key, err := generate()
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	cert, key := pair()
	_, otherKey := pair()
	leaf := func() []byte {
		ca, _ := load(cert, key, "c", "k")
		c, _ := ca.Certificate("pay")
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	}()
	for name, c := range map[string]struct {
		cert, key []byte
		names     string // the file that the error must name
		says      string
	}{
		"certificate only":  {cert, nil, CertFile, "without " + KeyFile},
		"key only":          {nil, key, KeyFile, "without " + CertFile},
		"another key":       {cert, otherKey, KeyFile, "does not fit"},
		"empty certificate": {[]byte{}, key, CertFile, "no PEM certificate"},
		"empty key":         {cert, []byte{}, KeyFile, "no PEM private key"},
		"cut key":           {cert, key[:len(key)/2], KeyFile, "no PEM private key"},
		"garbled":           {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), key, CertFile, "cannot be read"},
		"garbled key":       {cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}), KeyFile, "cannot be read"},
		"encrypted":         {cert, pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}), KeyFile, "passphrase"},
		"no authority":      {leaf, key, CertFile, "may not sign"},
	} {
		dir := t.TempDir()
		for file, data := range map[string][]byte{CertFile: c.cert, KeyFile: c.key} {
			if data != nil {
				if err := os.WriteFile(filepath.Join(dir, file), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, err := Open(dir)
		if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, c.names)) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if c.key != nil && err != nil && strings.Contains(err.Error(), "BEGIN") {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
		for file, data := range map[string][]byte{CertFile: c.cert, KeyFile: c.key} {
			if now, _ := os.ReadFile(filepath.Join(dir, file)); !bytes.Equal(now, data) {
				t.Errorf("%s: %s was changed", name, file)
			}
		}
	}
}

func TestOpenUnwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(file, "ca")); simulations.CodeOf(err) != simulations.CodeUnavailable {
		t.Errorf("got %v", err)
	}
}

// An authority put there by hand, in the other forms that a key comes in.
func TestForeignKeys(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	edDER, _ := x509.MarshalPKCS8PrivateKey(edKey)
	template := *newCA(t).cert
	template.SignatureAlgorithm, template.PublicKey = 0, nil // the key's own
	for name, c := range map[string]struct {
		key   any
		pub   any
		block *pem.Block
	}{
		"rsa":     {rsaKey, rsaKey.Public(), &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}},
		"ed25519": {edKey, edKey.Public(), &pem.Block{Type: "PRIVATE KEY", Bytes: edDER}},
	} {
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, c.pub, c.key)
		if err != nil {
			t.Fatal(err)
		}
		certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		ca, err := load(certPEM, append(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS"}), pem.EncodeToMemory(c.block)...), "c", "k")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := get(t, serve(t, ca, ""), "https://pay.example/", &tls.Config{RootCAs: pool(t, ca)}, true); err != nil || got != "HTTP/2.0 false" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"pay.example", "[::1]", "bücher.example", "*.x", "1.2.3.4", "xn--a", "a_b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		name, ip, err := normalize(host)
		if err != nil {
			return
		}
		again, ip2, err := normalize(name)
		if err != nil || again != name || ip2 != ip {
			t.Fatalf("%q: %q, and again %q, %v", host, name, again, err)
		}
		// What passes, a verifier takes.
		cert := &x509.Certificate{DNSNames: []string{name}}
		if ip.IsValid() {
			cert = &x509.Certificate{IPAddresses: []net.IP{ip.AsSlice()}}
		}
		if err := cert.VerifyHostname(name); err != nil {
			t.Fatalf("%q: %v", host, err)
		}
	})
}

func BenchmarkCertificate(b *testing.B) {
	ca := newCA(b)
	b.Run("new", func(b *testing.B) {
		i := 0
		for b.Loop() {
			if _, err := ca.Certificate(fmt.Sprintf("h%d.example", i)); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ca.Certificate("pay.example"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
