package store

import (
	"fmt"
	"maps"

	"understudy/simulations"
)

// txn gathers the changes of one transaction over what the engine holds, and
// reads through them. It belongs to the goroutine that leads the writer. A
// failed transaction is thrown away as a whole, so nothing has to be undone.
type txn struct {
	engine Engine
	ops    []Op
	at     map[string]int // a key's place in ops
	size   int

	// Records that one transaction changes many times are kept decoded and
	// written at the end.
	known
	numbersDirty bool
	dirtyTakes   map[uint64]bool
	dirtyHeaders map[string]bool
}

// known are records, decoded, as the engine holds them.
type known struct {
	numbers *counters
	takes   map[uint64]*takeRecord
	headers map[string]*header // nil: the simulation is not there
}

// maxKnown bounds the records that the next transaction is given.
const maxKnown = 64

// newTxn begins a transaction that knows what the one before has left. It takes
// k over.
func newTxn(e Engine, k known) *txn {
	if k.numbers == nil || len(k.takes)+len(k.headers) > maxKnown {
		k = known{takes: make(map[uint64]*takeRecord), headers: make(map[string]*header)}
	}
	return &txn{
		engine: e, at: make(map[string]int), known: k,
		dirtyTakes: make(map[uint64]bool), dirtyHeaders: make(map[string]bool),
	}
}

// get shares what is pending.
func (t *txn) get(key []byte) ([]byte, error) {
	if i, ok := t.at[string(key)]; ok {
		return t.ops[i].Value, nil
	}
	return t.engine.Get(key)
}

func (t *txn) has(key []byte) (bool, error) {
	if i, ok := t.at[string(key)]; ok {
		return t.ops[i].Value != nil, nil
	}
	return t.engine.Has(key)
}

// put keeps key and value, which must not change afterwards.
func (t *txn) put(key, value []byte) {
	op := Op{key, value}
	t.size += op.size()
	if i, ok := t.at[string(key)]; ok {
		t.size -= t.ops[i].size()
		t.ops[i] = op
		return
	}
	t.at[string(key)] = len(t.ops)
	t.ops = append(t.ops, op)
}

func (t *txn) drop(key []byte) { t.put(key, nil) }

// counters returns the counters. Whoever changes them says so with countersChanged.
func (t *txn) counters() (*counters, error) {
	if t.numbers == nil {
		n, err := readCounters(t.engine)
		if err != nil {
			return nil, err
		}
		t.numbers = &n
	}
	return t.numbers, nil
}

func (t *txn) countersChanged() { t.numbersDirty = true }

func readCounters(e Engine) (n counters, err error) {
	b, err := e.Get([]byte(kindCounters))
	if err != nil || b == nil {
		return n, err
	}
	if n, err = decodeCounters(b); err != nil {
		return n, damaged("the counters", err)
	}
	return n, nil
}

// take returns a take that may be recorded into, CodeNotFound where there is none.
func (t *txn) take(id uint64) (*takeRecord, error) {
	rec, ok := t.takes[id]
	if !ok {
		var err error
		if rec, err = readTake(t.engine, id); err != nil {
			return nil, err
		}
		t.takes[id] = rec
	}
	if rec == nil || rec.Dropped {
		return nil, noTake(id)
	}
	return rec, nil
}

func (t *txn) setTake(id uint64, rec *takeRecord) {
	t.takes[id] = rec
	t.dirtyTakes[id] = true
}

// readTake returns nil where there is no such take.
func readTake(e Engine, id uint64) (*takeRecord, error) {
	b, err := e.Get(numberKey(kindTake, id))
	if err != nil || b == nil {
		return nil, err
	}
	rec := new(takeRecord)
	if err := decodeJSON(b, rec); err != nil {
		return nil, damaged(fmt.Sprintf("take %d", id), err)
	}
	return rec, nil
}

func noTake(id uint64) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no take %d", id)
}

// header returns a simulation's, nil where there is none.
func (t *txn) header(name string) (*header, error) {
	h, ok := t.headers[name]
	if !ok {
		var err error
		if h, err = readHeader(t.engine, name); err != nil {
			return nil, err
		}
		t.headers[name] = h
	}
	return h, nil
}

// setHeader puts a simulation's header; nil removes it.
func (t *txn) setHeader(name string, h *header) {
	t.headers[name] = h
	t.dirtyHeaders[name] = true
}

func readHeader(e Engine, name string) (*header, error) {
	b, err := e.Get(key(kindSimulation, name))
	if err != nil || b == nil {
		return nil, err
	}
	h := new(header)
	if err := decodeJSON(b, h); err != nil {
		return nil, damaged("simulation "+name, err)
	}
	return h, nil
}

// left is what the next transaction may know once this one is applied. Takes that
// were dropped are removed behind a transaction's back.
func (t *txn) left() known {
	maps.DeleteFunc(t.takes, func(_ uint64, rec *takeRecord) bool { return rec == nil || rec.Dropped })
	return t.known
}

// finish turns the decoded records into changes.
func (t *txn) finish() {
	if t.numbersDirty {
		t.put([]byte(kindCounters), t.numbers.encode())
	}
	for id := range t.dirtyTakes {
		t.put(numberKey(kindTake, id), t.takes[id].encode())
	}
	for name := range t.dirtyHeaders {
		if t.headers[name] == nil {
			t.drop(key(kindSimulation, name))
			continue
		}
		t.put(key(kindSimulation, name), t.headers[name].encode())
	}
}

// damaged is what a record that cannot be read is told as.
func damaged(what string, err error) error {
	return simulations.Errorf(simulations.CodeInternal, "%s cannot be read from the store, it is damaged or of a newer understudy; restore a backup: %w", what, err)
}
