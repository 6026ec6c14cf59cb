package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"understudy/simulations"
)

func (d *db) NewBody(ctx context.Context) BodyWriter { return d.newBody(ctx) }

func (d *db) newBody(ctx context.Context) *bodyWriter {
	return &bodyWriter{db: d, ctx: ctx, whole: sha256.New()}
}

// bodyWriter cuts content into chunks and writes each as it is full. A chunk is
// pinned from before it is looked for until the body that lists it is written,
// the body from then until Close and a while longer.
type bodyWriter struct {
	db  *db
	ctx context.Context
	// chunk is the one that is being filled, in written form: its first byte is
	// the form. nil before the first.
	chunk []byte
	whole hash.Hash
	list  manifest
	err   error // what ended it early

	id        digest
	committed bool
	closed    bool
}

var errClosedBody = errors.New("the body is closed")

func (w *bodyWriter) Write(b []byte) (int, error) {
	if w.committed || w.closed {
		return 0, errClosedBody
	}
	n := 0
	for n < len(b) && w.err == nil {
		if w.chunk == nil {
			// Most bodies have one chunk; a small one gets a small buffer.
			w.chunk = append(make([]byte, 0, 1+min(chunkSize, max(4096, len(b)-n))), formInline)
		}
		take := min(len(b)-n, 1+chunkSize-len(w.chunk))
		w.chunk = append(w.chunk, b[n:n+take]...)
		n += take
		if len(w.chunk) == 1+chunkSize {
			w.err = w.flush()
		}
	}
	return n, w.err
}

// flush writes the chunk, unless the store has it.
func (w *bodyWriter) flush() error {
	if len(w.list.chunks) == maxChunks {
		return simulations.Errorf(simulations.CodeTooLarge, "a stored body has at most %d bytes", int64(MaxBody))
	}
	content := w.chunk[1:]
	w.whole.Write(content)
	sum := digest(sha256.Sum256(content))
	w.db.pins.hold(pinned{kindChunk, sum})
	w.list.chunks = append(w.list.chunks, sum)
	w.list.size += int64(len(content))
	defer func() { w.chunk = w.chunk[:1] }()
	return w.db.guard(func() error {
		return w.db.write(w.ctx, len(w.chunk)+8*opOverhead, false, func(t *txn) error {
			// Looked for here and not before: the collector deletes in
			// transactions too, so that nothing comes in between.
			there, err := t.has(digestKey(kindChunkMark, sum))
			if err != nil || there {
				return err
			}
			t.put(digestKey(kindChunk, sum), w.chunk)
			t.put(digestKey(kindChunkMark, sum), []byte{formInline})
			return nil
		})
	})
}

func (w *bodyWriter) Commit() (simulations.BodyRef, error) {
	if w.committed || w.closed {
		return simulations.BodyRef{}, errClosedBody
	}
	if w.err == nil && len(w.chunk) > 1 {
		w.err = w.flush()
	}
	if w.err != nil {
		return simulations.BodyRef{}, w.err
	}
	w.id = digest(w.whole.Sum(nil))
	w.db.pins.hold(pinned{kindBody, w.id})
	value := w.list.encode()
	w.err = w.db.guard(func() error {
		return w.db.write(w.ctx, len(value)+8*opOverhead, true, func(t *txn) error {
			t.put(digestKey(kindBody, w.id), value)
			return nil
		})
	})
	if w.err != nil {
		w.db.pins.release(pinned{kindBody, w.id}, 0)
		return simulations.BodyRef{}, w.err
	}
	w.committed = true
	w.chunk = nil
	w.unpinChunks()
	return simulations.BodyRef{ID: w.id.String(), Size: w.list.size}, nil
}

func (w *bodyWriter) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.chunk = nil
	w.unpinChunks()
	referred := w.committed && w.db.pins.release(pinned{kindBody, w.id}, bodyGrace)
	if !referred && w.list.size > 0 {
		w.db.collect.bodiesChanged() // of an import that failed, there are many
	}
	return nil
}

func (w *bodyWriter) unpinChunks() {
	for _, c := range w.list.chunks {
		w.db.pins.release(pinned{kindChunk, c}, 0)
	}
	w.list.chunks = nil
}

// guard runs f as a call under way.
func (d *db) guard(f func() error) error {
	if err := d.gate.enter(); err != nil {
		return err
	}
	defer d.gate.leave()
	return f()
}

func (d *db) OpenBody(ctx context.Context, ref simulations.BodyRef) (io.ReadCloser, error) {
	id, err := bodyDigest(ref)
	if err != nil {
		return nil, err
	}
	r, err := d.openBody(ctx, id)
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (d *db) openBody(ctx context.Context, id digest) (*bodyReader, error) {
	d.pins.hold(pinned{kindBody, id})
	r := &bodyReader{db: d, ctx: ctx, id: id}
	err := d.guard(func() error {
		b, err := d.engine.Get(digestKey(kindBody, id))
		if err != nil {
			return err
		}
		if b == nil {
			return noBody(id)
		}
		if r.list, err = decodeManifest(b); err != nil {
			return damaged("body "+id.String(), err)
		}
		return nil
	})
	if err != nil {
		_ = r.Close() // it only unpins
		return nil, err
	}
	return r, nil
}

func noBody(id digest) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no stored body %s", id)
}

// bodyReader streams a body chunk by chunk. The body is pinned until Close.
type bodyReader struct {
	db     *db
	ctx    context.Context
	id     digest
	list   *manifest
	next   int // the chunk to read
	rest   []byte
	closed bool
}

func (r *bodyReader) Read(b []byte) (int, error) {
	if r.closed {
		return 0, errClosedBody
	}
	if len(b) == 0 {
		return 0, nil
	}
	if len(r.rest) == 0 {
		if r.next == len(r.list.chunks) {
			return 0, io.EOF
		}
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		var err error
		if r.rest, err = r.db.readChunk(r.list, r.next); err != nil {
			return 0, err
		}
		r.next++
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *bodyReader) Close() error {
	if !r.closed {
		r.closed = true
		r.db.pins.release(pinned{kindBody, r.id}, 0)
	}
	return nil
}

func (d *db) readChunk(m *manifest, i int) (chunk []byte, err error) {
	err = d.guard(func() error {
		b, err := d.engine.Get(digestKey(kindChunk, m.chunks[i]))
		if err != nil {
			return err
		}
		if b == nil {
			return simulations.Errorf(simulations.CodeNotFound, "the stored body is gone: nothing referred to it any more")
		}
		if len(b) != 1+m.chunkLen(i) || b[0] != formInline {
			return damaged("a stored body", fmt.Errorf("%w: chunk %d has %d bytes", errMalformed, i, len(b)-1))
		}
		chunk = b[1:]
		return nil
	})
	return chunk, err
}

// read gives a payload's content.
func (d *db) read(p payload) ([]byte, error) {
	if p.body == nil {
		return p.data, nil
	}
	r, err := d.openBody(context.Background(), *p.body)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b := make([]byte, r.list.size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	return b, nil
}

// refs are the bodies that a record is about to refer to, pinned.
type refs struct {
	pins *pins
	ids  []digest
}

func (d *db) pinRefs(ids []digest) refs {
	for _, id := range ids {
		d.pins.hold(pinned{kindBody, id})
	}
	return refs{d.pins, ids}
}

// check sees that the bodies are there, in the transaction that refers to them.
func (r refs) check(t *txn) error {
	for _, id := range r.ids {
		there, err := t.has(digestKey(kindBody, id))
		if err != nil {
			return err
		}
		if !there {
			return noBody(id)
		}
	}
	return nil
}

// written says that the record is there.
func (r refs) written() {
	for _, id := range r.ids {
		r.pins.refer(pinned{kindBody, id})
	}
}

func (r refs) unpin() {
	for _, id := range r.ids {
		r.pins.release(pinned{kindBody, id}, 0)
	}
}
