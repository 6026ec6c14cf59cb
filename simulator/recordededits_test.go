package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulator"
)

// late is a store from which the next recording, or the next edit, returns late,
// once somebody waits for it.
type late struct {
	simulator.Store
	recording, edit atomic.Bool
	done, released  chan struct{}
}

func newLate() *late { return &late{done: make(chan struct{}), released: make(chan struct{})} }

func (l *late) Append(ctx context.Context, rec *simulations.Recorded, edit *simulations.Change, relaxed bool) error {
	err := l.Store.Append(ctx, rec, edit, relaxed)
	l.wait(&l.recording)
	return err
}

func (l *late) Apply(ctx context.Context, c *simulations.Change) (uint64, error) {
	revision, err := l.Store.Apply(ctx, c)
	l.wait(&l.edit)
	return revision, err
}

func (l *late) wait(hold *atomic.Bool) {
	if hold.Swap(false) {
		l.done <- struct{}{}
		<-l.released
	}
}

// recorded begins to record an origin whose answers to the path count up where
// changing, on a store; get asks for the path and returns the body and the stub.
func recorded(t *testing.T, changing *atomic.Bool, on func(simulator.Store) simulator.Store) (e *simulator.Engine, get func() (body, stub string)) {
	t.Helper()
	n := 0
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if changing.Load() {
			n++
		}
		_, _ = fmt.Fprint(w, "answer ", n)
	}))
	t.Cleanup(origin.Close)
	e = newEngineOn(t, on)
	if _, _, err := e.PutCollaborator(t.Context(), "api", &simulations.Collaborator{Upstream: origin.URL, Mode: simulations.ModeRecord}, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(e)
	t.Cleanup(front.Close)
	return e, func() (string, string) {
		res, err := http.Get(front.URL + "/a")
		if err != nil {
			t.Error(err)
			return "", ""
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil || res.Header.Get("Understudy-Outcome") != "recorded" {
			t.Errorf("%s, %v: %s", res.Header, err, b)
		}
		return string(b), res.Header.Get("Understudy-Stub")
	}
}

// TestDeletedIsRecordedAgain: a stub that was deleted by hand is there again once
// its request is recorded again, with the same answer too, and has that one only.
func TestDeletedIsRecordedAgain(t *testing.T) {
	var changing atomic.Bool
	e, get := recorded(t, &changing, func(s simulator.Store) simulator.Store { return s })
	for _, changes := range []bool{false, true, false} {
		changing.Store(changes)
		_, ref := get()
		in, id, _ := strings.Cut(ref, "/")
		if err := e.DeleteStub(t.Context(), in, id, simulations.Condition{}); err != nil {
			t.Fatal(err)
		}
		body, again := get()
		if again != ref {
			t.Fatalf("recorded as %s, then as %s", ref, again)
		}
		st, err := e.Stub(t.Context(), in, id)
		if err != nil {
			t.Fatalf("said to be recorded: %v", err)
		}
		if st.Response == nil || *st.Response.Text != body {
			t.Errorf("the stub has %+v and %d in a sequence, the answer was %q", st.Response, len(st.Responses), body)
		}
	}
}

// TestRecordingBesideEdits: of a recording and an edit of the same simulation at
// one time, what is served is what the store has, whichever is first there, and
// nobody is told of one of them before it is served.
func TestRecordingBesideEdits(t *testing.T) {
	replaced := func(e *simulator.Engine, in string) error {
		text := "another"
		_, err := e.PutDocument(t.Context(), in, &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{{ID: "other", Response: &simulations.Response{Text: &text}}}}, simulations.Condition{})
		return err
	}
	edits := map[string]func(e *simulator.Engine, in, id string) error{
		"its stub is deleted": func(e *simulator.Engine, in, id string) error {
			return e.DeleteStub(t.Context(), in, id, simulations.Condition{})
		},
		"its stub is put": func(e *simulator.Engine, in, id string) error {
			_, _, err := e.PutStub(t.Context(), in, &simulations.Stub{ID: id, Response: &simulations.Response{Status: 201}}, simulations.Condition{})
			return err
		},
		"its simulation is deleted": func(e *simulator.Engine, in, _ string) error {
			return e.DeleteSimulation(t.Context(), in, simulations.Condition{})
		},
		"its simulation is replaced": func(e *simulator.Engine, in, _ string) error { return replaced(e, in) },
		"its take has ended and its simulation is replaced": func(e *simulator.Engine, in, _ string) error {
			for _, m := range []simulations.Mode{simulations.ModeSimulate, simulations.ModeRecord} {
				if _, err := e.SetMode(t.Context(), "api", m); err != nil {
					return err
				}
			}
			return replaced(e, in)
		},
	}
	for name, edit := range edits {
		for _, recordingFirst := range []bool{true, false} {
			if !recordingFirst && strings.HasPrefix(name, "its take has ended") {
				continue // its first edit is that of the mode
			}
			t.Run(fmt.Sprintf("%s, recorded first: %t", name, recordingFirst), func(t *testing.T) {
				var changing atomic.Bool
				changing.Store(true)
				l := newLate()
				e, get := recorded(t, &changing, func(s simulator.Store) simulator.Store { l.Store = s; return l })
				_, ref := get()
				in, id, _ := strings.Cut(ref, "/")
				record := func() { get() }
				change := func() {
					if err := edit(e, in, id); err != nil {
						t.Error(err)
					}
				}
				first, second, hold := record, change, &l.recording
				if !recordingFirst {
					first, second, hold = change, record, &l.edit
				}
				hold.Store(true)
				var both sync.WaitGroup
				both.Go(first)
				<-l.done // the store has the first
				ended := make(chan struct{})
				both.Go(func() { defer close(ended); second() })
				select {
				case <-ended:
					t.Error("the second is done before the first is served")
				case <-time.After(30 * time.Millisecond): // it waits
				}
				close(l.released)
				both.Wait()
				sameAsStored(t, e, l)
			})
		}
	}
}

// sameAsStored compares what is served with what the next start would serve.
func sameAsStored(t *testing.T, e *simulator.Engine, s simulator.Store) {
	t.Helper()
	contents, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, got := map[string]string{}, map[string]string{}
	for name, stored := range contents.Simulations {
		for _, p := range stored.Stubs {
			st, err := p.Unpack()
			if err != nil {
				t.Fatal(err)
			}
			want[name+"/"+st.ID] = fmt.Sprintf("%d %s", st.Revision, st.Value())
		}
	}
	for _, info := range e.Simulations() {
		list, _, err := e.Stubs(t.Context(), info.Name, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range list {
			got[info.Name+"/"+st.ID] = fmt.Sprintf("%d %s", st.Revision, st.Value())
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("served is %v, the store has %v", got, want)
	}
}

// TestBesideAnImport: while the store writes an import for long, other simulations
// are edited and recorded into, and collaborators switched; what is of the same
// simulation waits, and no longer than whoever asks for it.
func TestBesideAnImport(t *testing.T) {
	var changing atomic.Bool
	l := newLate()
	e, get := recorded(t, &changing, func(s simulator.Store) simulator.Store { l.Store = s; return l })
	text := "imported"
	put := func(ctx context.Context, in string) error {
		_, err := e.PutDocument(ctx, in, &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{{ID: "one", Response: &simulations.Response{Text: &text}}}}, simulations.Condition{})
		return err
	}
	if err := put(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	l.edit.Store(true)
	var importing sync.WaitGroup
	importing.Go(func() {
		if err := put(t.Context(), "long"); err != nil {
			t.Error(err)
		}
	})
	<-l.done
	get()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // the end of a test that fails
	defer cancel()
	for what, edit := range map[string]func() error{
		"another import": func() error { return put(ctx, "other") },
		"a stub": func() error {
			_, _, err := e.PutStub(ctx, "more", &simulations.Stub{ID: "two", Response: &simulations.Response{Text: &text}}, simulations.Condition{})
			return err
		},
		"a simulation deleted": func() error { return e.DeleteSimulation(ctx, "gone", simulations.Condition{}) },
		"a mode": func() error {
			_, err := e.SetMode(ctx, "api", simulations.ModeRecord)
			return err
		},
		"a collaborator": func() error {
			_, _, err := e.PutCollaborator(ctx, "another", &simulations.Collaborator{Hosts: []string{"other.test"}}, simulations.Condition{})
			return err
		},
	} {
		if err := edit(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	for what, edit := range map[string]func() error{
		"a stub of it": func() error {
			_, _, err := e.PutStub(short, "long", &simulations.Stub{Response: &simulations.Response{Text: &text}}, simulations.Condition{})
			return err
		},
		"a backup read": func() error { return e.Restore(short, strings.NewReader("")) },
	} {
		var refused *simulations.Error
		if err := edit(); !errors.As(err, &refused) || refused.Code != simulations.CodeUnavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	close(l.released)
	importing.Wait()
	sameAsStored(t, e, l)
}

// TestDeclaringWaits: an import that declares a collaborator keeps other edits of the
// collaborators waiting, as long as whoever asks for them, and nothing else.
func TestDeclaringWaits(t *testing.T) {
	var changing atomic.Bool
	l := newLate()
	e, get := recorded(t, &changing, func(s simulator.Store) simulator.Store { l.Store = s; return l })
	text := "imported"
	l.edit.Store(true)
	var importing sync.WaitGroup
	importing.Go(func() {
		if _, err := e.PutDocument(t.Context(), "long", &simulations.Document{
			Understudy:    simulations.Version,
			Collaborators: map[string]*simulations.Collaborator{"shop": {Hosts: []string{"shop.test"}}},
			Stubs:         []*simulations.Stub{{ID: "one", Response: &simulations.Response{Text: &text}}},
		}, simulations.Condition{}); err != nil {
			t.Error(err)
		}
	})
	<-l.done
	if _, _, err := e.PutStub(t.Context(), "more", &simulations.Stub{ID: "two", Response: &simulations.Response{Text: &text}}, simulations.Condition{}); err != nil {
		t.Error(err)
	}
	if _, err := e.PutDocument(t.Context(), "plain", &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{{ID: "three", Response: &simulations.Response{Text: &text}}}}, simulations.Condition{}); err != nil {
		t.Error(err)
	}
	get()
	short, end := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer end()
	var refused *simulations.Error
	if _, err := e.SetMode(short, "api", simulations.ModeSimulate); !errors.As(err, &refused) || refused.Code != simulations.CodeUnavailable {
		t.Errorf("the mode: %v", err)
	}
	close(l.released)
	importing.Wait()
	if _, err := e.SetMode(t.Context(), "api", simulations.ModeSimulate); err != nil {
		t.Error(err)
	}
	if _, err := e.Collaborator("shop"); err != nil {
		t.Error(err)
	}
}
