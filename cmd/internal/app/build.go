package app

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"understudy/admin"
	"understudy/simulations"
	"understudy/simulator"
	"understudy/simulator/mitm"
	"understudy/simulator/newfile"
	"understudy/simulator/origin"
	"understudy/store"
	"understudy/store/badger"
	"understudy/store/memory"
)

// The promises between the rooms, which do not know each other.
var (
	_ admin.Engine    = (*simulator.Engine)(nil)
	_ simulator.Store = store.Store(nil)
	_ plane           = (*simulator.Engine)(nil)
	_ plane           = (*admin.Server)(nil)
)

// build fits the rooms together. Each thing that it opens is given to opened
// at once, with what closes it.
func build(ctx context.Context, opts *Options, log *slog.Logger, opened func(name string, undo func(context.Context) error)) (*parts, error) {
	hosts, err := simulator.ParseCallbackHosts(opts.CallbackHosts)
	if err != nil {
		return nil, err
	}
	st, ca, key, err := openStore(ctx, opts, log)
	if err != nil {
		return nil, err
	}
	opened("the store", st.Close)
	so := simulator.Options{
		Store: st, StoreKind: st.Stats().Kind, StorePath: opts.DataPath(), CA: ca, RedactionKey: key,
		Version: opts.Version, Logger: log,
		MissStatus: opts.MissStatus,
		Origin: origin.Config{
			Default: simulations.Origin(opts.Origin), ShadowHeaders: opts.ShadowHeaders, SyntheticHeaders: opts.SyntheticHeaders,
			ShadowBaggage: opts.ShadowBaggage, SessionHeader: opts.SessionHeader,
		},
		MaxBody: int64(opts.MaxBodyBytes), Bodies: int64(opts.BodiesBytes), RecordBody: int64(opts.RecordBodyBytes),
		JournalEntries: opts.JournalSize, JournalBytes: int64(opts.JournalBytes),
		SessionIdle: opts.SessionIdle, MaxSessions: opts.MaxSessions, SessionBytes: int64(opts.SessionBytes), Seed: uint64(opts.Seed),
		UpstreamProxy: opts.UpstreamProxy, UpstreamTimeout: opts.UpstreamTimeout,
		DelayShadow: opts.DelayShadow,
		Callbacks: simulator.CallbackOptions{
			Hosts: hosts, Shadow: opts.CallbackShadow, Queue: opts.CallbackQueue, Concurrency: opts.CallbackConcurrency,
		},
		Listen: simulator.ListenOptions{
			Addresses: opts.Listen, TLS: opts.TLS || opts.TLSCert != "",
			MaxHeaderBytes: int(opts.MaxHeaderBytes), MaxConnections: opts.MaxConnections,
			ReadHeaderTimeout: opts.ReadHeaderTimeout, IdleTimeout: opts.IdleTimeout,
		},
	}
	if opts.TLSCert != "" {
		cert, err := tls.LoadX509KeyPair(opts.TLSCert, opts.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("tls-cert and tls-key: %w", err)
		}
		so.Listen.Certificate = &cert
	}
	if opts.Delay != "" {
		if so.Delay, err = simulations.ParseDelay(opts.Delay); err != nil {
			return nil, fmt.Errorf("delay: %w", err)
		}
	}
	var server *admin.Server
	so.AdminAddr = func() string {
		if server == nil {
			return ""
		}
		return server.Addr()
	}
	engine, err := simulator.New(ctx, so)
	if err != nil {
		return nil, err
	}
	opened("the double", engine.Close)
	server, err = admin.New(admin.Options{
		Engine: engine, Listen: opts.AdminListen, Logger: log,
		AllowedHosts: opts.AdminHosts, Token: opts.AdminToken,
	})
	if err != nil {
		return nil, err
	}
	return &parts{engine: engine, data: engine, admin: server}, nil
}

// openStore opens the store, and what lies beside it in the data folder: the
// interception CA and the key of redaction's tokens.
func openStore(ctx context.Context, opts *Options, log *slog.Logger) (store.Store, *mitm.CA, []byte, error) {
	if opts.InMemory {
		ca, err := mitm.New()
		return memory.Open(log), ca, nil, err
	}
	st, err := badger.Open(ctx, opts.DataDir, log)
	if err != nil {
		return nil, nil, nil, err
	}
	ca, err := mitm.Open(opts.DataDir)
	if err == nil {
		var key []byte
		if key, err = redactionKey(opts.DataDir); err == nil {
			return st, ca, key, nil
		}
	}
	return nil, nil, nil, errors.Join(err, st.Close(context.Background()))
}

// redactionKeyFile holds the key that tokens are made with. A recording that
// holds tokens answers only where the same key makes them again.
const redactionKeyFile = "redaction-key"

// redactionKey reads the key of a data folder, made at the first start.
func redactionKey(dir string) ([]byte, error) {
	path := filepath.Join(dir, redactionKeyFile)
	key, err := os.ReadFile(path)
	switch {
	case err == nil && len(key) == 32:
		return key, nil
	case err == nil:
		return nil, fmt.Errorf("%s is damaged: it holds %d bytes, not 32; put the right file back, or remove it and record anew what has tokens", path, len(key))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read the key of redaction: %w", err)
	}
	key = make([]byte, 32)
	_, _ = rand.Read(key) // never fails, crypto/rand
	if err := newfile.Write(dir, redactionKeyFile, key, 0o600); err != nil {
		return nil, fmt.Errorf("write the key of redaction: %w", err)
	}
	return key, nil
}
