package simulator

import (
	"context"
	"io"

	"github.com/dgraph-io/ristretto/v2"

	"understudy/simulations"
)

// bodies reads the answers that lie in the store, because they are too large to
// be kept with their stubs. Those that are asked for often stay in memory,
// within a budget of bytes; equal ones are one, whatever stub they belong to,
// since the store names content by its hash. Larger ones are streamed each time.
type bodies struct {
	store Store
	cache *ristretto.Cache[string, []byte]
}

const (
	// bodyBudget bounds the bodies that stay in memory, in bytes.
	bodyBudget = 64 << 20
	// maxCached is the largest body that does.
	maxCached = 4 << 20
)

func newBodies(store Store) (*bodies, error) {
	cache, err := ristretto.NewCache(&ristretto.Config[string, []byte]{
		NumCounters: 10 * bodyBudget / inlineBody, // ten for each body that fits, as its authors advise
		MaxCost:     bodyBudget,
		BufferItems: 64,
	})
	if err != nil {
		return nil, err
	}
	return &bodies{store, cache}, nil
}

// close ends the cache's goroutines.
func (b *bodies) close() { b.cache.Close() }

// whole returns a body that is small enough to be kept; ok is false for others.
// Shared so do not mutate.
func (b *bodies) whole(ctx context.Context, ref simulations.BodyRef) (data []byte, ok bool, err error) {
	if ref.Size > maxCached {
		return nil, false, nil
	}
	if data, ok := b.cache.Get(ref.ID); ok {
		return data, true, nil
	}
	r, err := b.store.OpenBody(ctx, ref)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = r.Close() }() // it was only read
	data = make([]byte, ref.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, false, err
	}
	b.cache.Set(ref.ID, data, max(ref.Size, 1)) // it may decline
	return data, true, nil
}

// shelve puts the large bodies of a document's stubs into the store, so that
// they do not take memory with the stubs. It returns the document with
// references in their place, and what lets go of the content once a change
// refers to it, or once it is clear that none will.
func (e *Engine) shelve(ctx context.Context, doc *simulations.Document) (*simulations.Document, func(), error) {
	s := shelver{engine: e, ctx: ctx}
	out := *doc
	out.Stubs = make([]*simulations.Stub, len(doc.Stubs))
	for i, stub := range doc.Stubs {
		out.Stubs[i] = s.stub(stub)
	}
	if s.err != nil {
		s.release()
		return nil, nil, s.err
	}
	return &out, s.release, nil
}

// shelveStub is shelve for one stub.
func (e *Engine) shelveStub(ctx context.Context, stub *simulations.Stub) (*simulations.Stub, func(), error) {
	s := shelver{engine: e, ctx: ctx}
	out := s.stub(stub)
	if s.err != nil {
		s.release()
		return nil, nil, s.err
	}
	return out, s.release, nil
}

// shelver moves large bodies into the store, and holds them there until it is
// released.
type shelver struct {
	engine  *Engine
	ctx     context.Context //nolint:containedctx // it lives as long as one call
	writers []BodyWriter
	err     error
}

// keep is the [simulations.Keep] of the store.
func (s *shelver) keep(r *simulations.Response) error {
	if stored := s.response(r); stored != r {
		*r = *stored
	}
	return s.err
}

func (s *shelver) release() {
	for _, w := range s.writers {
		_ = w.Close() // after Commit it only unpins
	}
}

// stub returns the stub itself where none of its bodies is large.
func (s *shelver) stub(stub *simulations.Stub) *simulations.Stub {
	out := stub
	for i, r := range append([]*simulations.Response{stub.Response}, stub.Responses...) {
		stored := s.response(r)
		if stored == r {
			continue
		}
		if out == stub {
			copied := *stub
			copied.Responses = append([]*simulations.Response(nil), stub.Responses...)
			out = &copied
		}
		if i == 0 {
			out.Response = stored
		} else {
			out.Responses[i-1] = stored
		}
	}
	return out
}

func (s *shelver) response(r *simulations.Response) *simulations.Response {
	if r == nil || r.Template || r.Terms() != nil || s.err != nil {
		return r // what is made of the body needs it at hand
	}
	var b simulations.Body
	switch {
	case r.Text != nil:
		b.Data = readOnly(*r.Text)
	case r.Base64 != nil:
		b.Data = *r.Base64
	}
	w, err := s.engine.externalise(s.ctx, &b)
	if w != nil {
		s.writers = append(s.writers, w)
	}
	if err != nil || b.Stored == nil {
		s.err = err
		return r
	}
	out := *r
	out.Text, out.Base64, out.Stored = nil, nil, b.Stored
	return &out
}
