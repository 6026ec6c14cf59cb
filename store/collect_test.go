package store_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
	"understudy/store"
	"understudy/store/memory"
)

const chunk = 256 << 10

func content(seed byte, n int) []byte {
	r := rand.New(rand.NewPCG(uint64(seed), 9))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func write(t *testing.T, s store.Store, b []byte) (store.BodyWriter, simulations.BodyRef) {
	t.Helper()
	w := s.NewBody(bg)
	_, err := w.Write(b)
	check(t, err)
	ref, err := w.Commit()
	check(t, err)
	return w, ref
}

func withBody(rec *simulations.Recorded, ref simulations.BodyRef) *simulations.Recorded {
	rec.Exchange.Response.Body.Stored = &ref
	return rec
}

// TestCollector lets hours pass and looks at what is there.
func TestCollector(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := memory.New()
		s, err := store.Open(e, nil)
		check(t, err)
		defer s.Close(bg)
		stored := func(what string, bodies, chunks int) {
			t.Helper()
			if b, c, k := keys(t, e, "bm"), keys(t, e, "bc"), keys(t, e, "bk"); b != bodies || c != chunks || k != chunks {
				t.Fatalf("%s: %d bodies and %d chunks (%d marked), want %d and %d", what, b, c, k, bodies, chunks)
			}
		}
		pass := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		take, err := s.BeginTake(bg, "pay", "a", time.Now())
		check(t, err)
		shared := content(1, chunk)
		a, refA := write(t, s, bytes.Join([][]byte{shared, content(2, 10)}, nil))
		b, refB := write(t, s, bytes.Join([][]byte{shared, content(3, 10)}, nil))
		c, _ := write(t, s, content(4, 10))
		stored("equal chunks", 3, 4)
		check(t, s.Append(bg, withBody(recorded(take.ID, "x"), refA), nil, false))
		inUse := stub("x", "")
		inUse.Response = &simulations.Response{Stored: &refB}
		_, err = s.Apply(bg, &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{inUse}})
		check(t, err)
		open := s.NewBody(bg)
		_, err = open.Write(content(5, chunk+1))
		check(t, err)
		abandoned := s.NewBody(bg)
		_, err = abandoned.Write(content(6, chunk+1))
		check(t, err)
		stored("two being written", 3, 6)

		pass(3 * time.Hour)
		stored("writers are open", 3, 6)
		check(t, abandoned.Close())
		pass(2 * time.Minute)
		stored("one was abandoned", 3, 5)
		for _, w := range []store.BodyWriter{a, b, c} {
			check(t, w.Close())
		}
		pass(50 * time.Second)
		check(t, store.Sweep(s))
		stored("within the grace", 3, 5)
		pass(11 * time.Second)
		stored("one was never referred to", 2, 4)

		reader, err := s.OpenBody(bg, refA)
		check(t, err)
		check(t, s.DropTake(bg, take.ID, nil))
		pass(2 * time.Hour)
		stored("its reader is open", 2, 4)
		if n := keys(t, e, "x"); n != 0 {
			t.Fatalf("%d records of the dropped take are left", n)
		}
		if got, err := io.ReadAll(reader); err != nil || len(got) != chunk+10 {
			t.Fatalf("read %d bytes, %v", len(got), err)
		}
		check(t, reader.Close())
		pass(2 * time.Hour)
		stored("the take was dropped", 1, 3)
		_, err = s.Apply(bg, &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{stub("x", "other")}})
		check(t, err)
		ref, err := open.Commit()
		check(t, err)
		check(t, open.Close())
		pass(50 * time.Second)
		check(t, store.Sweep(s))
		stored("the stub was put again", 1, 2)
		if got, err := s.OpenBody(bg, ref); err != nil {
			t.Fatal(err)
		} else {
			check(t, got.Close())
		}
		pass(3 * time.Hour)
		stored("all are gone", 0, 0)

		name := &simulations.Value{Kind: simulations.Object}
		name.Set("id", simulations.NewString(strings.Repeat("n", chunk)))
		data := &simulations.Simulation{Name: "data", Declared: simulations.Declared{Collections: map[string]*simulations.Collection{"items": {Path: "/items", Items: []*simulations.Value{name}}}}}
		_, err = s.Apply(bg, &simulations.Change{Replace: data})
		check(t, err)
		pass(3 * time.Hour)
		check(t, store.Sweep(s))
		stored("collections that are too large for a record", 1, 2)
		_, err = s.Apply(bg, &simulations.Change{DropSimulation: "data"})
		check(t, err)
		pass(3 * time.Hour)
		stored("they went with their simulation", 0, 0)
	})
}

// TestCollectorAfterFailedImport: what was stored for records that never came is
// gone a minute after the last writer was closed, however many there were and
// however they ended, and what records refer to by then stays.
func TestCollectorAfterFailedImport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := memory.New()
		s, err := store.Open(e, nil)
		check(t, err)
		defer s.Close(bg)
		time.Sleep(2 * time.Minute) // the look after opening is over
		take, err := s.BeginTake(bg, "pay", "a", time.Now())
		check(t, err)
		var writers []store.BodyWriter
		for i := range 20 {
			w, ref := write(t, s, content(byte(i), chunk+i))
			if i == 7 {
				check(t, s.Append(bg, withBody(recorded(take.ID, "x"), ref), nil, false))
			}
			writers = append(writers, w)
		}
		half := s.NewBody(bg)
		_, err = half.Write(content(99, chunk+1))
		check(t, err)
		time.Sleep(3 * time.Hour)
		if n := keys(t, e, "bm"); n != 20 {
			t.Fatalf("%d bodies while it is under way", n)
		}
		for _, w := range append(writers, half) {
			time.Sleep(5 * time.Second)
			check(t, w.Close())
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if b, c := keys(t, e, "bm"), keys(t, e, "bc"); b != 1 || c != 2 {
			t.Errorf("%d bodies and %d chunks are left, want those of the exchange", b, c)
		}
	})
}

// TestCollectorInTheMidst sweeps without pause while bodies are written,
// referred to, and dropped: what is referred to can be read at any time.
func TestCollectorInTheMidst(t *testing.T) {
	defer store.SetSweepMarks(3)() // many parts
	e := memory.New()
	s := open(t, e)
	stop := make(chan struct{})
	var sweeper, w sync.WaitGroup
	sweeps := 0
	sweeper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if err := store.Sweep(s); err != nil {
					t.Error(err)
				}
				sweeps++
			}
		}
	})
	read := func(ref simulations.BodyRef) {
		r, err := s.OpenBody(bg, ref)
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err != nil || int64(len(got)) != ref.Size {
			t.Errorf("read %d of %d bytes: %v", len(got), ref.Size, err)
		}
	}
	for i := range 8 {
		w.Go(func() {
			for round := range 12 {
				take, err := s.BeginTake(bg, fmt.Sprint("c", i), "a", time.Time{})
				if err != nil {
					t.Error(err)
					return
				}
				var refs []simulations.BodyRef
				for j := range 4 {
					// Few different contents, so that they are dropped and
					// written again all the time.
					b := s.NewBody(bg)
					_, err := b.Write(content(byte((i+j+round)%5), chunk+100*(j%2)))
					if err != nil {
						t.Error(err)
					}
					ref, err := b.Commit()
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.Append(bg, withBody(recorded(take.ID, "x"), ref), nil, true); err != nil {
						t.Error(err)
						return
					}
					_ = b.Close()
					refs = append(refs, ref)
				}
				for _, ref := range refs {
					read(ref)
				}
				if err := s.DropTake(bg, take.ID, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	w.Wait()
	close(stop)
	sweeper.Wait()
	if t.Failed() {
		return
	}
	check(t, store.Sweep(s))
	check(t, store.Sweep(s))
	if n := keys(t, e, "b") + keys(t, e, "x"); n != 0 {
		t.Fatalf("%d records are left", n)
	}
	t.Logf("%d sweeps", sweeps)
}

// TestCollectorWhileEdited: a store in which something changes all the time is
// looked through, too, and what changes meanwhile stays.
func TestCollectorWhileEdited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := memory.New()
		s, err := store.Open(e, nil)
		check(t, err)
		defer s.Close(bg)
		time.Sleep(2 * time.Minute) // the look after opening is over
		w, _ := write(t, s, content(0, 10))
		check(t, w.Close())
		var held []store.BodyWriter
		for i := range 19 {
			time.Sleep(30 * time.Second)
			if n := keys(t, e, "bm"); n != i+1 {
				t.Fatalf("%d bodies after %d changes", n, i+1)
			}
			w, _ := write(t, s, content(byte(i+1), 10))
			held = append(held, w)
			gone := s.NewBody(bg)
			_, err := gone.Write(content(100, chunk+1))
			check(t, err)
			check(t, gone.Close()) // which is a change
		}
		w, _ = write(t, s, content(50, 10))
		check(t, w.Close())
		time.Sleep(45 * time.Second)
		synctest.Wait()
		if n := keys(t, e, "bm"); n != len(held)+1 {
			t.Errorf("%d bodies are there after ten minutes of changes, want the %d that are held and the last", n, len(held))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := keys(t, e, "bm"); n != len(held) {
			t.Errorf("%d bodies are there a minute after, want the %d that are held", n, len(held))
		}
		for _, w := range held {
			check(t, w.Close())
		}
		time.Sleep(59 * time.Second)
		if n := keys(t, e, "bm"); n != len(held) {
			t.Errorf("%d bodies are there: the next changes have a grace of their own", n)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := keys(t, e, "bm"); n != 0 {
			t.Errorf("%d bodies are left", n)
		}
	})
}
