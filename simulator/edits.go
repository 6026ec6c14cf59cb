package simulator

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/table"
)

// The edits of single things, and what the admin plane reads.

func noSimulation(name string) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no simulation %s", name)
}

func noStub(simulation, id string) error {
	return simulations.Errorf(simulations.CodeNotFound, "the simulation %s has no stub %s", simulation, id)
}

// Simulations lists them by name.
func (e *Engine) Simulations() []simulations.SimulationInfo {
	c := e.catalog
	c.state.RLock()
	defer c.state.RUnlock()
	out := make([]simulations.SimulationInfo, 0, len(c.simulations))
	for _, name := range slices.Sorted(maps.Keys(c.simulations)) {
		s := c.simulations[name]
		out = append(out, simulations.SimulationInfo{Name: name, Revision: c.revisionOf(s), Stubs: s.len(), Collections: len(s.collections), Collaborators: s.collaborators()})
	}
	return out
}

// revisionOf is that of all that an export of the simulation shows: of the
// simulation, and of the collaborators that it declares or names. The state's
// lock is held.
func (c *catalog) revisionOf(s *simulation) uint64 {
	revision := s.revision
	for _, n := range s.collaborators() {
		if col := c.collaborators[n]; col != nil {
			revision = max(revision, col.revision)
		}
	}
	return revision
}

// collaborators lists those that the simulation declares, or its stubs or
// collections name.
func (s *simulation) collaborators() []string {
	names := make(map[string]bool)
	for _, n := range s.declares {
		names[n] = true
	}
	for n := range s.counts {
		if n != "" {
			names[n] = true
		}
	}
	for _, c := range s.collections {
		if n := c.Config.Collaborator; n != "" {
			names[n] = true
		}
	}
	out := slices.Sorted(maps.Keys(names))
	if out == nil {
		out = []string{}
	}
	return out
}

// maxExport bounds the bodies that one exported document holds.
const maxExport = 256 << 20

// Export gives a simulation back as a document. A collaborator that it only
// names, because it was recorded, comes without mode and routes: importing a
// recording must never begin to forward.
func (e *Engine) Export(ctx context.Context, name string) (*simulations.Document, uint64, error) {
	c := e.catalog
	c.state.RLock()
	s := c.simulations[name]
	if s == nil {
		c.state.RUnlock()
		return nil, 0, noSimulation(name)
	}
	revision := c.revisionOf(s)
	doc := &simulations.Document{Understudy: simulations.Version, Name: name, Collaborator: s.collaborator, Collections: s.declared(), Tables: configsOfTables(s.tables)}
	view := s.view()
	for _, n := range s.collaborators() {
		col := c.collaborators[n]
		if col == nil {
			continue
		}
		if doc.Collaborators == nil {
			doc.Collaborators = make(map[string]*simulations.Collaborator)
		}
		config := col.config
		if !slices.Contains(s.declares, n) {
			plain := *config
			plain.Mode, plain.Routes = "", nil
			config = &plain
		}
		doc.Collaborators[n] = config
	}
	c.state.RUnlock()

	var stubs []*simulations.StoredStub
	for st, err := range view.after("") {
		if err != nil {
			return nil, 0, err
		}
		stubs = append(stubs, st)
	}
	// Recorded requests exclude each other, so their age decides nothing: by id,
	// the same traffic gives the same document in whatever order it came.
	if slices.ContainsFunc(stubs, func(st *simulations.StoredStub) bool { return !slices.Contains(st.Labels, recordedLabel) }) {
		slices.SortFunc(stubs, byAge)
	}
	var size int64
	for _, st := range stubs {
		read, err := e.withBodies(ctx, st.Stub, &size)
		if err != nil {
			return nil, 0, err
		}
		if read.Collaborator == doc.Collaborator {
			if read == st.Stub {
				copied := *read
				read = &copied
			}
			read.Collaborator = ""
		}
		doc.Stubs = append(doc.Stubs, read)
	}
	return doc, revision, nil
}

func byAge(a, b *simulations.StoredStub) int {
	return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Position, b.Position), strings.Compare(a.ID, b.ID))
}

// withBodies returns the stub with stored bodies read in: itself where there are none.
func (e *Engine) withBodies(ctx context.Context, s *simulations.Stub, size *int64) (*simulations.Stub, error) {
	stored := func(r *simulations.Response) bool { return r != nil && r.Stored != nil }
	if !stored(s.Response) && !slices.ContainsFunc(s.Responses, stored) {
		return s, nil
	}
	out := *s
	var err error
	if out.Response, err = e.withBody(ctx, s.Response, size); err != nil {
		return nil, err
	}
	out.Responses = slices.Clone(s.Responses)
	for i := range out.Responses {
		if out.Responses[i], err = e.withBody(ctx, out.Responses[i], size); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

func (e *Engine) withBody(ctx context.Context, r *simulations.Response, size *int64) (*simulations.Response, error) {
	if r == nil || r.Stored == nil {
		return r, nil
	}
	if *size += r.Stored.Size; *size > maxExport {
		return nil, simulations.Errorf(simulations.CodeTooLarge, "the bodies come to more than %d MiB, too much for one document: use backup and restore", maxExport>>20)
	}
	body, err := e.store.OpenBody(ctx, *r.Stored)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }() // it was only read
	data, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read a stored body: %w", err)
	}
	out := *r
	out.Stored = nil
	m := simulations.ResponseMessage{Body: simulations.Body{Data: data}, Header: map[string][]string(r.Headers)}
	filled := distillResponse(&m, false)
	out.Text, out.Base64 = filled.Text, filled.Base64
	return &out, nil
}

// DeleteSimulation removes a simulation and its stubs; collaborators stay.
func (e *Engine) DeleteSimulation(ctx context.Context, name string, cond simulations.Condition) error {
	c := e.catalog
	leave, err := c.gates.edit(ctx, name)
	if err != nil {
		return err
	}
	defer leave()
	c.state.RLock()
	s := c.simulations[name]
	var revision uint64
	if s != nil {
		revision = c.revisionOf(s)
	}
	c.state.RUnlock()
	if s == nil {
		return noSimulation(name)
	}
	if err := check(cond, revision, "the simulation "+name); err != nil {
		return err
	}
	revision, err = e.store.Apply(ctx, &simulations.Change{DropSimulation: name})
	if err != nil {
		return err
	}
	e.recorder.forget(name)
	c.show(revision, func() {
		delete(c.simulations, name)
		c.reindex(name)
		c.collections = c.collections.Without(name)
		c.putTables(s, nil)
	})
	return nil
}

// maxPageBodies is what the stored bodies of one page of stubs come to, roughly,
// in bytes: it ends then.
const maxPageBodies = 16 << 20

// Stubs lists a simulation's stubs by id, after an id.
func (e *Engine) Stubs(ctx context.Context, in, after string, limit int) ([]*simulations.StoredStub, bool, error) {
	c := e.catalog
	c.state.RLock()
	s := c.simulations[in]
	if s == nil {
		c.state.RUnlock()
		return nil, false, noSimulation(in)
	}
	view := s.view()
	c.state.RUnlock()
	out := make([]*simulations.StoredStub, 0, min(limit, view.index.Len()))
	var size int64
	for st, err := range view.after(after) {
		if err != nil {
			return nil, false, err
		}
		if len(out) == limit || size > maxPageBodies {
			return out, true, nil
		}
		read, err := e.withBodies(ctx, st.Stub, &size)
		if err != nil {
			return nil, false, err
		}
		if read != st.Stub {
			st = &simulations.StoredStub{Stub: read, Revision: st.Revision, Position: st.Position}
		}
		out = append(out, st)
	}
	return out, false, nil
}

// find returns a stub, or says what there is none of.
func (c *catalog) find(in, id string) (*matchers.Stub, error) {
	c.state.RLock()
	defer c.state.RUnlock()
	s := c.simulations[in]
	if s == nil {
		return nil, noSimulation(in)
	}
	if st := s.stub(id); st != nil {
		return st, nil
	}
	return nil, noStub(in, id)
}

// has reports whether there is a stub of that id.
func (c *catalog) has(in, id string) bool {
	c.state.RLock()
	defer c.state.RUnlock()
	s := c.simulations[in]
	return s != nil && s.has(id)
}

// counts reports whether there is a stub of which sessions count the answers.
func (c *catalog) counts(in, id string) bool {
	c.state.RLock()
	defer c.state.RUnlock()
	s := c.simulations[in]
	if s == nil {
		return false
	}
	st := s.stub(id)
	return st != nil && remembers(st.Model().Stub)
}

// Stub gives one, with a stored body read in.
func (e *Engine) Stub(ctx context.Context, in, id string) (*simulations.StoredStub, error) {
	st, err := e.catalog.find(in, id)
	if err != nil {
		return nil, err
	}
	var size int64
	stored := st.Model()
	read, err := e.withBodies(ctx, stored.Stub, &size)
	if err != nil {
		return nil, err
	}
	return &simulations.StoredStub{Stub: read, Revision: stored.Revision, Position: stored.Position}, nil
}

// PutStub puts one stub into a simulation, which is made when there is none.
func (e *Engine) PutStub(ctx context.Context, in string, stub *simulations.Stub, cond simulations.Condition) (*simulations.StoredStub, bool, error) {
	c := e.catalog
	if !simulations.ValidName(in) {
		return nil, false, simulations.Errorf(simulations.CodeInvalid, "%q is no name for a simulation", in)
	}
	whole := *stub // what the caller is given back
	stub, release, err := e.shelveStub(ctx, stub)
	if err != nil {
		return nil, false, err
	}
	defer release()
	leave, err := c.gates.edit(ctx, in)
	if err != nil {
		return nil, false, err
	}
	defer leave()
	c.state.RLock()
	s := c.simulations[in]
	own := *stub
	var revision uint64
	if s != nil {
		own.Collaborator = cmp.Or(own.Collaborator, s.collaborator)
		if own.ID == "" {
			own.ID = makeID(&own, s.has)
		}
		if st := s.stub(own.ID); st != nil {
			revision = st.Model().Revision
		}
	} else if own.ID == "" {
		own.ID = makeID(&own, func(string) bool { return false })
	}
	var tables map[string]*table.Table
	if s != nil {
		tables = s.tables
	}
	c.state.RUnlock()
	if err := check(cond, revision, "a stub "+own.ID); err != nil {
		if cond.Absent {
			return nil, false, simulations.Errorf(simulations.CodeConflict, "the simulation %s has a stub %s already: PUT replaces it", in, own.ID)
		}
		return nil, false, err
	}
	st, faults := accept(in, &own)
	if st != nil {
		faults = unknownTables(answersOf(st).uses(), tables)
	}
	if err := simulations.Invalid(faults); err != nil {
		return nil, false, err
	}
	put, err := e.store.Apply(ctx, &simulations.Change{Simulation: in, PutStubs: []*simulations.StoredStub{st.Model()}})
	if err != nil {
		return nil, false, err
	}
	c.edit(in, put, []*matchers.Stub{st}, nil)
	whole.ID, whole.Collaborator = st.ID, st.Collaborator
	stored := st.Model()
	return &simulations.StoredStub{Stub: &whole, Revision: stored.Revision, Position: stored.Position}, revision == 0, nil
}

// DeleteStub removes one.
func (e *Engine) DeleteStub(ctx context.Context, in, id string, cond simulations.Condition) error {
	c := e.catalog
	leave, err := c.gates.edit(ctx, in)
	if err != nil {
		return err
	}
	defer leave()
	st, err := c.find(in, id)
	if err != nil {
		return err
	}
	if err := check(cond, st.Model().Revision, "the stub "+id); err != nil {
		return err
	}
	revision, err := e.store.Apply(ctx, &simulations.Change{Simulation: in, DropStubs: []string{id}})
	if err != nil {
		return err
	}
	c.edit(in, revision, nil, []string{id})
	return nil
}

// edit serves stubs that were put at a revision, and no longer those that were
// dropped, from the tail: the cost does not grow with the number of others.
func (c *catalog) edit(name string, revision uint64, put []*matchers.Stub, dropped []string) {
	c.state.Lock()
	defer c.state.Unlock()
	s := c.simulations[name]
	if s == nil {
		s = newSimulation(name, emptyIndex(name))
		c.simulations[name] = s
		c.reindex(name)
		c.publish(nil)
	}
	put = slices.DeleteFunc(put, func(st *matchers.Stub) bool { return s.overtaken(st.ID, revision) })
	for _, st := range put {
		if old := s.recent[st.ID]; old != nil {
			c.scans -= scanned(old)
		}
		c.scans += scanned(st)
		s.put(st)
	}
	for _, id := range dropped {
		if old := s.recent[id]; old != nil {
			c.scans -= scanned(old)
		}
		s.drop(id)
	}
	s.digest = ""
	s.revision = max(s.revision, revision)
	c.revision = max(c.revision, revision)
	c.edited++
	c.recents += len(put) + len(dropped) // some may have been there: it is a bound
	c.set.Tail().Edit(name, put, dropped)
	if !c.merging && (c.recents > max(mergeAt, s.len()/mergeShare) || c.scans > mergeScansAt) {
		c.merging = true
		c.engine.loops.Go(func() { c.merge(everyEdited) })
	}
}
