package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"understudy/simulations"
)

// schemaVersion is the layout that this package writes; it reads those before it
// too. What it opens becomes of this layout, which an older one refuses to read.
const schemaVersion = 2

// flushAfter is when what was written unsynced is synced; the rest of
// RelaxedWindow is for the sync itself.
const flushAfter = 100 * time.Millisecond

// db is the Store over an engine.
type db struct {
	engine  Engine
	logger  *slog.Logger
	gate    *gate
	writer  *writer
	pins    *pins
	collect *collector
	// known is what the last transaction has left, if nothing else was written
	// since; it is the leader's.
	known known

	flushMu    sync.Mutex
	flushTimer *time.Timer // non-nil while unsynced writes wait for it

	// broken is why nothing may be written any more, after a restore that could
	// neither be finished nor taken back.
	broken atomic.Pointer[simulations.Error]

	engineClosed                   atomic.Bool
	recorded, failed, transactions atomic.Uint64
}

// schemaRecord says what wrote the store.
type schemaRecord struct {
	Version int       `json:"version"`
	Created time.Time `json:"created"`
}

// Open makes a Store of an engine, which it owns from then on, even when it
// fails. It checks the layout's version and removes what a crash left behind.
// logger is told of failures in the background; nil is nobody.
func Open(e Engine, logger *slog.Logger) (Store, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	d := &db{engine: e, logger: logger, gate: newGate(), pins: newPins()}
	d.writer = newWriter(e.Limits().Bytes-inlineMax, d.commit)
	d.collect = newCollector(d)
	if err := d.prepare(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	d.collect.start()
	return d, nil
}

// prepare runs before anything else does.
func (d *db) prepare() error {
	if err := checkSchema(d.engine); err != nil {
		return err
	}
	half, err := d.engine.Has([]byte(kindRestoring))
	if err != nil {
		return err
	}
	if half {
		d.logger.Warn("a restore was interrupted; what it had written is removed")
		if err := d.wipe(); err != nil {
			return err
		}
	}
	n, err := readCounters(d.engine)
	if err != nil {
		return err
	}
	d.collect.before = n.generation
	return d.collect.resume()
}

// checkSchema writes the version into an empty engine and reads it from others.
func checkSchema(e Engine) error {
	b, err := e.Get([]byte(kindSchema))
	if err != nil {
		return err
	}
	where := "the store"
	if e.Path() != "" {
		where = "the data folder " + e.Path()
	}
	if b == nil {
		empty := true
		if err := scan(e, nil, nil, func(_, _ []byte) error { empty = false; return errStop }); err != nil {
			return err
		}
		if !empty {
			return simulations.Errorf(simulations.CodeUnavailable, "%s holds a database that is not understudy's; choose another folder", where)
		}
		if b, err = encodeJSON(schemaRecord{Version: schemaVersion, Created: time.Now().UTC()}); err != nil {
			return err
		}
		return e.Apply([]Op{{[]byte(kindSchema), b}}, true)
	}
	var s schemaRecord
	if err := decodeJSON(b, &s); err != nil {
		return damaged("the version of "+where, err)
	}
	switch {
	case s.Version > schemaVersion:
		return simulations.Errorf(simulations.CodeUnavailable, "%s has layout version %d, this understudy knows %d: use the newer understudy that wrote it, or another folder", where, s.Version, schemaVersion)
	case s.Version < 1:
		return damaged("the version of "+where, fmt.Errorf("%w: version %d", errMalformed, s.Version))
	case s.Version < schemaVersion:
		s.Version = schemaVersion
		if b, err = encodeJSON(s); err != nil {
			return err
		}
		return e.Apply([]Op{{[]byte(kindSchema), b}}, true)
	}
	return nil
}

// commit makes one transaction of a batch; see writer.
func (d *db) commit(batch []*request) error {
	if broken := d.broken.Load(); broken != nil {
		return broken
	}
	k := d.known
	d.known = known{} // until it is written
	if batch[0].alone != nil {
		batch[0].err = batch[0].alone()
		return nil
	}
	t, sync, staged := newTxn(d.engine, k), false, 0
	for _, r := range batch {
		if r.err = r.stage(t); r.err == nil {
			sync = sync || r.sync
			staged++
		}
	}
	if staged == 0 {
		return nil
	}
	if err := d.apply(t, sync); err != nil {
		return err
	}
	d.known = t.left()
	return nil
}

// apply writes a transaction. It is called by the goroutine that leads.
func (d *db) apply(t *txn, sync bool) error {
	t.finish()
	if l := d.engine.Limits(); t.size > l.Bytes || len(t.ops) > l.Ops {
		return simulations.Errorf(simulations.CodeTooLarge, "%d bytes in %d records are too many to write at once", t.size, len(t.ops))
	}
	if len(t.ops) == 0 {
		return nil
	}
	if err := d.engine.Apply(t.ops, sync); err != nil {
		return err
	}
	d.transactions.Add(1)
	if !sync {
		d.flushSoon()
	}
	return nil
}

// flushSoon sees to it that unsynced writes are synced within RelaxedWindow.
func (d *db) flushSoon() {
	d.flushMu.Lock()
	defer d.flushMu.Unlock()
	if d.flushTimer == nil {
		d.flushTimer = time.AfterFunc(flushAfter, d.flush)
	}
}

func (d *db) flush() {
	d.flushMu.Lock()
	d.flushTimer = nil
	d.flushMu.Unlock()
	if d.gate.enter() != nil {
		return // closing syncs too
	}
	defer d.gate.leave()
	if err := d.writer.do(context.Background(), &request{alone: d.engine.Sync}); err != nil {
		d.logger.Error("what was recorded last may not be on disk", "error", err)
	}
}

// write queues a part of a transaction and awaits it.
func (d *db) write(ctx context.Context, size int, sync bool, stage func(*txn) error) error {
	return d.writer.do(ctx, &request{stage: stage, size: size, sync: sync})
}

func (d *db) Health(context.Context) error {
	if d.gate.closed() {
		return simulations.Errorf(simulations.CodeUnavailable, "the store is closed")
	}
	if broken := d.broken.Load(); broken != nil {
		return broken
	}
	return d.engine.Health()
}

func (d *db) Stats() Stats {
	return Stats{
		Kind: d.engine.Name(), Path: d.engine.Path(),
		Recorded: d.recorded.Load(), Failed: d.failed.Load(),
		Transactions: d.transactions.Load(), Waiting: d.writer.waiting(),
		Bytes: d.engine.Size(),
	}
}

func (d *db) Close(ctx context.Context) error {
	d.collect.stop()
	if err := d.gate.close(ctx); err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "the store was left open, calls are still under way: %w", err)
	}
	if !d.engineClosed.CompareAndSwap(false, true) {
		return nil
	}
	d.collect.wait()
	d.flushMu.Lock()
	if d.flushTimer != nil {
		d.flushTimer.Stop()
	}
	d.flushMu.Unlock()
	done := make(chan error, 1)
	go func() { done <- errors.Join(d.engine.Sync(), d.engine.Close()) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return simulations.Errorf(simulations.CodeUnavailable, "the store takes too long to close: %w", context.Cause(ctx))
	}
}
