package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"understudy/simulations"
)

// putStub is a stub ready to be written but for its revision.
type putStub struct {
	id     string
	record stubRecord
	// size is what it adds to a transaction at most.
	size int
}

// putCollaborator is a collaborator ready to be written but for its revision.
type putCollaborator struct {
	name    string
	payload payload
}

// edit is a Change in written form, but for the simulation that it replaces:
// that one is written piece by piece, see replacement.
type edit struct {
	from          *simulations.Change
	collaborators []putCollaborator
	stubs         []putStub
	// declared is that of the simulation that is replaced; nil for none.
	declared *payload
	// size is what staging adds at most; ops how many records.
	size, ops int
	// bodies are those written for payloads that are too large for a record.
	// They are open, hence pinned, until close.
	bodies []*bodyWriter
	// scratch is where stubs are packed, room where they are encoded.
	scratch, room []byte
}

// close lets go of the bodies; what the edit has written refers to them by then.
func (e *edit) close() {
	for _, b := range e.bodies {
		_ = b.Close() // it is committed
	}
}

// recordOverhead covers the counters, a header and a take with their keys.
const recordOverhead = 8 << 10

// newEdit checks a change and brings it into written form. It must be closed.
func (d *db) newEdit(ctx context.Context, c *simulations.Change) (e *edit, err error) {
	e = &edit{from: c, size: recordOverhead, ops: 8}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if err := checkChange(c); err != nil {
		return e, err
	}
	for _, name := range slices.Sorted(maps.Keys(c.PutCollaborators)) {
		b, err := simulations.AppendCollaborator(nil, c.PutCollaborators[name])
		if err != nil {
			return e, simulations.Errorf(simulations.CodeInvalid, "collaborator %s cannot be stored: %w", name, err)
		}
		p, err := e.payload(ctx, d, b)
		if err != nil {
			return e, err
		}
		e.collaborators = append(e.collaborators, putCollaborator{name, p})
		e.size += 128 + maxName + len(p.data)
		e.ops++
	}
	for i, s := range c.PutStubs {
		p, err := e.stub(ctx, d, c.Simulation, s, i)
		if err != nil {
			return e, err
		}
		e.stubs = append(e.stubs, p)
		e.size += p.size
		e.ops++
	}
	if c.Replace != nil && !c.Replace.Declared.Empty() {
		b, err := simulations.AppendDeclared(nil, &c.Replace.Declared)
		if err != nil {
			return e, simulations.Errorf(simulations.CodeInvalid, "what %s declares cannot be stored: %w", c.Replace.Name, err)
		}
		p, err := e.payload(ctx, d, b)
		if err != nil {
			return e, err
		}
		e.declared = &p
		e.size += 128 + maxName + len(p.data)
		e.ops++
	}
	dropped := len(c.DropCollaborators) + len(c.DropStubs)
	e.size += dropped * (opOverhead + 16 + 2*maxName)
	e.ops += dropped
	return e, nil
}

// stub brings one into written form.
func (e *edit) stub(ctx context.Context, d *db, simulation string, s *simulations.StoredStub, position int) (p putStub, err error) {
	refs, err := stubRefs(s.Stub)
	if err != nil {
		return p, err
	}
	packed := s.Packed
	if packed == "" {
		e.scratch = simulations.AppendPacked(e.scratch[:0], s.Stub)
		packed = string(e.scratch)
	}
	return e.packed(ctx, d, simulation, s.ID, packed, refs, position)
}

// packed is stub for one that is packed already; refs are the bodies that it
// refers to.
func (e *edit) packed(ctx context.Context, d *db, simulation, id, packed string, refs []digest, position int) (p putStub, err error) {
	body := payload{text: packed}
	if len(packed) > inlineMax {
		if body, err = e.payload(ctx, d, []byte(packed)); err != nil {
			return p, err
		}
	}
	body.packed = true
	if body.body != nil {
		refs = append(refs, *body.body)
	}
	size := 2*opOverhead + len(simulation) + len(id) + len(digest{})*(1+len(refs)) + body.len()
	return putStub{id, stubRecord{position: uint32(position), refs: refs, payload: body}, size}, nil
}

// payload keeps b in the record, or, where it is too large, in a body.
func (e *edit) payload(ctx context.Context, d *db, b []byte) (payload, error) {
	if len(b) <= inlineMax {
		return payload{data: b}, nil
	}
	w := d.newBody(ctx)
	e.bodies = append(e.bodies, w)
	if _, err := w.Write(b); err != nil {
		return payload{}, err
	}
	if _, err := w.Commit(); err != nil {
		return payload{}, err
	}
	return payload{body: &w.id}, nil
}

// checkChange refuses what has no meaning, before anything is written.
func checkChange(c *simulations.Change) error {
	for _, n := range c.DropCollaborators {
		if err := checkName(n); err != nil {
			return err
		}
	}
	for n := range c.PutCollaborators {
		if err := checkName(n); err != nil {
			return err
		}
	}
	if c.Replace != nil {
		if c.DropSimulation != "" {
			return wrongChange("a change replaces one simulation or drops one")
		}
		if err := checkName(c.Replace.Name); err != nil {
			return err
		}
		if err := checkPacked(c.Replace.Stubs); err != nil {
			return err
		}
	}
	if c.DropSimulation != "" {
		if err := checkName(c.DropSimulation); err != nil {
			return err
		}
	}
	if len(c.PutStubs)+len(c.DropStubs) == 0 {
		return nil
	}
	if c.DropSimulation == c.Simulation || c.Replace != nil && c.Replace.Name == c.Simulation {
		return wrongChange("a change cannot edit stubs of the simulation %s that it replaces or drops", c.Simulation)
	}
	if err := checkName(c.Simulation); err != nil {
		return err
	}
	for _, n := range c.DropStubs {
		if err := checkName(n); err != nil {
			return err
		}
	}
	return checkStubs(c.PutStubs)
}

func checkStubs(stubs []*simulations.StoredStub) error {
	seen := make(map[string]bool, len(stubs))
	for i, s := range stubs {
		if s == nil || s.Stub == nil {
			return wrongChange("stub number %d is missing", i)
		}
		if err := checkID(s.ID, seen); err != nil {
			return err
		}
	}
	return nil
}

func checkPacked(stubs []simulations.PackedStub) error {
	seen := make(map[string]bool, len(stubs))
	for i, s := range stubs {
		id, err := simulations.PackedID(s.Packed)
		if err != nil {
			return wrongChange("stub number %d cannot be read: %s", i, err)
		}
		if err := checkID(id, seen); err != nil {
			return err
		}
	}
	return nil
}

// checkID holds the id of a stub to the rule, and against those seen before.
func checkID(id string, seen map[string]bool) error {
	if err := checkName(id); err != nil {
		return err
	}
	if seen[id] {
		return wrongChange("the stub id %.200s stands there twice", id)
	}
	seen[id] = true
	return nil
}

func checkName(n string) error {
	if n == "" || len(n) > maxName {
		return wrongChange("a name or id has 1 to %d bytes: %.40q has %d", maxName, n, len(n))
	}
	return nil
}

func wrongChange(format string, args ...any) error {
	return simulations.Errorf(simulations.CodeInvalid, "%s", fmt.Sprintf(format, args...))
}

// changeRefs lists the bodies that the stubs of a change refer to, but for those
// of a simulation that it replaces, see [wholeRefs].
func changeRefs(c *simulations.Change) ([]digest, error) {
	if c == nil {
		return nil, nil
	}
	var out []digest
	for _, s := range c.PutStubs {
		if s == nil || s.Stub == nil {
			continue // checkChange says so
		}
		refs, err := stubRefs(s.Stub)
		if err != nil {
			return nil, err
		}
		out = append(out, refs...)
	}
	return out, nil
}

// wholeRefs lists, for each stub of a simulation that is replaced, the bodies
// that it refers to.
func wholeRefs(s *simulations.Simulation) ([][]digest, error) {
	if s == nil {
		return nil, nil
	}
	out := make([][]digest, len(s.Stubs))
	for i, p := range s.Stubs {
		var plain simulations.Plain
		if simulations.UnpackPlain(p.Packed, &plain) {
			continue // all of its answer is in it
		}
		stub, err := p.Unpack()
		if err != nil {
			return nil, wrongChange("stub number %d cannot be read: %s", i, err)
		}
		if out[i], err = stubRefs(stub.Stub); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// stage adds the edit to t and returns its revision, and the generations that
// nothing names any more once it is written. replaced and rewritten are
// simulations whose stubs have been written already, without the revisions: the
// one that the change replaces, and the one whose stubs it edits where they are
// too many for a transaction.
func (e *edit) stage(t *txn, replaced, rewritten *header) (revision uint64, stale []generation, err error) {
	c := e.from
	numbers, err := t.counters()
	if err != nil {
		return 0, nil, err
	}
	var edited *header
	if len(e.stubs)+len(c.DropStubs) > 0 {
		if edited, err = t.header(c.Simulation); err != nil {
			return 0, nil, err
		}
	}
	left := []string{c.DropSimulation}
	if replaced != nil {
		left = append(left, c.Replace.Name)
	}
	if rewritten != nil {
		left = append(left, c.Simulation)
	}
	for _, name := range left {
		if name == "" {
			continue
		}
		old, err := t.header(name)
		if err != nil {
			return 0, nil, err
		}
		if old != nil {
			stale = append(stale, generation{name, old.Generation})
		}
	}

	// Nothing fails from here on.
	numbers.revision++
	t.countersChanged()
	revision = numbers.revision
	for _, name := range c.DropCollaborators {
		t.drop(key(kindCollaborator, name))
	}
	for _, p := range e.collaborators {
		t.put(key(kindCollaborator, p.name), (&collaboratorRecord{revision, p.payload}).encode())
	}
	if c.DropSimulation != "" {
		t.setHeader(c.DropSimulation, nil)
		t.drop(key(kindDeclared, c.DropSimulation))
	}
	if replaced != nil {
		if e.declared != nil {
			t.put(key(kindDeclared, c.Replace.Name), (&declaredRecord{*e.declared}).encode())
		} else {
			t.drop(key(kindDeclared, c.Replace.Name))
		}
		h := *replaced
		h.Revision, h.Base = revision, revision
		t.setHeader(c.Replace.Name, &h)
	}
	if rewritten != nil {
		h := *rewritten
		h.Revision = revision
		t.setHeader(c.Simulation, &h)
	} else {
		e.stageStubs(t, edited, numbers)
	}
	return revision, stale, nil
}

// stageStubs edits stubs one by one, in the generation that is there.
func (e *edit) stageStubs(t *txn, h *header, numbers *counters) {
	c := e.from
	if h == nil {
		if len(e.stubs) == 0 {
			return // nothing to drop from
		}
		numbers.generation++
		h = &header{Generation: numbers.generation}
	}
	edited := *h
	edited.Revision = numbers.revision
	t.setHeader(c.Simulation, &edited)
	at := generation{c.Simulation, h.Generation}
	for _, id := range c.DropStubs {
		t.drop(at.stubKey(id))
	}
	room := e.room[:0] // what an attempt before has put is thrown away
	for _, s := range e.stubs {
		s.record.revision = numbers.revision
		from := len(room)
		room = s.record.appendTo(room) // where it has to grow, what was put stays in the former
		t.put(at.stubKey(s.id), room[from:len(room):len(room)])
	}
	e.room = room
}

// done tells the change what it has become, after it was written.
func (e *edit) done(p *pins, revision uint64) {
	for _, b := range e.bodies {
		p.refer(pinned{kindBody, b.id})
	}
	if r := e.from.Replace; r != nil {
		r.Revision = revision
		for i := range r.Stubs {
			r.Stubs[i].Revision, r.Stubs[i].Position = revision, uint32(i)
		}
	}
	for i, s := range e.from.PutStubs {
		s.Revision, s.Position = revision, uint32(i)
	}
}
