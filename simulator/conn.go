package simulator

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"understudy/simulations"
)

// conn is a connection with what it was accepted for. Below TLS it is what
// tls.Conn.NetConn returns.
type conn struct {
	net.Conn
	own    string  // the collaborator whose port took it; "" for a shared one
	tunnel *tunnel // nil outside CONNECT
	// first is what was read ahead to tell TLS from HTTP.
	first   *bufio.Reader
	release func()
	once    sync.Once
	// writeBy is the deadline of writes, in Unix nanoseconds.
	writeBy atomic.Int64
}

// tunnel is what a CONNECT was granted for.
type tunnel struct {
	authority string
	name      string // of the collaborator
	shadow    bool
}

// collaborator is the tunnel's, as it is now declared.
func (t *tunnel) collaborator(s *snapshot) *collaborator { return s.directory.byName[t.name] }

func (c *conn) Read(p []byte) (int, error) {
	if c.first != nil && c.first.Buffered() > 0 {
		return c.first.Read(p)
	}
	return c.Conn.Read(p)
}

// Write bounds how long the client may take no byte: for one stall at least, for
// two at most, so that most writes need not move the deadline.
// A large answer goes in pieces, each with that time.
func (c *conn) Write(p []byte) (n int, err error) {
	for {
		if now := time.Now(); c.writeBy.Load() < now.Add(stall).UnixNano() {
			by := now.Add(2 * stall)
			if err := c.Conn.SetWriteDeadline(by); err != nil {
				return n, err
			}
			c.writeBy.Store(by.UnixNano())
		}
		wrote, err := c.Conn.Write(p[:min(len(p), writePiece)])
		n, p = n+wrote, p[wrote:]
		if err != nil || len(p) == 0 {
			return n, err
		}
	}
}

// writePiece is what a client has to take within a stall, in bytes.
const writePiece = 256 << 10

// SetDeadline and SetWriteDeadline: who sets a deadline of its own keeps it
// until it takes it away again.
func (c *conn) SetDeadline(t time.Time) error {
	c.ownDeadline(t)
	return c.Conn.SetDeadline(t)
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	if by := c.writeBy.Load(); t.IsZero() && by > 0 && by < math.MaxInt64 {
		return nil // net/http takes it away after each answer: that of Write stays
	}
	c.ownDeadline(t)
	return c.Conn.SetWriteDeadline(t)
}

func (c *conn) ownDeadline(t time.Time) {
	if t.IsZero() {
		c.writeBy.Store(0)
	} else {
		c.writeBy.Store(math.MaxInt64)
	}
}

func (c *conn) Close() error {
	if c.release != nil {
		c.once.Do(c.release)
	}
	return c.Conn.Close()
}

// NetConn serves plainConn.
func (c *conn) NetConn() net.Conn {
	if inner, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		return inner.NetConn()
	}
	return c.Conn
}

type connKey struct{}

// connContext puts a connection's purpose into the context of its requests.
func connContext(ctx context.Context, nc net.Conn) context.Context {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	if c, ok := nc.(*conn); ok && (c.own != "" || c.tunnel != nil) {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}

// routeOf reads back what connContext put.
func routeOf(ctx context.Context) (own string, t *tunnel) {
	if c, ok := ctx.Value(connKey{}).(*conn); ok {
		return c.own, c.tunnel
	}
	return "", nil
}

// handover is a listener whose connections come from elsewhere.
type handover struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newHandover() *handover {
	return &handover{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// Addr has no meaning here.
func (h *handover) Addr() net.Addr { return &net.TCPAddr{} }

// give hands a connection over, or closes it when nobody takes any more.
func (h *handover) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.done:
		_ = c.Close() // the plane is stopping
	}
}

// limited accepts up to the bound of connections and marks each with its purpose.
type limited struct {
	net.Listener
	plane *plane
	own   string
}

func (l *limited) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	select {
	case l.plane.slots <- struct{}{}:
	case <-l.plane.engine.life.Done():
		_ = nc.Close() // the engine has ended
		return nil, net.ErrClosed
	}
	return &conn{Conn: nc, own: l.own, release: func() { <-l.plane.slots }}, nil
}

// accept makes the listener that the server takes connections from. Where TLS
// is configured too, each connection's first byte is awaited beside the others,
// so that a silent one holds nobody up.
func (p *plane) accept(l net.Listener, own string) net.Listener {
	in := &limited{l, p, own}
	if !p.engine.opts.Listen.TLS {
		return in
	}
	out := &sniffed{handover: newHandover(), below: l}
	config := p.engine.opts.CA.TLSConfig("localhost")
	if cert := p.engine.opts.Listen.Certificate; cert != nil {
		config = &tls.Config{Certificates: []tls.Certificate{*cert}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
	} else {
		config.GetCertificate = p.certificate
	}
	p.serving.Go(func() {
		defer func() { _ = out.Close() }() // never fails
		for {
			nc, err := in.Accept()
			if err != nil {
				if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // as net/http does
					continue
				}
				return
			}
			c := nc.(*conn)
			go p.sniff(c, bufio.NewReaderSize(c.Conn, 4096), config, out.give)
		}
	})
	return out
}

// certificate makes one for the name that the client asks for, or, where it
// asks by address and so for none, for the address that it has reached.
func (p *plane) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := hello.ServerName
	if name == "" {
		if host, _, err := net.SplitHostPort(hello.Conn.LocalAddr().String()); err == nil {
			name = host
		}
	}
	return p.engine.opts.CA.Certificate(name)
}

// sniffed closes the listener below with itself.
type sniffed struct {
	*handover
	below net.Listener
}

func (s *sniffed) Close() error {
	err := s.below.Close()
	_ = s.handover.Close() // never fails
	return err
}

func (s *sniffed) Addr() net.Addr { return s.below.Addr() }

// tlsHandshake is the first byte of a TLS connection (RFC 8446 section 5.1).
const tlsHandshake = 0x16

// sniff waits for a connection's first byte, no longer than for a header, and
// gives it on as TLS or as it is.
func (p *plane) sniff(c *conn, r *bufio.Reader, config *tls.Config, give func(net.Conn)) {
	_ = c.SetReadDeadline(time.Now().Add(p.server.ReadHeaderTimeout)) // a dead connection fails in Peek
	first, err := r.Peek(1)
	if err != nil {
		_ = c.Close() // it said nothing
		return
	}
	_ = c.SetReadDeadline(time.Time{}) // the server sets its own
	c.first = r
	if first[0] == tlsHandshake {
		give(tls.Server(c, config))
		return
	}
	give(c)
}

// connect answers CONNECT: a tunnel to a declared collaborator ends here, with
// a certificate of understudy's CA, and its requests are served like any
// others; one to anybody else is refused.
func (e *Engine) connect(w http.ResponseWriter, r *http.Request) {
	x := e.begin(w, r)
	own, outer := routeOf(r.Context())
	var listener *collaborator
	if own != "" {
		listener = x.snapshot.directory.byName[own]
	}
	a := x.snapshot.directory.resolve(listener, r.Host, true)
	refuse := func(status int, why string) {
		x.entry.Reason = why
		x.problem(status, "refused", why, simulations.OutcomeRefused, problemDetails{})
	}
	switch {
	case outer != nil:
		refuse(http.StatusForbidden, "a tunnel within a tunnel is not opened")
		return
	case a.collaborator == nil:
		refuse(http.StatusForbidden, fmt.Sprintf("the host %q is no declared collaborator's, and no tunnel is opened to others", a.host)+x.snapshot.directory.suggest(a.host))
		return
	case r.ProtoMajor >= 2:
		refuse(http.StatusNotImplemented, "CONNECT is served over HTTP/1.1 only")
		return
	}
	nc, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		refuse(http.StatusInternalServerError, "the connection cannot become a tunnel")
		return
	}
	_ = nc.SetDeadline(time.Now().Add(e.opts.Listen.ReadHeaderTimeout)) // a dead connection fails in Write
	if _, err := nc.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = nc.Close() // the client left
		return
	}
	_ = nc.SetDeadline(time.Time{}) // the server sets its own
	c := &conn{Conn: nc, own: own, tunnel: &tunnel{authority: r.Host, name: a.collaborator.name, shadow: a.shadow}}
	go e.plane.sniff(c, rw.Reader, e.tunnelTLS(a.host), e.plane.tunnel.give)
}

// tunnelTLS is the TLS of a tunnel: certificates by the name that the client
// asks for, else by the tunnel's.
func (e *Engine) tunnelTLS(host string) *tls.Config { return e.opts.CA.TLSConfig(host) }
