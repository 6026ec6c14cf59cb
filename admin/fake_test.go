package admin

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"understudy/simulations"
)

// fakeEngine is a double in memory: it keeps what it is given, with revisions
// and conditions, and a journal that tests fill.
type fakeEngine struct {
	mu            sync.Mutex
	revision      uint64
	simulations   map[string]*fakeSimulation
	collaborators map[string]*simulations.StoredCollaborator
	modes         map[string]simulations.Mode
	journal       []*simulations.Exchange
	dropped       uint64 // exchanges up to this id were overwritten
	last          uint64
	grown         chan struct{}
	takes         map[uint64]simulations.Take
	sessions      map[string]*simulations.SessionInfo
	fixtures      map[string]*simulations.Fixture
	notReady      string
	backup        []byte
	backups       int
	// backupFails is returned after the first half of the backup.
	backupFails error
	beat        time.Duration
	fail        error // returned by what can fail
	panics      bool
	// beforePut runs at the start of PutStub, without the lock.
	beforePut func()
	// incoming counts what was received and not closed.
	incoming  atomic.Int32
	following int
	asked     *simulations.Ask
	verifying *simulations.Verification
	filter    simulations.JournalFilter
	// sessionFilter and ttl are what was asked with last.
	sessionFilter simulations.SessionFilter
	ttl           time.Duration
}

type fakeSimulation struct {
	revision uint64
	doc      simulations.Document
	stubs    map[string]*simulations.StoredStub
}

func newFake() *fakeEngine {
	return &fakeEngine{
		simulations: map[string]*fakeSimulation{}, collaborators: map[string]*simulations.StoredCollaborator{},
		modes: map[string]simulations.Mode{}, takes: map[uint64]simulations.Take{}, sessions: map[string]*simulations.SessionInfo{}, fixtures: map[string]*simulations.Fixture{},
		grown: make(chan struct{}), beat: time.Hour,
	}
}

func absent(what, name string) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no %s %s", what, name)
}

func holds(cond simulations.Condition, revision uint64) error {
	if cond.Absent && revision != 0 || cond.Revision != 0 && cond.Revision != revision {
		return simulations.Errorf(simulations.CodeStale, "it is at revision %d", revision)
	}
	return nil
}

func (f *fakeEngine) Simulations() []simulations.SimulationInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panics {
		panic("a defect")
	}
	var out []simulations.SimulationInfo
	for _, name := range slices.Sorted(maps.Keys(f.simulations)) {
		s := f.simulations[name]
		out = append(out, simulations.SimulationInfo{Name: name, Revision: s.revision, Stubs: len(s.stubs)})
	}
	return out
}

func (f *fakeEngine) Export(_ context.Context, name string) (*simulations.Document, uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.simulations[name]
	if s == nil {
		return nil, 0, absent("simulation", name)
	}
	doc := s.doc
	doc.Stubs = nil
	for _, id := range slices.Sorted(maps.Keys(s.stubs)) {
		doc.Stubs = append(doc.Stubs, s.stubs[id].Stub)
	}
	return &doc, s.revision, nil
}

// Receive moves every text of more than a hundred bytes out of the answers.
func (f *fakeEngine) Receive(_ context.Context, name string, read func(simulations.Keep) (*simulations.Draft, error)) (simulations.Incoming, error) {
	in := &fakeIncoming{fake: f, name: name}
	draft, err := read(func(r *simulations.Response) error {
		if r.Text != nil && len(*r.Text) > 100 {
			r.Text, r.Stored = nil, &simulations.BodyRef{ID: fmt.Sprintf("%064x", in.kept), Size: int64(len(*r.Text))}
			in.kept++
		}
		return f.fail
	})
	if err == nil {
		in.doc, err = draft.Document()
	}
	if err != nil {
		return nil, err
	}
	f.incoming.Add(1)
	return in, nil
}

type fakeIncoming struct {
	fake *fakeEngine
	name string
	doc  *simulations.Document
	kept int
}

func (in *fakeIncoming) Put(ctx context.Context, cond simulations.Condition) (*simulations.Accepted, error) {
	return in.fake.PutDocument(ctx, in.name, in.doc, cond)
}

func (in *fakeIncoming) Close() { in.fake.incoming.Add(-1) }

func (f *fakeEngine) PutDocument(_ context.Context, name string, doc *simulations.Document, cond simulations.Condition) (*simulations.Accepted, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	var revision uint64
	old := f.simulations[name]
	if old != nil {
		revision = old.revision
	}
	if err := holds(cond, revision); err != nil {
		return nil, err
	}
	for i, s := range doc.Stubs {
		// What package matchers would refuse: the fault has no line.
		if s.Request.Path != nil && s.Request.Path.Get("regex") != nil && s.Request.Path.Get("regex").Text == "(" {
			return nil, simulations.Invalid([]simulations.FieldError{{Pointer: fmt.Sprintf("/stubs/%d/request/path/regex", i), Detail: "missing closing )"}})
		}
	}
	f.revision++
	s := &fakeSimulation{revision: f.revision, doc: *doc, stubs: map[string]*simulations.StoredStub{}}
	for i, st := range doc.Stubs {
		id := cmp.Or(st.ID, fmt.Sprintf("stub-%d", i))
		own := *st
		own.ID = id
		s.stubs[id] = &simulations.StoredStub{Stub: &own, Revision: f.revision}
	}
	f.simulations[name] = s
	for n, c := range doc.Collaborators {
		f.collaborators[n] = &simulations.StoredCollaborator{Collaborator: c, Revision: f.revision}
	}
	accepted := &simulations.Accepted{Name: name, Revision: f.revision, Stubs: len(s.stubs), Collaborators: len(doc.Collaborators), Created: old == nil}
	if n := doc.Collaborator; n != "" && f.collaborators[n] == nil {
		accepted.Warnings = []simulations.Warning{{Pointer: "/collaborator", Detail: "no collaborator " + n + " is declared"}}
	}
	return accepted, nil
}

func (f *fakeEngine) DeleteSimulation(_ context.Context, name string, cond simulations.Condition) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.simulations[name]
	if s == nil {
		return absent("simulation", name)
	}
	if err := holds(cond, s.revision); err != nil {
		return err
	}
	delete(f.simulations, name)
	return nil
}

func (f *fakeEngine) Stubs(_ context.Context, in, after string, limit int) ([]*simulations.StoredStub, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.simulations[in]
	if s == nil {
		return nil, false, absent("simulation", in)
	}
	var out []*simulations.StoredStub
	for _, id := range slices.Sorted(maps.Keys(s.stubs)) {
		if id <= after {
			continue
		}
		if len(out) == limit {
			return out, true, nil
		}
		out = append(out, s.stubs[id])
	}
	return out, false, nil
}

func (f *fakeEngine) Stub(_ context.Context, in, id string) (*simulations.StoredStub, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.simulations[in]; s != nil && s.stubs[id] != nil {
		return s.stubs[id], nil
	}
	return nil, absent("stub", in+"/"+id)
}

func (f *fakeEngine) PutStub(_ context.Context, in string, stub *simulations.Stub, cond simulations.Condition) (*simulations.StoredStub, bool, error) {
	if f.beforePut != nil {
		f.beforePut()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, false, f.fail
	}
	s := f.simulations[in]
	own := *stub
	var revision uint64
	if s != nil && s.stubs[own.ID] != nil {
		revision = s.stubs[own.ID].Revision
	}
	if cond.Absent && revision != 0 { // as the real one does
		return nil, false, simulations.Errorf(simulations.CodeConflict, "there is a stub %s already", own.ID)
	}
	if err := holds(cond, revision); err != nil {
		return nil, false, err
	}
	f.revision++
	own.ID = cmp.Or(own.ID, fmt.Sprintf("made-%d", f.revision))
	if s == nil {
		s = &fakeSimulation{stubs: map[string]*simulations.StoredStub{}, doc: simulations.Document{Understudy: "v1", Name: in}}
		f.simulations[in] = s
	}
	s.revision = f.revision
	stored := &simulations.StoredStub{Stub: &own, Revision: f.revision}
	s.stubs[own.ID] = stored
	return stored, revision == 0, nil
}

func (f *fakeEngine) DeleteStub(_ context.Context, in, id string, cond simulations.Condition) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.simulations[in]
	if s == nil || s.stubs[id] == nil {
		return absent("stub", in+"/"+id)
	}
	if err := holds(cond, s.stubs[id].Revision); err != nil {
		return err
	}
	delete(s.stubs, id)
	return nil
}

func (f *fakeEngine) info(name string) (simulations.CollaboratorInfo, error) {
	c := f.collaborators[name]
	if c == nil {
		return simulations.CollaboratorInfo{}, absent("collaborator", name)
	}
	return simulations.CollaboratorInfo{
		Name: name, Revision: c.Revision, Config: c.Collaborator,
		Mode: cmp.Or(f.modes[name], c.Mode, simulations.ModeSimulate), Address: c.Listen,
	}, nil
}

func (f *fakeEngine) Collaborators() []simulations.CollaboratorInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []simulations.CollaboratorInfo
	for _, name := range slices.Sorted(maps.Keys(f.collaborators)) {
		info, _ := f.info(name)
		out = append(out, info)
	}
	return out
}

func (f *fakeEngine) Collaborator(name string) (simulations.CollaboratorInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.info(name)
}

func (f *fakeEngine) PutCollaborator(_ context.Context, name string, c *simulations.Collaborator, cond simulations.Condition) (simulations.CollaboratorInfo, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var revision uint64
	if old := f.collaborators[name]; old != nil {
		revision = old.Revision
	}
	if err := holds(cond, revision); err != nil {
		return simulations.CollaboratorInfo{}, false, err
	}
	if slices.Contains(c.Hosts, "taken.example") {
		return simulations.CollaboratorInfo{}, false, simulations.Invalid([]simulations.FieldError{{Pointer: "/hosts/0", Detail: "another collaborator has this host"}})
	}
	f.revision++
	f.collaborators[name] = &simulations.StoredCollaborator{Collaborator: c, Revision: f.revision}
	info, err := f.info(name)
	return info, revision == 0, err
}

func (f *fakeEngine) DeleteCollaborator(_ context.Context, name string, cond simulations.Condition) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.collaborators[name]
	if c == nil {
		return absent("collaborator", name)
	}
	if err := holds(cond, c.Revision); err != nil {
		return err
	}
	delete(f.collaborators, name)
	return nil
}

func (f *fakeEngine) SetMode(_ context.Context, name string, mode simulations.Mode) (simulations.CollaboratorInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.collaborators[name]; c != nil && c.Upstream == "" && mode != simulations.ModeSimulate {
		return simulations.CollaboratorInfo{}, simulations.Errorf(simulations.CodeConflict, "%s has no upstream", name)
	}
	f.modes[name] = mode
	return f.info(name)
}

// served puts an exchange into the journal.
func (f *fakeEngine) served(e *simulations.Exchange) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	e.ID = f.last
	f.journal = append(f.journal, e)
	close(f.grown)
	f.grown = make(chan struct{})
}

// overwrite lets the n oldest exchanges go.
func (f *fakeEngine) overwrite(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dropped = f.journal[n-1].ID
	f.journal = f.journal[n:]
}

func fits(e *simulations.Exchange, x simulations.JournalFilter) bool {
	like := func(want, have string) bool { return want == "" || want == have }
	if x.Request != nil {
		if len(x.Request.Method) > 0 && !slices.Contains(x.Request.Method, e.Request.Method) {
			return false
		}
		if p := x.Request.Path; p != nil && p.Text != e.Request.Path {
			return false
		}
	}
	path := like(x.Path, e.Request.Path)
	if prefix, ok := strings.CutSuffix(x.Path, "*"); ok {
		path = strings.HasPrefix(e.Request.Path, prefix)
	}
	return e.ID > x.After && path && like(x.Collaborator, e.Collaborator) && like(x.Session, e.Session) &&
		like(string(x.Origin), string(e.Origin)) && like(string(x.Outcome), string(e.Outcome)) && like(x.Method, e.Request.Method)
}

func (f *fakeEngine) page(x simulations.JournalFilter) *simulations.JournalPage {
	page := &simulations.JournalPage{Next: x.After}
	if f.dropped > x.After {
		page.Missed = f.dropped - x.After
	}
	for _, e := range f.journal {
		if !fits(e, x) {
			continue
		}
		if x.Limit > 0 && len(page.Entries) == x.Limit {
			page.More = true
			break
		}
		page.Entries = append(page.Entries, e)
		page.Next = e.ID
	}
	return page
}

// badPattern is what package matchers would refuse.
func badPattern(p *simulations.Pattern, at string) error {
	if p != nil && p.Body != nil && p.Body.Get("regex") != nil && p.Body.Get("regex").Text == "(" {
		return simulations.Invalid([]simulations.FieldError{{Pointer: at + "/body/regex", Detail: "missing closing )"}})
	}
	return nil
}

func (f *fakeEngine) Journal(_ context.Context, x simulations.JournalFilter) (*simulations.JournalPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.filter = x
	if err := badPattern(x.Request, "/request"); err != nil {
		return nil, err
	}
	return f.page(x), f.fail
}

func (f *fakeEngine) JournalEntry(id uint64) (*simulations.Exchange, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.journal {
		if e.ID == id {
			return e, nil
		}
	}
	return nil, absent("exchange", fmt.Sprint(id))
}

func (f *fakeEngine) ClearJournal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.journal = nil
}

func (f *fakeEngine) Follow(ctx context.Context, x simulations.JournalFilter) (iter.Seq2[*simulations.Exchange, uint64], error) {
	return func(yield func(*simulations.Exchange, uint64) bool) {
		missed := x.After > 0
		f.mu.Lock()
		f.following++
		f.mu.Unlock()
		defer func() {
			f.mu.Lock()
			f.following--
			f.mu.Unlock()
		}()
		for {
			f.mu.Lock()
			page, grown := f.page(x), f.grown
			f.mu.Unlock()
			for _, e := range page.Entries {
				n := page.Missed
				if !missed {
					n = 0
				}
				if missed = false; !yield(e, n) {
					return
				}
			}
			x.After = page.Next
			if len(page.Entries) > 0 {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case <-grown:
			case <-time.After(f.beat):
				if !yield(nil, 0) {
					return
				}
			}
		}
	}, nil
}

func (f *fakeEngine) followers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.following
}

func (f *fakeEngine) Verify(_ context.Context, v *simulations.Verification) (*simulations.Verified, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.verifying = v
	out := &simulations.Verified{OK: true, Detail: "as expected"}
	for i, p := range v.Requests {
		if err := badPattern(p, fmt.Sprintf("/requests/%d", i)); err != nil {
			return nil, err
		}
		x := v.Filter
		x.Request = p
		n := len(f.page(x).Entries)
		out.Counts = append(out.Counts, n)
		if v.Exactly != nil && n != *v.Exactly {
			out.OK, out.Detail = false, fmt.Sprintf("expected exactly %d, saw %d", *v.Exactly, n)
		}
	}
	return out, nil
}

func (f *fakeEngine) Explain(_ context.Context, ask *simulations.Ask) (*simulations.Explanation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = ask
	return &simulations.Explanation{Host: "pay", Session: "default", Origin: simulations.OriginUnknown, OriginBy: "default", Outcome: simulations.OutcomeMiss, Reason: "no stub", NearMisses: []simulations.NearMiss{{Stub: "a/b", Score: .5}}}, nil
}

func (f *fakeEngine) Takes(context.Context) ([]simulations.Take, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.takes)), f.fail
}

func (f *fakeEngine) Take(_ context.Context, id uint64) (*simulations.TakeInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, ok := f.takes[id]
	if !ok {
		return nil, absent("take", fmt.Sprint(id))
	}
	return &simulations.TakeInfo{Take: t, Differences: simulations.TakeDifferences{New: []string{"a/b"}}}, nil
}

func (f *fakeEngine) DropTake(_ context.Context, id uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.takes[id]; !ok {
		return absent("take", fmt.Sprint(id))
	}
	delete(f.takes, id)
	return nil
}

func (f *fakeEngine) Sessions(filter simulations.SessionFilter) simulations.SessionPage {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessionFilter = filter
	var page simulations.SessionPage
	for _, id := range slices.Sorted(maps.Keys(f.sessions)) {
		switch {
		case id <= filter.After:
		case len(page.Sessions) == filter.Limit:
			page.More = true
		default:
			page.Sessions = append(page.Sessions, *f.sessions[id])
		}
	}
	return page
}

func (f *fakeEngine) Session(id string) (*simulations.SessionInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.sessions[id]
	if s == nil {
		return nil, absent("session", id)
	}
	own := *s
	own.Scenarios, own.Values = maps.Clone(s.Scenarios), maps.Clone(s.Values)
	return &own, nil
}

func (f *fakeEngine) DeleteSession(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sessions[id] == nil {
		return absent("session", id)
	}
	delete(f.sessions, id)
	return nil
}

// session returns one, made when there is none. The lock is held.
func (f *fakeEngine) session(id string) *simulations.SessionInfo {
	if f.sessions[id] == nil {
		f.sessions[id] = &simulations.SessionInfo{ID: id, Scenarios: map[string]string{}, Values: map[string]string{}}
	}
	return f.sessions[id]
}

func (f *fakeEngine) ResetSession(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, id)
	f.session(id)
	return nil
}

func (f *fakeEngine) SetScenario(_ context.Context, session, scenario, state string, ttl time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state == "" {
		return simulations.Invalid([]simulations.FieldError{{Pointer: "/state", Detail: "a state has a name"}})
	}
	f.session(session).Scenarios[scenario], f.ttl = state, ttl
	return nil
}

func (f *fakeEngine) SetValue(_ context.Context, session, key, value string, ttl time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.session(session).Values[key], f.ttl = value, ttl
	return nil
}

func (f *fakeEngine) RemoveValue(_ context.Context, session, key string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.session(session).Values[key]; !ok {
		return absent("value", key)
	}
	delete(f.session(session).Values, key)
	return nil
}

func (f *fakeEngine) Fixtures(context.Context) ([]simulations.FixtureInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []simulations.FixtureInfo
	for _, name := range slices.Sorted(maps.Keys(f.fixtures)) {
		out = append(out, f.fixtures[name].Info())
	}
	return out, f.fail
}

func (f *fakeEngine) Fixture(_ context.Context, name string) (*simulations.Fixture, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fixtures[name] == nil {
		return nil, absent("fixture", name)
	}
	return f.fixtures[name], nil
}

func (f *fakeEngine) PutFixture(_ context.Context, name string, fixture *simulations.Fixture) (simulations.FixtureInfo, []simulations.Warning, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fixture.Values["full"].Is != "" {
		return simulations.FixtureInfo{}, nil, false, simulations.Invalid([]simulations.FieldError{{Pointer: "/values/full", Detail: "is too much"}})
	}
	created := f.fixtures[name] == nil
	named := *fixture
	named.Name = name
	f.fixtures[name] = &named
	return named.Info(), []simulations.Warning{{Pointer: "/answers", Detail: "who is that?"}}, created, nil
}

func (f *fakeEngine) DeleteFixture(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fixtures[name] == nil {
		return absent("fixture", name)
	}
	delete(f.fixtures, name)
	return nil
}

func (f *fakeEngine) FreezeSession(ctx context.Context, session, name string) (simulations.FixtureInfo, bool, error) {
	if _, err := f.Session(session); err != nil {
		return simulations.FixtureInfo{}, false, err
	}
	info, _, created, err := f.PutFixture(ctx, name, &simulations.Fixture{Fixture: simulations.FixtureVersion})
	return info, created, err
}

func (f *fakeEngine) RestoreSession(_ context.Context, session, name string, strict bool) (*simulations.Restored, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.fixtures[name] == nil:
		return nil, absent("fixture", name)
	case strict:
		return nil, simulations.Errorf(simulations.CodeConflict, "who is that?")
	}
	f.session(session)
	return &simulations.Restored{Fixture: name, Session: session}, nil
}

func (f *fakeEngine) Status() simulations.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	return simulations.Status{Version: "test", Ready: f.notReady == "", Problem: f.notReady, Simulations: len(f.simulations), Revision: f.revision, Store: simulations.StoreStatus{Kind: "memory"}}
}

func (f *fakeEngine) Metrics(w io.Writer) error {
	if f.fail != nil {
		return f.fail
	}
	_, err := io.WriteString(w, "understudy_requests_total 1\n")
	return err
}

func (f *fakeEngine) Backup(_ context.Context, w io.Writer) error {
	f.mu.Lock()
	f.backups++
	f.mu.Unlock()
	half := len(f.backup) / 2
	if _, err := w.Write(f.backup[:half]); err != nil {
		return err
	}
	if f.backupFails != nil {
		return f.backupFails
	}
	_, err := w.Write(f.backup[half:])
	return err
}

func (f *fakeEngine) Restore(_ context.Context, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(data, []byte("backup")) {
		return simulations.Errorf(simulations.CodeInvalid, "not a backup")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.backup = data
	return nil
}

func (f *fakeEngine) CACertificate() []byte { return []byte("-----BEGIN CERTIFICATE-----\n") }

var (
	_ Engine = (*fakeEngine)(nil)

	errSecret = errors.New("disk /dev/secret is on fire")
)
