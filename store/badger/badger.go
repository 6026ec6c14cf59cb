// Package badger is the store's engine on disk: an embedded Badger database in
// the subfolder "store" of a data folder. One process at a time has it open.
//
// # Durability
//
// Badger syncs its log for each transaction or never; here the engine decides.
// It lets Badger write without syncs and syncs the log itself after each
// transaction that asks for it, see currentLog. When Badger has begun a new log
// since the last unsynced transaction, the older log is synced first, so that
// nothing survives a failure of the machine without what was written before it.
//
// # A full disk
//
// Badger writes its log and its tables through memory maps of files that have
// no space reserved. On a full disk that is no error but a SIGBUS, the end of
// the process. So a transaction is admitted only while the disk has room for it
// and for everything that Badger may have to write in the background because of
// it (see space). Refused transactions are errors, reading goes on, and writing
// does too once there is room again.
//
// # A broken disk
//
// After a failed write or sync nobody knows what is on disk, and Badger's
// memory may show half a transaction. From then on the engine refuses writes
// until the process is restarted; the replay of the log then shows exactly the
// whole transactions. The same holds for Close on a full disk: the log is
// synced, the database left as it is.
//
// # Space
//
// All values stay below Badger's threshold for its value log, so that the value
// log is always empty and needs no garbage collection; compaction gives space
// back. With a lower threshold, measured, the value log held on to space that
// compaction returns. Values of 128 KiB and more, which are chunks of bodies,
// are files beside the database, see large.
package badger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"understudy/simulations"
	"understudy/store"
)

// Folder is the subfolder of the data folder that the database has to itself.
const Folder = "store"

const (
	memTableSize = 16 << 20
	blockCache   = 8 << 20
	indexCache   = 16 << 20
	// maxValue is below Badger's threshold for the value log.
	maxValue = 1<<20 - 1
)

// Open opens the store in a data folder, which is made, for its owner only,
// where it is not there. logger is told what Badger says, warnings and errors
// as warnings and the rest as debug; nil is nobody. A folder that another process
// has is waited for, two seconds at most; ctx ends the wait, with its error, and
// nothing else.
//
// CodeUnavailable, with what to do about it: the folder is in use by another
// process, holds something else, is of a newer understudy or damaged, cannot be
// written, or its disk is full.
func Open(ctx context.Context, dir string, logger *slog.Logger) (store.Store, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	e, err := open(ctx, dir, logger)
	if err != nil {
		return nil, err
	}
	return store.Open(e, logger)
}

func open(ctx context.Context, dir string, logger *slog.Logger) (*engine, error) {
	files := filepath.Join(dir, Folder)
	if err := prepareFolder(dir, files); err != nil {
		return nil, err
	}
	e := &engine{dir: dir, files: files, space: newSpace(files)}
	if err := e.space.admit(0); err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "%w: make room there and start again; nothing is lost", err)
	}
	db, err := openFree(ctx, files, logger)
	if err != nil {
		return nil, openFailed(dir, files, err)
	}
	e.db, e.log = db, newCurrentLog(files)
	if e.large, err = openLarge(dir); err != nil {
		e.log.close()
		return nil, errors.Join(openFailed(dir, files, err), db.Close())
	}
	sweeping, cancel := context.WithCancel(context.Background())
	e.sweeping = cancel
	e.swept.Go(func() { e.large.sweep(sweeping, db) })
	return e, nil
}

func badgerOptions(files string, logger *slog.Logger) badger.Options {
	return badger.DefaultOptions(files).
		WithLogger(badgerLogger{logger}).
		WithMetricsEnabled(false).
		WithSyncWrites(!syncsFiles).
		WithDetectConflicts(false).
		WithMemTableSize(memTableSize).
		WithNumMemtables(2).
		WithNumCompactors(2).
		WithCompression(options.Snappy).
		WithBlockCacheSize(blockCache).
		WithIndexCacheSize(indexCache).
		WithValueThreshold(maxValue + 1).
		WithValueLogFileSize(16 << 20)
}

// openBadger turns Badger's panics over damaged files into errors.
func openBadger(o badger.Options) (db *badger.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := checkTables(o.Dir, o); err != nil {
		return nil, err
	}
	return badger.Open(o)
}

// prepareFolder makes the folders and refuses to put a database among other things.
func prepareFolder(dir, files string) error {
	if err := os.MkdirAll(files, 0o700); err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be made: %w", dir, err)
	}
	there, err := os.ReadDir(files)
	if err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be read: %w", dir, err)
	}
	other := ""
	for _, f := range there {
		switch {
		case f.Name() == badger.ManifestFilename:
			return nil
		case !leftByCreation(f.Name()):
			other = f.Name()
		}
	}
	if other != "" {
		return simulations.Errorf(simulations.CodeUnavailable, "the folder %s holds %s, but no database of understudy: choose another data folder, or empty this one", files, other)
	}
	return nil
}

// leftByCreation reports whether a crash while the database was made can leave
// a file of that name without a manifest.
func leftByCreation(name string) bool {
	return name == "LOCK" || strings.HasPrefix(name, badger.ManifestFilename)
}

// openFailed says what a user can do about an error of opening.
func openFailed(dir, files string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	_, said := errors.AsType[*simulations.Error](err)
	switch text := err.Error(); {
	case held(files, err):
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s is in use by %s: stop that understudy, or choose another data folder", dir, holder(files))
	case said:
		return err
	case errors.Is(err, os.ErrPermission), strings.Contains(text, "permission denied"):
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be written: permission denied", dir)
	case strings.Contains(text, "unsupported version"):
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s was written by another version of the database (%s): use the understudy that wrote it, or another data folder", dir, plain(err))
	default:
		return simulations.Errorf(simulations.CodeUnavailable, "the data folder %s cannot be opened, it seems damaged (%s): restore a backup into another data folder", dir, plain(err))
	}
}
