package simulator

import (
	"context"
	"maps"
	"slices"

	"understudy/matchers"
	"understudy/simulations"
)

// PutDocument replaces a simulation whole, or changes nothing. It blocks until
// the change is durable and published; ctx ends the storing and the compiling.
func (e *Engine) PutDocument(ctx context.Context, name string, doc *simulations.Document, cond simulations.Condition) (*simulations.Accepted, error) {
	if err := checkSimulationName(name); err != nil {
		return nil, err
	}
	doc, release, err := e.shelve(ctx, doc)
	if err != nil {
		return nil, err
	}
	defer release()
	next, err := compile(endingWith(ctx, doc.Draft()), name, e.opts)
	if err != nil {
		return nil, err
	}
	return (&incoming{engine: e, name: name, next: next}).Put(ctx, cond)
}

// Receive lets read read a simulation piece by piece, and compiles it. Large
// answers go to the store as they come. The simulation is there once it is put,
// whole; where anything fails before, or the process ends, what was stored is
// collected. It blocks as read does; ctx ends the storing and the compiling.
func (e *Engine) Receive(ctx context.Context, name string, read func(simulations.Keep) (*simulations.Draft, error)) (simulations.Incoming, error) {
	if err := checkSimulationName(name); err != nil {
		return nil, err
	}
	s := &shelver{engine: e, ctx: ctx}
	in := &incoming{engine: e, name: name, release: s.release}
	draft, err := read(s.keep)
	if err == nil {
		in.next, err = compile(endingWith(ctx, draft), name, e.opts)
	}
	if err != nil {
		s.release()
		return nil, err
	}
	return in, nil
}

// endingWith is the draft until ctx ends: there is nobody then to compile the rest
// for.
func endingWith(ctx context.Context, d *simulations.Draft) *simulations.Draft {
	out := *d
	out.Stubs = func(yield func(*simulations.Stub, error) bool) {
		for s, err := range d.Stubs {
			if err == nil && ctx.Err() != nil {
				err = simulations.Errorf(simulations.CodeUnavailable, "the import was given up: %w", context.Cause(ctx))
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
	return &out
}

func checkSimulationName(name string) error {
	if simulations.ValidName(name) {
		return nil
	}
	return simulations.Errorf(simulations.CodeInvalid, "%q is no name for a simulation: 1 to 200 letters, digits, '.', '_', '~' or '-', the first a letter or digit", name)
}

// incoming is a simulation that is compiled and can be put.
type incoming struct {
	engine *Engine
	name   string
	next   *compiled
	// release lets go of the bodies that were stored for it.
	release func()
}

// Close is [simulations.Incoming]'s.
func (in *incoming) Close() { in.release() }

// Put is [simulations.Incoming]'s.
func (in *incoming) Put(ctx context.Context, cond simulations.Condition) (*simulations.Accepted, error) {
	e, c, name, next := in.engine, in.engine.catalog, in.name, in.next
	doc := next.doc
	leave, err := c.gates.edit(ctx, name)
	if err != nil {
		return nil, err
	}
	defer leave()
	declared := func() {}
	if len(next.collaborators) > 0 {
		if declared, err = c.declare(ctx); err != nil {
			return nil, err
		}
		defer declared()
	}

	c.state.RLock()
	old := c.simulations[name]
	var revision uint64
	var had view
	known := ""
	if old != nil {
		if revision, known = c.revisionOf(old), old.digest; known == "" {
			had = old.view()
		}
	}
	c.state.RUnlock()
	if err := check(cond, revision, "a simulation "+name); err != nil {
		return nil, err
	}
	c.state.RLock()
	collaborators := c.collaborators
	declares := slices.Sorted(maps.Keys(doc.Collaborators))
	put := make(map[string]*simulations.Collaborator)
	for n, col := range next.collaborators {
		now := c.collaborators[n]
		if now == nil {
			put[n] = col.config
			continue
		}
		own := old != nil && slices.Contains(old.declares, n)
		if !own && alikeButMode(now.config, col.config) {
			// An exported recording names its collaborator without mode and
			// routes: it is read again without taking them away.
			delete(next.collaborators, n)
			declares = slices.DeleteFunc(declares, func(d string) bool { return d == n })
			continue
		}
		if col.config.Mode == "" && now.mode != col.mode {
			next.collaborators[n] = withMode(col, now.mode)
		}
		if next.collaborators[n].config.Value().String() == now.config.Value().String() {
			delete(next.collaborators, n)
			continue
		}
		put[n] = next.collaborators[n].config
	}
	c.state.RUnlock()
	if len(put) == 0 {
		declared() // the rest is the simulation's own, and may take long
	}
	accepted := &simulations.Accepted{Name: name, Revision: revision, Stubs: len(next.stubs), Collaborators: len(doc.Collaborators), Collections: len(next.collections), Created: old == nil}
	digest := digestOf(doc.Collaborator, declares, declaredOf(next.collections, next.tables), packedOf(next.stubs))
	if old != nil && known == "" { // it was read from the store, or edited
		known = digestOf(old.collaborator, old.declares, declaredOf(old.collections, old.tables), had.content())
	}
	if digest == known && len(put) == 0 {
		accepted.Unchanged = true
		accepted.Warnings = next.warnings(collaborators, &e.opts.Callbacks.Hosts)
		return accepted, nil
	}
	apply, publish := e.store.Apply, func(more func()) { c.show(accepted.Revision, more) }
	if len(put) > 0 {
		edit, err := c.prepare(ctx, next.collaborators, nil)
		if err != nil {
			return nil, err
		}
		apply, publish, collaborators = edit.apply, edit.publish, edit.collaborators
	}
	accepted.Warnings = append(next.warnings(collaborators, &e.opts.Callbacks.Hosts), c.redeclared(name, next.collaborators)...)
	change := &simulations.Change{
		PutCollaborators: put,
		Replace: &simulations.Simulation{
			Name: name, Collaborator: doc.Collaborator,
			Declares: declares, Stubs: next.stubs,
			Declared: declaredOf(next.collections, next.tables),
		},
	}
	built := make(chan *matchers.Index, 1)
	go func() { built <- next.builder.Build() }() // beside the writing; it ends by itself
	accepted.Revision, err = apply(ctx, change)
	index := <-built
	if err != nil {
		return nil, err
	}
	index.Date(accepted.Revision)
	s := newSimulation(name, index)
	s.revision, s.digest = accepted.Revision, digest
	s.collaborator, s.declares = doc.Collaborator, change.Replace.Declares
	e.recorder.forget(name)
	publish(func() {
		c.simulations[name] = s
		c.reindex(name)
		c.putCollections(s, next.collections)
		c.putTables(s, next.tables)
	})
	return accepted, nil
}
