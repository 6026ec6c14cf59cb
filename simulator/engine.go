// Package simulator is the data plane: it takes the requests that the system
// under test sends to its collaborators and answers them from stubs, forwards
// them, or records what the real service says. What it may forward is decided
// in one place, contain; everything it needs to know for one request hangs on
// one immutable snapshot behind one atomic pointer.
package simulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/mitm"
	"understudy/simulator/origin"
	"understudy/simulator/redact"
	"understudy/simulator/table"
)

// Options are the settings of a double.
type Options struct {
	// Store keeps everything that outlives the process.
	Store Store
	// StoreKind and StorePath describe it in the status.
	StoreKind, StorePath string
	// CA signs the certificates of intercepted hosts.
	CA *mitm.CA
	// Version is shown in the status.
	Version string
	Logger  *slog.Logger

	// MissStatus is the status of misses and refusals.
	MissStatus int
	// Origin says how origins and sessions are told.
	Origin origin.Config
	// MaxBody is how many bytes of a request's body are kept for matching.
	MaxBody int64
	// Bodies is how many bytes the large bodies of requests under way have together.
	Bodies int64
	// RecordBody is the largest body that a recording keeps whole, in bytes.
	RecordBody int64
	// JournalEntries and JournalBytes bound the journal.
	JournalEntries int
	JournalBytes   int64
	// SessionIdle is after how long an unused session is forgotten, MaxSessions how
	// many there may be, SessionBytes what they may hold together; 0 is
	// [DefaultSessionBytes].
	SessionIdle  time.Duration
	MaxSessions  int
	SessionBytes int64
	// Seed is what random orders and random values of templates are made from, with the
	// session's id.
	Seed uint64
	// UpstreamProxy and UpstreamTimeout are the defaults of collaborators.
	UpstreamProxy   string
	UpstreamTimeout time.Duration
	// Delay is that of stubs and collections that have none, and whose
	// collaborator has none; nil for none.
	Delay *simulations.Delay
	// DelayShadow applies delays to shadow and synthetic traffic too.
	DelayShadow bool
	// RedactionKey keys the tokens that redaction makes; 32 random bytes when empty.
	RedactionKey []byte
	// Callbacks are the settings of requests that follow answers.
	Callbacks CallbackOptions
	// AdminAddr, where set, is the admin plane's address, which nothing is
	// forwarded to either.
	AdminAddr func() string
	// Listeners: see ListenOptions.
	Listen ListenOptions

	// self reports whether a connection leads to understudy itself.
	self func(local, remote net.Addr) bool
}

// Engine is the double. New it, Open it, then serve with Start.
type Engine struct {
	opts     Options
	log      *slog.Logger
	store    Store
	classify *origin.Classifier
	builtin  *redact.Rules
	snapshot atomic.Pointer[snapshot]
	catalog  *catalog
	recorder *recorder
	sessions *sessions
	fixtures *fixtures
	journal  *journal
	bodies   *bodies
	heavy    *heavy
	counts   *counts
	// callbacks sends what follows answers.
	callbacks *callbacks
	diffs     diffs
	plane     *plane
	started   time.Time
	stopping  atomic.Bool
	// life ends with the engine; background ends it.
	life       context.Context //nolint:containedctx // what outlives a request is bounded by it
	background context.CancelFunc
	loops      sync.WaitGroup
}

// snapshot is all that a request is answered by: collaborators, modes and stubs
// change together or not at all. Shared so do not mutate.
type snapshot struct {
	revision  uint64
	directory *directory
	stubs     *matchers.Set
	// collections finds, by their paths, those that answer what no stub does.
	collections *matchers.Set
	// tables are those of the simulations by their names, then by their own.
	tables map[string]map[string]*table.Table
}

// New makes a double out of what the store holds. It serves nothing yet. A
// definition that does not compile any more is an error: nothing that was
// accepted is silently left out. It blocks for as long as reading takes; ctx ends it.
func New(ctx context.Context, opts Options) (*Engine, error) {
	if len(opts.RedactionKey) == 0 {
		opts.RedactionKey = make([]byte, 32)
		_, _ = rand.Read(opts.RedactionKey) // never fails, crypto/rand
	}
	classifier, err := origin.New(opts.Origin)
	if err != nil {
		return nil, err
	}
	builtin, faults := redact.Compile(nil, opts.RedactionKey)
	if err := simulations.Invalid(faults); err != nil {
		return nil, err
	}
	e := &Engine{
		opts: opts, log: opts.Logger, store: opts.Store, classify: classifier, builtin: builtin,
		sessions: newSessions(sessionOptions{idle: opts.SessionIdle, max: opts.MaxSessions, bytes: opts.SessionBytes, seed: opts.Seed, now: time.Now}),
		fixtures: &fixtures{store: opts.Store},
		journal:  newJournal(opts.JournalEntries, opts.JournalBytes),
		counts:   newCounts(),
		heavy:    newHeavy(opts.Bodies, opts.MaxBody),
		started:  time.Now(),
	}
	e.life, e.background = context.WithCancel(context.Background())
	e.catalog = newCatalog(e)
	e.recorder = newRecorder(e)
	e.plane = newPlane(e)
	e.opts.self = e.plane.isSelf
	if e.callbacks, err = newCallbacks(e); err != nil {
		return nil, err
	}
	if err := e.catalog.load(ctx); err != nil {
		return nil, fmt.Errorf("read the definitions: %w", err)
	}
	if err := e.recorder.load(ctx); err != nil {
		return nil, fmt.Errorf("read the recordings: %w", err)
	}
	if err := e.sessions.load(ctx, e.store); err != nil {
		return nil, fmt.Errorf("read the sessions: %w", err)
	}
	if err := e.fixtures.sweep(ctx); err != nil {
		return nil, fmt.Errorf("read the fixtures: %w", err)
	}
	if e.bodies, err = newBodies(opts.Store); err != nil {
		return nil, fmt.Errorf("make room for bodies: %w", err)
	}
	e.loops.Go(func() { e.keepSessions(e.life) })
	e.loops.Go(func() { e.catalog.mergeAtRest(e.life) })
	return e, nil
}

// flushInterval bounds what a kill loses of sessions' states and counters.
const flushInterval = 250 * time.Millisecond

// keepSessions writes sessions behind and forgets idle ones until ctx ends.
func (e *Engine) keepSessions(ctx context.Context) {
	tick := time.NewTicker(flushInterval)
	defer tick.Stop()
	expire := time.NewTicker(max(min(e.opts.SessionIdle/4, time.Minute), time.Second))
	defer expire.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := e.sessions.flush(ctx, e.store)
			if err != nil && !failing && ctx.Err() == nil {
				e.log.Warn("the states of sessions could not be written; they are kept in memory", "error", err)
			}
			failing = err != nil
		case <-expire.C:
			e.sessions.expire() // the next flush removes them from the store
		}
	}
}

// Close waits until what Stop has broken off is recorded as far as it came, ends
// the loops and writes what is still to be written. The listeners are stopped
// before, by Stop. ctx bounds it.
func (e *Engine) Close(ctx context.Context) error {
	lost := e.recorder.unsettled.wait(ctx) // before the loops end: recordings write as long as they run
	e.callbacks.close(ctx)
	e.background()
	e.loops.Wait()
	e.bodies.close()
	if err := e.sessions.flush(ctx, e.store); err != nil {
		return errors.Join(lost, fmt.Errorf("write the states of sessions: %w", err))
	}
	return lost
}

// ServeHTTP answers one request. A panic ends this exchange only.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		e.connect(w, r)
		return
	}
	x := e.begin(w, r)
	defer func() {
		p := recover()
		if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // compared by identity, as net/http does
			e.log.Error("a request met a defect of understudy", "method", r.Method, "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			x.failed("internal error")
			if !x.out.wrote {
				x.problem(http.StatusInternalServerError, "internal", "understudy failed on this request; its log says more", simulations.OutcomeRefused, problemDetails{})
				p = nil
			}
		}
		if p != nil && x.committed {
			x.failed("the answer broke off: the client left, or what it comes from did")
		}
		x.commit()
		x.rest()
		if x.given != nil {
			e.callBack(x)
		}
		x.drop()
		if p != nil {
			panic(http.ErrAbortHandler) // the answer is broken off: the client must not take it for whole
		}
		if x.local {
			x.land()
		}
	}()
	e.answer(x)
}

// answer is the life of a request: who it is for, whether it may leave, which
// stub answers.
func (e *Engine) answer(x *exchange) {
	if x.fault != "" {
		x.entry.Reason = x.fault
		x.problem(x.faultStatus, "bad-request", x.fault, simulations.OutcomeRefused, problemDetails{})
		return
	}
	row := plans[x.mode]
	passage := x.passage()
	refused := contain(passage)
	if row.forward == always && refused == allowed && !row.lookup {
		e.forward(x, row, nil)
		return
	}
	// A mode that forwards what may not leave still stands in for it.
	if err := x.readBody(); err != nil {
		x.badBody(err)
		return
	}
	if err := x.look(x.r.Context()); err != nil {
		x.badBody(err)
		return
	}
	x.match.EndWith(x.r.Context())
	found, ok := x.find(x.rollback)
	if !ok && (row.forward != always || refused != allowed) {
		found, ok = x.findForHead()
	}
	var data *foundCollection
	if !ok && (row.forward != always || refused != allowed) {
		data = x.findCollection()
	}
	if x.match.GivenUp() {
		x.abandon()
	}
	switch {
	case row.forward == always && refused == allowed:
		e.forward(x, row, found)
	case ok:
		e.reply(x, found)
	case data != nil:
		e.serveCollection(x, data)
	case row.forward == onMiss && refused == allowed:
		e.forward(x, row, nil)
	case row.forward != never || x.refusedHost():
		x.unanswered(simulations.OutcomeRefused, x.snapshot.why(passage, refused))
	default:
		x.unanswered(simulations.OutcomeMiss, x.missed())
	}
}

// abandon ends an exchange whose client has left before it was clear what answers.
// It panics with [http.ErrAbortHandler].
func (x *exchange) abandon() {
	const why = "the client left while its stub was looked for"
	x.entry.Outcome, x.entry.Reason = simulations.OutcomeRefused, why
	x.failed(why)
	panic(http.ErrAbortHandler)
}

// findForHead looks for the stub that would answer GET, where the request is a
// HEAD that no stub answers: the header is the same (RFC 9110 section 9.3.2). Like
// a transaction that is rolled back it moves no session on.
func (x *exchange) findForHead() (*found, bool) {
	if x.r.Method != http.MethodHead {
		return nil, false
	}
	x.match.Method = http.MethodGet
	defer func() { x.match.Method = http.MethodHead }()
	f, ok := x.find(true)
	if ok {
		x.rollback, f.forHead = true, true
	}
	return f, ok
}

// find looks for the stub that answers, and claims it.
func (x *exchange) find(dry bool) (*found, bool) {
	for range maxLooks {
		var state struct { // in one piece: the search keeps it
			claim
			look
		}
		m, ok := x.snapshot.stubs.Find(x.match, func(s *matchers.Stub) bool {
			got, blocked := x.engine.sessions.claim(x.entry.Session, s, answersOf(s), dry, &state.look)
			if blocked == nil {
				state.claim = got
			}
			return blocked == nil
		})
		if ok {
			x.flight.found = found{match: m, claim: state.claim}
			return &x.flight.found, true
		}
		if x.engine.sessions.settled(x.entry.Session, &state.look) || x.r.Context().Err() != nil {
			break
		}
	}
	return nil, false
}

// missed says that no stub answers, and of a request for nobody in particular who
// could be meant.
func (x *exchange) missed() string {
	const why = "no stub answers"
	if x.collaborator != nil || len(x.snapshot.directory.byName) == 0 {
		return why
	}
	names := slices.Sorted(maps.Keys(x.snapshot.directory.byName))
	more := ""
	if len(names) > 5 {
		names, more = names[:5], ", …"
	}
	return fmt.Sprintf("%s; the host %q names no collaborator, so only stubs of any were asked: send the Host of %s%s", why, x.host, strings.Join(names, ", "), more)
}

// refusedHost reports a request for somebody whom nobody declares. Where no
// collaborator is declared at all, understudy is a plain server of stubs, and
// what it does not know is a miss.
func (x *exchange) refusedHost() bool {
	return x.foreign && (x.proxied || len(x.snapshot.directory.byName) > 0)
}

// found is a stub that answers and what its session granted.
type found struct {
	match matchers.Match
	claim claim
	// forHead says that the request is a HEAD, and the stub is for GET.
	forHead bool
}
