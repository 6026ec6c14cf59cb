package store

import (
	"context"
	"errors"

	"understudy/simulations"
)

// pieceBytes is what a large simulation is written in: small enough for other
// writers to get their turns in between.
const pieceBytes = 512 << 10

// replacement writes the stubs of a simulation that is put whole. A small one
// goes into the transaction that names it. The stubs of a large one go under a
// generation that nothing names yet, in as many transactions as it takes; the
// last one writes the name, so that at any moment the old simulation is there
// whole or the new one. Generations that nothing names are removed: the one
// that was replaced, one whose writing failed, and, at open, what a crash left.
//
// The zero replacement replaces nothing.
type replacement struct {
	of *simulations.Simulation
	// number is the generation that pieces were written to; 0 while all is pending.
	number  uint64
	pending []putStub
	size    int
}

// newReplacement writes all but the last piece; refs are what [wholeRefs] gave.
func (d *db) newReplacement(ctx context.Context, e *edit, refs [][]digest) (*replacement, error) {
	r := &replacement{of: e.from.Replace}
	if r.of == nil {
		return r, nil
	}
	for i, s := range r.of.Stubs {
		id, _ := simulations.PackedID(s.Packed) // checkChange has read it
		p, err := e.packed(ctx, d, r.of.Name, id, s.Packed, refs[i], i)
		if err == nil && r.size+p.size > pieceBytes && len(r.pending) > 0 {
			err = r.flush(ctx, d)
		}
		if err != nil {
			d.collect.dropGenerations(r.abandoned()...)
			return r, err
		}
		r.pending = append(r.pending, p)
		r.size += p.size
	}
	return r, nil
}

// flush writes what is pending under the generation, taking one first.
func (r *replacement) flush(ctx context.Context, d *db) error {
	if r.number == 0 {
		var number uint64
		err := d.write(ctx, recordOverhead, false, func(t *txn) error {
			n, err := t.counters()
			if err != nil {
				return err
			}
			n.generation++
			t.countersChanged()
			number = n.generation
			return nil
		})
		if err != nil {
			return err
		}
		r.number = number
	}
	at := generation{r.of.Name, r.number}
	err := d.write(ctx, r.size, false, func(t *txn) error {
		for i := range r.pending {
			t.put(at.stubKey(r.pending[i].id), r.pending[i].record.encode())
		}
		return nil
	})
	r.pending, r.size = r.pending[:0], 0
	return err
}

// abandoned is the generation to remove when the simulation is not put after all.
func (r *replacement) abandoned() []generation {
	if r.number == 0 {
		return nil
	}
	return []generation{{r.of.Name, r.number}}
}

// header is the simulation's, without the revisions; nil where none is replaced.
func (r *replacement) header(t *txn) (*header, error) {
	if r.of == nil {
		return nil, nil
	}
	n, err := t.counters()
	if err != nil {
		return nil, err
	}
	h := &header{Generation: r.number, Collaborator: r.of.Collaborator, Declares: r.of.Declares}
	if h.Generation == 0 {
		h.Generation = n.generation + 1
	}
	return h, nil
}

// stage adds what is pending to the transaction that writes the header. It cannot fail.
func (r *replacement) stage(t *txn, h *header) {
	if r.of == nil {
		return
	}
	if r.number == 0 {
		t.numbers.generation = max(t.numbers.generation, h.Generation)
		t.countersChanged()
	}
	at := generation{r.of.Name, h.Generation}
	for i := range r.pending {
		t.put(at.stubKey(r.pending[i].id), r.pending[i].record.encode())
	}
}

// rewrite does an edit of more stubs than a transaction takes: it copies the
// simulation, edited, into a new generation and lets stage write the rest. It
// runs alone, so that no recorded stub is lost in between; writers wait for it,
// about a second for 50,000 stubs.
func (d *db) rewrite(e *edit, stage func(t *txn, rewritten *header) error) error {
	name := e.from.Simulation
	old, err := readHeader(d.engine, name)
	if err != nil {
		return err
	}
	numbers, err := readCounters(d.engine)
	if err != nil {
		return err
	}
	numbers.generation++
	rewritten := header{Generation: numbers.generation}
	if old != nil {
		rewritten = *old
		rewritten.Generation = numbers.generation
	}
	to := generation{name, numbers.generation}
	w := pieceWriter{engine: d.engine}
	w.put([]byte(kindCounters), numbers.encode())
	gone := make(map[string]bool, len(e.stubs)+len(e.from.DropStubs))
	for _, id := range e.from.DropStubs {
		gone[id] = true
	}
	for _, s := range e.stubs {
		gone[s.id] = true
	}
	if old != nil {
		err = d.engine.Scan(generation{name, old.Generation}.prefix(), nil, func(k, v []byte) error {
			_, id, ok := parseStubKey(k)
			if !ok || gone[id] {
				return nil
			}
			return w.put(to.stubKey(id), append([]byte(nil), v...))
		})
	}
	for i := 0; i < len(e.stubs) && err == nil; i++ {
		e.stubs[i].record.revision = numbers.revision + 1
		err = w.put(to.stubKey(e.stubs[i].id), e.stubs[i].record.encode())
	}
	if err = errors.Join(err, w.flush()); err == nil {
		t := newTxn(d.engine, known{})
		if err = stage(t, &rewritten); err == nil {
			err = d.apply(t, true)
		}
	}
	if err != nil {
		d.collect.dropGenerations(to)
	}
	return err
}

// pieceWriter applies puts in pieces, unsynced. It is used by who runs alone.
type pieceWriter struct {
	engine Engine
	ops    []Op
	bytes  int
}

// put keeps key and value.
func (w *pieceWriter) put(key, value []byte) error {
	op := Op{key, value}
	w.ops = append(w.ops, op)
	w.bytes += op.size()
	if w.bytes < pieceBytes && len(w.ops) < w.engine.Limits().Ops/2 {
		return nil
	}
	return w.flush()
}

func (w *pieceWriter) flush() error {
	if len(w.ops) == 0 {
		return nil
	}
	err := w.engine.Apply(w.ops, false)
	w.ops, w.bytes = nil, 0
	return err
}

// unnamed lists the generations, of numbers up to last, that no header names.
// One that is being written has a number that was given out later.
func (d *db) unnamed(last uint64) (out []generation, err error) {
	var from []byte
	for {
		var at *generation
		err := scan(d.engine, []byte(kindStub), from, func(k, _ []byte) error {
			g, _, ok := parseStubKey(k)
			if !ok {
				return damaged("a stub", errMalformed)
			}
			at = &g
			return errStop
		})
		if err != nil || at == nil {
			return out, err
		}
		h, err := readHeader(d.engine, at.name)
		if err != nil {
			return nil, err
		}
		if at.number <= last && (h == nil || h.Generation != at.number) {
			out = append(out, *at)
		}
		if from = after(at.prefix()); from == nil {
			return out, nil
		}
	}
}

// dropPrefix deletes the keys that begin with prefix, in pieces, unsynced.
func (d *db) dropPrefix(prefix []byte, apply func(ops []Op, sync bool) error) error {
	var from []byte // where the last piece ended: what was deleted is not gone over again
	for {
		var ops []Op
		err := scan(d.engine, prefix, from, func(k, _ []byte) error {
			from = append([]byte(nil), k...)
			ops = append(ops, Op{Key: from})
			if len(ops) == dropPiece {
				return errStop
			}
			return nil
		})
		if err != nil || len(ops) == 0 {
			return err
		}
		if err := apply(ops, false); err != nil {
			return err
		}
	}
}

// dropPiece is how many deletions go into one transaction: of keys of 3 KiB at
// most, they fit.
const dropPiece = 256
