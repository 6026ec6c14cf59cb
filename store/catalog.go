package store

import (
	"context"
	"fmt"
	"slices"

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
	whole, err := wholeRefs(c.Replace)
	if err != nil {
		return 0, err
	}
	bodies := d.pinRefs(slices.Concat(append(whole, ids)...))
	defer bodies.unpin()
	e, err := d.newEdit(ctx, c)
	if err != nil {
		return 0, err
	}
	defer e.close()

	r, err := d.newReplacement(ctx, e, whole)
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

// Load reads the catalog between two transactions, so that its several scans see
// the same. Writers wait for it, about two seconds for 1,000,000 stubs; it is
// called at a start, before there are any.
func (d *db) Load(ctx context.Context) (*simulations.Contents, error) {
	var out *simulations.Contents
	err := d.guard(func() error {
		return d.writer.do(ctx, &request{alone: func() (err error) {
			out, err = d.load(ctx)
			return err
		}})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// load goes to the generations that are named, and to no other: on the way
// through all stubs an engine may have to pass those that were dropped.
func (d *db) load(ctx context.Context) (*simulations.Contents, error) {
	out := &simulations.Contents{
		Simulations:   make(map[string]*simulations.StoredSimulation),
		Collaborators: make(map[string]*simulations.StoredCollaborator),
	}
	n, err := readCounters(d.engine)
	if err != nil {
		return nil, err
	}
	out.Revision = n.revision
	err = d.engine.Scan([]byte(kindCollaborator), nil, func(k, v []byte) error {
		name := string(k[len(kindCollaborator):])
		c, err := d.loadCollaborator(v)
		if err != nil {
			return damaged("collaborator "+name, err)
		}
		out.Collaborators[name] = c
		return nil
	})
	if err != nil {
		return nil, err
	}
	declared := make(map[string]*simulations.Declared)
	err = d.engine.Scan([]byte(kindDeclared), nil, func(k, v []byte) error {
		name := string(k[len(kindDeclared):])
		all, err := d.loadDeclared(v)
		if err != nil {
			return damaged("what "+name+" declares", err)
		}
		declared[name] = all
		return nil
	})
	if err != nil {
		return nil, err
	}
	headers := make(map[string]*header)
	err = d.engine.Scan([]byte(kindSimulation), nil, func(k, v []byte) error {
		name, h := string(k[len(kindSimulation):]), new(header)
		if err := decodeJSON(v, h); err != nil {
			return damaged("simulation "+name, err)
		}
		headers[name] = h
		return nil
	})
	if err != nil {
		return nil, err
	}
	for name, h := range headers {
		s := &simulations.StoredSimulation{Name: name, Revision: h.Revision, Collaborator: h.Collaborator, Declares: h.Declares}
		if all := declared[name]; all != nil {
			s.Declared = *all
		}
		if s.Stubs, err = d.loadStubs(ctx, name, h); err != nil {
			return nil, err
		}
		out.Simulations[name] = s
	}
	return out, nil
}

// loadStubs reads the stubs of a simulation in order of their ids.
func (d *db) loadStubs(ctx context.Context, simulation string, h *header) ([]simulations.PackedStub, error) {
	var out []simulations.PackedStub
	prefix := generation{simulation, h.Generation}.prefix()
	err := d.engine.Scan(prefix, nil, func(k, v []byte) error {
		if err := ctx.Err(); err != nil {
			return simulations.Errorf(simulations.CodeUnavailable, "loading was given up: %w", err)
		}
		id := k[len(prefix):]
		s, err := d.loadStub(h, id, v)
		if err != nil {
			return damaged(fmt.Sprintf("stub %s/%.200s", simulation, id), err)
		}
		out = append(out, s)
		return nil
	})
	return out, err
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

func (d *db) loadDeclared(v []byte) (*simulations.Declared, error) {
	r, err := decodeDeclared(v)
	if err != nil {
		return nil, err
	}
	b, err := d.read(r.payload)
	if err != nil {
		return nil, err
	}
	return simulations.ParseDeclared(b)
}

// loadStub copies what it needs of v.
func (d *db) loadStub(h *header, id, v []byte) (s simulations.PackedStub, err error) {
	r, err := decodeStub(v)
	if err != nil {
		return s, err
	}
	b, err := d.read(r.payload)
	if err != nil {
		return s, err
	}
	s = simulations.PackedStub{Revision: r.revision, Position: r.position}
	if s.Revision == 0 {
		s.Revision = h.Base
	}
	s.Packed, err = r.payload.packedStub(id, b)
	return s, err
}
