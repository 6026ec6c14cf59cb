package simulator

import (
	"fmt"
	"strconv"
	"time"

	"understudy/simulations"
)

// memory is what templates keep in a session. What a transaction that is rolled
// back writes is seen by that transaction only. before are values that the
// answer's claim has changed already: its own templates see them as they were.
func (s *sessions) memory(id string, rollback bool, before map[string]*string) *memory {
	m := &memory{sessions: s, id: id, before: before}
	if rollback {
		m.own = make(map[string]string)
	}
	return m
}

type memory struct {
	sessions *sessions
	id       string
	own      map[string]string // nil unless rolled back
	before   map[string]*string
}

func (m *memory) Get(key string) (string, bool) {
	if v, ok := m.own[key]; ok {
		return v, true
	}
	if v, ok := m.before[key]; ok {
		if v == nil {
			return "", false
		}
		return *v, true
	}
	sh := m.sessions.shard(m.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[m.id]
	if se == nil {
		return "", false
	}
	return se.values.get(key, m.sessions.now().UnixNano())
}

func (m *memory) Set(key, value string) error { return m.keep(key, value, 0) }

// keep is Set for a time; 0 is for ever.
func (m *memory) keep(key, value string, ttl time.Duration) error {
	return m.edit(key, ttl, func(string) (string, error) { return value, nil })
}

func (m *memory) Add(counter string, by int64) (n int64, err error) {
	err = m.edit(counter, asBefore, func(old string) (string, error) {
		if old != "" {
			if n, err = strconv.ParseInt(old, 10, 64); err != nil {
				return "", fmt.Errorf("%q is no counter: it holds %.40q", counter, old)
			}
		}
		n += by
		return strconv.FormatInt(n, 10), nil
	})
	return n, err
}

// asBefore is the ttl of a value that expires when it would have.
const asBefore = -1

// edit replaces a value atomically.
func (m *memory) edit(key string, ttl time.Duration, change func(old string) (string, error)) error {
	if key == "" || len(key) > simulations.MaxStateKey {
		return fmt.Errorf("a key of the session's state has 1 to %d bytes", simulations.MaxStateKey)
	}
	if m.own != nil {
		old, _ := m.Get(key)
		v, err := change(old)
		m.own[key] = v
		return err
	}
	defer m.sessions.trim()
	delete(m.before, key)
	sh := m.sessions.shard(m.id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := m.sessions.use(sh, m.id)
	now := se.lastUsed.UnixNano()
	old, there := se.values.get(key, now)
	v, err := change(old)
	switch {
	case err != nil:
		return err
	case len(v) > simulations.MaxStateValue:
		return fmt.Errorf("a value of the session's state has at most %d bytes", simulations.MaxStateValue)
	}
	k := kept{v, until(now, ttl)}
	if there && ttl == asBefore {
		k.until = se.values[key].until
	}
	return se.change(weigh(key, v), func() { se.set(memoValue, key, k) })
}
