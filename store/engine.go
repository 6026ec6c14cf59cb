package store

import "errors"

// Engine is an ordered map from keys to values, all that the store asks of a
// database. Its methods are safe for concurrent use, except that Apply and Sync
// are called by one goroutine at a time and nothing is called after Close.
// Keys are at most 3 KiB long; values have 1 byte to [Limits].Value.
//
// Errors are for users: *simulations.Error, or plain sentences, without the
// contents of keys and values.
type Engine interface {
	// Name is the engine's kind, such as "badger"; Path its folder, "" for none.
	Name() string
	Path() string
	Limits() Limits
	// Get returns a copy of the value, nil where there is none.
	Get(key []byte) ([]byte, error)
	// Has reports whether there is a value, without reading it.
	Has(key []byte) (bool, error)
	// Scan calls fn for the keys that begin with prefix and are not below from
	// (nil: none is), in order, over one snapshot. Key and value hold during
	// the call only. fn may call any method. An error of fn ends the scan and is
	// returned as it is.
	Scan(prefix, from []byte, fn func(key, value []byte) error) error
	// Apply makes all the changes visible at once, or none. Where it fails, none
	// of them is there, or it fails ever after. With sync it
	// returns when they, and everything applied before, would survive a failure
	// of the machine, and never lets them survive without what was applied
	// before; without, they survive a kill of the process. The engine does not
	// keep ops, keys or values after it returned.
	Apply(ops []Op, sync bool) error
	// Sync makes everything that was applied survive a failure of the machine.
	Sync() error
	// Health returns why Apply would fail now, nil where nothing is known.
	Health() error
	// Size is the space taken, in bytes, about. It does not block.
	Size() int64
	Close() error
}

// Op is one change of an engine: a put, or, with a nil Value, a deletion.
type Op struct {
	Key, Value []byte
}

// size is what an Op counts against [Limits].Bytes.
func (o *Op) size() int { return len(o.Key) + len(o.Value) + opOverhead }

// opOverhead is more than any engine adds to a key and a value.
const opOverhead = 32

// Limits are what an engine takes at once.
type Limits struct {
	// Bytes and Ops bound one Apply: keys, values and 32 bytes for each Op.
	Bytes, Ops int
	// Value bounds one value. At least 600 KiB.
	Value int
}

// errStop ends a scan early.
var errStop = errors.New("stop")

// scan is e.Scan that takes errStop for an end.
func scan(e Engine, prefix, from []byte, fn func(key, value []byte) error) error {
	err := e.Scan(prefix, from, fn)
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}
