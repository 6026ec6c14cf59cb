package storetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/store"
)

// fill writes some of everything.
func fill(t *testing.T, s store.Store) {
	t.Helper()
	pay := &simulations.Collaborator{Upstream: "http://pay"}
	apply(t, s, &simulations.Change{Replace: &simulations.Simulation{Name: "one", Stubs: Packed(stubs(3000, strings.Repeat("x", 300))...)}, PutCollaborators: map[string]*simulations.Collaborator{"pay": pay}})
	name := &simulations.Value{Kind: simulations.Object}
	name.Set("id", simulations.NewString(strings.Repeat("n", 300<<10)))
	apply(t, s, &simulations.Change{Replace: &simulations.Simulation{Name: "data", Declared: simulations.Declared{
		Collections: map[string]*simulations.Collection{"items": {Path: "/items", Items: []*simulations.Value{name}}},
		Tables:      map[string]*simulations.Table{"pets": {Rows: [][]string{{"name"}, {"Rex"}}}},
	}}})
	apply(t, s, &simulations.Change{Replace: &simulations.Simulation{Name: "two", Stubs: Packed(stub("large", strings.Repeat("y", 600<<10)))}})
	apply(t, s, &simulations.Change{Simulation: "one", DropStubs: []string{"stub-000002"}})
	a, b := begin(t, s, "pay"), begin(t, s, "pay")
	ref := body(t, s, bytes.Repeat([]byte("0123456789"), 70_000))
	for i := range 40 {
		rec := recorded([]uint64{a.ID, b.ID}[i%2], fmt.Sprintf("stub-%d", i%9), fmt.Sprintf("/%d\xff", i))
		rec.Exchange.Response.Body = simulations.Body{Stored: &ref, Size: ref.Size}
		edit := &simulations.Change{Simulation: "rec", PutStubs: []*simulations.StoredStub{stub(rec.StubID, "")}}
		edit.PutStubs[0].Response.Text, edit.PutStubs[0].Response.Stored = nil, &ref
		check(t, s.Append(bg, rec, edit, false))
	}
	check(t, s.PutState(bg, []simulations.StateEntry{{Key: "k", Value: []byte("v")}, {Key: "empty", Value: []byte{}}}))
}

// dump is everything that can be read of a store.
func dump(t *testing.T, s store.Store) map[string]any {
	t.Helper()
	out := make(map[string]any)
	c := load(t, s)
	out["revision"] = c.Revision
	for n, x := range c.Collaborators {
		out["collaborator "+n] = *x
	}
	refs := make(map[simulations.BodyRef]bool)
	for n, x := range c.Simulations {
		out["simulation "+n] = [3]any{x.Revision, x.Collaborator, x.Declares}
		for m, y := range x.Collections {
			out["collection "+n+"/"+m] = [2]any{y.Path, y.Items[0].String()}
		}
		for m, y := range x.Tables {
			out["table "+n+"/"+m] = y.Rows
		}
		for _, y := range ByAge(t, x.Stubs) {
			out["stub "+n+"/"+y.ID] = *y
			if y.Response.Stored != nil {
				refs[*y.Response.Stored] = true
			}
		}
	}
	for _, rec := range exchanges(t, s, 0, 0) {
		out[fmt.Sprint("exchange ", rec.Seq)] = *rec
		if ref := rec.Exchange.Response.Body.Stored; ref != nil {
			refs[*ref] = true
		}
	}
	takes, err := s.Takes(bg)
	check(t, err)
	for _, x := range takes {
		out[fmt.Sprint("take ", x.ID)] = x
		out[fmt.Sprint("exchanges of ", x.ID)] = sequence(exchanges(t, s, x.ID, 0))
	}
	for ref := range refs {
		content, err := readBody(s, ref)
		check(t, err)
		out["body "+ref.ID] = string(content)
	}
	for e, err := range s.RangeState(bg, "") {
		check(t, err)
		out["state "+e.Key] = e.Value
	}
	return out
}

func compareDumps(t *testing.T, got, want map[string]any) {
	t.Helper()
	for k, v := range want {
		equal(t, k, got[k], v)
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			t.Fatalf("%s is there beside", k)
		}
	}
}

func testBackup(t *testing.T, h Harness) {
	s := h.Open(t)
	fill(t, s)
	want := dump(t, s)
	var first, second, third bytes.Buffer
	check(t, s.Backup(bg, &first))

	other := h.Other(t)
	check(t, other.Restore(bg, bytes.NewReader(first.Bytes())))
	compareDumps(t, dump(t, other), want)
	check(t, other.Backup(bg, &second))
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Fatal("the backup of a restored store is another")
	}
	back := h.Open(t)
	check(t, back.Restore(bg, &second))
	back = h.reopened(t, back)
	compareDumps(t, dump(t, back), want)

	// Life goes on where it was.
	last := exchanges(t, back, 0, 0)[39]
	rec := recorded(last.Take, "x", "/")
	check(t, back.Append(bg, rec, nil, false))
	equal(t, "number", rec.Seq, uint64(41))
	equal(t, "take", begin(t, back, "pay").ID, uint64(3))
	equal(t, "revision", apply(t, back, &simulations.Change{}), want["revision"].(uint64)+1)

	wantCode(t, back.Restore(bg, bytes.NewReader(first.Bytes())), simulations.CodeConflict)

	// An empty store has a backup too.
	empty := h.Open(t)
	check(t, empty.Backup(bg, &third))
	check(t, h.Other(t).Restore(bg, &third))
	wantErr := fmt.Errorf("no more")
	if err := s.Backup(bg, failingWriter{wantErr}); err == nil {
		t.Fatal("a backup that could not be written was none")
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func testRestoreRefused(t *testing.T, h Harness) {
	s := h.Other(t)
	fill(t, s)
	want := dump(t, s)
	var good bytes.Buffer
	check(t, s.Backup(bg, &good))
	whole := good.Bytes()

	target := h.Open(t)
	refuse := func(what string, backup io.Reader) {
		t.Helper()
		if err := target.Restore(bg, backup); simulations.CodeOf(err) != simulations.CodeInvalid {
			t.Fatalf("%s: %v", what, err)
		}
		if c := load(t, target); c.Revision != 0 || len(c.Simulations) != 0 || len(exchanges(t, target, 0, 0)) != 0 {
			t.Fatalf("%s: something was restored", what)
		}
	}
	refuse("nothing", strings.NewReader(""))
	refuse("something else", strings.NewReader(strings.Repeat("understudy: v1\n", 100)))
	for _, n := range []int{5, 18, 19, 20, 300, len(whole) / 2, len(whole) - 33, len(whole) - 1} {
		refuse(fmt.Sprint("cut at ", n), bytes.NewReader(whole[:n]))
	}
	for _, n := range []int{0, 18, 19, 20, 21, 60, len(whole) / 3, len(whole) / 2, len(whole) - 40, len(whole) - 1} {
		bad := bytes.Clone(whole)
		bad[n] ^= 0x20
		refuse(fmt.Sprint("bit changed at ", n), bytes.NewReader(bad))
	}
	refuse("more after the end", io.MultiReader(bytes.NewReader(whole), strings.NewReader("x")))
	ctx, cancel := context.WithCancel(bg)
	if err := target.Restore(ctx, io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), endOf(cancel), bytes.NewReader(whole[len(whole)/2:]))); simulations.CodeOf(err) != simulations.CodeUnavailable {
		t.Fatalf("given up: %v", err)
	}
	target = h.reopened(t, target)
	check(t, target.Restore(bg, bytes.NewReader(whole)))
	compareDumps(t, dump(t, target), want)
}

// endOf is an empty reader that calls f.
type endOf func()

func (f endOf) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

func testClosed(t *testing.T, h Harness) {
	s := h.Open(t)
	take := begin(t, s, "pay")
	ref := body(t, s, []byte("x"))
	open, err := s.OpenBody(bg, ref)
	check(t, err)
	check(t, s.Health(bg))

	// Closing waits for a loop that is under way.
	check(t, s.Append(bg, recorded(take.ID, "x", "/"), nil, false))
	done := make(chan error, 1)
	for _, err := range s.Exchanges(bg, 0) {
		check(t, err)
		ctx, cancel := context.WithCancel(bg)
		cancel()
		if err := s.Close(ctx); err == nil {
			t.Fatal("closed under a reader")
		}
		go func() { done <- s.Close(bg) }()
		for s.Health(bg) == nil {
			runtime.Gosched()
		}
		select {
		case <-done:
			t.Fatal("closed under a reader")
		default:
		}
	}
	check(t, <-done)
	check(t, s.Close(bg))

	w := s.NewBody(bg)
	_, _ = w.Write([]byte("x"))
	_, commit := w.Commit()
	_, read := open.Read(make([]byte, 1))
	_, loadErr := s.Load(bg)
	_, applyErr := s.Apply(bg, &simulations.Change{})
	_, takesErr := s.Takes(bg)
	_, beginErr := s.BeginTake(bg, "a", "b", take.Started)
	_, openErr := s.OpenBody(bg, ref)
	for what, err := range map[string]error{
		"load": loadErr, "apply": applyErr, "takes": takesErr, "begin": beginErr, "commit": commit, "read": read, "open": openErr,
		"append": s.Append(bg, recorded(take.ID, "x", "/"), nil, false), "drop": s.DropTake(bg, take.ID, nil),
		"state": s.PutState(bg, []simulations.StateEntry{{Key: "k", Value: []byte("v")}}), "delete": s.DeleteState(bg, ""),
		"health": s.Health(bg), "backup": s.Backup(bg, io.Discard), "restore": s.Restore(bg, strings.NewReader("understudy backup\n\x01\x01")),
	} {
		if simulations.CodeOf(err) != simulations.CodeUnavailable {
			t.Errorf("%s after closing: %v", what, err)
		}
	}
	for _, err := range s.Exchanges(bg, 0) {
		wantCode(t, err, simulations.CodeUnavailable)
	}
	for _, err := range s.RangeState(bg, "") {
		wantCode(t, err, simulations.CodeUnavailable)
	}
	check(t, w.Close())
	check(t, open.Close())
	_ = s.Stats()
}
