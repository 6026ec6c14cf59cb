// Package memory is the store's engine that keeps everything in memory, for
// understudy with --in-memory and for tests. Nothing survives Close.
package memory

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"

	"github.com/tidwall/btree"

	"understudy/simulations"
	"understudy/store"
)

// Open returns an empty store in memory. logger is told of what goes wrong in
// the background.
func Open(logger *slog.Logger) store.Store {
	s, err := store.Open(New(), logger)
	if err != nil {
		panic("memory: an empty store is refused: " + err.Error()) // a defect, seen by any test
	}
	return s
}

// Engine is an ordered map. Its zero value is not usable.
type Engine struct {
	mu     sync.RWMutex
	tree   *btree.Map[string, []byte]
	size   int64
	closed bool
}

// New returns an empty engine.
func New() *Engine { return &Engine{tree: btree.NewMap[string, []byte](0)} }

var _ store.Engine = (*Engine)(nil)

// Name is "memory".
func (e *Engine) Name() string { return "memory" }

// Path is empty.
func (e *Engine) Path() string { return "" }

// Limits are the same as the embedded database's, so that both behave alike.
func (e *Engine) Limits() store.Limits {
	return store.Limits{Bytes: 2 << 20, Ops: 16 << 10, Value: 1<<20 - 1}
}

// Get returns a copy of the value.
func (e *Engine) Get(key []byte) ([]byte, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	v, ok := e.tree.Get(string(key))
	if !ok {
		return nil, nil
	}
	return bytes.Clone(v), nil
}

// Has reports whether there is a value.
func (e *Engine) Has(key []byte) (bool, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	_, ok := e.tree.Get(string(key))
	return ok, nil
}

// Scan goes over a snapshot, which shares with the tree what does not change.
func (e *Engine) Scan(prefix, from []byte, fn func(key, value []byte) error) error {
	e.mu.Lock() // Copy marks the tree
	snapshot := e.tree.Copy()
	e.mu.Unlock()
	var err error
	within := string(prefix)
	snapshot.Ascend(max(within, string(from)), func(k string, v []byte) bool {
		if !strings.HasPrefix(k, within) {
			return false
		}
		err = fn([]byte(k), v)
		return err == nil
	})
	return err
}

// Apply makes the changes under one lock.
func (e *Engine) Apply(ops []store.Op, _ bool) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return simulations.Errorf(simulations.CodeUnavailable, "the store is closed")
	}
	for _, op := range ops {
		k := string(op.Key)
		var old []byte
		var had bool
		if op.Value == nil {
			old, had = e.tree.Delete(k)
		} else {
			old, had = e.tree.Set(k, bytes.Clone(op.Value))
			e.size += int64(len(k) + len(op.Value))
		}
		if had {
			e.size -= int64(len(k) + len(old))
		}
	}
	return nil
}

// Sync has nothing to do.
func (e *Engine) Sync() error { return nil }

// Health is always good.
func (e *Engine) Health() error { return nil }

// Size is the length of all keys and values.
func (e *Engine) Size() int64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.size
}

// Close forgets everything.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.tree.Clear()
	return nil
}
