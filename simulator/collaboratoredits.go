package simulator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"understudy/simulations"
)

func noCollaborator(name string) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no collaborator %s", name)
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
	leave, err := c.declare(ctx)
	if err != nil {
		return simulations.CollaboratorInfo{}, false, err
	}
	defer leave()
	created, err := c.replaceCollaborator(ctx, col, cond)
	if err != nil {
		return simulations.CollaboratorInfo{}, false, err
	}
	info, err := e.Collaborator(name)
	return info, created, err
}

// replaceCollaborator puts a compiled collaborator. Who calls it
// has declare's turn.
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
	leave, err := c.declare(ctx)
	if err != nil {
		return err
	}
	defer leave()
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
	leave, err := c.declare(ctx)
	if err != nil {
		return simulations.CollaboratorInfo{}, err
	}
	defer leave()
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
