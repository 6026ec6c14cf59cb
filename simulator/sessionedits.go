package simulator

import (
	"context"
	"fmt"
	"time"

	"understudy/simulations"
)

// The edits of sessions that the admin plane asks for. Each is written to the
// store before it returns; where that fails it stands in memory, and the next
// flush tries again.

// remove forgets a session, in the store too.
func (s *sessions) remove(ctx context.Context, st Store, id string) error {
	sh := s.shard(id)
	sh.mu.Lock()
	se := sh.byID[id]
	if se != nil {
		s.forget(sh, se)
	}
	sh.mu.Unlock()
	if se == nil {
		return noSession(id)
	}
	return s.flush(ctx, st)
}

// edit changes a session, which is made when there is none.
func (s *sessions) edit(ctx context.Context, st Store, id string, change func(*session) error) error {
	if !validSession(id) {
		return simulations.Errorf(simulations.CodeInvalid, "%q is no session id: 1 to 200 printable characters", id)
	}
	sh := s.shard(id)
	sh.mu.Lock()
	err := change(s.use(sh, id))
	sh.mu.Unlock()
	s.trim()
	if err != nil {
		return err
	}
	return s.flush(ctx, st)
}

// reset puts a session back to its beginning.
func (s *sessions) reset(ctx context.Context, st Store, id string) error {
	return s.edit(ctx, st, id, func(se *session) error {
		s.put(s.shard(id), &session{id: id, lastUsed: se.lastUsed, remembered: newRemembered(s.budget)})
		return nil
	})
}

// setScenario puts a scenario into a state, for ttl where that is not 0.
func (s *sessions) setScenario(ctx context.Context, st Store, id, scenario, state string, ttl time.Duration) error {
	switch {
	case !simulations.ValidName(scenario):
		return simulations.Errorf(simulations.CodeInvalid, "%q is no scenario name", scenario)
	case state == "" || len(state) > simulations.MaxScenarioState:
		return simulations.Invalid([]simulations.FieldError{{Pointer: "/state", Detail: fmt.Sprintf("a state has 1 to %d bytes", simulations.MaxScenarioState)}})
	}
	return s.edit(ctx, st, id, func(se *session) error {
		return se.change(weigh(scenario, state), func() {
			se.set(memoScenario, scenario, kept{state, until(se.lastUsed.UnixNano(), ttl)})
		})
	})
}

// setValue sets a value, for ttl where that is not 0.
func (s *sessions) setValue(ctx context.Context, st Store, id, key, value string, ttl time.Duration) error {
	switch {
	case key == "" || len(key) > simulations.MaxStateKey:
		return simulations.Errorf(simulations.CodeInvalid, "a key of the session's values has 1 to %d bytes", simulations.MaxStateKey)
	case len(value) > simulations.MaxStateValue:
		return simulations.Invalid([]simulations.FieldError{{Pointer: "/value", Detail: fmt.Sprintf("a value of the session has at most %d bytes", simulations.MaxStateValue)}})
	}
	return s.edit(ctx, st, id, func(se *session) error {
		return se.change(weigh(key, value), func() {
			se.set(memoValue, key, kept{value, until(se.lastUsed.UnixNano(), ttl)})
		})
	})
}

// removeValue removes a value that is there.
func (s *sessions) removeValue(ctx context.Context, st Store, id, key string) error {
	sh := s.shard(id)
	sh.mu.Lock()
	se := sh.byID[id]
	if se == nil {
		sh.mu.Unlock()
		return noSession(id)
	}
	se.lastUsed = s.now()
	_, there := se.values.get(key, se.lastUsed.UnixNano())
	if there {
		_ = se.change(0, func() { se.drop(memoValue, key) }) // what takes no room has room
	}
	sh.mu.Unlock()
	if !there {
		return simulations.Errorf(simulations.CodeNotFound, "the session %q has no value %q", id, key)
	}
	return s.flush(ctx, st)
}

func validSession(id string) bool {
	if id == "" || len(id) > 200 {
		return false
	}
	for i := 0; i < len(id); i++ {
		if id[i] <= ' ' || id[i] >= 0x7f {
			return false
		}
	}
	return true
}
