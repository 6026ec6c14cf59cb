package simulator

import (
	"context"
	"maps"
	"slices"

	"understudy/simulations"
)

// list describes all takes, newest first.
func (rec *recorder) list(ctx context.Context) ([]simulations.Take, error) {
	takes, err := rec.engine.store.Takes(ctx)
	slices.SortFunc(takes, func(a, b simulations.Take) int { return int(b.ID) - int(a.ID) })
	return takes, err
}

// get describes a take and how it differs from the one before it.
func (rec *recorder) get(ctx context.Context, id uint64) (*simulations.TakeInfo, error) {
	takes, err := rec.list(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(takes, func(t simulations.Take) bool { return t.ID == id })
	if i < 0 {
		return nil, simulations.Errorf(simulations.CodeNotFound, "there is no take %d", id)
	}
	info := &simulations.TakeInfo{Take: takes[i]}
	this, err := rec.fold(ctx, id)
	if err != nil {
		return nil, err
	}
	var older []*take
	for _, t := range takes[i+1:] {
		if t.Collaborator != takes[i].Collaborator || t.Simulation != takes[i].Simulation {
			continue
		}
		folded, err := rec.fold(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		older = append(older, folded)
	}
	d := &info.Differences
	d.New, d.Changed, d.NotSeen = []string{}, []string{}, []string{}
	if len(older) > 0 {
		d.Before = older[0].id
	}
	for _, stub := range slices.Sorted(maps.Keys(this.requests)) {
		before := newestWith(older, stub)
		switch {
		case before == nil:
			d.New = append(d.New, stub)
		case slices.EqualFunc(before.runs, this.requests[stub].runs, func(a, b run) bool { return a.answer.id == b.answer.id }):
			d.Same++
		default:
			d.Changed = append(d.Changed, stub)
		}
	}
	if len(older) > 0 {
		for _, stub := range slices.Sorted(maps.Keys(older[0].requests)) {
			if this.requests[stub] == nil {
				d.NotSeen = append(d.NotSeen, stub)
			}
		}
	}
	return info, nil
}

// newestWith finds a request in the newest of the takes that has it.
func newestWith(takes []*take, stub string) *request {
	for _, t := range takes {
		if q := t.requests[stub]; q != nil {
			return q
		}
	}
	return nil
}

func (rec *recorder) fold(ctx context.Context, id uint64) (*take, error) {
	tk := &take{id: id, requests: make(map[string]*request)}
	for r, err := range rec.engine.store.Exchanges(ctx, 0, id) {
		if err != nil {
			return nil, err
		}
		tk.add(r)
	}
	return tk, nil
}

// drop forgets a take. What the log says of its requests, and of those of other
// takes, must not change meanwhile. For each of its requests the stub becomes what the
// newest other take that has it makes of it, or goes.
func (rec *recorder) drop(ctx context.Context, id uint64) error {
	takes, err := rec.list(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(takes, func(t simulations.Take) bool { return t.ID == id })
	if i < 0 {
		return simulations.Errorf(simulations.CodeNotFound, "there is no take %d", id)
	}
	this := takes[i]
	leave, err := rec.engine.catalog.gates.edit(ctx, this.Simulation)
	if err != nil {
		return err
	}
	defer leave()
	if takes, err = rec.list(ctx); err != nil { // those that were begun meanwhile
		return err
	}
	dropped := map[string]bool{}
	for r, err := range rec.engine.store.Exchanges(ctx, 0, id) {
		if err != nil {
			return err
		}
		if r.StubID != "" {
			dropped[r.StubID] = true
		}
	}
	// A newer take that has a request has replaced this one's answers already.
	type source struct {
		runs    []run
		request *simulations.RequestMessage
	}
	remaining := map[string]*source{}
	for _, t := range takes {
		if t.ID == id || t.Collaborator != this.Collaborator || t.Simulation != this.Simulation {
			continue
		}
		have := map[string]*request{}
		first := map[string]*simulations.RequestMessage{}
		fold := &take{requests: have}
		for r, err := range rec.engine.store.Exchanges(ctx, 0, t.ID) {
			if err != nil {
				return err
			}
			if dropped[r.StubID] && remaining[r.StubID] == nil {
				fold.add(r)
				first[r.StubID] = &r.Exchange.Request
			}
		}
		for stub, q := range have {
			remaining[stub] = &source{q.runs, first[stub]}
			if t.ID > id {
				delete(dropped, stub) // the newer one is what is served
				delete(remaining, stub)
			}
		}
	}
	c := rec.engine.snapshot.Load().directory.byName[this.Collaborator]
	var put []*simulations.Stub
	var gone []string
	for _, stub := range slices.Sorted(maps.Keys(dropped)) {
		src := remaining[stub]
		if src == nil || c == nil {
			gone = append(gone, stub)
			continue
		}
		var pattern simulations.Pattern
		if err := rec.engine.distillRequest(c, src.request, &pattern); err != nil {
			return err
		}
		folded, err := foldStub(stub, this.Collaborator, &pattern, src.runs)
		if err != nil {
			return err
		}
		put = append(put, folded)
	}
	err = rec.engine.catalog.editRecorded(this.Simulation, put, gone, func(change *simulations.Change) error {
		return rec.engine.store.DropTake(ctx, id, change)
	})
	if err != nil {
		return err
	}
	anew := make(map[string]bool, len(dropped))
	for stub := range dropped {
		anew[this.Simulation+"/"+stub] = true
	}
	rec.engine.sessions.restart(anew)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, takes := range []map[string]*take{rec.takes, rec.former} {
		if tk := takes[this.Collaborator]; tk != nil && tk.id == id {
			delete(takes, this.Collaborator)
		}
	}
	return nil
}
