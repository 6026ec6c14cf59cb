package badger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"understudy/simulations"
	"understudy/store"
)

// engine is the store's engine over a Badger database. Apply, Sync and Close
// are called by one goroutine at a time, see [store.Engine].
type engine struct {
	db         *badger.DB
	dir, files string
	space      *space
	large      *large
	log        *currentLog
	// sweeping ends the sweep of large files that runs after open.
	sweeping context.CancelFunc
	swept    sync.WaitGroup
	// unsynced says that transactions were applied since the last sync of all logs.
	unsynced bool
	failed   atomic.Pointer[simulations.Error]
}

var _ store.Engine = (*engine)(nil)

func (e *engine) Name() string { return "badger" }
func (e *engine) Path() string { return e.dir }
func (e *engine) Size() int64  { return e.space.size.Load() + e.large.size.Load() }

// Limits keep below Badger's: a transaction has at most 15 % of a memtable.
func (e *engine) Limits() store.Limits {
	return store.Limits{Bytes: 2 << 20, Ops: 16 << 10, Value: maxValue}
}

func (e *engine) Get(key []byte) (value []byte, err error) {
	// An entry that is deleted meanwhile may have lost its file: asked again, it
	// is not there. A file that is missing for good stays an error.
	for range 3 {
		if value, err = e.get(key); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return value, e.readFailed(err)
}

func (e *engine) get(key []byte) (value []byte, err error) {
	err = e.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(key)
		if err != nil {
			return err
		}
		return e.read(item, func(v []byte) error {
			value = append([]byte(nil), v...)
			return nil
		})
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, nil
	}
	return value, err
}

func (e *engine) Has(key []byte) (bool, error) {
	err := e.db.View(func(txn *badger.Txn) error {
		_, err := txn.Get(key)
		return err
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	return err == nil, e.readFailed(err)
}

func (e *engine) Scan(prefix, from []byte, fn func(key, value []byte) error) error {
	e.large.beginScan() // before the snapshot
	defer e.large.endScan()
	var stop error // fn's, told apart from Badger's
	err := e.db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchValues = false // values are in the tables that the keys are read from
		o.Prefix = prefix
		it := txn.NewIterator(o)
		defer it.Close()
		if len(from) == 0 {
			from = prefix
		}
		for it.Seek(from); it.ValidForPrefix(prefix) && stop == nil; it.Next() {
			item := it.Item()
			err := e.read(item, func(v []byte) error {
				stop = fn(item.Key(), v)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if stop != nil {
		return stop
	}
	return e.readFailed(err)
}

func (e *engine) Apply(ops []store.Op, sync bool) error {
	if failed := e.failed.Load(); failed != nil {
		return failed
	}
	var size int64
	for _, op := range ops {
		size += int64(len(op.Key) + len(op.Value) + 32)
	}
	if err := e.space.admit(size); err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "%w; reading goes on", err)
	}
	if sync {
		if err := e.Sync(); err != nil {
			return err
		}
	}
	txn := e.db.NewTransaction(true)
	defer txn.Discard()
	forgotten, err := e.forgets(txn, ops)
	if err != nil {
		return e.readFailed(err)
	}
	for _, op := range ops {
		var err error
		switch {
		case op.Value == nil:
			err = txn.Delete(op.Key)
		case len(op.Value) > maxValue:
			err = fmt.Errorf("a value of %d bytes", len(op.Value))
		case len(op.Value) >= largeValue:
			name, werr := e.large.put(op.Value)
			if werr != nil { // nothing refers to what was written
				return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be written (%s)", e.dir, plain(werr))
			}
			err = txn.SetEntry(badger.NewEntry(op.Key, []byte(name)).WithMeta(inFile))
		default:
			err = txn.Set(op.Key, op.Value)
		}
		if err != nil { // of this transaction, before anything is written
			return simulations.Errorf(simulations.CodeTooLarge, "the database refuses a record (%s)", plain(err))
		}
	}
	if sync {
		// The files before the transaction that names them.
		if err := e.large.sync(); err != nil {
			return e.fail(err)
		}
	}
	if err := txn.Commit(); err != nil {
		return e.fail(err)
	}
	e.large.forget(forgotten)
	if !syncsFiles { // Badger has synced it
		e.large.forgetSynced()
		return nil
	}
	if !sync {
		e.unsynced = true
		return nil
	}
	if err := e.log.sync(); err != nil {
		return e.fail(err)
	}
	e.large.forgetSynced()
	return nil
}

// Sync syncs all logs, the one that is written and those on their way into
// tables: transactions since the last sync may be in any of them.
func (e *engine) Sync() error {
	if failed := e.failed.Load(); failed != nil {
		return failed
	}
	if err := e.large.sync(); err != nil {
		return e.fail(err)
	}
	if !e.unsynced {
		return nil
	}
	there, err := os.ReadDir(e.files)
	if err != nil {
		return e.fail(err)
	}
	for _, f := range there {
		if filepath.Ext(f.Name()) != ".mem" {
			continue
		}
		err := syncFile(filepath.Join(e.files, f.Name()))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // gone: it is a synced table by now
			return e.fail(err)
		}
	}
	e.unsynced = false
	e.log.lose()
	e.large.forgetSynced()
	return nil
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (e *engine) Health() error {
	if failed := e.failed.Load(); failed != nil {
		return failed
	}
	if err := e.space.health(); err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "%w; reading goes on", err)
	}
	return nil
}

// Close closes the database, unless that could do harm.
func (e *engine) Close() error {
	e.sweeping()
	e.swept.Wait()
	e.log.close()
	if failed := e.failed.Load(); failed != nil {
		return failed
	}
	if err := e.space.admit(0); err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s is left for the next start to tidy, nothing is lost: %w", e.dir, err)
	}
	if err := e.db.Close(); err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s was not closed well (%s); what was acknowledged is there", e.dir, plain(err))
	}
	return nil
}

// fail refuses all further writes.
func (e *engine) fail(err error) error {
	e.failed.CompareAndSwap(nil, simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be written any more (%s): mend the disk and restart understudy; what was acknowledged is there", e.dir, plain(err)))
	return e.failed.Load()
}

func (e *engine) readFailed(err error) error {
	if err == nil {
		return nil
	}
	return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be read (%s)", e.dir, plain(err))
}
