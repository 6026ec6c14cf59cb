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
	"time"

	"understudy/matchers"
	"understudy/simulations"
)

// sessions holds what stubs remember between requests: scenario states, and how
// often a stub that counts has answered. All of it belongs to a session, never
// to a stub.
//
// A claim is atomic: under the session's lock it looks at state and counters
// and moves them on, before anything is rendered, so that of any number of
// concurrent requests each step is given to exactly one. Sessions are made on
// first use, dropped when idle, and bounded in number: past the bound the
// longest idle goes. Shards keep sessions from waiting for each other.
//
// What changed is written behind, in one batch a flush; a kill loses the claims
// of the last flush interval. A synchronous write for each claim was rejected:
// it would put a disk sync into every answer of a stub that counts.
type sessions struct {
	shards [64]shard
	seed   maphash.Seed
	idle   time.Duration
	max    int // per shard
	now    func() time.Time
}

type shard struct {
	mu   sync.Mutex
	byID map[string]*session
}

// session is one isolation scope; its shard's lock guards it.
type session struct {
	id        string
	lastUsed  time.Time
	scenarios map[string]string
	answers   map[string]*counter // by "simulation/id"
	values    map[string]string   // what templates keep
	dirty     map[memo]struct{}   // what to write at the next flush
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
	s := &sessions{seed: maphash.MakeSeed(), idle: idle, now: now}
	s.max = max(1, (limit+len(s.shards)-1)/len(s.shards))
	for i := range s.shards {
		s.shards[i].byID = make(map[string]*session)
	}
	return s
}

func (s *sessions) shard(id string) *shard {
	return &s.shards[maphash.String(s.seed, id)%uint64(len(s.shards))]
}

// use returns the session, made if need be. The shard's lock is held.
func (s *sessions) use(sh *shard, id string) *session {
	now := s.now()
	se := sh.byID[id]
	if se == nil {
		if len(sh.byID) >= s.max {
			s.evict(sh)
		}
		se = &session{id: id, scenarios: map[string]string{}, answers: map[string]*counter{}, values: map[string]string{}, dirty: map[memo]struct{}{}}
		sh.byID[id] = se
	}
	se.lastUsed = now
	return se
}

// evict drops the session of a shard that was idle longest, but never the
// default one while there is another.
func (s *sessions) evict(sh *shard) {
	var oldest *session
	for _, se := range sh.byID {
		if se.id == defaultSession && len(sh.byID) > 1 {
			continue
		}
		if oldest == nil || se.lastUsed.Before(oldest.lastUsed) {
			oldest = se
		}
	}
	if oldest != nil {
		delete(sh.byID, oldest.id)
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
	name := ref(st)
	if sc := st.Scenario; sc != nil && sc.Requires != "" {
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
	if st.Times > 0 && answered >= st.Times {
		return claim{}, &simulations.Mismatch{Field: "times", Operator: "number", Expected: "fewer than " + strconv.Itoa(st.Times) + " answers in this session", Actual: strconv.Itoa(answered)}
	}
	c = claim{response: a.pick(answered), number: answered + 1}
	if dry {
		return c, nil
	}
	if sc := st.Scenario; sc != nil && sc.Sets != "" && (len(se.scenarios) < maxScenarios || se.scenarios[sc.Name] != "") {
		se.scenarios[sc.Name] = sc.Sets
		se.dirty[memo{'s', sc.Name}] = struct{}{}
	}
	c.before = a.state.apply(se, c.response.sets)
	if st.Times > 0 || len(a.responses) > 1 {
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

func newAnswers(s *simulations.Stub, responses []*response) *answers {
	a := &answers{responses: responses, counts: remembers(s), order: s.Order}
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
	info := simulations.SessionInfo{ID: se.id, LastUsed: se.lastUsed, Scenarios: map[string]string{}, Answers: map[string]int{}, Values: maps.Clone(se.values)}
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

// drop forgets a session and reports whether there was one.
func (s *sessions) drop(id string) bool {
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	_, ok := sh.byID[id]
	delete(sh.byID, id)
	return ok
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
				delete(sh.byID, id)
				gone = append(gone, id)
			}
		}
		sh.mu.Unlock()
	}
	return gone
}

// The state's keys: "session/<id>/s/<scenario>" and "session/<id>/n/<simulation>/<stub>".
// A session id has no control characters, but it may hold '/', so it is escaped.
const sessionPrefix = "session/"

func sessionKey(id string) string {
	return sessionPrefix + strings.NewReplacer("%", "%25", "/", "%2F").Replace(id) + "/"
}

// flush writes what changed since the last flush.
func (s *sessions) flush(ctx context.Context, st Store) error {
	var entries []StateEntry
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for id, se := range sh.byID {
			for m := range se.dirty {
				e := StateEntry{Key: sessionKey(id) + string(m.kind) + "/" + m.name}
				switch m.kind {
				case 's':
					e.Value = []byte(se.scenarios[m.name])
				case 'v':
					e.Value = []byte(gone)
					if v, ok := se.values[m.name]; ok {
						e.Value = []byte("=" + v) // an empty value is one too
					}
				default:
					e.Value = strconv.AppendInt(nil, int64(se.answers[m.name].answered), 10)
				}
				entries = append(entries, e)
			}
			clear(se.dirty)
		}
		sh.mu.Unlock()
	}
	if len(entries) == 0 {
		return nil
	}
	return st.PutState(ctx, entries)
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
		}
		sh.mu.Unlock()
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
