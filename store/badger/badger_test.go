package badger_test

import (
	"context"
	"testing"

	"understudy/store"
	"understudy/store/badger"
	"understudy/store/memory"
	"understudy/store/storetest"
)

// open opens a folder and closes it at the end of the test.
func open(t *testing.T, dir string) store.Store {
	t.Helper()
	s, err := badger.Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func reopen(t *testing.T, s store.Store) store.Store {
	t.Helper()
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return open(t, s.Stats().Path)
}

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open:   func(t *testing.T) store.Store { return open(t, t.TempDir()) },
		Reopen: reopen,
		Other: func(t *testing.T) store.Store {
			s := memory.Open(nil)
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		},
	})
}
