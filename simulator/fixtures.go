package simulator

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"understudy/simulations"
)

// fixtures keeps frozen sessions in the store, whole or not at all.
//
// One is too large for one value of state: its content is cut into the pieces of
// a generation, to which its head points.
type fixtures struct {
	store Store
	// mu is held by who changes them, and shared by who reads their pieces.
	mu sync.RWMutex
}

// Bounds of fixtures. The bytes are those of their JSON.
const (
	maxFixtures      = 1000
	maxFixtureBytes  = 128 << 20
	allFixtureBytes  = 512 << 20
	fixturePiece     = 60 << 10
	fixtureHeads     = "fixture/"
	fixtureHeadForm  = 1
	maxFixturePieces = maxFixtureBytes/fixturePiece + 1
)

var fixtureGenerations = generations{pieces: "fixturedata/", loose: "fixtureloose/"}

// fixtureHead is what the store has under a fixture's name.
type fixtureHead struct {
	Form   int                     `json:"form"`
	Info   simulations.FixtureInfo `json:"info"`
	Data   string                  `json:"data"`
	Pieces int                     `json:"pieces"`
}

func noFixture(name string) error {
	return simulations.Errorf(simulations.CodeNotFound, "there is no fixture %q", name)
}

// sweep removes what an end in the middle of a change has left.
func (f *fixtures) sweep(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fixtureGenerations.sweep(ctx, f.store)
}

// heads reads all heads, in order of their names.
func (f *fixtures) heads(ctx context.Context) ([]fixtureHead, error) {
	var out []fixtureHead
	for e, err := range f.store.RangeState(ctx, fixtureHeads) {
		if err != nil {
			return nil, err
		}
		var h fixtureHead
		if err := json.Unmarshal(e.Value, &h); err != nil || h.Form != fixtureHeadForm {
			return nil, fmt.Errorf("the fixture %s is damaged, or of a newer understudy", strings.TrimPrefix(e.Key, fixtureHeads))
		}
		out = append(out, h)
	}
	return out, nil
}

// find returns the head of that name, nil for none, and what others hold.
func (f *fixtures) find(ctx context.Context, name string) (head *fixtureHead, others int, bytes int64, err error) {
	all, err := f.heads(ctx)
	for i := range all {
		if all[i].Info.Name == name {
			head = &all[i]
			continue
		}
		others++
		bytes += all[i].Info.Bytes
	}
	return head, others, bytes, err
}

// put keeps a fixture that was checked, in place of one of its name. created
// reports whether there was none.
func (f *fixtures) put(ctx context.Context, fixture *simulations.Fixture, session string) (info simulations.FixtureInfo, created bool, err error) {
	text := fixture.Value().AppendJSON(nil)
	f.mu.Lock()
	defer f.mu.Unlock()
	old, others, bytes, err := f.find(ctx, fixture.Name)
	switch {
	case err != nil:
		return info, false, err
	case len(text) > maxFixtureBytes:
		return info, false, simulations.Errorf(simulations.CodeTooLarge, "a fixture has at most %d MiB as JSON, this one has %d", maxFixtureBytes>>20, len(text)>>20)
	case others >= maxFixtures || bytes+int64(len(text)) > allFixtureBytes:
		return info, false, simulations.Errorf(simulations.CodeTooLarge, "there are as many fixtures as there may be, %d or %d MiB: delete some", maxFixtures, allFixtureBytes>>20)
	}
	head := fixtureHead{Form: fixtureHeadForm, Info: fixture.Info(), Data: rand.Text()}
	head.Info.Session, head.Info.Frozen, head.Info.Bytes = session, time.Now().UTC(), int64(len(text))
	var pieces []StateEntry
	for len(text) > 0 {
		n := min(len(text), fixturePiece)
		pieces = append(pieces, StateEntry{Key: fmt.Sprintf("%08d", head.Pieces), Value: text[:n]})
		text = text[n:]
		head.Pieces++
	}
	if err := fixtureGenerations.write(ctx, f.store, head.Data, pieces); err != nil {
		return info, false, err
	}
	value, err := json.Marshal(head)
	if err != nil {
		return info, false, err
	}
	if err := f.swap(ctx, old, []StateEntry{{Key: fixtureHeads + fixture.Name, Value: value}, fixtureGenerations.kept(head.Data)}); err != nil {
		return info, false, err
	}
	return head.Info, old == nil, nil
}

// swap writes entries with which a head loses its pieces, and removes those.
func (f *fixtures) swap(ctx context.Context, old *fixtureHead, entries []StateEntry) error {
	if old != nil {
		entries = append(entries, fixtureGenerations.lost(old.Data))
	}
	if err := f.store.PutState(ctx, entries); err != nil {
		return err
	}
	if old != nil {
		_ = fixtureGenerations.drop(ctx, f.store, old.Data) // it is done; the next start removes what is left
	}
	return nil
}

// remove forgets one.
func (f *fixtures) remove(ctx context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	old, _, _, err := f.find(ctx, name)
	switch {
	case err != nil:
		return err
	case old == nil:
		return noFixture(name)
	}
	return f.swap(ctx, old, []StateEntry{{Key: fixtureHeads + name}})
}

// get reads one.
func (f *fixtures) get(ctx context.Context, name string) (*simulations.Fixture, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	head, _, _, err := f.find(ctx, name)
	switch {
	case err != nil:
		return nil, err
	case head == nil:
		return nil, noFixture(name)
	}
	text := make([]byte, 0, min(head.Info.Bytes, maxFixtureBytes))
	pieces := 0
	for e, err := range f.store.RangeState(ctx, fixtureGenerations.prefix(head.Data)) {
		if err != nil {
			return nil, err
		}
		if pieces++; pieces > maxFixturePieces {
			break
		}
		text = append(text, e.Value...)
	}
	if pieces != head.Pieces || int64(len(text)) != head.Info.Bytes {
		return nil, fmt.Errorf("the fixture %s is damaged: it has %d of %d pieces", name, pieces, head.Pieces)
	}
	fixture, err := simulations.DecodeFixture(text)
	if err != nil {
		return nil, fmt.Errorf("the fixture %s is damaged: %w", name, err)
	}
	return fixture, nil
}

// Fixtures lists the fixtures by name.
func (e *Engine) Fixtures(ctx context.Context) ([]simulations.FixtureInfo, error) {
	heads, err := e.fixtures.heads(ctx)
	out := make([]simulations.FixtureInfo, len(heads))
	for i, h := range heads {
		out[i] = h.Info
	}
	return out, err
}

// Fixture gives one.
func (e *Engine) Fixture(ctx context.Context, name string) (*simulations.Fixture, error) {
	return e.fixtures.get(ctx, name)
}

// PutFixture keeps one under a name, in place of what has it, and says what it
// speaks of that nobody declares.
func (e *Engine) PutFixture(ctx context.Context, name string, f *simulations.Fixture) (simulations.FixtureInfo, []simulations.Warning, bool, error) {
	return e.keepFixture(ctx, name, f, "")
}

func (e *Engine) keepFixture(ctx context.Context, name string, f *simulations.Fixture, session string) (simulations.FixtureInfo, []simulations.Warning, bool, error) {
	if !simulations.ValidName(name) {
		return simulations.FixtureInfo{}, nil, false, simulations.Errorf(simulations.CodeInvalid, "%q is no name for a fixture", name)
	}
	if err := checkFixture(f); err != nil {
		return simulations.FixtureInfo{}, nil, false, err
	}
	named := *f
	named.Name = name
	info, created, err := e.fixtures.put(ctx, &named, session)
	return info, e.strangers(f), created, err
}

// DeleteFixture forgets one; sessions that it was restored into stay as they are.
func (e *Engine) DeleteFixture(ctx context.Context, name string) error {
	return e.fixtures.remove(ctx, name)
}

// FreezeSession keeps what a session holds as a fixture.
func (e *Engine) FreezeSession(ctx context.Context, session, name string) (simulations.FixtureInfo, bool, error) {
	f, err := e.sessions.freeze(session)
	if err != nil {
		return simulations.FixtureInfo{}, false, err
	}
	info, _, created, err := e.keepFixture(ctx, name, f, session)
	return info, created, err
}

// RestoreSession puts a session, made if need be, into what a fixture says, and
// names what the fixture speaks of and nobody declares; where it is strict, that
// is a conflict, and changes nothing.
func (e *Engine) RestoreSession(ctx context.Context, session, name string, strict bool) (*simulations.Restored, error) {
	f, err := e.fixtures.get(ctx, name)
	if err != nil {
		return nil, err
	}
	out := &simulations.Restored{Fixture: name, Session: session, Warnings: e.strangers(f)}
	if strict && len(out.Warnings) > 0 {
		return nil, simulations.Errorf(simulations.CodeConflict, "the fixture %s speaks of what is not there: %s: %s", name, out.Warnings[0].Pointer, out.Warnings[0].Detail)
	}
	return out, e.sessions.restore(ctx, e.store, session, f)
}

// splitRef splits "simulation/name".
func splitRef(ref string) (simulation, name string) {
	simulation, name, _ = strings.Cut(ref, "/")
	return simulation, name
}
