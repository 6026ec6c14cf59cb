// Package storetest is the suite that every engine of the store passes.
package storetest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/store"
)

// Harness says how a test gets stores of the engine under test.
type Harness struct {
	// Open gives a new, empty store, closed at the end of the test.
	Open func(t *testing.T) store.Store
	// Reopen closes a store of Open and opens it again; nil where nothing
	// survives closing.
	Reopen func(t *testing.T, s store.Store) store.Store
	// Other gives a new, empty store of another engine.
	Other func(t *testing.T) store.Store
}

// Run tests an engine.
func Run(t *testing.T, h Harness) {
	t.Run("Catalog", func(t *testing.T) { testCatalog(t, h) })
	t.Run("CatalogOracle", func(t *testing.T) { testCatalogOracle(t, h) })
	t.Run("Declared", func(t *testing.T) { testDeclared(t, h) })
	t.Run("LargeStub", func(t *testing.T) { testLargeStub(t, h) })
	t.Run("LargeReplace", func(t *testing.T) { testLargeReplace(t, h) })
	t.Run("LargeEdit", func(t *testing.T) { testLargeEdit(t, h) })
	t.Run("WrongChange", func(t *testing.T) { testWrongChange(t, h) })
	t.Run("Append", func(t *testing.T) { testAppend(t, h) })
	t.Run("AppendConcurrently", func(t *testing.T) { testAppendConcurrently(t, h) })
	t.Run("AppendRefused", func(t *testing.T) { testAppendRefused(t, h) })
	t.Run("LargeExchange", func(t *testing.T) { testLargeExchange(t, h) })
	t.Run("Takes", func(t *testing.T) { testTakes(t, h) })
	t.Run("DropTake", func(t *testing.T) { testDropTake(t, h) })
	t.Run("Bodies", func(t *testing.T) { testBodies(t, h) })
	t.Run("State", func(t *testing.T) { testState(t, h) })
	t.Run("Backup", func(t *testing.T) { testBackup(t, h) })
	t.Run("RestoreRefused", func(t *testing.T) { testRestoreRefused(t, h) })
	t.Run("Closed", func(t *testing.T) { testClosed(t, h) })
}

var bg = context.Background()

// check fails the test at once when err is not nil.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode fails the test when err has another code.
func wantCode(t *testing.T, err error, code simulations.Code) {
	t.Helper()
	if err == nil || simulations.CodeOf(err) != code {
		t.Fatalf("error %v, want code %s", err, code)
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// reopened is s after a restart, or s itself where the engine forgets.
func (h Harness) reopened(t *testing.T, s store.Store) store.Store {
	t.Helper()
	if h.Reopen == nil {
		return s
	}
	return h.Reopen(t, s)
}

func text(s string) *string { return &s }

// stub makes a stub whose answer is a text.
func stub(id, answer string) *simulations.StoredStub {
	return &simulations.StoredStub{Stub: &simulations.Stub{
		ID:       id,
		Request:  simulations.Pattern{Method: simulations.Strings{"GET"}},
		Response: &simulations.Response{Status: 200, Text: text(answer)},
	}}
}

func stubs(n int, answer string) []*simulations.StoredStub {
	out := make([]*simulations.StoredStub, n)
	for i := range out {
		out[i] = stub(fmt.Sprintf("stub-%06d", i), answer)
	}
	return out
}

// Packed are the stubs as a simulation that is replaced has them.
func Packed(stubs ...*simulations.StoredStub) []simulations.PackedStub {
	out := make([]simulations.PackedStub, len(stubs))
	for i, s := range stubs {
		out[i].Packed = string(simulations.AppendPacked(nil, s.Stub))
	}
	return out
}

// ids lists stubs in their order.
func ids(stubs []*simulations.StoredStub) []string {
	out := []string{}
	for _, s := range stubs {
		out = append(out, s.ID)
	}
	return out
}

// ByAge unpacks stubs that a store has loaded and puts them in order of age,
// after it saw that they came in order of their ids.
func ByAge(t testing.TB, stubs []simulations.PackedStub) []*simulations.StoredStub {
	t.Helper()
	out := make([]*simulations.StoredStub, len(stubs))
	for i, packed := range stubs {
		s, err := packed.Unpack()
		if err != nil {
			t.Fatalf("stub %d: %v", i, err)
		}
		if i > 0 && s.ID <= out[i-1].ID {
			t.Fatalf("%s comes after %s", s.ID, out[i-1].ID)
		}
		out[i] = s
	}
	slices.SortFunc(out, func(a, b *simulations.StoredStub) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Position, b.Position))
	})
	return out
}

func load(t *testing.T, s store.Store) *simulations.Contents {
	t.Helper()
	c, err := s.Load(bg)
	check(t, err)
	return c
}

func apply(t *testing.T, s store.Store, c *simulations.Change) uint64 {
	t.Helper()
	revision, err := s.Apply(bg, c)
	check(t, err)
	return revision
}

// recorded makes an exchange of a take.
func recorded(take uint64, stubID, path string) *simulations.Recorded {
	return &simulations.Recorded{
		Take: take, StubID: stubID, Answer: "a",
		Exchange: &simulations.Exchange{
			Time: time.Date(2026, 11, 3, 9, 0, 0, 123456789, time.UTC), Collaborator: "pay", Session: "default",
			Origin: simulations.OriginLive, Outcome: simulations.OutcomeRecorded, Take: take,
			Request:  simulations.RequestMessage{Method: "GET", Host: "pay", Path: path, Header: http.Header{"Accept": {"*/*"}}},
			Response: simulations.ResponseMessage{Status: 200, Body: simulations.Body{Data: []byte("answer to " + path), Size: 7}},
		},
	}
}

// exchanges of a take, 0: of all.
func exchanges(t *testing.T, s store.Store, take, after uint64) []*simulations.Recorded {
	t.Helper()
	var takes []uint64
	if take != 0 {
		takes = []uint64{take}
	}
	var out []*simulations.Recorded
	for rec, err := range s.Exchanges(bg, after, takes...) {
		check(t, err)
		out = append(out, rec)
	}
	return out
}

func sequence(recs []*simulations.Recorded) []uint64 {
	out := []uint64{}
	for _, r := range recs {
		out = append(out, r.Seq)
	}
	return out
}

func begin(t *testing.T, s store.Store, collaborator string) simulations.Take {
	t.Helper()
	take, err := s.BeginTake(bg, collaborator, collaborator+"-recorded", time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC))
	check(t, err)
	return take
}

// body stores content.
func body(t *testing.T, s store.Store, content []byte) simulations.BodyRef {
	t.Helper()
	w := s.NewBody(bg)
	_, err := w.Write(content)
	check(t, err)
	ref, err := w.Commit()
	check(t, err)
	check(t, w.Close())
	return ref
}

func readBody(s store.Store, ref simulations.BodyRef) ([]byte, error) {
	r, err := s.OpenBody(bg, ref)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
