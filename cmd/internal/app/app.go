// Package app fits the rooms of understudy together: store, data plane, admin
// plane and the import of files. It is the only package that knows them all.
// The command line and the black-box tests run understudy through it.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"

	"understudy/admin"
)

// App is one understudy: New, Start, Stop, each once and in that order; Stop
// may be called again, and from several goroutines.
type App struct {
	opts  Options
	log   *slog.Logger
	parts *parts
	undo  cleanups

	stopping sync.Mutex
	stopped  bool
	stopErr  error
}

// plane is a server with its own listeners. Start returns when it listens;
// Stop lets go of the listeners, waits for what is under way, and ends with
// its context at the latest.
type plane interface {
	Start(ctx context.Context) error
	Addr() string
	Stop(ctx context.Context) error
}

// Engine is what can be asked of, and done to, a double.
type Engine = admin.Engine

// parts is what build has fitted together. Nothing listens yet.
type parts struct {
	engine Engine
	data   plane
	admin  plane
}

// New opens the store and prepares both planes. log takes the logs; nil is
// stderr, as the options say. ctx ends the wait for a data folder that another
// process has, of two seconds at most, and the reading of what the store holds.
// Whatever New has opened is closed again when it fails; after it has not, Stop
// closes it, also without a Start.
func New(ctx context.Context, opts Options, log *slog.Logger) (*App, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	if log == nil {
		log = NewLogger(os.Stderr, &opts)
	}
	if opts.AdminToken == "" && !isLoopback(opts.AdminListen) {
		log.Warn("whoever reaches the admin plane can change everything: set --admin-token, or listen on loopback", "admin-listen", opts.AdminListen)
	}
	a := &App{opts: opts, log: log}
	var err error
	opened := func(name string, undo func(context.Context) error) { a.undo.push(name, closeLimit, undo) }
	if a.parts, err = build(ctx, &a.opts, log, opened); err != nil {
		return nil, errors.Join(err, a.Stop(context.Background()))
	}
	return a, nil
}

// isLoopback reports whether an address can be reached from this machine only.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Start loads what Options.Import names, then listens on both planes, the data
// plane last: who can reach it finds everything in place. It returns when both
// listen. After an error everything is undone.
func (a *App) Start(ctx context.Context) error {
	if err := a.start(ctx); err != nil {
		return errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

func (a *App) start(ctx context.Context) error {
	im := newImporter(a.parts.engine, a.log)
	if err := im.load(ctx, a.opts.Import); err != nil {
		return err
	}
	watching, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended, err := im.watch(watching)
	if err != nil {
		cancel()
		return err
	}
	a.undo.push("watching folders", closeLimit, func(context.Context) error {
		cancel()
		<-ended
		return nil
	})
	for _, p := range []struct {
		name  string
		plane plane
	}{{"the admin plane", a.parts.admin}, {"the data plane", a.parts.data}} {
		if err := p.plane.Start(ctx); err != nil {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
		a.undo.push(p.name, a.opts.DrainTimeout, p.plane.Stop)
	}
	return nil
}

// Addr is the data plane's first address, with the port it got.
func (a *App) Addr() string { return a.parts.data.Addr() }

// AdminAddr is the admin plane's address, with the port it got.
func (a *App) AdminAddr() string { return a.parts.admin.Addr() }

// Engine is the double itself, as the admin plane sees it.
func (a *App) Engine() Engine { return a.parts.engine }

// Stop ends everything that New and Start have begun, in the reverse order:
// stop accepting, drain, flush, close. Each step is bounded, the drains by
// DrainTimeout, and all end with ctx; the error says what could not be ended
// properly. A second call waits for the first and returns the same.
func (a *App) Stop(ctx context.Context) error {
	a.stopping.Lock()
	defer a.stopping.Unlock()
	if a.stopped {
		return a.stopErr
	}
	a.stopped = true
	a.stopErr = a.undo.run(ctx)
	return a.stopErr
}
