package simulator_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

func answer(e *simulator.Engine, path string) string {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Body.String()
}

// TestStubsPutOneByOne: each is served once it is put, replaced or deleted,
// while the tail is merged into the index again and again behind it.
func TestStubsPutOneByOne(t *testing.T) {
	e := newEngine(t)
	ctx := context.Background()
	const each = 1500
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range each {
				id := fmt.Sprintf("s%d-%d", w, i)
				path := fmt.Sprintf(`"/%d/%d"`, w, i)
				if i%5 == 0 { // those the tail has to look through
					path = fmt.Sprintf(`{"glob":"/%d/%d*"}`, w, i)
				}
				for _, text := range []string{"first", "second"} {
					s, err := simulations.DecodeStub([]byte(fmt.Sprintf(`{"id":%q,"priority":%d,"request":{"path":%s},"response":{"text":%q}}`, id, i, path, id+text)))
					if err != nil {
						t.Error(err)
						return
					}
					if _, _, err := e.PutStub(ctx, "sim", s, simulations.Condition{}); err != nil {
						t.Error(err)
						return
					}
					if got := answer(e, fmt.Sprintf("/%d/%d", w, i)); got != id+text {
						t.Errorf("%s answers %q", id+text, got)
						return
					}
				}
				if i%200 == 0 {
					if err := e.DeleteStub(ctx, "sim", id, simulations.Condition{}); err != nil {
						t.Error(err)
					}
					if got := answer(e, fmt.Sprintf("/%d/%d", w, i)); got == id+"second" {
						t.Errorf("%s is deleted and answers", id)
					}
				}
			}
		})
	}
	writers.Wait()
	for w := range 4 {
		for i := range each {
			id := fmt.Sprintf("s%d-%d", w, i)
			got := answer(e, fmt.Sprintf("/%d/%d", w, i))
			if deleted := i%200 == 0; !deleted && got != id+"second" || deleted && got == id+"second" {
				t.Fatalf("in the end %s answers %q", id, got)
			}
		}
	}
	if infos := e.Simulations(); len(infos) != 1 || infos[0].Stubs != 4*(each-8) {
		t.Errorf("%+v", infos)
	}
}
