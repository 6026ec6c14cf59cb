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

func noCollaborator(name string) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no collaborator %s", name)
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
	filled := distillResponse(&m)
	out.Text, out.Base64 = filled.Text, filled.Base64
	return &out, nil
}

// DeleteSimulation removes a simulation and its stubs; collaborators stay.
func (e *Engine) DeleteSimulation(ctx context.Context, name string, cond simulations.Condition) error {
	c := e.catalog
	c.edits.Lock()
	defer c.edits.Unlock()
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
	revision, err := e.store.Apply(ctx, &simulations.Change{DropSimulation: name})
	if err != nil {
		return err
	}
	e.recorder.forget(name)
	c.state.Lock()
	defer c.state.Unlock()
	c.revision = max(c.revision, revision)
	delete(c.simulations, name)
	c.reindex(name)
	c.collections = c.collections.Without(name)
	c.putTables(s, nil)
	c.publish(nil)
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
	c.edits.Lock()
	defer c.edits.Unlock()
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
	c.edits.Lock()
	defer c.edits.Unlock()
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
	if revision <= s.replaced {
		return // the store has put a whole simulation in its place since
	}
	put = slices.DeleteFunc(put, func(st *matchers.Stub) bool { return s.overtaken(st.ID, revision) })
	dropped = slices.DeleteFunc(dropped, func(id string) bool { return s.overtaken(id, revision) })
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
		s.drop(id, revision)
	}
	s.digest = ""
	s.revision = max(s.revision, revision)
	c.revision = max(c.revision, revision)
	c.recents += len(put) + len(dropped) // some may have been there: it is a bound
	c.set.Tail().Edit(name, put, dropped)
	if !c.merging && (c.recents > max(mergeAt, s.len()/mergeShare) || c.scans > mergeScansAt) {
		c.merging = true
		c.engine.loops.Go(c.merge)
	}
}

// putRecorded makes a recorded stub, which is given packed too, durable by the
// function that appends its exchange, and serves it. It does not wait for other
// edits.
func (c *catalog) putRecorded(in string, stub *simulations.Stub, packed string, durable func(*simulations.Change) error) error {
	var st *matchers.Stub
	var stored *simulations.StoredStub
	if certain(stub) {
		stored = &simulations.StoredStub{Stub: stub, Packed: packed}
	} else {
		var err error
		if st, err = acceptRecorded(in, stub); err != nil {
			return err
		}
		stored = st.Model()
	}
	if err := durable(&simulations.Change{Simulation: in, PutStubs: []*simulations.StoredStub{stored}}); err != nil {
		return err
	}
	if st == nil {
		st = matchers.Shelve(in, stored, openStub) // now it has its revision
	}
	c.edit(in, stored.Revision, []*matchers.Stub{st}, nil)
	return nil
}

// certain reports whether a stub that recording made needs not be compiled to
// know that it compiles.
func certain(s *simulations.Stub) bool {
	for _, r := range append(slices.Clip(s.Responses), s.Response) {
		if r != nil && (r.Template || r.File != "") { // nothing else of an answer can be at fault
			return false
		}
	}
	return matchers.Certain(s)
}

// mergeAt is how many stubs the tail holds, at least, before it is merged into
// the indexes, one in mergeShare of a simulation's stubs that it may hold, and
// mergeScansAt how many of those that are found one by one. A merge goes through
// all the stubs: of half a simulation, so that each of those that are recorded is
// merged twice as their number grows, however many there are.
const (
	mergeAt      = 8192
	mergeShare   = 2
	mergeScansAt = 128
)

// merge indexes what the tail has, beside the traffic, and takes it out of it.
//
// It holds no lock while it builds, so that edits go on. A simulation that is
// replaced meanwhile is left as that edit made it; what is put or dropped
// meanwhile stays in the tail.
func (c *catalog) merge() {
	type work struct {
		of    *simulation
		view  view
		index *matchers.Index
	}
	c.state.RLock()
	var all []*work
	for _, s := range c.simulations {
		if len(s.recent) > 0 {
			all = append(all, &work{of: s, view: s.view()})
		}
	}
	c.state.RUnlock()
	for _, w := range all {
		w.index = w.view.merged(w.of.name)
	}
	c.state.Lock()
	defer c.state.Unlock()
	for _, w := range all {
		s := w.of
		if c.simulations[s.name] != s {
			continue
		}
		s.index = w.index
		for id, st := range w.view.recent {
			if now, ok := s.recent[id]; ok && now == st {
				delete(s.recent, id)
				delete(s.gone, id)
			}
		}
		c.reindex(s.name)
	}
	c.merging = false
	c.publish(nil)
}

// merged indexes everything that the view holds.
func (v view) merged(name string) *matchers.Index {
	b := newBuilder(name)
	b.Reuse(v.index, func(id string) bool {
		_, edited := v.recent[id]
		return !edited
	})
	var put []simulations.PackedStub
	for _, st := range v.recent {
		if st != nil {
			put = append(put, st.Packed())
		}
	}
	for piece := range slices.Chunk(put, batch) {
		b.AddAccepted(piece)
	}
	return b.Build()
}

// editRecorded puts and drops recorded stubs with a change of the log.
func (c *catalog) editRecorded(name string, put []*simulations.Stub, gone []string, durable func(*simulations.Change) error) error {
	c.edits.Lock()
	defer c.edits.Unlock()
	change := &simulations.Change{Simulation: name}
	c.state.RLock()
	s := c.simulations[name]
	for _, id := range gone {
		if s != nil && s.has(id) {
			change.DropStubs = append(change.DropStubs, id)
		}
	}
	c.state.RUnlock()
	var ready []*matchers.Stub
	for _, stub := range put {
		st, err := acceptRecorded(name, stub)
		if err != nil {
			return err
		}
		change.PutStubs = append(change.PutStubs, st.Model())
		ready = append(ready, st)
	}
	if len(change.PutStubs)+len(change.DropStubs) == 0 {
		return durable(nil)
	}
	if err := durable(change); err != nil {
		return err
	}
	c.state.RLock()
	revision := c.revision + 1 // drops have no revision of their own
	c.state.RUnlock()
	for _, st := range ready {
		revision = max(revision, st.Model().Revision)
	}
	c.edit(name, revision, ready, change.DropStubs)
	return nil
}

// Collaborators lists them by name.
func (e *Engine) Collaborators() []simulations.CollaboratorInfo {
	c := e.catalog
	c.state.RLock()
	defer c.state.RUnlock()
	counts := make(map[string]int)
	for _, s := range c.simulations {
		for n, count := range s.counts {
			counts[n] += count
		}
	}
	out := make([]simulations.CollaboratorInfo, 0, len(c.collaborators))
	for _, n := range slices.Sorted(maps.Keys(c.collaborators)) {
		out = append(out, e.info(c.collaborators[n], counts[n]))
	}
	return out
}

func (e *Engine) info(c *collaborator, stubs int) simulations.CollaboratorInfo {
	return simulations.CollaboratorInfo{Name: c.name, Revision: c.revision, Mode: c.mode, Stubs: stubs, Address: e.plane.addressOf(c.name), Config: c.config}
}

// Collaborator gives one.
func (e *Engine) Collaborator(name string) (simulations.CollaboratorInfo, error) {
	for _, info := range e.Collaborators() {
		if info.Name == name {
			return info, nil
		}
	}
	return simulations.CollaboratorInfo{}, noCollaborator(name)
}

// PutCollaborator declares one, or declares it anew.
func (e *Engine) PutCollaborator(ctx context.Context, name string, config *simulations.Collaborator, cond simulations.Condition) (simulations.CollaboratorInfo, bool, error) {
	if !simulations.ValidName(name) {
		return simulations.CollaboratorInfo{}, false, simulations.Errorf(simulations.CodeInvalid, "%q is no name for a collaborator", name)
	}
	col, faults := compileCollaborator(name, 0, config, e.opts)
	if err := simulations.Invalid(faults); err != nil {
		return simulations.CollaboratorInfo{}, false, err
	}
	c := e.catalog
	c.edits.Lock()
	defer c.edits.Unlock()
	created, err := c.replaceCollaborator(ctx, col, cond)
	if err != nil {
		return simulations.CollaboratorInfo{}, false, err
	}
	info, err := e.Collaborator(name)
	return info, created, err
}

// replaceCollaborator puts a compiled collaborator. The edits lock is held.
func (c *catalog) replaceCollaborator(ctx context.Context, col *collaborator, cond simulations.Condition) (created bool, err error) {
	c.state.RLock()
	old := c.collaborators[col.name]
	c.state.RUnlock()
	var revision uint64
	if old != nil {
		revision = old.revision
	}
	if err := check(cond, revision, "the collaborator "+col.name); err != nil {
		return false, err
	}
	if old != nil && old.config.Value().String() == col.config.Value().String() {
		return false, nil
	}
	edit, err := c.prepare(ctx, map[string]*collaborator{col.name: col}, nil)
	if err != nil {
		return false, err
	}
	if _, err := edit.apply(ctx, &simulations.Change{PutCollaborators: map[string]*simulations.Collaborator{col.name: col.config}}); err != nil {
		return false, err
	}
	edit.publish(func() {})
	return old == nil, nil
}

// DeleteCollaborator removes one; stubs that name it stay and answer nobody.
func (e *Engine) DeleteCollaborator(ctx context.Context, name string, cond simulations.Condition) error {
	c := e.catalog
	c.edits.Lock()
	defer c.edits.Unlock()
	c.state.RLock()
	old := c.collaborators[name]
	c.state.RUnlock()
	if old == nil {
		return noCollaborator(name)
	}
	if err := check(cond, old.revision, "the collaborator "+name); err != nil {
		return err
	}
	edit, err := c.prepare(ctx, nil, []string{name})
	if err != nil {
		return err
	}
	if _, err := edit.apply(ctx, &simulations.Change{DropCollaborators: []string{name}}); err != nil {
		return err
	}
	edit.publish(func() {})
	return nil
}

// SetMode switches a collaborator. Connections to its upstream stay.
func (e *Engine) SetMode(ctx context.Context, name string, mode simulations.Mode) (simulations.CollaboratorInfo, error) {
	if _, ok := plans[mode]; !ok {
		return simulations.CollaboratorInfo{}, simulations.Invalid([]simulations.FieldError{{
			Pointer: "/mode", Detail: fmt.Sprintf("%q is none of %s%s", mode, strings.Join(simulations.Modes(), ", "), simulations.Suggest(string(mode), simulations.Modes())),
		}})
	}
	c := e.catalog
	c.edits.Lock()
	defer c.edits.Unlock()
	c.state.RLock()
	old := c.collaborators[name]
	c.state.RUnlock()
	if old == nil {
		return simulations.CollaboratorInfo{}, noCollaborator(name)
	}
	if plans[mode].forward != never && old.upstream == nil {
		return simulations.CollaboratorInfo{}, simulations.Invalid([]simulations.FieldError{{
			Pointer: "/mode", Detail: fmt.Sprintf("mode %s forwards, and %s has no upstream: put one into its declaration first", mode, name),
		}})
	}
	next, config := *old, *old.config
	config.Mode = mode
	next.mode, next.config = mode, &config
	if _, err := c.replaceCollaborator(ctx, &next, simulations.Condition{}); err != nil {
		return simulations.CollaboratorInfo{}, err
	}
	return e.Collaborator(name)
}
