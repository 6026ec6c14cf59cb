package badger_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"understudy/simulations"
	"understudy/store/badger"
)

// whenWaiting is a log whose first word about a wait runs a function.
type whenWaiting struct {
	slog.Handler
	do func()
}

func (w whenWaiting) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "the data folder is in use: waiting for it" {
		w.do()
	}
	return nil
}

func (whenWaiting) Enabled(context.Context, slog.Level) bool { return true }

// TestWaitsForAFolder opens a folder while another process has it, which lets go.
func TestWaitsForAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, "hold", dir)
	if c.line() != "open" {
		t.Fatal(c.err.String())
	}
	waited := false
	s, err := badger.Open(t.Context(), dir, slog.New(whenWaiting{slog.DiscardHandler, func() {
		waited = true
		c.kill(t)
	}}))
	if err != nil {
		t.Fatal(err)
	}
	if !waited {
		t.Error("it was opened without a wait")
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestWaitEnds ends a wait by its context, long before it is over by itself.
func TestWaitEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := badger.Open(ctx, dir, slog.New(whenWaiting{slog.DiscardHandler, cancel}))
	if !errors.Is(err, context.Canceled) || simulations.CodeOf(err) == simulations.CodeUnavailable {
		t.Errorf("%v, want that the wait was ended", err)
	}
}
