package store

import (
	"context"
	"fmt"

	"understudy/simulations"
)

func (d *db) Apply(ctx context.Context, c *simulations.Change) (uint64, error) {
	if err := d.gate.enter(); err != nil {
		return 0, err
	}
	defer d.gate.leave()
	return d.change(ctx, c, 0)
}

// change writes a change and, where dropTake is not 0, marks that take as
// dropped in the same transaction. It returns the change's revision.
func (d *db) change(ctx context.Context, c *simulations.Change, dropTake uint64) (uint64, error) {
	ids, err := changeRefs(c)
	if err != nil {
		return 0, err
	}
	bodies := d.pinRefs(ids)
	defer bodies.unpin()
	e, err := d.newEdit(ctx, c)
	if err != nil {
		return 0, err
	}
	defer e.close()

	r, err := d.newReplacement(ctx, e)
	if err != nil {
		return 0, err
	}
	var revision uint64
	var stale []generation
	stage := func(t *txn, rewritten *header) error {
		if err := bodies.check(t); err != nil {
			return err
		}
		replaced, err := r.header(t)
		if err != nil {
			return err
		}
		var take *takeRecord
		if dropTake != 0 {
			if take, err = t.take(dropTake); err != nil {
				return err
			}
		}
		if revision, stale, err = e.stage(t, replaced, rewritten); err != nil {
			return err
		}
		r.stage(t, replaced)
		if dropTake != 0 {
			dropped := *take
			dropped.Dropped, dropped.Current = true, false
			t.setTake(dropTake, &dropped)
			if take.Current {
				t.drop(key(kindCurrent, take.Collaborator))
			}
		}
		return nil
	}
	if l := d.engine.Limits(); e.size+r.size > d.writer.maxBytes || e.ops+len(r.pending) > l.Ops {
		err = d.writer.do(ctx, &request{alone: func() error { return d.rewrite(e, stage) }})
	} else {
		err = d.write(ctx, e.size+r.size, true, func(t *txn) error { return stage(t, nil) })
	}
	if err != nil {
		d.collect.dropGenerations(r.abandoned()...)
		return 0, err
	}
	e.done(d.pins, revision)
	bodies.written()
	d.collect.dropGenerations(stale...)
	return revision, nil
}

// Load reads the catalog in one scan: the order of the kinds puts the counters
// first, then collaborators, collections, simulations and stubs.
func (d *db) Load(ctx context.Context) (*simulations.Contents, error) {
	if err := d.gate.enter(); err != nil {
		return nil, err
	}
	defer d.gate.leave()

	out := &simulations.Contents{
		Simulations:   make(map[string]*simulations.Simulation),
		Collaborators: make(map[string]*simulations.StoredCollaborator),
	}
	headers := make(map[string]*header)
	collections := make(map[string]map[string]*simulations.Collection)
	stubs := newStubLoader(d)
	defer stubs.stop()
	err := d.engine.Scan([]byte("c"), nil, func(k, v []byte) error {
		if err := ctx.Err(); err != nil {
			return simulations.Errorf(simulations.CodeUnavailable, "loading was given up: %w", err)
		}
		switch string(k[:min(2, len(k))]) {
		case kindCounters:
			n, err := decodeCounters(v)
			if err != nil {
				return damaged("the counters", err)
			}
			out.Revision = n.revision
		case kindCollaborator:
			name := string(k[2:])
			c, err := d.loadCollaborator(v)
			if err != nil {
				return damaged("collaborator "+name, err)
			}
			out.Collaborators[name] = c
		case kindCollections:
			name := string(k[2:])
			all, err := d.loadCollections(v)
			if err != nil {
				return damaged("the collections of "+name, err)
			}
			collections[name] = all
		case kindSimulation:
			name, h := string(k[2:]), new(header)
			if err := decodeJSON(v, h); err != nil {
				return damaged("simulation "+name, err)
			}
			headers[name] = h
			out.Simulations[name] = &simulations.Simulation{
				Name: name, Revision: h.Revision, Collaborator: h.Collaborator, Declares: h.Declares, Collections: collections[name],
			}
		case kindStub:
			g, id, ok := parseStubKey(k)
			if !ok {
				return damaged("a stub", errMalformed)
			}
			if h := headers[g.name]; h != nil && h.Generation == g.number {
				return stubs.add(out.Simulations[g.name], h, id, v)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := stubs.wait(); err != nil {
		return nil, err
	}
	return out, nil
}

func (d *db) loadCollaborator(v []byte) (*simulations.StoredCollaborator, error) {
	r, err := decodeCollaborator(v)
	if err != nil {
		return nil, err
	}
	b, err := d.read(r.payload)
	if err != nil {
		return nil, err
	}
	c, err := simulations.ParseCollaborator(b)
	if err != nil {
		return nil, err
	}
	return &simulations.StoredCollaborator{Collaborator: c, Revision: r.revision}, nil
}

func (d *db) loadCollections(v []byte) (map[string]*simulations.Collection, error) {
	r, err := decodeCollections(v)
	if err != nil {
		return nil, err
	}
	b, err := d.read(r.payload)
	if err != nil {
		return nil, err
	}
	return simulations.ParseCollections(b)
}

func (d *db) loadStub(h *header, id string, v []byte) (*simulations.StoredStub, error) {
	r, err := decodeStub(v)
	if err != nil {
		return nil, err
	}
	b, err := d.read(r.payload)
	if err != nil {
		return nil, err
	}
	s, err := simulations.ParseStub(b)
	if err != nil {
		return nil, err
	}
	if s.ID != id {
		return nil, fmt.Errorf("%w: it calls itself %.200q", errMalformed, s.ID)
	}
	out := &simulations.StoredStub{Stub: s, Revision: r.revision, Position: r.position}
	if out.Revision == 0 {
		out.Revision = h.Base
	}
	return out, nil
}
