package storetest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/store"
)

func testAppend(t *testing.T, h Harness) {
	s := h.Open(t)
	pay, ship := begin(t, s, "pay"), begin(t, s, "ship")
	var want []*simulations.Recorded
	for i := range 50 {
		take := []uint64{pay.ID, ship.ID}[i%2]
		rec := recorded(take, fmt.Sprintf("stub-%d", i%7), fmt.Sprintf("/%d", i))
		if i%5 == 0 {
			rec.Exchange.Response.Body.Truncated = true
			if i%3 != 0 {
				rec.StubID = "" // it makes no stub
			}
		}
		if i == 9 { // bytes that JSON strings do not hold
			rec.StubID = "stub-odd"
			rec.Exchange.Request.Path = "/caf\xe9"
			rec.Exchange.Request.Header = http.Header{"X-Latin": {"na\xefve", "\uFDD0", "plain \u2028 <&>"}, "X\xff": nil}
			rec.Exchange.Request.Body.Data = []byte{0, 255, 254}
			rec.Exchange.Response.Trailer = http.Header{"Checksum": {"\x80"}}
		}
		var edit *simulations.Change
		if i%3 == 0 {
			edit = &simulations.Change{Simulation: "recorded", PutStubs: []*simulations.StoredStub{stub(rec.StubID, fmt.Sprint(i))}}
		}
		rec.Again = slices.ContainsFunc(want, func(r *simulations.Recorded) bool { return r.Take == rec.Take && r.StubID == rec.StubID })
		check(t, s.Append(bg, rec, edit, i%4 == 0))
		rec.Again = false // it is not kept
		equal(t, "sequence number told", rec.Seq, uint64(i+1))
		if edit != nil {
			equal(t, "revision told", edit.PutStubs[0].Revision, uint64(i/3+1))
		}
		rec.Exchange.ID = rec.Seq
		want = append(want, rec)
	}
	for range 2 {
		equal(t, "all", exchanges(t, s, 0, 0), want)
		equal(t, "after 20", exchanges(t, s, 0, 20), want[20:])
		equal(t, "after the last", len(exchanges(t, s, 0, 50)), 0)
		equal(t, "after all there can be", len(exchanges(t, s, 0, 1<<64-1)), 0)
		var both []*simulations.Recorded
		for rec, err := range s.Exchanges(bg, 20, ship.ID, pay.ID) {
			check(t, err)
			both = append(both, rec)
		}
		equal(t, "of both takes", both, want[20:])
		equal(t, "of a take", sequence(exchanges(t, s, ship.ID, 40)), []uint64{42, 44, 46, 48, 50})
		takes, err := s.Takes(bg)
		check(t, err)
		pay.Exchanges, pay.Requests, pay.Cut = 25, 7, 3
		ship.Exchanges, ship.Requests, ship.Cut = 25, 8, 3
		equal(t, "takes", takes, []simulations.Take{pay, ship})
		c := load(t, s)
		equal(t, "revision", c.Revision, uint64(17))
		equal(t, "recorded stubs", len(c.Simulations["recorded"].Stubs), 8)
		s = h.reopened(t, s)
	}
	check(t, s.Append(bg, recorded(pay.ID, "x", "/"), nil, false))
	equal(t, "numbers go on", sequence(exchanges(t, s, 0, 50)), []uint64{51})

	// A loop that is left early ends there; one whose context ends says so.
	n := 0
	for range s.Exchanges(bg, 0) {
		if n++; n == 3 {
			break
		}
	}
	equal(t, "steps", n, 3)
	ctx, cancel := context.WithCancel(bg)
	cancel()
	for rec, err := range s.Exchanges(ctx, 0) {
		if rec != nil || simulations.CodeOf(err) != simulations.CodeUnavailable {
			t.Fatalf("%v, %v", rec, err)
		}
	}
}

// testAppendConcurrently appends from many goroutines and counts again.
func testAppendConcurrently(t *testing.T, h Harness) {
	s := h.Open(t)
	takes := []simulations.Take{begin(t, s, "a"), begin(t, s, "b"), begin(t, s, "c")}
	const workers, each = 32, 40
	var mu sync.Mutex
	seen := make(map[uint64]string)
	lastEdit := make(map[string]uint64) // stub, revision
	requests := make(map[uint64]map[string]bool)
	var w sync.WaitGroup
	for i := range workers {
		w.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			for j := range each {
				take := takes[r.IntN(len(takes))].ID
				id := fmt.Sprintf("stub-%d", r.IntN(50))
				path := fmt.Sprintf("/%d/%d", i, j)
				rec := recorded(take, id, path)
				mu.Lock()
				if requests[take] == nil {
					requests[take] = make(map[string]bool)
				}
				rec.Again, requests[take][id] = requests[take][id], true
				mu.Unlock()
				edit := &simulations.Change{Simulation: "rec", PutStubs: []*simulations.StoredStub{stub(id, path)}}
				if err := s.Append(bg, rec, edit, r.IntN(4) == 0); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if seen[rec.Seq] != "" {
					t.Errorf("number %d was given twice", rec.Seq)
				}
				seen[rec.Seq] = path
				lastEdit[id] = max(lastEdit[id], edit.PutStubs[0].Revision)
				mu.Unlock()
			}
		})
	}
	w.Go(func() { // readers meanwhile see whole prefixes
		for range 20 {
			last := uint64(0)
			for rec, err := range s.Exchanges(bg, 0) {
				if err != nil || rec.Seq != last+1 {
					t.Errorf("%d after %d: %v", rec.Seq, last, err)
					return
				}
				last = rec.Seq
			}
		}
	})
	w.Wait()
	if t.Failed() {
		return
	}
	for range 2 {
		all := exchanges(t, s, 0, 0)
		equal(t, "exchanges", len(all), workers*each)
		for i, rec := range all {
			if rec.Seq != uint64(i+1) || seen[rec.Seq] != rec.Exchange.Request.Path {
				t.Fatalf("exchange %d is %d, %s", i, rec.Seq, rec.Exchange.Request.Path)
			}
		}
		sum := 0
		got, err := s.Takes(bg)
		check(t, err)
		for _, take := range got {
			equal(t, "requests", take.Requests, len(requests[take.ID]))
			equal(t, "exchanges of the take", len(exchanges(t, s, take.ID, 0)), take.Exchanges)
			sum += take.Exchanges
		}
		equal(t, "exchanges of takes", sum, workers*each)
		c := load(t, s)
		equal(t, "revision", c.Revision, uint64(workers*each))
		for _, x := range ByAge(t, c.Simulations["rec"].Stubs) {
			equal(t, x.ID, x.Revision, lastEdit[x.ID])
		}
		s = h.reopened(t, s)
	}
	equal(t, "told", store.Stats{Recorded: s.Stats().Recorded}, store.Stats{Recorded: map[bool]uint64{true: 0, false: workers * each}[h.Reopen != nil]})
}

func testAppendRefused(t *testing.T, h Harness) {
	s := h.Open(t)
	take := begin(t, s, "pay")
	edit := func() *simulations.Change {
		return &simulations.Change{Simulation: "rec", PutStubs: []*simulations.StoredStub{stub("x", "")}}
	}
	wantCode(t, s.Append(bg, recorded(take.ID+1, "x", "/"), edit(), false), simulations.CodeNotFound)
	wantCode(t, s.Append(bg, recorded(0, "x", "/"), edit(), true), simulations.CodeNotFound)
	wantCode(t, s.Append(bg, &simulations.Recorded{Take: take.ID}, edit(), false), simulations.CodeInvalid)
	wantCode(t, s.Append(bg, recorded(take.ID, "x", "/"), &simulations.Change{DropSimulation: "rec"}, false), simulations.CodeInvalid)
	wantCode(t, s.Append(bg, recorded(take.ID, "x", "/"), &simulations.Change{PutStubs: []*simulations.StoredStub{stub("x", "")}}, false), simulations.CodeInvalid)
	rec := recorded(take.ID, "x", "/")
	rec.Exchange.Request.Body.Stored = &simulations.BodyRef{ID: fmt.Sprintf("%064x", 7)}
	wantCode(t, s.Append(bg, rec, edit(), false), simulations.CodeNotFound)
	rec.Exchange.Request.Body.Stored.ID = "seven"
	wantCode(t, s.Append(bg, rec, edit(), false), simulations.CodeNotFound)
	ctx, cancel := context.WithCancel(bg)
	cancel()
	wantCode(t, s.Append(ctx, recorded(take.ID, "x", "/"), edit(), false), simulations.CodeUnavailable)

	s = h.reopened(t, s)
	equal(t, "exchanges", len(exchanges(t, s, 0, 0)), 0)
	c := load(t, s)
	if c.Revision != 0 || len(c.Simulations) != 0 {
		t.Fatalf("refused appends left %+v", c)
	}
	for _, err := range s.Exchanges(bg, 0, take.ID+1) {
		wantCode(t, err, simulations.CodeNotFound)
	}
}

// testLargeExchange appends what fits no record.
func testLargeExchange(t *testing.T, h Harness) {
	s := h.Open(t)
	take := begin(t, s, "pay")
	var want []*simulations.Recorded
	for i, n := range []int{60 << 10, 120 << 10, 400 << 10, 3 << 20} {
		rec := recorded(take.ID, "x", "/")
		rec.Exchange.Response.Header = http.Header{"X-Long": {strings.Repeat("h\xff", 30<<10)}}
		rec.Exchange.Response.Body.Data = bytes.Repeat([]byte{byte(i), 7}, n/2)
		check(t, s.Append(bg, rec, nil, false))
		rec.Exchange.ID = rec.Seq
		want = append(want, rec)
	}
	s = h.reopened(t, s)
	for i, rec := range exchanges(t, s, 0, 0) {
		equal(t, fmt.Sprintf("exchange %d", i), rec, want[i])
	}
}

func testTakes(t *testing.T, h Harness) {
	s := h.Open(t)
	started := time.Date(2026, 11, 3, 9, 0, 0, 5, time.UTC)
	a, err := s.BeginTake(bg, "pay", "one", started)
	check(t, err)
	equal(t, "take", a, simulations.Take{ID: 1, Collaborator: "pay", Simulation: "one", Started: started, Current: true})
	other := begin(t, s, "ship")
	b, err := s.BeginTake(bg, "pay", "two", started.Add(time.Hour))
	check(t, err)
	s = h.reopened(t, s)
	takes, err := s.Takes(bg)
	check(t, err)
	a.Current = false
	equal(t, "takes", takes, []simulations.Take{a, other, b})

	check(t, s.DropTake(bg, b.ID, nil))
	s = h.reopened(t, s)
	c := begin(t, s, "pay")
	equal(t, "numbers are not given twice", c.ID, uint64(4))
	takes, err = s.Takes(bg)
	check(t, err)
	equal(t, "takes", takes, []simulations.Take{a, other, c})
	_, err = s.BeginTake(bg, "", "x", started)
	wantCode(t, err, simulations.CodeInvalid)
}

func testDropTake(t *testing.T, h Harness) {
	s := h.Open(t)
	a, b := begin(t, s, "a"), begin(t, s, "b")
	ref := body(t, s, bytes.Repeat([]byte("body"), 30_000))
	for i := range 600 {
		rec := recorded([]uint64{a.ID, b.ID}[i%2], fmt.Sprintf("stub-%d", i), "/")
		if i == 0 {
			rec.Exchange.Response.Body = simulations.Body{Stored: &ref, Size: ref.Size}
		}
		check(t, s.Append(bg, rec, nil, true))
	}
	apply(t, s, &simulations.Change{Simulation: "rec", PutStubs: []*simulations.StoredStub{stub("x", "of a"), stub("y", "of a")}})

	wantCode(t, s.DropTake(bg, 77, &simulations.Change{Simulation: "rec", DropStubs: []string{"x"}}), simulations.CodeNotFound)
	wantCode(t, s.DropTake(bg, 0, nil), simulations.CodeNotFound)
	edit := &simulations.Change{Simulation: "rec", DropStubs: []string{"x"}, PutStubs: []*simulations.StoredStub{stub("y", "of b")}}
	check(t, s.DropTake(bg, a.ID, edit))
	equal(t, "revision told", edit.PutStubs[0].Revision, uint64(2))
	for range 2 {
		takes, err := s.Takes(bg)
		check(t, err)
		if len(takes) != 1 || takes[0].ID != b.ID || takes[0].Exchanges != 300 {
			t.Fatalf("takes %+v", takes)
		}
		all := sequence(exchanges(t, s, 0, 0))
		equal(t, "exchanges", all, sequence(exchanges(t, s, b.ID, 0)))
		equal(t, "number of exchanges", len(all), 300)
		for _, err := range s.Exchanges(bg, 0, a.ID) {
			wantCode(t, err, simulations.CodeNotFound)
		}
		wantCode(t, s.DropTake(bg, a.ID, nil), simulations.CodeNotFound)
		wantCode(t, s.Append(bg, recorded(a.ID, "x", "/"), nil, false), simulations.CodeNotFound)
		c := load(t, s)
		equal(t, "stubs", ids(ByAge(t, c.Simulations["rec"].Stubs)), []string{"y"})
		equal(t, "stub", *ByAge(t, c.Simulations["rec"].Stubs)[0].Response.Text, "of b")
		equal(t, "revision", c.Revision, uint64(2))
		s = h.reopened(t, s)
	}
}

func testBodies(t *testing.T, h Harness) {
	s := h.Open(t)
	rnd := rand.New(rand.NewPCG(5, 6))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	const chunk = 256 << 10
	contents := make(map[simulations.BodyRef][]byte)
	for _, n := range []int{0, 1, chunk - 1, chunk, chunk + 1, 3*chunk + 77} {
		want := random(n)
		w := s.NewBody(bg)
		for rest := want; len(rest) > 0; {
			k := min(len(rest), 1+rnd.IntN(100_000))
			m, err := w.Write(rest[:k])
			check(t, err)
			equal(t, "written", m, k)
			rest = rest[k:]
		}
		ref, err := w.Commit()
		check(t, err)
		equal(t, "size", ref.Size, int64(n))
		if _, err := w.Commit(); err == nil {
			t.Fatal("a body was committed twice")
		}
		if _, err := w.Write([]byte("x")); err == nil {
			t.Fatal("a committed body was written to")
		}
		check(t, w.Close())
		check(t, w.Close())
		contents[ref] = want
	}
	equal(t, "equal content has one name", body(t, s, nil), simulations.BodyRef{ID: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})

	s = h.reopened(t, s)
	for ref, want := range contents {
		got, err := readBody(s, ref)
		check(t, err)
		if !bytes.Equal(got, want) {
			t.Fatalf("a body of %d bytes came back otherwise", len(want))
		}
	}
	abandoned := s.NewBody(bg)
	_, err := abandoned.Write(random(chunk + 1))
	check(t, err)
	check(t, abandoned.Close())
	if _, err := abandoned.Commit(); err == nil {
		t.Fatal("a closed body was committed")
	}
	for _, id := range []string{"", "x", fmt.Sprintf("%064x", 5), strings.Repeat("z", 64)} {
		_, err := readBody(s, simulations.BodyRef{ID: id})
		wantCode(t, err, simulations.CodeNotFound)
	}

	// Many writers of equal content.
	same := random(chunk * 2)
	var w sync.WaitGroup
	for range 16 {
		w.Go(func() {
			b := s.NewBody(bg)
			defer b.Close()
			_, err := b.Write(same)
			if err != nil {
				t.Error(err)
			}
			ref, err := b.Commit()
			if err != nil {
				t.Error(err)
			}
			if got, err := readBody(s, ref); err != nil || !bytes.Equal(got, same) {
				t.Errorf("read back %d bytes: %v", len(got), err)
			}
		})
	}
	w.Wait()

	ctx, cancel := context.WithCancel(bg)
	cancel()
	b := s.NewBody(ctx)
	if _, err := b.Write(random(chunk)); simulations.CodeOf(err) != simulations.CodeUnavailable {
		t.Fatalf("written after the context's end: %v", err)
	}
	check(t, b.Close())
}

func testState(t *testing.T, h Harness) {
	s := h.Open(t)
	r := rand.New(rand.NewPCG(7, 8))
	want := make(map[string]string)
	put := func(entries ...simulations.StateEntry) {
		check(t, s.PutState(bg, entries))
		for _, e := range entries {
			if want[e.Key] = string(e.Value); e.Value == nil {
				delete(want, e.Key)
			}
		}
	}
	compare := func(prefix string) {
		t.Helper()
		got := make(map[string]string)
		keys := []string{}
		for e, err := range s.RangeState(bg, prefix) {
			check(t, err)
			if e.Value == nil {
				t.Fatal("an entry without a value")
			}
			got[e.Key] = string(e.Value)
			keys = append(keys, e.Key)
		}
		some := make(map[string]string)
		for k, v := range want {
			if strings.HasPrefix(k, prefix) {
				some[k] = v
			}
		}
		equal(t, "state "+prefix, got, some)
		equal(t, "sorted", slices.IsSorted(keys), true)
	}
	put()
	put(simulations.StateEntry{Key: "s/\xff", Value: []byte{}}, simulations.StateEntry{Key: "s/\xff\xff", Value: []byte{0, 1}}, simulations.StateEntry{Key: "", Value: []byte("x")})
	put(simulations.StateEntry{Key: "twice", Value: []byte("1")}, simulations.StateEntry{Key: "twice"}, simulations.StateEntry{Key: "s/\xff", Value: []byte("2")})
	for i := range 200 {
		e := simulations.StateEntry{Key: fmt.Sprintf("s/%d/%d", r.IntN(5), r.IntN(20)), Value: fmt.Append(nil, i)}
		if r.IntN(4) == 0 {
			e.Value = nil
		}
		put(e)
	}
	s = h.reopened(t, s)
	for _, prefix := range []string{"", "s/", "s/1", "s/\xff", "nobody"} {
		compare(prefix)
	}
	check(t, s.DeleteState(bg, "s/1"))
	for k := range want {
		if strings.HasPrefix(k, "s/1") {
			delete(want, k)
		}
	}
	compare("")
	var many []simulations.StateEntry
	for i := range 1000 {
		many = append(many, simulations.StateEntry{Key: fmt.Sprintf("m/%d", i), Value: []byte("v")})
	}
	put(many...)
	s = h.reopened(t, s)
	compare("")
	check(t, s.DeleteState(bg, ""))
	clear(want)
	compare("")

	wantCode(t, s.PutState(bg, []simulations.StateEntry{{Key: strings.Repeat("k", 1025), Value: []byte("x")}}), simulations.CodeTooLarge)
	wantCode(t, s.PutState(bg, []simulations.StateEntry{{Key: "k", Value: make([]byte, 65<<10)}}), simulations.CodeTooLarge)
	large := make([]simulations.StateEntry, 40)
	for i := range large {
		large[i] = simulations.StateEntry{Key: fmt.Sprint(i), Value: make([]byte, 64<<10)}
	}
	wantCode(t, s.PutState(bg, large), simulations.CodeTooLarge)
	compare("")
	for range s.RangeState(bg, "") {
		t.Fatal("something was written")
	}
}
