package store

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

// TestGate: closing waits for those inside, and for each of them.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate()
		for range 2 {
			if err := g.enter(); err != nil {
				t.Fatal(err)
			}
		}
		given, cancel := context.WithCancel(context.Background())
		cancel()
		if err := g.close(given); !errors.Is(err, context.Canceled) {
			t.Fatalf("closed with two inside: %v", err)
		}
		closed := make(chan error, 1)
		go func() { closed <- g.close(context.Background()) }()
		for range 2 {
			synctest.Wait()
			if len(closed) > 0 {
				t.Fatal("closed with somebody inside")
			}
			if g.enter() == nil {
				t.Fatal("entered while closing")
			}
			g.leave()
		}
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		if err := g.close(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
}
