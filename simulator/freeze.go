package simulator

import (
	"context"
	"maps"
	"slices"
	"time"

	"understudy/simulations"
	"understudy/simulator/resource"
	"understudy/simulator/table"
)

// freeze describes what a session holds, at one moment. What has a time keeps
// what is left of it.
func (s *sessions) freeze(id string) (*simulations.Fixture, error) {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if se == nil {
		return nil, noSession(id)
	}
	now := s.now().UnixNano()
	return &simulations.Fixture{
		Fixture: simulations.FixtureVersion, Scenarios: se.scenarios.freeze(now), Values: se.values.freeze(now),
		Answers: maps.Clone(se.answers), Collections: se.data.Freeze(now), Tables: se.tables.Freeze(),
	}, nil
}

func (m memos) freeze(now int64) map[string]simulations.Frozen {
	out := make(map[string]simulations.Frozen, len(m))
	for name, k := range m {
		switch {
		case k.until == 0:
			out[name] = simulations.Frozen{Is: k.text}
		case !k.over(now):
			out[name] = simulations.Frozen{Is: k.text, TTL: simulations.Duration(k.until - now)}
		}
	}
	return out
}

// restore puts a session that holds what a fixture describes in place of what is
// there: the requests that follow see all of it.
func (s *sessions) restore(ctx context.Context, st Store, id string, f *simulations.Fixture) error {
	if !validSession(id) {
		return simulations.Errorf(simulations.CodeInvalid, "%q is no session id: 1 to 200 printable characters", id)
	}
	made, err := thaw(s.budget, f, s.now().UnixNano())
	if err != nil {
		return err
	}
	made.id, made.lastUsed = id, s.now()
	sh := s.shard(id)
	sh.mu.Lock()
	s.put(sh, made)
	sh.replaced = append(sh.replaced, id) // where there was none, too: it is to be seen whole
	sh.mu.Unlock()
	s.trim()
	return s.flush(ctx, st)
}

// thaw makes a session of a fixture. What it takes of the budget is given back
// where it fails.
func thaw(b *resource.Budget, f *simulations.Fixture, now int64) (*session, error) {
	se := &session{remembered: newRemembered(b)}
	var bytes int64
	for _, m := range []map[string]simulations.Frozen{f.Scenarios, f.Values} {
		for name, k := range m {
			bytes += weigh(name, k.Is)
		}
	}
	for stub := range f.Answers {
		bytes += weigh(stub, "")
	}
	err := se.change(bytes, func() {
		for kind, m := range map[byte]map[string]simulations.Frozen{memoScenario: f.Scenarios, memoValue: f.Values} {
			for name, k := range m {
				se.set(kind, name, kept{k.Is, until(now, time.Duration(k.TTL))})
			}
		}
		for stub, n := range f.Answers {
			se.counted(stub, n)
		}
	})
	if err != nil {
		return nil, err
	}
	var faults []simulations.FieldError
	if len(f.Collections) > 0 {
		se.data, faults = resource.Thaw(b, f.Collections, now)
		faults = prefix("/collections", faults)
	}
	if len(f.Tables) > 0 && len(faults) == 0 {
		se.tables, faults = table.Thaw(b, f.Tables)
		faults = prefix("/tables", faults)
	}
	if err := simulations.Invalid(faults); err != nil {
		se.close()
		return nil, err
	}
	return se, nil
}

// checkFixture reports whether any session can be put into what the fixture says.
func checkFixture(f *simulations.Fixture) error {
	_, err := thaw(resource.NewBudget(MinSessionBytes), f, 0)
	return err
}

// strangers names what a fixture speaks of and nobody declares.
func (e *Engine) strangers(f *simulations.Fixture) []simulations.Warning {
	out := []simulations.Warning{}
	warn := func(pointer, detail string) {
		if len(out) < maxFaults {
			out = append(out, simulations.Warning{Pointer: pointer, Detail: detail})
		}
	}
	c := e.catalog
	c.state.RLock()
	defer c.state.RUnlock()
	for _, ref := range slices.Sorted(maps.Keys(f.Answers)) {
		simulation, id := splitRef(ref)
		if s := c.simulations[simulation]; s == nil || !s.has(id) {
			warn("/answers/"+simulations.PointerToken(ref), "there is no stub "+ref+": its answers are counted on when there is")
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(f.Collections)) {
		at := "/collections/" + simulations.PointerToken(ref)
		simulation, name := splitRef(ref)
		var of *collection
		if s := c.simulations[simulation]; s != nil {
			of = s.collections[name]
		}
		switch {
		case of == nil:
			warn(at, "there is no collection "+ref+": its items show when there is")
		case !of.Fits(f.Collections[ref]):
			warn(at, "the path of "+ref+" has other parameters: these items do not show")
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(f.Tables)) {
		at := "/tables/" + simulations.PointerToken(ref)
		simulation, name := splitRef(ref)
		var of *table.Table
		if s := c.simulations[simulation]; s != nil {
			of = s.tables[name]
		}
		switch {
		case of == nil:
			warn(at, "there is no table "+ref+": its rows show when there is")
		case !of.Fits(f.Tables[ref]):
			warn(at, "the table "+ref+" has another content: these rows do not show")
		}
	}
	return out
}
