package store

import (
	"context"
	"runtime"
	"slices"
	"sync"

	"understudy/simulations"
)

const (
	// maxBatch is how many requests one transaction takes at most.
	maxBatch = 256
	// maxWaiting bounds the requests that wait; further callers wait before they queue.
	maxWaiting = 1024
)

// request is one caller's part of a transaction.
type request struct {
	// stage adds the request's changes to a transaction, or says why it will
	// not. It is called on the goroutine that leads, once per attempt: everything
	// that can fail comes before the first change of t.
	stage func(t *txn) error
	// size is at least what stage adds, in the sense of [Limits].Bytes.
	size int
	// sync asks for a transaction that survives a failure of the machine.
	sync bool
	// alone, instead of stage, is run between two transactions.
	alone func() error

	err      error
	wake     chan signal
	promoted bool
}

type signal byte

const (
	// signalDone: the request has its outcome.
	signalDone signal = iota
	// signalLead: the request is the first of the queue and nobody leads.
	signalLead
)

// writer makes one transaction out of many callers' requests.
//
// Invariants:
//   - At most one goroutine leads; whatever commit writes is written by it.
//   - Requests are taken in the order they came.
//   - While the queue is not empty somebody leads or has been told to.
//   - A request is in exactly one of three places: the queue, a batch under way,
//     or answered. Only from the queue can its caller take it back.
//
// Steps: a caller queues its request. If nobody leads it leads itself; else it
// sleeps. The leader takes what waits, its own request first, up to maxBatch
// requests or maxBytes, commits it, wakes those whose requests are done, then
// makes the first that still waits the next leader. A leader lets everybody run
// who is ready to before it takes the batch: on a machine whose processors are
// all busy, what could be written now is else still on its way to the queue
// (measured on one processor with 32 callers: 9 requests a batch instead of 3).
// Where nobody is ready that takes no time. A batch that fails is tried again,
// one request at a time, so that one bad request does not fail others, and each
// gets its own error.
//
// Rejected: a goroutine of its own behind a channel. It costs a lone caller two
// switches of goroutine per write, has to be started and stopped, and needs the
// same states for taking a request back. Rejected too: waiting a little for
// more requests to come. While one transaction syncs, the next one gathers;
// that alone makes the batches as large as the load asks for.
type writer struct {
	// commit makes one transaction of the batch. It sets the err of requests
	// that fail by themselves and returns the failure of the transaction. A
	// request that runs alone is a batch of its own.
	commit   func(batch []*request) error
	maxBytes int

	slots chan struct{}

	mu      sync.Mutex
	queue   []*request
	leading bool
}

func newWriter(maxBytes int, commit func([]*request) error) *writer {
	return &writer{commit: commit, maxBytes: maxBytes, slots: make(chan struct{}, maxWaiting)}
}

// do queues r and returns its outcome. When ctx ends while r waits, r is taken
// back and the context's error returned; after that do waits for the outcome.
func (w *writer) do(ctx context.Context, r *request) error {
	if r.size > w.maxBytes {
		return simulations.Errorf(simulations.CodeTooLarge, "%d bytes are too many to write at once: at most %d", r.size, w.maxBytes)
	}
	select {
	case w.slots <- struct{}{}:
		defer func() { <-w.slots }()
	case <-ctx.Done():
		return gaveUp(ctx)
	}
	r.wake = make(chan signal, 1)
	w.mu.Lock()
	if ctx.Err() != nil {
		w.mu.Unlock()
		return gaveUp(ctx)
	}
	w.queue = append(w.queue, r)
	if !w.leading {
		w.leading = true
		w.lead(r)
		return r.err
	}
	w.mu.Unlock()

	select {
	case s := <-r.wake:
		return w.woken(r, s)
	case <-ctx.Done():
	}
	w.mu.Lock()
	at := slices.Index(w.queue, r)
	if at < 0 { // under way
		w.mu.Unlock()
		<-r.wake
		return r.err
	}
	w.queue = slices.Delete(w.queue, at, at+1)
	if r.promoted {
		w.promote()
	}
	w.mu.Unlock()
	return gaveUp(ctx)
}

func (w *writer) woken(r *request, s signal) error {
	if s == signalLead {
		w.mu.Lock()
		w.lead(r)
	}
	return r.err
}

// lead commits a batch that begins with own, then passes the lead on. w.mu is
// held at the call, and not after it.
func (w *writer) lead(own *request) {
	w.mu.Unlock()
	runtime.Gosched() // who is ready to queue a request does so first
	w.mu.Lock()
	batch := w.gather()
	w.mu.Unlock()
	w.run(batch)
	for _, r := range batch {
		if r != own {
			r.wake <- signalDone
		}
	}
	w.mu.Lock()
	w.promote()
	w.mu.Unlock()
}

// promote makes the first that waits the leader. w.mu is held, the caller leads.
func (w *writer) promote() {
	if w.leading = len(w.queue) > 0; w.leading {
		w.queue[0].promoted = true
		w.queue[0].wake <- signalLead
	}
}

// gather takes the next batch from the queue, which is not empty. w.mu is held.
func (w *writer) gather() []*request {
	n, bytes := 0, 0
	for _, r := range w.queue {
		if n > 0 && (n == maxBatch || bytes+r.size > w.maxBytes || r.alone != nil || w.queue[0].alone != nil) {
			break
		}
		n++
		bytes += r.size
	}
	batch := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	return batch
}

// run gives every request of a batch its outcome.
func (w *writer) run(batch []*request) {
	err := w.commit(batch)
	if err == nil {
		return
	}
	if len(batch) == 1 {
		batch[0].err = err
		return
	}
	for _, r := range batch {
		if r.err != nil {
			continue
		}
		if err := w.commit([]*request{r}); err != nil {
			r.err = err
		}
	}
}

// waiting is how many requests are queued.
func (w *writer) waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

func gaveUp(ctx context.Context) error {
	return simulations.Errorf(simulations.CodeUnavailable, "the write was given up while it waited for its turn: %w", context.Cause(ctx))
}
