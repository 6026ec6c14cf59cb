package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// ledger is a commit that keeps what was written, in order, and knows whether
// it was entered twice at a time.
type ledger struct {
	inside  atomic.Int32
	twice   atomic.Bool
	mu      sync.Mutex
	batches [][]*request
	slow    int
	// fail says whether a batch fails.
	fail func(batch []*request) error
}

func (l *ledger) commit(batch []*request) error {
	if l.inside.Add(1) != 1 {
		l.twice.Store(true)
	}
	defer l.inside.Add(-1)
	for range l.slow {
		runtime.Gosched() // others queue meanwhile
	}
	if batch[0].alone != nil {
		batch[0].err = batch[0].alone()
		return nil
	}
	for _, r := range batch {
		r.err = r.stage(nil)
	}
	if l.fail != nil {
		if err := l.fail(batch); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batches = append(l.batches, slices.DeleteFunc(slices.Clone(batch), func(r *request) bool { return r.err != nil }))
	return nil
}

func (l *ledger) written() []*request { return slices.Concat(l.batches...) }

var (
	errOwn   = errors.New("this request fails by itself")
	errBatch = errors.New("the batch fails")
)

func staging(err error) func(*txn) error { return func(*txn) error { return err } }

// TestWriterMany lets thousands of goroutines write, fail, and take back.
func TestWriterMany(t *testing.T) {
	const workers, each = 2000, 10
	l := &ledger{slow: 30}
	poison := make(map[*request]bool) // a batch with one of these fails
	var mu sync.Mutex
	l.fail = func(batch []*request) error {
		mu.Lock()
		defer mu.Unlock()
		if slices.ContainsFunc(batch, func(r *request) bool { return poison[r] }) {
			return errBatch
		}
		return nil
	}
	w := newWriter(10_000, l.commit)
	var acknowledged, refused sync.Map
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 0))
			for range each {
				ctx, cancel := context.WithCancel(context.Background())
				req := &request{stage: staging(nil), size: 1 + r.IntN(100)}
				var want error
				switch r.IntN(400) {
				case 0:
					req.stage, want = staging(errOwn), errOwn
				case 1:
					mu.Lock()
					poison[req] = true
					mu.Unlock()
					want = errBatch
				case 2:
					cancel()
				case 3, 4, 5, 6, 7, 8, 9, 10:
					go cancel()
				}
				err := w.do(ctx, req)
				switch {
				case err == nil && want == nil:
					acknowledged.Store(req, true)
				case err == nil:
					t.Errorf("written, but should have failed with %v", want)
				case errors.Is(err, want), errors.Is(err, context.Canceled):
					refused.Store(req, true)
				default:
					t.Errorf("failed with %v, not %v", err, want)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if l.twice.Load() {
		t.Error("two led at once")
	}
	if w.leading || len(w.queue) > 0 || len(w.slots) > 0 {
		t.Errorf("leading %t, %d queued, %d slots taken at rest", w.leading, len(w.queue), len(w.slots))
	}
	seen := make(map[*request]bool)
	for _, batch := range l.batches {
		size := 0
		for _, r := range batch {
			size += r.size
		}
		if len(batch) > maxBatch || size > 10_000 {
			t.Errorf("a batch of %d requests and %d bytes", len(batch), size)
		}
	}
	for _, r := range l.written() {
		if _, no := refused.Load(r); no || seen[r] {
			t.Error("a refused request was written, or one twice")
		}
		seen[r] = true
	}
	count := 0
	acknowledged.Range(func(r, _ any) bool {
		count++
		if !seen[r.(*request)] {
			t.Error("an acknowledged request was not written")
		}
		return true
	})
	t.Logf("%d requests written in %d batches", count, len(l.batches))
}

// TestWriterGathers shows that what waits goes into one batch, in order, and
// that a request that runs alone parts the batches.
func TestWriterGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		w := newWriter(1000, l.commit)
		hold := make(chan struct{})
		requests := []*request{{alone: func() error { <-hold; return nil }}}
		for i := range 600 {
			requests = append(requests, &request{stage: staging(nil), size: 1})
			switch i {
			case 299:
				requests = append(requests, &request{alone: func() error { return errOwn }})
			case 399:
				requests[len(requests)-1].size = 990
			}
		}
		for i, r := range requests {
			go func() {
				err := w.do(context.Background(), r)
				if (i == 301) != (err == errOwn) {
					t.Errorf("request %d: %v", i, err)
				}
			}()
			synctest.Wait() // each is queued before the next comes
		}
		if w.waiting() != len(requests)-1 {
			t.Errorf("%d wait", w.waiting())
		}
		close(hold)
		synctest.Wait()
		var sizes []int
		for _, b := range l.batches {
			sizes = append(sizes, len(b))
		}
		// 300 up to the one alone, 99 up to the large one, which has room for ten more.
		if want := []int{256, 44, 99, 11, 190}; !slices.Equal(sizes, want) {
			t.Errorf("batches of %v, want %v", sizes, want)
		}
		at := 0
		for _, r := range requests {
			if r.alone == nil {
				if l.written()[at] != r {
					t.Fatalf("request %d was not written in its turn", at)
				}
				at++
			}
		}
	})
}

// TestWriterTakeBack takes requests back at each place where they can be.
func TestWriterTakeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		w := newWriter(1000, l.commit)
		hold := make(chan struct{})
		go func() { _ = w.do(context.Background(), &request{alone: func() error { <-hold; return nil }}) }()
		synctest.Wait()
		results := make(chan error, 3)
		var cancels []context.CancelFunc
		for range 3 {
			ctx, cancel := context.WithCancel(context.Background())
			cancels = append(cancels, cancel)
			go func() { results <- w.do(ctx, &request{stage: staging(nil), size: 1}) }()
			synctest.Wait()
		}
		cancels[0]() // the one that would lead next
		cancels[2]()
		synctest.Wait()
		for range 2 {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		close(hold)
		if err := <-results; err != nil {
			t.Error(err)
		}
		cancels[1]()
		// Under way it is not taken back: the outcome is told.
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := w.do(ctx, &request{alone: func() error { time.Sleep(time.Minute); return nil }})
		if err != nil || len(l.written()) != 1 {
			t.Errorf("%v, %d written", err, len(l.written()))
		}
		if err := w.do(context.Background(), &request{stage: staging(nil), size: 1001}); err == nil {
			t.Error("a request above the bound was taken")
		}
	})
}

// TestWriterTakesBackTheNextLeader ends a request's context in the very moment
// in which it is told to lead: the lead goes on to the next.
func TestWriterTakesBackTheNextLeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		w := newWriter(1000, l.commit)
		w.leading = true // by this test
		ctx, cancel := context.WithCancel(context.Background())
		results := make(chan error, 2)
		go func() { results <- w.do(ctx, &request{stage: staging(nil), size: 1}) }()
		synctest.Wait()
		go func() { results <- w.do(context.Background(), &request{stage: staging(nil), size: 1}) }()
		synctest.Wait()
		w.mu.Lock()
		cancel() // it is woken by that
		w.promote()
		w.mu.Unlock()
		for range 2 {
			if err := <-results; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		if len(l.written()) != 1 || w.leading {
			t.Errorf("%d written, leading %t", len(l.written()), w.leading)
		}
	})
}
