package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

// late is a store whose appends return late, once somebody waits for them.
type late struct {
	simulator.Store
	hold           atomic.Bool
	done, released chan struct{}
}

func (l *late) Append(ctx context.Context, rec *simulations.Recorded, edit *simulations.Change, relaxed bool) error {
	err := l.Store.Append(ctx, rec, edit, relaxed)
	if l.hold.Load() {
		l.done <- struct{}{}
		<-l.released
	}
	return err
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

// TestDeletedStaysDeleted: where the store puts a deletion after a recording, so
// does what is served, whichever is done first.
func TestDeletedStaysDeleted(t *testing.T) {
	var changing atomic.Bool
	changing.Store(true)
	slow := &late{done: make(chan struct{}), released: make(chan struct{})}
	e, get := recorded(t, &changing, func(s simulator.Store) simulator.Store { slow.Store = s; return slow })
	_, ref := get()
	in, id, _ := strings.Cut(ref, "/")
	slow.hold.Store(true)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		get()
	}()
	<-slow.done // the store has the second answer
	slow.hold.Store(false)
	if err := e.DeleteStub(t.Context(), in, id, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	close(slow.released)
	<-ended
	if st, err := e.Stub(t.Context(), in, id); simulations.CodeOf(err) != simulations.CodeNotFound {
		t.Errorf("the stub is there: %+v, %v", st, err)
	}
	get()
	if _, err := e.Stub(t.Context(), in, id); err != nil {
		t.Errorf("recorded once more: %v", err)
	}
}
