package simulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"understudy/simulations"
)

// upstream is the way to a real service. Only forward and callbacks, both behind
// contain, use it.
type upstream struct {
	url       *url.URL
	transport *http.Transport
	// upgrade speaks HTTP/1.1 only: a protocol switch cannot go over HTTP/2.
	upgrade      *http.Transport
	preserveHost bool
}

// newUpstream makes the transports for a collaborator. They obey no proxy but
// the one that is configured, follow no redirect (a transport never does), and
// undo no content coding.
func newUpstream(c *simulations.Collaborator, opts Options) (*upstream, *simulations.FieldError) {
	u, err := url.Parse(c.Upstream)
	if err != nil {
		return nil, &simulations.FieldError{Pointer: "/upstream", Detail: err.Error()}
	}
	up := &upstream{url: u, preserveHost: c.PreserveHost}
	timeout := time.Duration(c.Timeout)
	if timeout == 0 {
		timeout = opts.UpstreamTimeout
	}
	t := &http.Transport{
		DialContext:           dialOthers(&net.Dialer{Timeout: min(timeout, 10*time.Second), KeepAlive: 30 * time.Second}, opts.self),
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: timeout,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConns:          512,
		MaxIdleConnsPerHost:   256,
		DisableCompression:    true,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
	}
	t.MaxResponseHeaderBytes = 1 << 20
	if p := firstOf(c.Proxy, opts.UpstreamProxy); p != "" {
		proxy, err := url.Parse(p)
		if err != nil {
			return nil, &simulations.FieldError{Pointer: "/proxy", Detail: err.Error()}
		}
		t.Proxy = http.ProxyURL(proxy)
	}
	if s := c.UpstreamTLS; s != nil {
		t.TLSClientConfig.ServerName = s.ServerName
		t.TLSClientConfig.InsecureSkipVerify = s.InsecureSkipVerify //nolint:gosec // the user's explicit choice for a test service
		if s.CA != "" {
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM([]byte(s.CA)) {
				return nil, &simulations.FieldError{Pointer: "/upstreamTLS/ca", Detail: "there is no PEM certificate in it"}
			}
			t.TLSClientConfig.RootCAs = pool
		}
	}
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.Protocols.SetHTTP2(true)
	// Many requests share a connection: one whose other end has vanished is left.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second}
	up.transport = t
	up.upgrade = t.Clone() // what t speaks is settled by that, and offered by both
	up.upgrade.Protocols = new(http.Protocols)
	up.upgrade.Protocols.SetHTTP1(true)
	up.upgrade.TLSClientConfig.NextProtos = nil
	return up, nil
}

// dialOthers refuses to connect to understudy itself: an upstream whose name
// leads back here would forward one request to itself without end.
func dialOthers(d *net.Dialer, self func(local, remote net.Addr) bool) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err == nil && self != nil && self(c.LocalAddr(), c.RemoteAddr()) {
			_ = c.Close() // nothing was said
			return nil, errors.New("its address is understudy's own: a request would go round for ever")
		}
		return c, err
	}
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// behind is a path, with its query, at the upstream: its own path, if any, comes
// before.
func (u *upstream) behind(path *url.URL) *url.URL {
	out := *path
	out.Scheme, out.Host = u.url.Scheme, u.url.Host
	if prefix := strings.TrimSuffix(u.url.EscapedPath(), "/"); prefix != "" {
		joined := prefix + path.EscapedPath()
		if unescaped, err := url.PathUnescape(joined); err == nil {
			out.Path, out.RawPath = unescaped, joined
		}
	}
	return &out
}

// close lets idle connections go; requests under way end by themselves.
func (u *upstream) close() {
	u.transport.CloseIdleConnections()
	u.upgrade.CloseIdleConnections()
}

// quiet is the ReverseProxy's logger: what it would say is in the journal.
var quiet = log.New(io.Discard, "", 0)

// forward sends the request upstream and the answer to the client as it comes.
// In a mode that records, an answer's end is held back until the exchange is
// durable. stub is what mode diff compares with; nil where none answers.
func (e *Engine) forward(x *exchange, row plan, stub *found) {
	x.rest()
	x.entry.Outcome = simulations.OutcomeForwarded
	x.entry.Reason = fmt.Sprintf("mode %s forwards", x.mode)
	up := x.collaborator.upstream
	t := &transfer{engine: e, x: x, row: row, stub: stub}
	defer t.close()
	if err := t.takeRequest(); err != nil {
		x.badBody(err)
		return
	}
	_ = x.out.rc.EnableFullDuplex() // HTTP/1 only: an upstream may answer before it has read everything
	var transport http.RoundTripper = up.transport
	if x.r.Header["Upgrade"] != nil && !h2cUpgrade(x.r.Header) {
		transport = up.upgrade
	}
	proxy := httputil.ReverseProxy{
		Transport:     transport,
		ErrorLog:      quiet,
		FlushInterval: -1,
		BufferPool:    copyBuffers{},
		Rewrite:       func(p *httputil.ProxyRequest) { up.rewrite(p) },
		ErrorHandler:  func(_ http.ResponseWriter, _ *http.Request, err error) { t.failed(err) },
	}
	proxy.ModifyResponse = func(res *http.Response) error {
		err := t.response(res)
		if t.held {
			proxy.FlushInterval = 0 // the end follows at once, and is flushed
		}
		return err
	}
	r := x.r
	if t.body != nil {
		r = r.WithContext(r.Context())
		r.Body = t.body
	}
	t.sent = time.Now()
	proxy.ServeHTTP(x.out, r)
}

// copyBuffers lends the buffers through which answers pass: one of its own for
// each answer would be most of the garbage that forwarding makes.
type copyBuffers struct{}

const copyBuffer = 32 << 10

var copyBufferPool = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

func (copyBuffers) Get() []byte  { return copyBufferPool.Get().(*[copyBuffer]byte)[:] }
func (copyBuffers) Put(b []byte) { copyBufferPool.Put((*[copyBuffer]byte)(b)) }

// rewrite aims a request at the upstream and leaves everything else as the
// client sent it: ReverseProxy would drop the client's forwarding headers and
// query pairs that Go cannot parse.
func (u *upstream) rewrite(p *httputil.ProxyRequest) {
	out, in := p.Out, p.In
	at := u.behind(in.URL)
	out.URL.Scheme, out.URL.Host = at.Scheme, at.Host
	out.URL.User = nil
	if in.URL.Path != "*" {
		out.URL.Path, out.URL.RawPath = at.Path, at.RawPath
	}
	out.URL.RawQuery, out.URL.ForceQuery = in.URL.RawQuery, in.URL.ForceQuery
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if v, ok := in.Header[name]; ok {
			out.Header[name] = v
		}
	}
	if h2cUpgrade(in.Header) {
		// ReverseProxy puts an offered protocol back; this one is between the
		// client and understudy, and behind it anything could follow.
		for _, name := range []string{"Connection", "Upgrade", "Http2-Settings"} {
			delete(out.Header, name)
		}
	}
	delete(out.Header, "Host")
	out.Host = u.url.Host
	if u.preserveHost {
		out.Host = in.Host
	}
}

// failed answers for an upstream that did not.
func (t *transfer) failed(err error) {
	x := t.x
	if t.requestError != nil && x.r.Context().Err() == nil {
		x.badBody(t.requestError)
		return
	}
	detail := fmt.Sprintf("the upstream %s of %s failed: %s", x.collaborator.config.Upstream, x.collaborator.name, plainError(err))
	if x.r.Context().Err() != nil {
		x.failed("the client left before the upstream answered")
		panic(http.ErrAbortHandler)
	}
	x.failed(detail)
	x.entry.Reason = "forwarded, but " + detail
	x.problem(http.StatusBadGateway, "upstream", detail, simulations.OutcomeForwarded, problemDetails{Collaborator: x.collaborator.name})
}

// plainError says what went wrong without the layers that wrapped it.
func plainError(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "it did not answer in time"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Op + " " + op.Err.Error()
	}
	return err.Error()
}
