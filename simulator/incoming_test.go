package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"weak"

	"understudy/simulations"
	"understudy/simulator"
)

// writing counts the bodies that are written to a store, and fails after some.
type writing struct {
	simulator.Store
	begun, closed, failAfter int
}

func (w *writing) NewBody(ctx context.Context) simulations.BodyWriter {
	w.begun++
	return &writtenBody{w.Store.NewBody(ctx), w}
}

type writtenBody struct {
	simulations.BodyWriter
	of *writing
}

var errDisk = errors.New("the disk is gone")

func (b *writtenBody) Commit() (simulations.BodyRef, error) {
	if b.of.failAfter > 0 && b.of.begun > b.of.failAfter {
		return simulations.BodyRef{}, errDisk
	}
	return b.BodyWriter.Commit()
}

func (b *writtenBody) Close() error {
	b.of.closed++
	return b.BodyWriter.Close()
}

// drafted reads n stubs for /0 and so on, the odd ones with answers that are large.
func drafted(n int, answer string) func(simulations.Keep) (*simulations.Draft, error) {
	return func(keep simulations.Keep) (*simulations.Draft, error) {
		var stubs []*simulations.Stub
		for i := range n {
			text := fmt.Sprintf("%s %d", answer, i)
			if i%2 == 1 {
				text = strings.Repeat(text, 30_000)
			}
			r := &simulations.Response{Text: &text}
			if err := keep(r); err != nil {
				return nil, err
			}
			if large := r.Stored != nil; large != (i%2 == 1) {
				return nil, fmt.Errorf("answer %d was moved to the store: %v", i, large)
			}
			stubs = append(stubs, &simulations.Stub{Request: simulations.Pattern{Path: &simulations.Predicate{Value: simulations.NewString(fmt.Sprintf("/%d", i))}}, Response: r})
		}
		draft := (&simulations.Document{Understudy: simulations.Version, Stubs: stubs}).Draft()
		draft.Head = &simulations.Document{Understudy: simulations.Version}
		return draft, nil
	}
}

// TestReceive: a simulation that comes stub by stub is there once it is put, is
// what a document would have made, and leaves nothing behind where it is not put.
func TestReceive(t *testing.T) {
	w := &writing{}
	e := newEngineOn(t, func(s simulator.Store) simulator.Store { w.Store = s; return w })
	front := httptest.NewServer(e)
	defer front.Close()
	said := func(i int) string {
		t.Helper()
		res, err := http.Get(fmt.Sprintf("%s/%d", front.URL, i))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK {
			return res.Status
		}
		return string(body)
	}
	nothing := func(after string) {
		t.Helper()
		if list := e.Simulations(); len(list) != 0 {
			t.Errorf("%s there is %v", after, list)
		}
		if w.begun != w.closed {
			t.Errorf("%s %d of %d bodies are held", after, w.begun-w.closed, w.begun)
		}
	}

	in, err := e.Receive(t.Context(), "sim", drafted(10, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Simulations()) > 0 || w.begun != 5 || w.closed > 0 {
		t.Errorf("before it is put: %v, %d bodies, %d closed", e.Simulations(), w.begun, w.closed)
	}
	if _, err := in.Put(t.Context(), simulations.Condition{Revision: 7}); simulations.CodeOf(err) != simulations.CodeStale {
		t.Error(err)
	}
	in.Close()
	nothing("after a put that was stale and given up")

	w.failAfter = w.begun + 3
	if _, err := e.Receive(t.Context(), "sim", drafted(10, "a")); !errors.Is(err, errDisk) {
		t.Error(err)
	}
	w.failAfter = 0
	nothing("after the disk failed")

	late := errors.New("the last entry is wrong")
	if _, err := e.Receive(t.Context(), "sim", func(keep simulations.Keep) (*simulations.Draft, error) {
		if _, err := drafted(10, "a")(keep); err != nil {
			return nil, err
		}
		return nil, late
	}); !errors.Is(err, late) {
		t.Error(err)
	}
	nothing("after the reading failed at its end")

	gone, leave := context.WithCancel(t.Context())
	if _, err := e.Receive(gone, "sim", func(keep simulations.Keep) (*simulations.Draft, error) {
		leave()
		return drafted(10, "a")(keep)
	}); err == nil {
		t.Error("content was stored for a client that has gone")
	}
	nothing("after the client had gone")
	gone, leave = context.WithCancel(t.Context())
	if _, err := e.Receive(gone, "sim", func(keep simulations.Keep) (*simulations.Draft, error) {
		defer leave()
		return drafted(10, "a")(keep)
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("it was compiled for a client that has gone: %v", err)
	}
	nothing("after the client had gone at the end")
	if _, err := e.Receive(t.Context(), "no name", drafted(1, "a")); simulations.CodeOf(err) != simulations.CodeInvalid {
		t.Error(err)
	}

	put := func(answer string, n int, cond simulations.Condition) *simulations.Accepted {
		t.Helper()
		in, err := e.Receive(t.Context(), "sim", drafted(n, answer))
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		if _, err := in.Put(t.Context(), simulations.Condition{Revision: 999}); simulations.CodeOf(err) != simulations.CodeStale {
			t.Error(err)
		}
		accepted, err := in.Put(t.Context(), cond)
		if err != nil {
			t.Fatal(err)
		}
		return accepted
	}
	first := put("a", 5000, simulations.Condition{Absent: true}) // more than one batch
	if first.Stubs != 5000 || !first.Created {
		t.Errorf("%+v", first)
	}
	if said(0) != "a 0" || said(4999) != strings.Repeat("a 4999", 30_000) {
		t.Errorf("it answers %.20q and %.20q", said(0), said(4999))
	}
	if again := put("a", 5000, simulations.Condition{}); !again.Unchanged || again.Revision != first.Revision {
		t.Errorf("the same again: %+v", again)
	}
	// A document of the same content is the same simulation, ids included.
	if _, err := drafted(5000, "a")(func(*simulations.Response) error { return nil }); err == nil {
		t.Error("the test's own check of what is kept does nothing")
	}
	draft, err := drafted(1, "a")(func(r *simulations.Response) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	doc, err := draft.Document()
	if err != nil {
		t.Fatal(err)
	}
	put("a", 1, simulations.Condition{Revision: first.Revision})
	if whole, err := e.PutDocument(t.Context(), "sim", doc, simulations.Condition{}); err != nil || !whole.Unchanged {
		t.Errorf("%+v, %v", whole, err)
	}
	if said(0) != "a 0" || said(1) == "a 1" {
		t.Error("it was not replaced whole")
	}
	if w.begun != w.closed {
		t.Errorf("%d of %d bodies are held", w.begun-w.closed, w.begun)
	}
}

// TestDocumentIsLetGo: what is served is compiled, and does not hold what was
// read: an import would keep several times its size for as long as it is served.
func TestDocumentIsLetGo(t *testing.T) {
	e := newEngineOn(t, func(s simulator.Store) simulator.Store { return s })
	front := httptest.NewServer(e)
	defer front.Close()
	held := func() weak.Pointer[simulations.Stub] {
		text := "a"
		doc := &simulations.Document{Understudy: simulations.Version}
		for i := range 20 {
			doc.Stubs = append(doc.Stubs, &simulations.Stub{
				Request:  simulations.Pattern{Path: &simulations.Predicate{Value: simulations.NewString(fmt.Sprintf("/%d", i))}},
				Response: &simulations.Response{Text: &text},
			})
		}
		if _, err := e.PutDocument(t.Context(), "sim", doc, simulations.Condition{}); err != nil {
			t.Fatal(err)
		}
		return weak.Make(doc.Stubs[7])
	}()
	runtime.GC()
	if held.Value() != nil {
		t.Error("a stub of the document is held")
	}
	// It is served from what has been compiled.
	res, err := http.Get(front.URL + "/7")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); string(body) != "a" {
		t.Errorf("%s %q, %v", res.Status, body, err)
	}
}

// TestPutDocumentGivenUp: of a document that nobody waits for any more nothing is
// compiled, so that it is not said what is wrong with its stubs.
func TestPutDocumentGivenUp(t *testing.T) {
	e := newEngineOn(t, func(s simulator.Store) simulator.Store { return s })
	doc, err := simulations.Decode([]byte("understudy: v1\nstubs:\n- {request: {path: {regex: '('}}, response: {text: a}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := e.PutDocument(ctx, "sim", doc, simulations.Condition{}); simulations.CodeOf(err) != simulations.CodeInvalid {
		t.Errorf("%v", err)
	}
	cancel()
	if _, err := e.PutDocument(ctx, "sim", doc, simulations.Condition{}); simulations.CodeOf(err) != simulations.CodeUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
