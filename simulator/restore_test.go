package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"understudy/simulations"
	"understudy/simulator"
)

// departing reads like another, and calls end at its end.
type departing struct {
	io.Reader
	end func()
}

func (l departing) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		l.end()
	}
	return n, err
}

// TestRestoredIsServed: what a backup has is served once it is stored, though the
// client has left.
func TestRestoredIsServed(t *testing.T) {
	same := func(s simulator.Store) simulator.Store { return s }
	text := "restored"
	from := newEngineOn(t, same)
	if _, err := from.PutDocument(t.Context(), "shop", &simulations.Document{
		Understudy:    simulations.Version,
		Collaborators: map[string]*simulations.Collaborator{"shop": {Hosts: []string{"shop.test"}}},
		Stubs:         []*simulations.Stub{{ID: "one", Response: &simulations.Response{Text: &text}}},
	}, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	var backup bytes.Buffer
	if err := from.Backup(t.Context(), &backup); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	to := newEngineOn(t, same)
	if err := to.Restore(ctx, departing{bytes.NewReader(backup.Bytes()), cancel}); err != nil || ctx.Err() == nil {
		t.Errorf("restored for who has left: %v", err)
	}
	if st, err := to.Stub(t.Context(), "shop", "one"); err != nil || *st.Response.Text != text {
		t.Errorf("%+v, %v", st, err)
	}
	// Over what is there nothing is restored, and nobody waits for a backup then.
	unread := iotest.ErrReader(errors.New("it was read"))
	if err := to.Restore(t.Context(), unread); simulations.CodeOf(err) != simulations.CodeConflict {
		t.Errorf("restored twice: %v", err)
	}
}
