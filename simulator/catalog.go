package simulator

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/table"
)

// catalog is what the double stands in with, and how it is edited.
//
// An edit goes: compile, make durable, publish, answer; everything that can
// fail comes before the publish, which is one pointer. Edits of one simulation, and
// recordings into it, wait for each other, see gates; those of others go on beside
// them, however long an import takes: each has its revision of the store, which
// decides their order. declaring lets one edit of the collaborators run at a time,
// which all simulations share; state guards the maps for the moment of the publish.
type catalog struct {
	engine *Engine
	gates  gates
	// declaring is taken by [catalog.declare].
	declaring *semaphore.Weighted

	state         sync.RWMutex
	simulations   map[string]*simulation
	collaborators map[string]*collaborator
	set           *matchers.Set
	collections   *matchers.Set
	tables        map[string]map[string]*table.Table
	revision      uint64
	// recents counts the edits that only the set's tail has, scans those of them
	// that the tail finds one by one.
	recents, scans int
	merging        bool
	// edited counts the edits, so that it can be seen that there are none.
	edited uint64
}

func newCatalog(e *Engine) *catalog {
	return &catalog{
		engine: e, gates: newGates(), declaring: semaphore.NewWeighted(1), simulations: map[string]*simulation{}, collaborators: map[string]*collaborator{},
		set: matchers.NewSet(matchers.NewTail()), collections: matchers.NewSet(matchers.NewTail()),
	}
}

// declare waits, as long as ctx lasts, until nobody else edits the collaborators.
// leave may be called more than once.
func (c *catalog) declare(ctx context.Context) (leave func(), err error) {
	if err := c.declaring.Acquire(ctx, 1); err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "the edit waits for another one of the collaborators: %w", err)
	}
	return sync.OnceFunc(func() { c.declaring.Release(1) }), nil
}

// reindex puts what the simulation of that name is now, be it nothing, into the
// set, and makes the tail of what the indexes lack. The tail is a new one, so
// that a request sees either the old set with the old tail or the new one with
// the new. The state's lock is held.
func (c *catalog) reindex(name string) {
	if s := c.simulations[name]; s == nil {
		c.set = c.set.Without(name)
	} else {
		c.set = c.set.With(name, s.index)
	}
	tail := matchers.NewTail()
	c.recents, c.scans = 0, 0
	for _, s := range c.simulations {
		put, dropped := s.edits()
		tail.Edit(s.name, put, dropped)
		c.recents += len(s.recent)
		for _, st := range put {
			c.scans += scanned(st)
		}
	}
	c.set = c.set.WithTail(tail)
}

// scanned is 1 for a stub that a tail finds only by trying it.
func scanned(st *matchers.Stub) int {
	if st.Exact() {
		return 0
	}
	return 1
}

// load compiles and publishes what the store holds.
func (c *catalog) load(ctx context.Context) error {
	contents, err := c.engine.store.Load(ctx)
	if err != nil {
		return err
	}
	collaborators := make(map[string]*collaborator, len(contents.Collaborators))
	for name, stored := range contents.Collaborators {
		compiled, faults := compileCollaborator(name, stored.Revision, stored.Collaborator, c.engine.opts)
		if err := broken("collaborator "+name, faults); err != nil {
			return err
		}
		collaborators[name] = compiled
	}
	directory, faults := newDirectory(collaborators)
	if err := broken("the collaborators", faults); err != nil {
		return err
	}
	set, collections := matchers.NewSet(matchers.NewTail()), matchers.NewSet(matchers.NewTail())
	tables := make(map[string]map[string]*table.Table)
	all := make(map[string]*simulation, len(contents.Simulations))
	for name, stored := range contents.Simulations {
		index, err := loadIndex(ctx, name, stored.Stubs)
		if err != nil {
			return err
		}
		stored.Stubs = nil // the index has its own
		s := newSimulation(name, index)
		s.revision, s.collaborator, s.declares = stored.Revision, stored.Collaborator, stored.Declares
		set = set.With(name, index)
		if s.collections, faults = compileCollections(name, "", stored.Collections); len(faults) > 0 {
			return broken("the collections of "+name, faults)
		}
		collections = withCollections(collections, s)
		if s.tables, faults = table.Compile(name, stored.Tables); len(faults) > 0 {
			return broken("the tables of "+name, faults)
		}
		if len(s.tables) > 0 {
			tables[name] = s.tables
		}
		all[name] = s
	}
	c.state.Lock()
	defer c.state.Unlock()
	c.simulations, c.collaborators, c.set, c.collections, c.revision = all, collaborators, set, collections, contents.Revision
	c.tables = tables
	c.recents, c.scans = 0, 0
	c.publish(directory)
	return nil
}

// batch is how many stubs are compiled and put on an index's shelf at a time.
const batch = 4096

// loadIndex makes the index of what the store holds of a simulation; ctx ends it.
func loadIndex(ctx context.Context, name string, stubs []simulations.PackedStub) (*matchers.Index, error) {
	b := newBuilder(name)
	b.Reserve(len(stubs))
	for len(stubs) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(len(stubs), batch)
		for _, f := range b.Add(stubs[:n]) {
			return nil, broken("stub "+name+"/"+f.ID, f.Fields)
		}
		clear(stubs[:n]) // the index has them: this memory may go
		stubs = stubs[n:]
	}
	return b.Build(), nil
}

// broken is for definitions that were accepted once and do not compile now: by
// an older version, or a store that somebody else wrote.
func broken(what string, faults []simulations.FieldError) error {
	if len(faults) == 0 {
		return nil
	}
	return &simulations.Error{Code: simulations.CodeInternal, Detail: "the store holds a definition that this version does not accept, " + what, Fields: faults}
}

// show makes an edit of one revision visible that is of no collaborator.
func (c *catalog) show(revision uint64, edit func()) {
	c.state.Lock()
	defer c.state.Unlock()
	c.revision = max(c.revision, revision)
	edit()
	c.publish(nil)
}

// publish makes the state visible. The state's lock is held. directory is nil
// where the collaborators have not changed.
func (c *catalog) publish(directory *directory) {
	if directory == nil {
		directory = c.engine.snapshot.Load().directory
	}
	c.engine.snapshot.Store(&snapshot{revision: c.revision, directory: directory, stubs: c.set, collections: c.collections, tables: c.tables})
}

// openStub makes a stub ready to match and to answer. What is accepted, what is
// read from the store and what a request leads to goes through here, so that
// what was accepted once cannot fail later.
func openStub(simulation string, p simulations.PackedStub) (*matchers.Stub, []simulations.FieldError) {
	s, err := p.Unpack()
	if err != nil {
		return nil, []simulations.FieldError{{Detail: "it is damaged or of a newer understudy: " + err.Error()}}
	}
	st, faults := matchers.CompileStub(s, simulation)
	a, more := compileAnswers(s.Stub)
	if faults = append(faults, more...); len(faults) > 0 {
		return nil, faults
	}
	st.Answers, st.Dear = a, a.dear()
	return st, nil
}

// newBuilder begins a simulation's index.
func newBuilder(simulation string) *matchers.Builder {
	return matchers.NewBuilder(simulation, openStub, answerPlain)
}

// accept packs a stub that somebody puts and makes it ready; pointers of faults
// are relative to the stub.
func accept(simulation string, s *simulations.Stub) (*matchers.Stub, []simulations.FieldError) {
	return openStub(simulation, simulations.PackedStub{Packed: pack(s)})
}

// pack brings a stub into its packed form.
func pack(s *simulations.Stub) string {
	scratch := packScratch.Get().(*[]byte)
	defer freeScratch(scratch)
	*scratch = simulations.AppendPacked((*scratch)[:0], s)
	return string(*scratch)
}

// packScratch is memory in which stubs are written: their size is known after.
var packScratch = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch bounds what is kept of such memory: most stubs are far smaller.
const maxScratch = 64 << 10

func freeScratch(b *[]byte) {
	if cap(*b) <= maxScratch {
		packScratch.Put(b)
	}
}

// check holds a condition against a revision; 0 stands for nothing there.
func check(cond simulations.Condition, revision uint64, what string) error {
	switch {
	case cond.Absent && revision != 0:
		return simulations.Errorf(simulations.CodeStale, "there is %s already, at revision %d", what, revision)
	case cond.Revision != 0 && revision == 0:
		return simulations.Errorf(simulations.CodeStale, "there is no %s any more", what)
	case cond.Revision != 0 && cond.Revision != revision:
		return simulations.Errorf(simulations.CodeStale, "%s has changed: it is at revision %d, not %d; read it again", what, revision, cond.Revision)
	}
	return nil
}

// alikeButMode reports whether a declaration says of a collaborator what stands
// already, and nothing of its mode and routes.
func alikeButMode(now, next *simulations.Collaborator) bool {
	if next.Mode != "" || len(next.Routes) > 0 {
		return false
	}
	plain := *now
	plain.Mode, plain.Routes = "", nil
	return plain.Value().String() == next.Value().String()
}

// withMode keeps the mode that a collaborator has been switched to where a
// document says nothing of it.
func withMode(col *collaborator, mode simulations.Mode) *collaborator {
	if plans[mode].forward != never && col.upstream == nil {
		return col // without an upstream there is nothing to go on with
	}
	next, config := *col, *col.config
	config.Mode, next.mode, next.config = mode, mode, &config
	return &next
}

// redeclared warns of collaborators that the document changes under the feet of
// another simulation, or of whoever declared them without one.
func (c *catalog) redeclared(name string, next map[string]*collaborator) []simulations.Warning {
	c.state.RLock()
	defer c.state.RUnlock()
	var out []simulations.Warning
	for n, now := range next {
		then := c.collaborators[n]
		if then == nil || now.config.Value().String() == then.config.Value().String() {
			continue
		}
		by := func(who string) {
			out = append(out, simulations.Warning{
				Pointer: "/collaborators/" + simulations.PointerToken(n),
				Detail:  who + " declared this collaborator too, otherwise; this declaration replaces that",
			})
		}
		own, others := false, 0
		for _, s := range c.simulations {
			switch {
			case !slices.Contains(s.declares, n):
			case s.name == name:
				own = true
			default:
				others++
				by("the simulation " + s.name)
			}
		}
		if !own && others == 0 { // by the API, or by understudy record
			by("no simulation, but somebody")
		}
	}
	slices.SortFunc(out, func(a, b simulations.Warning) int { return cmp.Compare(a.Pointer+a.Detail, b.Pointer+b.Detail) })
	return out
}

// edit is a change of the collaborators on its way: listeners are open, nothing
// is published.
type edit struct {
	catalog       *catalog
	collaborators map[string]*collaborator
	directory     *directory
	ports         *portChange
	begins        []*collaborator
}

// prepare does what can fail of a change of collaborators: the directory, the
// ports. Who calls it has declare's turn.
func (c *catalog) prepare(ctx context.Context, put map[string]*collaborator, drop []string) (*edit, error) {
	c.state.RLock()
	next := maps.Clone(c.collaborators)
	c.state.RUnlock()
	e := &edit{catalog: c, collaborators: next}
	for n, col := range put {
		if begins(next[n], col) {
			e.begins = append(e.begins, col)
		}
		next[n] = col
	}
	for _, n := range drop {
		delete(next, n)
	}
	directory, faults := newDirectory(next)
	if err := simulations.Invalid(faults); err != nil {
		return nil, err
	}
	e.directory = directory
	ports, err := c.engine.plane.prepare(ctx, next)
	if err != nil {
		return nil, err
	}
	e.ports = ports
	return e, nil
}

// begins reports whether a change starts a take: each switch to record does,
// and one to learn from a mode that does not record.
func begins(old, now *collaborator) bool {
	if !Records(now.mode) || old != nil && old.mode == now.mode {
		return false
	}
	return now.mode == simulations.ModeRecord || old == nil || !Records(old.mode)
}

// apply makes the change durable. Where it fails everything is as before.
func (e *edit) apply(ctx context.Context, change *simulations.Change) (uint64, error) {
	revision, err := e.catalog.engine.store.Apply(ctx, change)
	if err != nil {
		e.ports.abandon()
		return 0, err
	}
	for n := range change.PutCollaborators {
		e.collaborators[n].revision = revision
	}
	for _, col := range e.begins {
		if err := e.catalog.engine.recorder.begin(ctx, col); err != nil {
			// The switch is durable; the take begins with the first exchange then.
			e.catalog.engine.log.Warn("a take could not be begun yet", "collaborator", col.name, "error", err)
		}
	}
	return revision, nil
}

// ends reports whether a collaborator that recorded does not any more: who looks for
// what was recorded is to find near misses of it without waiting for the rest.
func (e *edit) ends(before map[string]*collaborator) bool {
	for name, old := range before {
		if now := e.collaborators[name]; Records(old.mode) && (now == nil || !Records(now.mode)) {
			return true
		}
	}
	return false
}

// publish makes an applied change visible, all at once.
func (e *edit) publish(more func()) {
	c := e.catalog
	c.state.Lock()
	before := c.collaborators
	c.collaborators = e.collaborators
	for _, col := range e.collaborators {
		c.revision = max(c.revision, col.revision)
	}
	more()
	for _, s := range c.simulations {
		c.revision = max(c.revision, s.revision)
	}
	c.publish(e.directory)
	if e.ends(before) && c.recents > 0 && !c.merging {
		c.merging = true
		c.engine.loops.Go(func() { c.merge(manyEdited) })
	}
	c.state.Unlock()
	e.ports.commit()
	for n, old := range before {
		if now := e.collaborators[n]; old.upstream != nil && (now == nil || now.upstream != old.upstream) {
			old.upstream.close()
		}
	}
}
