package admin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/semaphore"

	"understudy/simulations"
)

// Limits of the HTTP server. Bodies and answers may take long; only standing
// still is bounded, see [response] and [steadyReader].
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	// stallTimeout is how long one read of a body or one write of an answer may
	// make no progress.
	stallTimeout = 30 * time.Second
)

// Server is the admin plane. Make it with [New], then either [Server.Start] it
// or serve its [Server.Handler].
type Server struct {
	opts    Options
	guard   *guard
	handler http.Handler
	openAPI []byte
	bodies  *budget
	// parses is what is parsed at one time, see [call.admit].
	parses *semaphore.Weighted
	// streams holds a token for every journal stream that is open.
	streams chan struct{}
	// generalizing holds a token while a proposal is made.
	generalizing chan struct{}
	// stopping ends when Stop begins, so that streams end by themselves.
	stopping context.Context
	stop     context.CancelFunc
	// stall is stallTimeout, less in tests.
	stall time.Duration

	mu       sync.Mutex
	server   *http.Server
	listener net.Listener
	served   chan struct{}
}

// ownDocument is the OpenAPI document of the routes, made once.
var ownDocument = sync.OnceValues(func() ([]byte, error) { return openAPI(routes) })

// New makes an admin plane. It fails on bad options, each of which the error
// names, and opens nothing.
func New(opts Options) (*Server, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	s := &Server{
		opts: opts, guard: newGuard(opts),
		bodies: newBudget(2 * opts.MaxBody), parses: semaphore.NewWeighted(simulations.MaxParseCost), streams: make(chan struct{}, opts.MaxStreams), generalizing: make(chan struct{}, 1), stall: stallTimeout,
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	document, err := ownDocument()
	if err != nil {
		return nil, err
	}
	s.openAPI = document
	s.handler = s.entry(s.router(routes))
	return s, nil
}

// Handler returns the admin plane as a handler, for a server of the caller's.
func (s *Server) Handler() http.Handler { return s.handler }

// Start opens the listener and serves in the background until [Server.Stop].
// It returns once the address is known; an address that cannot be had is an
// error of CodeUnavailable.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return errors.New("the admin plane has been started already")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.opts.Listen)
	if err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "cannot listen on %s for the admin plane: %w; choose another address with --admin-listen, or end what listens there", s.opts.Listen, err)
	}
	s.listener = l
	s.server = &http.Server{
		Handler: s.handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ConnState: newIdleConnections(s.opts.MaxConnections / 2).changed,
		ErrorLog:  slog.NewLogLogger(s.opts.Logger.Handler(), slog.LevelDebug),
	}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.server.Serve(netutil.LimitListener(l, s.opts.MaxConnections)); !errors.Is(err, http.ErrServerClosed) {
			s.opts.Logger.Error("the admin plane stopped serving", "error", err)
		}
	}()
	return nil
}

// Addr is the address that is listened on, "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Stop ends journal streams, takes no more connections, waits for the requests
// that are running, and, when ctx ends before they do, cuts them off and returns
// its error. It may be called more than once, and without Start.
func (s *Server) Stop(ctx context.Context) error {
	s.stop()
	s.mu.Lock()
	server, served := s.server, s.served
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	err := server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("admin requests were cut off: %w", err), server.Close())
	}
	<-served
	return err
}

// budget is the memory that all request bodies share, above the share of their
// own that each has.
type budget struct{ left atomic.Int64 }

func newBudget(bytes int64) *budget {
	b := &budget{}
	b.left.Store(bytes)
	return b
}

// take reports whether there were n bytes left; it never waits.
func (b *budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

func (b *budget) give(n int64) { b.left.Add(n) }
