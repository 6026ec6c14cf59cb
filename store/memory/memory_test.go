package memory_test

import (
	"context"
	"testing"

	"understudy/store"
	"understudy/store/badger"
	"understudy/store/memory"
	"understudy/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, storetest.Harness{
		Open: func(t *testing.T) store.Store {
			s := memory.Open(nil)
			t.Cleanup(func() { _ = s.Close(context.Background()) })
			return s
		},
		Other: func(t *testing.T) store.Store {
			s, err := badger.Open(t.Context(), t.TempDir(), nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
			return s
		},
	})
}
