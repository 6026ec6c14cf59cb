package simulator

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/resource"
)

// sessions holds what stubs remember between requests: scenario states, and how
// often a stub that counts has answered. All of it belongs to a session, never
// to a stub.
//
// A claim is atomic: under the session's lock it looks at state and counters
// and moves them on, before anything is rendered, so that of any number of
// concurrent requests each step is given to exactly one. Sessions are made on
// first use, dropped when idle, and bounded in number: past the bound the
// longest idle go. Shards keep sessions from waiting for each other.
//
// What changed is written behind, in batches at each flush; a kill loses the claims
// of the last flush interval. A synchronous write for each claim was rejected:
// it would put a disk sync into every answer of a stub that counts.
type sessions struct {
	shards [64]shard
	seed   maphash.Seed
	idle   time.Duration
	// max is how many there may be, total how many there are; trimming is held by
	// who makes room.
	max      int
	total    atomic.Int64
	trimming sync.Mutex
	now      func() time.Time
	// budget bounds what sessions changed in collections.
	budget *resource.Budget
	// writing is held by who writes sessions to the store or removes them there,
	// so that what was removed is not written again.
	writing sync.Mutex
}

type shard struct {
	mu   sync.Mutex
	byID map[string]*session
	// evicted are sessions that made room and are still to be removed from the store.
	evicted []string
}

// session is one isolation scope; its shard's lock guards it.
type session struct {
	id        string
	lastUsed  time.Time
	scenarios map[string]string
	answers   map[string]*counter // by "simulation/id"
	values    map[string]string   // what templates keep
	dirty     map[memo]struct{}   // what to write at the next flush
	data      *resource.Overlay   // what it changed in collections; nil for nothing
}

// memo names one thing that a session remembers.
type memo struct {
	kind byte // 's' for a scenario's state, 'n' for a stub's count, 'v' for a value
	name string
}

// counter is how often a stub answered in a session.
type counter struct {
	// answered counts claims.
	answered int
}

// claim is what a session grants for one answer of one stub.
type claim struct {
	// response is the one to give.
	response *response
	// number counts the stub's answers in this session, from 1.
	number int
	// before are the values that the claim has changed, as they were; a key that
	// had none has nil.
	before map[string]*string
}

// Bounds of one session.
const (
	maxScenarios     = 10_000
	maxCounters      = 1_000_000
	maxScenarioState = 1000
)

// gone is what is written for a value that was removed; a value that is there
// is written behind a '='.
const gone = "-"

func newSessions(idle time.Duration, limit int, now func() time.Time) *sessions {
	s := &sessions{seed: maphash.MakeSeed(), idle: idle, now: now, budget: resource.NewBudget(maxData)}
	s.max = max(limit, 1)
	for i := range s.shards {
		s.shards[i].byID = make(map[string]*session)
	}
	return s
}

func (s *sessions) shard(id string) *shard {
	return &s.shards[maphash.String(s.seed, id)%uint64(len(s.shards))]
}

// use returns the session, made if need be. The shard's lock is held; whoever
// lets go of it calls trim.
func (s *sessions) use(sh *shard, id string) *session {
	now := s.now()
	se := sh.byID[id]
	if se == nil {
		s.total.Add(1)
		se = &session{id: id, scenarios: map[string]string{}, answers: map[string]*counter{}, values: map[string]string{}, dirty: map[memo]struct{}{}}
		sh.byID[id] = se
	}
	se.lastUsed = now
	return se
}

// trim makes room where there are more sessions than there may be: the longest
// idle go, but never the default one. A hundredth more than has to goes, since
// all have to be looked at. No shard's lock is held.
func (s *sessions) trim() {
	if s.total.Load() <= int64(s.max) || !s.trimming.TryLock() {
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
	over := int(s.total.Load()) - s.max
	for _, se := range all[:min(len(all), max(over, 0)+s.max/100)] {
		sh := s.shard(se.id)
		sh.mu.Lock()
		if sh.byID[se.id] == se.session && se.lastUsed.Equal(se.since) {
			s.forget(sh, se.session)
			sh.evicted = append(sh.evicted, se.id)
		}
		sh.mu.Unlock()
	}
}

// forget drops a session of the shard, whose lock is held.
func (s *sessions) forget(sh *shard, se *session) {
	s.total.Add(-1)
	delete(sh.byID, se.id)
	if se.data != nil {
		se.data.Close()
	}
}

const defaultSession = "default"

// remembers reports whether a stub needs a session's memory at all.
func remembers(s *simulations.Stub) bool {
	return s.Scenario != nil || s.State != nil || s.Times > 0 || len(s.Responses) > 1 || len(s.Responses) == 1 && s.Responses[0].Repeat > 0
}

// claim asks a session for the right to answer with a stub. dry decides without
// moving anything on: for explain, and for transactions that are rolled back.
// Where it refuses, blocked says why.
func (s *sessions) claim(id string, st *matchers.Stub, a *answers, dry bool) (c claim, blocked *simulations.Mismatch) {
	if !a.counts {
		return claim{response: a.responses[0], number: 1}, nil
	}
	defer s.trim()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if se == nil {
		if dry {
			se = &session{}
		} else {
			se = s.use(sh, id)
		}
	} else if !dry {
		se.lastUsed = s.now()
	}
	name, model := st.Ref(), st.Model()
	if sc := model.Scenario; sc != nil && sc.Requires != "" {
		state, ok := se.scenarios[sc.Name]
		if !ok {
			state = simulations.ScenarioStart
		}
		if state != sc.Requires {
			return claim{}, &simulations.Mismatch{Field: "scenario " + sc.Name, Operator: "equals", Expected: sc.Requires, Actual: state}
		}
	}
	if blocked := a.state.unmet(se.values); blocked != nil {
		return claim{}, blocked
	}
	answered := 0
	if n := se.answers[name]; n != nil {
		answered = n.answered
	}
	if model.Times > 0 && answered >= model.Times {
		return claim{}, &simulations.Mismatch{Field: "times", Operator: "number", Expected: "fewer than " + strconv.Itoa(model.Times) + " answers in this session", Actual: strconv.Itoa(answered)}
	}
	c = claim{response: a.pick(answered), number: answered + 1}
	if dry {
		return c, nil
	}
	if sc := model.Scenario; sc != nil && sc.Sets != "" && (len(se.scenarios) < maxScenarios || se.scenarios[sc.Name] != "") {
		se.scenarios[sc.Name] = sc.Sets
		se.dirty[memo{'s', sc.Name}] = struct{}{}
	}
	c.before = a.state.apply(se, c.response.sets)
	if model.Times > 0 || len(a.responses) > 1 {
		n := se.answers[name]
		if n == nil && len(se.answers) < maxCounters {
			n = &counter{}
			se.answers[name] = n
		}
		if n != nil {
			n.answered++
			se.dirty[memo{'n', name}] = struct{}{}
		}
	}
	return c, nil
}

// answers is what a stub gives, made ready when it was compiled.
type answers struct {
	responses []*response
	state     *stubState // nil where the stub has none
	counts    bool
	order     simulations.Order
	// until[i] is the number of answers after which response i is over, in
	// sequence and cycle; weights likewise for random.
	until []int
}

func newAnswers(s *simulations.Stub, responses []*response) answers {
	a := answers{responses: responses, counts: remembers(s), order: s.Order}
	total := 0
	for _, r := range s.Responses {
		switch s.Order {
		case simulations.OrderRandom:
			total += max(r.Weight, 1)
		default:
			total += max(r.Repeat, 1)
		}
		a.until = append(a.until, total)
	}
	return a
}

// counted reports whether a stub gives several responses in turn.
func (a *answers) counted() bool { return len(a.until) > 0 }

// dear reports whether the answers cost much to make ready: long templates do.
func (a *answers) dear() bool {
	size := 0
	for _, r := range a.responses {
		if r.render != nil {
			size += r.render.size
		}
	}
	return size > dearTemplates
}

// dearTemplates is how many bytes of templates a stub may have that is not kept
// ready. Some hundred bytes are compiled in the time that net/http needs to read
// a request's header.
const dearTemplates = 2 << 10

// pick returns the response for the answer after `answered` others.
func (a *answers) pick(answered int) *response {
	if len(a.responses) == 1 {
		return a.responses[0]
	}
	total := a.until[len(a.until)-1]
	switch a.order {
	case simulations.OrderRandom:
		answered = rand.IntN(total)
	case simulations.OrderCycle:
		answered %= total
	default:
		answered = min(answered, total-1)
	}
	i, found := slices.BinarySearch(a.until, answered)
	if found {
		i++
	}
	return a.responses[i]
}

// list describes every session, sorted by id.
func (s *sessions) list() []simulations.SessionInfo {
	var out []simulations.SessionInfo
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for _, se := range sh.byID {
			out = append(out, se.info())
		}
		sh.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b simulations.SessionInfo) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (se *session) info() simulations.SessionInfo {
	info := simulations.SessionInfo{ID: se.id, LastUsed: se.lastUsed, Scenarios: map[string]string{}, Answers: map[string]int{}, Values: maps.Clone(se.values), Collections: se.data.Rows()}
	for k, v := range se.scenarios {
		info.Scenarios[k] = v
	}
	for k, v := range se.answers {
		info.Answers[k] = v.answered
	}
	return info
}

func (s *sessions) count() int {
	n := 0
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		n += len(sh.byID)
		sh.mu.Unlock()
	}
	return n
}

func (s *sessions) get(id string) (*simulations.SessionInfo, error) {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if se == nil {
		return nil, simulations.Errorf(simulations.CodeNotFound, "there is no session %q: a session begins with its first request that counts", id)
	}
	info := se.info()
	return &info, nil
}

// remove forgets a session, in the store too.
func (s *sessions) remove(ctx context.Context, st Store, id string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	sh := s.shard(id)
	sh.mu.Lock()
	se := sh.byID[id]
	if se != nil {
		s.forget(sh, se)
	}
	sh.mu.Unlock()
	if se == nil {
		return simulations.Errorf(simulations.CodeNotFound, "there is no session %q", id)
	}
	return st.DeleteState(ctx, sessionKey(id))
}

func (s *sessions) setScenario(id, scenario, state string) error {
	switch {
	case !validSession(id):
		return simulations.Errorf(simulations.CodeInvalid, "%q is no session id: 1 to 200 printable characters", id)
	case !simulations.ValidName(scenario):
		return simulations.Errorf(simulations.CodeInvalid, "%q is no scenario name", scenario)
	case state == "" || len(state) > maxScenarioState:
		return simulations.Invalid([]simulations.FieldError{{Pointer: "/state", Detail: fmt.Sprintf("a state has 1 to %d bytes", maxScenarioState)}})
	}
	defer s.trim()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := s.use(sh, id)
	if len(se.scenarios) >= maxScenarios && se.scenarios[scenario] == "" {
		return simulations.Errorf(simulations.CodeTooLarge, "the session has %d scenarios already", maxScenarios)
	}
	se.scenarios[scenario] = state
	se.dirty[memo{'s', scenario}] = struct{}{}
	return nil
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

// expire drops sessions that were idle too long and returns their ids.
func (s *sessions) expire() []string {
	var gone []string
	limit := s.now().Add(-s.idle)
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for id, se := range sh.byID {
			if se.lastUsed.Before(limit) {
				s.forget(sh, se)
				gone = append(gone, id)
			}
		}
		sh.mu.Unlock()
	}
	return gone
}

// The state's keys: "session/<id>/s/<scenario>", "session/<id>/n/<simulation>/<stub>",
// "session/<id>/v/<value>" and "session/<id>/r/<row of a collection>".
// A session id has no control characters, but it may hold '/', so it is escaped.
const sessionPrefix = "session/"

func sessionKey(id string) string {
	return sessionPrefix + strings.NewReplacer("%", "%25", "/", "%2F").Replace(id) + "/"
}

// flush writes what changed since the last flush. What could not be written is
// tried again by the next.
func (s *sessions) flush(ctx context.Context, st Store) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	var entries []StateEntry
	var undo []func()
	data := map[string]*resource.Overlay{}
	for i := range s.shards {
		sh := &s.shards[i]
		if err := s.flushEvicted(ctx, st, sh); err != nil {
			return err
		}
		sh.mu.Lock()
		for id, se := range sh.byID {
			if se.data != nil {
				data[id] = se.data
			}
			if len(se.dirty) == 0 {
				continue
			}
			for m := range se.dirty {
				entries = append(entries, StateEntry{Key: sessionKey(id) + string(m.kind) + "/" + m.name, Value: se.memoValue(m)})
			}
			taken := se.dirty
			se.dirty = map[memo]struct{}{}
			undo = append(undo, func() {
				sh.mu.Lock()
				defer sh.mu.Unlock()
				maps.Copy(se.dirty, taken)
			})
		}
		sh.mu.Unlock()
	}
	for id, o := range data {
		changes, again := o.Changes()
		for _, c := range changes {
			entries = append(entries, StateEntry{Key: sessionKey(id) + "r/" + c.Key, Value: c.Value})
		}
		undo = append(undo, again)
	}
	if err := putState(ctx, st, entries); err != nil {
		for _, again := range undo {
			again()
		}
		return err
	}
	return nil
}

// flushEvicted removes from the store what made room. One that has begun anew
// since has written nothing yet: this comes before every write.
func (s *sessions) flushEvicted(ctx context.Context, st Store, sh *shard) error {
	sh.mu.Lock()
	evicted := sh.evicted
	sh.evicted = nil
	sh.mu.Unlock()
	for i, id := range evicted {
		if err := st.DeleteState(ctx, sessionKey(id)); err != nil {
			sh.mu.Lock()
			sh.evicted = append(sh.evicted, evicted[i:]...)
			sh.mu.Unlock()
			return err
		}
	}
	return nil
}

// memoValue is what the store keeps of a memo. The shard's lock is held.
func (se *session) memoValue(m memo) []byte {
	switch m.kind {
	case 's':
		return []byte(se.scenarios[m.name])
	case 'v':
		if v, there := se.values[m.name]; there {
			return []byte("=" + v) // an empty value is one too
		}
		return []byte(gone)
	}
	return strconv.AppendInt(nil, int64(se.answers[m.name].answered), 10)
}

// Bounds of one write of state; a store takes at least these.
const (
	maxStateBytes   = 512 << 10
	maxStateEntries = 4096
)

// putState writes entries in as many writes as they need.
func putState(ctx context.Context, st Store, entries []StateEntry) error {
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && n < maxStateEntries {
			size += len(entries[n].Key) + len(entries[n].Value)
			if n > 0 && size > maxStateBytes {
				break
			}
			n++
		}
		if err := st.PutState(ctx, entries[:n]); err != nil {
			return err
		}
		entries = entries[n:]
	}
	return nil
}

// load reads back what flush wrote before a restart.
func (s *sessions) load(ctx context.Context, st Store) error {
	for e, err := range st.RangeState(ctx, sessionPrefix) {
		if err != nil {
			return err
		}
		parts := strings.SplitN(strings.TrimPrefix(e.Key, sessionPrefix), "/", 3)
		if len(parts) != 3 {
			slog.Warn("a session's state is unreadable and was passed over", "key", e.Key)
			continue
		}
		id := strings.NewReplacer("%2F", "/", "%25", "%").Replace(parts[0])
		sh := s.shard(id)
		sh.mu.Lock()
		se := s.use(sh, id)
		switch parts[1] {
		case "s":
			se.scenarios[parts[2]] = string(e.Value)
		case "v":
			if v, ok := strings.CutPrefix(string(e.Value), "="); ok {
				se.values[parts[2]] = v
			}
		case "n":
			if n, err := strconv.Atoi(string(e.Value)); err == nil {
				se.answers[parts[2]] = &counter{answered: n}
			}
		case "r":
			if se.data == nil {
				se.data = resource.NewOverlay(s.budget)
			}
			if err := se.data.Restore(e.Value); err != nil {
				slog.Warn("what a session changed in a collection was passed over", "session", id, "error", err)
			}
		}
		sh.mu.Unlock()
	}
	s.trim()
	return nil
}

// maxData bounds what all sessions together have changed in collections, in bytes.
const maxData = 512 << 20

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

// Bounds of what templates keep in one session.
const (
	maxValues     = 10_000
	maxValueName  = simulations.MaxStateKey
	maxValueBytes = simulations.MaxStateValue
)

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
	v, ok := se.values[key]
	return v, ok
}

func (m *memory) Set(key, value string) error {
	return m.edit(key, func(string) (string, error) { return value, nil })
}

func (m *memory) Add(counter string, by int64) (n int64, err error) {
	err = m.edit(counter, func(old string) (string, error) {
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

// edit replaces a value atomically.
func (m *memory) edit(key string, change func(old string) (string, error)) error {
	if key == "" || len(key) > maxValueName {
		return fmt.Errorf("a key of the session's state has 1 to %d bytes", maxValueName)
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
	old, there := se.values[key]
	v, err := change(old)
	switch {
	case err != nil:
		return err
	case len(v) > maxValueBytes:
		return fmt.Errorf("a value of the session's state has at most %d bytes", maxValueBytes)
	case !there && len(se.values) >= maxValues:
		return fmt.Errorf("a session's state has at most %d keys", maxValues)
	}
	se.values[key] = v
	se.dirty[memo{'v', key}] = struct{}{}
	return nil
}
