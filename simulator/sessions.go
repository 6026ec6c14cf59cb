package simulator

import (
	"hash/maphash"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"understudy/simulations"
	"understudy/simulator/resource"
	"understudy/simulator/table"
)

// sessions holds what is remembered between requests: scenario states, how often
// a stub that counts has answered, values, and what was changed in collections
// and tables. All of it belongs to a session, never to a stub.
//
// Sessions are made on first use, dropped when idle, and bounded in number and
// in what they hold together: past a bound the longest idle make room. Shards
// keep sessions from waiting for each other.
//
// What changed is written behind, in batches at each flush; a kill loses the claims
// of the last flush interval. A synchronous write for each claim was rejected:
// it would put a disk sync into every answer of a stub that counts.
type sessions struct {
	shards  [64]shard
	hash    maphash.Seed
	options sessionOptions
	// total is how many there are, begun how many there were; trimming is held by
	// who makes room, made counts those that had to.
	total    atomic.Int64
	begun    atomic.Uint64
	trimming sync.Mutex
	made     atomic.Uint64
	// budget bounds what all of them hold.
	budget *resource.Budget
	// writing is held by who writes sessions to the store or removes them there,
	// so that what was removed is not written again.
	writing sync.Mutex
	// homes names the generation that a session is in, in the store; for those
	// that are in one, or were to leave one. It belongs to who holds writing.
	homes map[string]string
}

// sessionOptions say how long sessions live and how much they may hold.
type sessionOptions struct {
	// idle is after how long an unused one is forgotten.
	idle time.Duration
	// max is how many there may be, bytes what they may hold together; 0 is
	// [DefaultSessionBytes].
	max   int
	bytes int64
	// seed is what draws are made from, with the session and the stub.
	seed uint64
	now  func() time.Time
}

// DefaultSessionBytes is what all sessions hold together where nothing else is
// said, MinSessionBytes the least that may be: the session that never makes
// room must leave some.
const (
	DefaultSessionBytes = 512 << 20
	MinSessionBytes     = 2 * (maxRemembered + resource.MaxBytes + table.MaxBytes)
)

type shard struct {
	mu   sync.Mutex
	byID map[string]*session
	// replaced are the ids of sessions that are gone; the next flush puts what is
	// there now, which may be nothing, in their place in the store, in one step.
	replaced []string
}

// session is one isolation scope; its shard's lock guards it.
type session struct {
	id       string
	lastUsed time.Time
	remembered
	data   *resource.Overlay // what it changed in collections; nil for nothing
	tables *table.Edits      // what it changed in tables; nil for nothing
}

func newSessions(o sessionOptions) *sessions {
	if o.bytes == 0 {
		o.bytes = DefaultSessionBytes
	}
	o.max = max(o.max, 1)
	s := &sessions{hash: maphash.MakeSeed(), options: o, budget: resource.NewBudget(o.bytes), homes: map[string]string{}}
	for i := range s.shards {
		s.shards[i].byID = make(map[string]*session)
	}
	return s
}

func (s *sessions) now() time.Time { return s.options.now() }

func (s *sessions) shard(id string) *shard {
	return &s.shards[maphash.String(s.hash, id)%uint64(len(s.shards))]
}

// restart lets stubs, by "simulation/id", answer in every session as if they had
// not answered there yet: another recording has taken their place.
func (s *sessions) restart(stubs map[string]bool) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for _, se := range sh.byID {
			for stub, n := range se.answers {
				if n > 0 && stubs[stub] {
					se.counted(stub, 0)
				}
			}
		}
		sh.mu.Unlock()
	}
}

// use returns the session, made if need be. The shard's lock is held; whoever
// lets go of it calls trim.
func (s *sessions) use(sh *shard, id string) *session {
	se := sh.byID[id]
	if se == nil {
		se = s.put(sh, &session{id: id, remembered: newRemembered(s.budget)})
	}
	se.lastUsed = s.now()
	return se
}

// put puts a new session in place of what has its id. The shard's lock is held.
func (s *sessions) put(sh *shard, se *session) *session {
	if old := sh.byID[se.id]; old != nil {
		s.forget(sh, old)
	}
	s.total.Add(1)
	se.moves += s.begun.Add(1) << 32
	sh.byID[se.id] = se
	return se
}

// forget drops a session of the shard, whose lock is held; the next flush removes
// it from the store, in one step with the writing of one that has begun anew.
func (s *sessions) forget(sh *shard, se *session) {
	s.total.Add(-1)
	delete(sh.byID, se.id)
	se.close()
	sh.replaced = append(sh.replaced, se.id)
}

// close gives back to the budget what the session holds.
func (se *session) close() {
	se.remembered.close()
	if se.data != nil {
		se.data.Close()
	}
	if se.tables != nil {
		se.tables.Close()
	}
}

// full reports whether sessions hold so much that some have to go; the eighth
// that is left is for what comes while they do.
func (s *sessions) full() bool { return s.budget.Used() > s.options.bytes-s.options.bytes/8 }

// trim makes room where there are more sessions, or where they hold more, than
// may be: the longest idle go, but never the default one. Somewhat more than has
// to goes, since all have to be looked at. No shard's lock is held.
func (s *sessions) trim() {
	most := int64(s.options.max)
	if s.total.Load() <= most && !s.full() || !s.trimming.TryLock() {
		return // somebody else makes room
	}
	defer s.trimming.Unlock()
	type idle struct {
		*session
		since time.Time
	}
	var all []idle
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for _, se := range sh.byID {
			if se.id != defaultSession {
				all = append(all, idle{se, se.lastUsed})
			}
		}
		sh.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b idle) int { return a.since.Compare(b.since) })
	over := int(s.total.Load() - most)
	if over > 0 {
		over += s.options.max / 100
	}
	enough := s.options.bytes
	if s.full() {
		enough -= s.options.bytes / 4
	}
	for i, se := range all {
		if i >= over && s.budget.Used() <= enough {
			break
		}
		sh := s.shard(se.id)
		sh.mu.Lock()
		if sh.byID[se.id] == se.session && se.lastUsed.Equal(se.since) {
			s.forget(sh, se.session)
			s.made.Add(1)
		}
		sh.mu.Unlock()
	}
}

const defaultSession = "default"

// expire drops sessions that were idle too long, and what has expired in others.
func (s *sessions) expire() {
	now := s.now()
	limit := now.Add(-s.options.idle)
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for _, se := range sh.byID {
			if se.lastUsed.Before(limit) {
				s.forget(sh, se)
			} else {
				se.sweep(now.UnixNano())
				if se.data != nil {
					se.data.Expire(now.UnixNano())
				}
			}
		}
		sh.mu.Unlock()
	}
}

// maxSessionPage is about how many bytes of sessions one page lists: it ends then.
const maxSessionPage = 16 << 20

// list gives a page of the sessions that fit, in order of their ids.
func (s *sessions) list(f simulations.SessionFilter) simulations.SessionPage {
	now := s.now().UnixNano()
	var ids []string
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for id, se := range sh.byID {
			if id > f.After && se.fits(&f, now) {
				ids = append(ids, id)
			}
		}
		sh.mu.Unlock()
	}
	slices.Sort(ids)
	page := simulations.SessionPage{Sessions: []simulations.SessionInfo{}}
	var size int64
	for i, id := range ids {
		if i == f.Limit || size > maxSessionPage {
			page.More = true
			break
		}
		if info, err := s.get(id); err == nil { // else it has gone meanwhile
			page.Sessions = append(page.Sessions, *info)
			size += info.Bytes
		}
	}
	return page
}

// fits reports whether a filter chooses the session. The shard's lock is held.
func (se *session) fits(f *simulations.SessionFilter, now int64) bool {
	if f.ID != "" {
		// A session's id may hold any character; '/' is none of a kind here.
		plain := strings.NewReplacer("/", "\x00", `\`, "\x01", "?", "\x02", "[", "\x03")
		if ok, err := path.Match(plain.Replace(f.ID), plain.Replace(se.id)); err != nil || !ok {
			return false
		}
	}
	if f.Scenario != "" {
		state, moved := se.scenarios.get(f.Scenario, now)
		if !moved && f.State != simulations.ScenarioStart || f.State != "" && moved && state != f.State {
			return false
		}
	}
	return true
}

func (se *session) info(now int64) *simulations.SessionInfo {
	info := &simulations.SessionInfo{ID: se.id, LastUsed: se.lastUsed, Bytes: se.bytes, Answers: make(map[string]int, len(se.answers)), Collections: se.data.Rows(), Tables: se.tables.Count()}
	info.Scenarios, info.Expires.Scenarios = se.scenarios.shown(now)
	info.Values, info.Expires.Values = se.values.shown(now)
	if se.data != nil {
		info.Bytes += se.data.Bytes()
	}
	info.Bytes += se.tables.Bytes()
	for stub, n := range se.answers {
		info.Answers[stub] = n
	}
	return info
}

// count is how many there are.
func (s *sessions) count() int { return int(s.total.Load()) }

func (s *sessions) get(id string) (*simulations.SessionInfo, error) {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if se == nil {
		return nil, noSession(id)
	}
	return se.info(s.now().UnixNano()), nil
}

func noSession(id string) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no session %q: a session begins with its first request that counts", id)
}

// overlay is what a session has changed in collections: nil for nothing, unless
// it is asked for to be written. A dry one that is not there yet is made for the
// request only.
func (s *sessions) overlay(id string, write, dry bool) *resource.Overlay {
	defer s.trim()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	switch {
	case write && !dry:
		se = s.use(sh, id)
		if se.data == nil {
			se.data = resource.NewOverlay(s.budget)
		}
	case se != nil:
		se.lastUsed = s.now()
	}
	if se != nil && se.data != nil {
		return se.data
	}
	if write {
		return resource.NewOverlay(s.budget)
	}
	return nil
}
