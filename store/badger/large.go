package badger

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"understudy/store"
)

// largeValue is from what length on a value is kept in a file of its own.
const largeValue = 128 << 10

// inFile is the user meta of an entry whose value is the name of such a file.
const inFile byte = 1

// largeFolder is the subfolder of the data folder that the files lie in.
const largeFolder = "large"

// large keeps values of [largeValue] and more in files beside the database. A
// file is written, under a name that was never used, before the transaction
// that names it, and removed when the one that forgets it is synced; so a crash
// can leave a file that nothing names, never a name without its file. What a
// crash has left is removed after the next open. A scan reads a snapshot, in
// which entries stand that have been deleted since: while one is under way no
// file is removed.
//
// Large values in Badger's tables were tried first: compaction builds whole
// tables of them in memory, and recording a body of 1 GiB took 3.7 GiB. In the
// value log, which is memory-mapped, it took 1.1 GiB of resident pages.
type large struct {
	dir  string
	size atomic.Int64
	// unsynced are files and folders written since the last sync.
	unsynced []string
	// found are the files that were there at open.
	found []string

	mu sync.Mutex
	// scans counts those under way.
	scans int
	// forgotten are files whose transaction is not synced yet, removable those
	// that wait for the end of scans only.
	forgotten, removable []string
}

func openLarge(dir string) (*large, error) {
	l := &large{dir: filepath.Join(dir, largeFolder)}
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return nil, err
	}
	err := filepath.WalkDir(l.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		l.found = append(l.found, filepath.Base(path))
		l.size.Add(info.Size())
		return nil
	})
	return l, err
}

func (l *large) path(name string) string { return filepath.Join(l.dir, name[:2], name) }

// put writes a value and returns the name of its file.
func (l *large) put(value []byte) (string, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, crypto/rand
	name := hex.EncodeToString(random[:])
	path := l.path(name)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			l.unsynced = append(l.unsynced, l.dir)
			f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		}
	}
	if err != nil {
		return "", err
	}
	_, err = f.Write(value)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path) // what was written of it
		return "", err
	}
	l.size.Add(int64(len(value)))
	l.unsynced = append(l.unsynced, path, filepath.Dir(path))
	return name, nil
}

func (l *large) get(name []byte) ([]byte, error) {
	if !validName(string(name)) {
		return nil, fmt.Errorf("an entry names no file")
	}
	return os.ReadFile(l.path(string(name)))
}

func validName(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == 16
}

// forget notes files that the last transaction has made needless.
func (l *large) forget(names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forgotten = append(l.forgotten, names...)
}

// forgetSynced removes what was forgotten, the transactions being synced.
func (l *large) forgetSynced() {
	l.mu.Lock()
	l.removable = append(l.removable, l.forgotten...)
	l.forgotten = nil
	names := l.takeRemovable()
	l.mu.Unlock()
	l.remove(names)
}

func (l *large) beginScan() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.scans++
}

func (l *large) endScan() {
	l.mu.Lock()
	l.scans--
	names := l.takeRemovable()
	l.mu.Unlock()
	l.remove(names)
}

// takeRemovable is called with l.mu held. A scan that begins afterwards does
// not see the entries of what it returns.
func (l *large) takeRemovable() []string {
	if l.scans > 0 {
		return nil
	}
	names := l.removable
	l.removable = nil
	return names
}

// remove deletes files that no entry names any more.
func (l *large) remove(names []string) {
	for _, name := range names {
		info, err := os.Stat(l.path(name))
		if err == nil && os.Remove(l.path(name)) == nil {
			l.size.Add(-info.Size())
		} // what cannot be removed now goes after the next open
	}
}

// sync makes every file that was put survive a failure of the machine.
func (l *large) sync() error {
	done := make(map[string]bool)
	for _, path := range l.unsynced {
		if done[path] {
			continue
		}
		done[path] = true
		if err := syncFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // gone: forgotten meanwhile
			return err
		}
	}
	l.unsynced = nil
	return nil
}

// sweep removes the files that were there at open and that no entry names. New
// files have new names, so it can run beside writers.
func (l *large) sweep(ctx context.Context, db *badger.DB) {
	if len(l.found) == 0 {
		return
	}
	garbage := make(map[string]bool, len(l.found))
	for _, name := range l.found {
		garbage[name] = true
	}
	l.found = nil
	err := db.View(func(txn *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchValues = false
		it := txn.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if it.Item().UserMeta() != inFile {
				continue
			}
			if err := it.Item().Value(func(v []byte) error { delete(garbage, string(v)); return nil }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return // nothing may be removed on half the evidence; the next open tries again
	}
	names := make([]string, 0, len(garbage))
	for name := range garbage {
		if validName(name) {
			names = append(names, name)
		}
	}
	l.remove(names)
}

// read returns an item's value, out of its file where it has one. It holds
// while the transaction does.
func (e *engine) read(item *badger.Item, fn func([]byte) error) error {
	return item.Value(func(v []byte) error {
		if item.UserMeta() == inFile {
			var err error
			if v, err = e.large.get(v); err != nil {
				return err
			}
		}
		return fn(v)
	})
}

// forgets lists the files that the operations make needless.
func (e *engine) forgets(txn *badger.Txn, ops []store.Op) ([]string, error) {
	var names []string
	for _, op := range ops {
		if op.Value != nil && len(op.Value) < largeValue {
			continue // should it replace a large one, that is swept after the next open
		}
		item, err := txn.Get(op.Key)
		if errors.Is(err, badger.ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if item.UserMeta() == inFile {
			if err := item.Value(func(v []byte) error { names = append(names, string(v)); return nil }); err != nil {
				return nil, err
			}
		}
	}
	return names, nil
}
