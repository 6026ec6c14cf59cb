package simulator

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"understudy/matchers"
	"understudy/simulations"
)

// recorder turns forwarded exchanges into stubs.
//
// What is durable is the log: every exchange, in order, in its take. A stub is
// the fold of the exchanges of one request in the newest take that has it:
// the same answer every time is kept once; answers that differ become a
// sequence of runs in recorded order. The stub is written in the same
// transaction as the exchange that changed it, and published after that, so
// that log, catalog and index never disagree.
//
// Exchanges of the same request are put in order by that request's lock, held
// while the exchange that changes the stub is made durable. One that changes
// nothing (the same answer again, by far the most) does not wait there. A lock
// for the whole simulation was rejected: it would make every recording wait
// for the disk in turn instead of sharing one synced batch.
type recorder struct {
	engine *Engine
	mu     sync.Mutex
	takes  map[string]*take // by collaborator, the one that recording goes on in
	// former are the ones before those, of collaborators that recorded elsewhere
	// then: exchanges that were under way belong there.
	former map[string]*take

	patience  patience
	unsettled unsettled

	recorded, failed, cut atomic.Uint64
	complaints            complaints
}

// cutError says that an exchange was kept in the log, but makes no stub.
type cutError struct{ why string }

func (e *cutError) Error() string { return e.why }

func newRecorder(e *Engine) *recorder {
	return &recorder{engine: e, takes: make(map[string]*take), former: make(map[string]*take), unsettled: newUnsettled()}
}

// load goes on with the takes that were current before a restart.
func (rec *recorder) load(ctx context.Context) error {
	takes, err := rec.engine.store.Takes(ctx)
	if err != nil {
		return err
	}
	byID := make(map[uint64]*take)
	for _, t := range takes {
		if t.Current {
			byID[t.ID] = &take{id: t.ID, simulation: t.Simulation, requests: make(map[string]*request)}
			rec.takes[t.Collaborator] = byID[t.ID]
		}
	}
	if len(byID) == 0 {
		return nil
	}
	for r, err := range rec.engine.store.Exchanges(ctx, 0, slices.Collect(maps.Keys(byID))...) {
		if err != nil {
			return err
		}
		byID[r.Take].add(r)
	}
	return nil
}

// begin starts a take for a collaborator that was switched to recording.
func (rec *recorder) begin(ctx context.Context, c *collaborator) error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	_, err := rec.beginLocked(ctx, c)
	return err
}

func (rec *recorder) beginLocked(ctx context.Context, c *collaborator) (*take, error) {
	t, err := rec.engine.store.BeginTake(ctx, c.name, c.simulation, time.Now().UTC())
	if err != nil {
		return nil, err
	}
	tk := &take{id: t.ID, simulation: c.simulation, requests: make(map[string]*request)}
	if old := rec.takes[c.name]; old != nil && old.simulation != c.simulation {
		rec.former[c.name] = old
	}
	rec.takes[c.name] = tk
	return tk, nil
}

// current is the take that a collaborator's recording goes on in. One that
// never was switched (a route that records, a collaborator declared in record
// mode) begins its first here; so does one that now records elsewhere. What was
// under way when it came to record elsewhere joins the take that it began in.
func (rec *recorder) current(ctx context.Context, c *collaborator) (*take, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if tk := rec.takes[c.name]; tk != nil && tk.simulation == c.simulation {
		return tk, nil
	}
	now := rec.engine.snapshot.Load().directory.byName[c.name]
	if tk := rec.former[c.name]; tk != nil && tk.simulation == c.simulation && now != nil && now.simulation != c.simulation {
		return tk, nil
	}
	return rec.beginLocked(ctx, c)
}

// forget makes recording begin anew for what lands in a simulation: its stubs
// were replaced or removed by an edit.
func (rec *recorder) forget(simulation string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, tk := range slices.Concat(slices.Collect(maps.Values(rec.takes)), slices.Collect(maps.Values(rec.former))) {
		if tk.simulation == simulation {
			tk.mu.Lock()
			all := slices.Collect(maps.Values(tk.requests))
			tk.mu.Unlock()
			for _, q := range all {
				q.mu.Lock()
				q.forget()
				q.mu.Unlock()
			}
		}
	}
}

// record keeps the exchange of a transfer and returns the stub's name. It
// blocks until the exchange is durable, unless the collaborator is relaxed.
func (rec *recorder) record(t *transfer) (string, error) {
	name, err := rec.keep(t)
	switch err.(type) { //nolint:errorlint // keep returns it bare
	case nil:
		rec.recorded.Add(1)
	case *cutError:
		rec.cut.Add(1)
	default:
		rec.failed.Add(1)
		if unsaid, say := rec.complaints.now(time.Now()); say {
			rec.engine.log.Error("an exchange could not be recorded", "collaborator", t.x.collaborator.name, "method", t.x.r.Method, "error", err, "notLogged", unsaid)
		}
	}
	return name, err
}

func (rec *recorder) keep(t *transfer) (string, error) {
	x, c := t.x, t.x.collaborator
	// The client may leave while its answer's end is held back; what it has
	// caused is kept all the same.
	ctx := rec.patience.context(time.Now())

	entry := *x.entry // shares the live request's header: the store writes it before Append returns
	requestBody, err := t.request.body()
	if err != nil {
		return "", err
	}
	responseBody, err := t.answer.body()
	if err != nil {
		return "", err
	}
	entry.Outcome = simulations.OutcomeRecorded
	if t.request.ended() { // else it may come while it is copied
		entry.Request.Trailer = x.r.Trailer.Clone()
	}
	entry.Request.Body = requestBody
	_, text := statusText(t.res.Status)
	entry.Response = simulations.ResponseMessage{
		Status: t.res.StatusCode, StatusText: text, Proto: t.res.Proto,
		Header: endToEnd(t.res.Header), Trailer: t.res.Trailer.Clone(), Body: responseBody, Chunks: t.chunks,
	}
	entry.Latency = t.latency
	entry.Duration = time.Since(x.start)
	withheld := []string{c.rules.Request(&entry.Request).Withheld, c.rules.Response(&entry.Response).Withheld}
	for _, b := range []*simulations.Body{&entry.Request.Body, &entry.Response.Body} {
		// The writer stays open, and so the content pinned, until the exchange refers to it.
		w, err := rec.engine.externalise(ctx, b)
		if w != nil {
			defer func() { _ = w.Close() }() // after Commit it only unpins
		}
		if err != nil {
			return "", err
		}
	}
	x.entry.Request, x.redactedRequest = entry.Request, true

	leave, err := rec.engine.catalog.gates.record(ctx, c.simulation)
	if err != nil {
		return "", err
	}
	defer leave()
	tk, err := rec.current(ctx, c)
	if err != nil {
		return "", err
	}
	entry.Take, x.entry.Take = tk.id, tk.id
	item := &simulations.Recorded{Take: tk.id, Exchange: &entry}
	relaxed := c.config.Durability == simulations.DurabilityRelaxed
	why := cutReason(&entry, withheld)
	if limit := rec.engine.opts.MaxBody; why == "" && entry.Request.Body.Size > limit {
		why = fmt.Sprintf("the request's body of %d bytes is more than the %d that matching looks at, so it makes no stub", entry.Request.Body.Size, limit)
	}
	var stub *simulations.Stub
	if why == "" {
		if stub, err = rec.distill(ctx, c, &entry); err != nil {
			return "", err
		}
		why = unfit(stub)
	}
	if why != "" {
		if err := rec.engine.store.Append(ctx, item, nil, relaxed); err != nil {
			return "", err
		}
		return "", &cutError{why}
	}
	item.StubID = stub.ID
	entry.Stub = tk.simulation + "/" + item.StubID
	item.Answer = answerID(stub.Response)
	return entry.Stub, rec.append(ctx, tk, item, stub, relaxed)
}

// distill makes the stub that an exchange by itself would be.
func (rec *recorder) distill(ctx context.Context, c *collaborator, x *simulations.Exchange) (*simulations.Stub, error) {
	n, err := rec.engine.heavy.look(ctx, x.Request.Body.Size)
	if err != nil {
		return nil, err
	}
	defer rec.engine.heavy.looks.Release(n)
	stub := recordedStub("", c.name, distillAnswer(x))
	if err := rec.engine.distillRequest(c, &x.Request, &stub.Request); err != nil {
		return nil, err
	}
	stub.ID = stubID(&x.Request, &stub.Request)
	return stub, nil
}

// unfit says why a stub could not be read back from the store: what the real
// service said is beyond what a document may hold, such as a status of 999.
func unfit(s *simulations.Stub) string {
	if s.Sound() {
		return ""
	}
	b, err := simulations.AppendStub(nil, s)
	if err == nil {
		_, err = simulations.ParseStub(b)
	}
	if err != nil {
		return "it makes no stub: " + err.Error()
	}
	return ""
}

// externalise moves a body that is too large for a record into the store. The
// writer that it returns, if any, is the caller's to close.
func (e *Engine) externalise(ctx context.Context, b *simulations.Body) (BodyWriter, error) {
	if b.Stored != nil || len(b.Data) <= inlineBody {
		return nil, nil
	}
	w := e.store.NewBody(ctx)
	if _, err := w.Write(b.Data); err != nil {
		return w, err
	}
	ref, err := w.Commit()
	if err != nil {
		return w, err
	}
	b.Data, b.Stored = nil, &ref
	return w, nil
}

// cutReason says why an exchange can make no stub.
func cutReason(x *simulations.Exchange, withheld []string) string {
	switch {
	case withheld[0] != "":
		return "redaction withheld the request's body: " + withheld[0] + ", so it makes no stub"
	case withheld[1] != "":
		return "redaction withheld the answer's body: " + withheld[1] + ", so it makes no stub"
	case x.Request.Body.Truncated:
		return fmt.Sprintf("the request's body of %d bytes was kept in part only, so it makes no stub", x.Request.Body.Size)
	case x.Response.Body.Truncated:
		return fmt.Sprintf("the answer's body of %d bytes was kept in part only, so it makes no stub", x.Response.Body.Size)
	}
	for _, p := range matchers.ParseQuery(x.Request.Query) {
		if !utf8.ValidString(p.Name) || !utf8.ValidString(p.Value) {
			return "the request's query is no UTF-8, which a document cannot hold, so it makes no stub"
		}
	}
	for _, h := range []http.Header{x.Response.Header, x.Response.Trailer} {
		for name, values := range h {
			if slices.ContainsFunc(values, func(v string) bool { return !utf8.ValidString(v) }) {
				return fmt.Sprintf("the answer's header %s is no UTF-8, which a document cannot hold, so it makes no stub", name)
			}
		}
	}
	return ""
}

// append makes an exchange durable and lets the stub follow from it. stub is what
// the exchange by itself would be.
func (rec *recorder) append(ctx context.Context, tk *take, item *simulations.Recorded, stub *simulations.Stub, relaxed bool) error {
	q := tk.request(item.StubID)
	q.mu.Lock()
	item.Again = q.logged
	if q.read {
		ids, err := rec.engine.catalog.answerIDs(tk.simulation, item.StubID)
		if err != nil {
			q.mu.Unlock()
			return err
		}
		q.agree(ids)
		q.read = false
	}
	if len(q.runs) > 0 && !rec.engine.catalog.has(tk.simulation, item.StubID) {
		q.forget() // somebody has deleted its stub: it begins anew
	}
	last := len(q.runs) - 1
	if last >= 0 && q.runs[last].answer.id == item.Answer || q.full() {
		again := q.runs[last].answer.id == item.Answer
		if again {
			q.runs[last].times++
		}
		forgotten := q.forgotten
		q.mu.Unlock()
		err := rec.engine.store.Append(ctx, item, nil, relaxed)
		if err != nil && again {
			q.mu.Lock()
			if q.forgotten == forgotten { // runs only grow, so it is still the same one
				q.runs[last].times--
			}
			q.mu.Unlock()
		}
		return err
	}
	defer q.mu.Unlock()
	packed := pack(stub)
	runs := []run{{answer{item.Answer, packed}, 1}}
	if len(q.runs) > 0 {
		runs = append(slices.Clip(q.runs), run{answer{item.Answer, packAnswer(stub.Response)}, 1})
		var err error
		if stub, err = foldStub(stub.ID, stub.Collaborator, &stub.Request, runs); err != nil {
			return err
		}
		packed = pack(stub)
	}
	anew := len(runs) == 1 && rec.engine.catalog.counts(tk.simulation, stub.ID)
	if err := rec.engine.catalog.putRecorded(tk.simulation, stub, packed, func(change *simulations.Change) error {
		err := rec.engine.store.Append(ctx, item, change, relaxed)
		q.logged = q.logged || err == nil
		return err
	}); err != nil {
		return err
	}
	q.runs, q.bytes = runs, q.bytes+runBytes(item.Exchange)
	if anew {
		rec.engine.sessions.restart(map[string]bool{tk.simulation + "/" + stub.ID: true})
	}
	return nil
}
