package simulator

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"understudy/simulations"
)

// heavy bounds the memory that the large bodies of requests under way take
// together, however many connections bring one at once. Small bodies, of at
// most maxFlightBody, count for nothing: connections bound them.
//
// Two things cost: the bytes, from when they are read until the answer is
// given, and what is made of them to look into them, up to fifty times as much
// for JSON of nothing but brackets. So there are two budgets. Who waits for the
// second never waits for a client meanwhile: it is taken when the body is
// there, and given back before a delay, an upstream or the answer's way to the
// client, and then what was made is thrown away.
//
// Rejected: refusing at once when the first budget is spent. A burst of uploads
// is served a little later that way, and small requests pass it by.
type heavy struct {
	bytes *semaphore.Weighted
	// most is the size of bytes; one body never takes more.
	most   int64
	looks  *semaphore.Weighted
	atOnce int64
}

const (
	// lookedInto is how many bytes of large bodies are looked into at once.
	lookedInto = 32 << 20
	// heavyWait bounds how long a request waits for its share of a budget.
	heavyWait = 30 * time.Second
)

// newHeavy makes the budgets: all is how many bytes of bodies there may be, one
// how many of one body are kept.
func newHeavy(all, one int64) *heavy {
	h := &heavy{most: max(all, one), atOnce: max(lookedInto, one)}
	h.bytes, h.looks = semaphore.NewWeighted(h.most), semaphore.NewWeighted(h.atOnce)
	return h
}

// busyError says that a request's large body has found no room in time.
type busyError struct{ what string }

func (e *busyError) Error() string {
	return fmt.Sprintf("too many large bodies %s at once: this one has waited %s for its turn; small requests are served meanwhile", e.what, heavyWait)
}

func acquire(ctx context.Context, of *semaphore.Weighted, n int64, what string) error {
	if of.TryAcquire(n) {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, heavyWait, &busyError{what})
	defer cancel()
	if of.Acquire(ctx, n) != nil {
		return context.Cause(ctx)
	}
	return nil
}

// hold takes room for n more bytes of the request's body, until drop. It blocks
// at most heavyWait, and not longer than the client is there.
func (x *exchange) hold(n int64) error {
	h := x.engine.heavy
	n = min(n, h.most-x.held)
	if err := acquire(x.r.Context(), h.bytes, n, "are under way"); err != nil {
		return err
	}
	x.held += n
	return nil
}

// release gives back n bytes of what hold has taken.
func (x *exchange) release(n int64) {
	if n = min(n, x.held); n > 0 {
		x.engine.heavy.bytes.Release(n)
		x.held -= n
	}
}

// drop gives back what hold has taken.
func (x *exchange) drop() {
	x.release(x.held)
}

// look has to come before anything is made of the body, and lasts until rest. It
// blocks as hold does, not longer than ctx.
func (x *exchange) look(ctx context.Context) (err error) {
	if x.looking == 0 {
		x.looking, err = x.engine.heavy.look(ctx, int64(len(x.match.Body)))
	}
	return err
}

// look takes room for looking into a body of so many bytes, and returns what is
// to be given back to looks. It blocks at most heavyWait, and not longer than ctx.
func (h *heavy) look(ctx context.Context, size int64) (int64, error) {
	if size <= maxFlightBody {
		return 0, nil
	}
	n := min(size, h.atOnce)
	if err := acquire(ctx, h.looks, n, "are looked into"); err != nil {
		return 0, err
	}
	return n, nil
}

// rest ends what look has begun, and throws away what was made of the body.
func (x *exchange) rest() {
	if x.looking > 0 {
		x.match.Forget()
		x.engine.heavy.looks.Release(x.looking)
		x.looking = 0
	}
}

// busy answers a request whose body has found no room.
func (x *exchange) busy(err error) {
	x.failed(err.Error())
	x.entry.Reason = err.Error()
	x.out.Header().Set("Connection", "close") // its body is not read
	x.problemWith(http.Header{"Retry-After": {"1"}}, http.StatusServiceUnavailable, "busy", err.Error(), simulations.OutcomeRefused, problemDetails{})
}
