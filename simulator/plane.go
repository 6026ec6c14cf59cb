package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"understudy/simulations"
)

// ListenOptions say where and how the data plane listens.
type ListenOptions struct {
	// Addresses take requests for every collaborator.
	Addresses []string
	// TLS takes TLS too, on the same ports: a connection's first byte tells.
	// Certificate is shown then; without one the CA makes one for the host asked for.
	TLS         bool
	Certificate *tls.Certificate
	// MaxHeaderBytes bounds a request's header, MaxConnections the connections
	// of all ports together: past it, new ones wait.
	MaxHeaderBytes, MaxConnections int
	// ReadHeaderTimeout bounds how long a header may take, IdleTimeout how long
	// a connection may wait for its next request.
	ReadHeaderTimeout, IdleTimeout time.Duration
}

// plane is the listeners: the shared ones, an own port for each collaborator
// that wants one, and the tunnels that CONNECT opens. One net/http server
// serves them all; what a connection was accepted for travels with it.
type plane struct {
	engine *Engine
	server *http.Server
	slots  chan struct{} // a token for each connection
	tunnel *handover

	mu      sync.Mutex
	started bool
	shared  []net.Listener
	own     map[string]*port // by collaborator
	serving sync.WaitGroup
}

// port is a collaborator's own.
type port struct {
	address  string // as declared
	listener net.Listener
}

func newPlane(e *Engine) *plane {
	o := e.opts.Listen
	p := &plane{engine: e, own: map[string]*port{}, slots: make(chan struct{}, max(o.MaxConnections, 1))}
	p.server = &http.Server{
		Handler:                      e,
		ReadHeaderTimeout:            o.ReadHeaderTimeout,
		IdleTimeout:                  o.IdleTimeout,
		MaxHeaderBytes:               o.MaxHeaderBytes,
		DisableGeneralOptionsHandler: true,
		Protocols:                    new(http.Protocols),
		TLSConfig:                    &tls.Config{NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12},
		ErrorLog:                     slog.NewLogLogger(e.log.Handler(), slog.LevelDebug),
		ConnContext:                  connContext,
	}
	p.server.Protocols.SetHTTP1(true)
	p.server.Protocols.SetHTTP2(true)
	p.server.Protocols.SetUnencryptedHTTP2(true)
	p.tunnel = newHandover()
	return p
}

// Start opens the listeners and serves. It returns once all of them listen, or
// with none of them open.
func (e *Engine) Start(ctx context.Context) error {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	var opened []net.Listener
	undo := func() {
		for _, l := range opened {
			_ = l.Close() // it never served
		}
	}
	for _, address := range e.opts.Listen.Addresses {
		l, err := listen(ctx, address)
		if err != nil {
			undo()
			return err
		}
		opened = append(opened, l)
		p.shared = append(p.shared, l)
	}
	e.catalog.state.RLock()
	collaborators := maps.Clone(e.catalog.collaborators)
	e.catalog.state.RUnlock()
	for name, c := range collaborators {
		if c.config.Listen == "" {
			continue
		}
		l, err := listen(ctx, c.config.Listen)
		if err != nil {
			undo()
			return fmt.Errorf("the port of collaborator %s: %w", name, err)
		}
		opened = append(opened, l)
		p.own[name] = &port{c.config.Listen, l}
	}
	for _, l := range p.shared {
		p.serve(l, "")
	}
	for name, o := range p.own {
		p.serve(o.listener, name)
	}
	p.serving.Go(func() { _ = p.server.Serve(p.tunnel) }) // ends with Shutdown
	p.started = true
	return nil
}

// listen opens a TCP listener; its error names the address and the likely mend.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, simulations.Errorf(simulations.CodeConflict, "cannot listen on %s: %w; choose another address, or end what listens there", address, err)
	}
	return l, nil
}

func (p *plane) serve(l net.Listener, own string) {
	p.serving.Go(func() {
		in := p.accept(l, own)
		err := p.server.Serve(in)
		if err != nil && !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			p.engine.log.Error("a listener failed", "address", l.Addr().String(), "error", err)
		}
	})
}

// Stop takes no more connections, lets requests under way finish until ctx
// ends, and then breaks them off; so it does with the callbacks that are due
// until then. Those that are due later are dropped.
func (e *Engine) Stop(ctx context.Context) error {
	e.stopping.Store(true)
	p := e.plane
	err := p.server.Shutdown(ctx)
	if err != nil {
		_ = p.server.Close() // the time is over: what is left is broken off
		err = fmt.Errorf("requests were still under way: %w", err)
	}
	_ = p.tunnel.Close() // never fails
	p.serving.Wait()
	e.callbacks.close(ctx)
	return err
}

// addresses are those of the shared listeners, as they were bound.
func (p *plane) addresses() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []string{}
	for _, l := range p.shared {
		out = append(out, l.Addr().String())
	}
	return out
}

// Addr is the first shared listener's address; "" before Start.
func (e *Engine) Addr() string {
	if all := e.plane.addresses(); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (p *plane) addressOf(collaborator string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.own[collaborator]; o != nil {
		return o.listener.Addr().String()
	}
	return ""
}

// ownAt names the collaborator whose own port takes connections to host, "" for
// none. Names are not looked up: one that says no address may lead to any.
func (p *plane) ownAt(host string, port int) string {
	addresses := []net.IP{net.ParseIP(host)}
	if host == "localhost" {
		addresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(p.own)) {
		at, ok := p.own[name].listener.Addr().(*net.TCPAddr)
		if ok && at.Port == port && slices.ContainsFunc(addresses, func(ip net.IP) bool {
			return ip == nil || listensAt(at, &net.TCPAddr{IP: ip, Port: port})
		}) {
			return name
		}
	}
	return ""
}

// isSelf reports whether a connection from this machine leads to a listener of
// this understudy: to one of its ports, at loopback or at the address that the
// connection itself has.
func (p *plane) isSelf(local, remote net.Addr) bool {
	from, ok := local.(*net.TCPAddr)
	to, isTCP := remote.(*net.TCPAddr)
	if !ok || !isTCP || !to.IP.IsLoopback() && !to.IP.Equal(from.IP) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.shared {
		if listensAt(l.Addr(), to) {
			return true
		}
	}
	for _, o := range p.own {
		if listensAt(o.listener.Addr(), to) {
			return true
		}
	}
	if p.engine.opts.AdminAddr == nil {
		return false
	}
	admin, err := net.ResolveTCPAddr("tcp", p.engine.opts.AdminAddr())
	return err == nil && listensAt(admin, to)
}

func listensAt(a net.Addr, to *net.TCPAddr) bool {
	l, ok := a.(*net.TCPAddr)
	return ok && l.Port == to.Port && (l.IP == nil || l.IP.IsUnspecified() || l.IP.Equal(to.IP))
}

// portChange is a change of own ports on its way: what is new is bound, but
// serves nothing yet.
type portChange struct {
	plane  *plane
	opened map[string]*port
	closed []string
}

// prepare binds the ports that the collaborators need and do not have. It
// fails with none of them bound.
func (p *plane) prepare(ctx context.Context, next map[string]*collaborator) (*portChange, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change := &portChange{plane: p, opened: map[string]*port{}}
	if !p.started {
		return change, nil // Start binds them
	}
	for name, o := range p.own {
		if c := next[name]; c == nil || c.config.Listen != o.address {
			change.closed = append(change.closed, name)
		}
	}
	for name, c := range next {
		if o := p.own[name]; c.config.Listen == "" || o != nil && o.address == c.config.Listen {
			continue
		}
		l, err := listen(ctx, c.config.Listen)
		if err != nil {
			change.abandonLocked()
			if e, ok := errors.AsType[*simulations.Error](err); ok {
				e.Code = simulations.CodeInvalid
				e.Fields = []simulations.FieldError{{Pointer: "/collaborators/" + simulations.PointerToken(name) + "/listen", Detail: e.Detail}}
			}
			return nil, err
		}
		change.opened[name] = &port{c.config.Listen, l}
	}
	return change, nil
}

func (c *portChange) abandon() {
	c.plane.mu.Lock()
	defer c.plane.mu.Unlock()
	c.abandonLocked()
}

func (c *portChange) abandonLocked() {
	for _, o := range c.opened {
		_ = o.listener.Close() // it never served
	}
}

// commit closes what is not wanted any more and serves what is new.
func (c *portChange) commit() {
	p := c.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range c.closed {
		_ = p.own[name].listener.Close() // its connections go on until they are idle
		delete(p.own, name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.opened)) {
		p.own[name] = c.opened[name]
		p.serve(c.opened[name].listener, name)
	}
}
