package simulator

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/semaphore"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulations/volatile"
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
	// gates are, by simulation, what a recording passes and a drop of a take shuts.
	gates map[string]*semaphore.Weighted

	patience patience

	recorded, failed, cut atomic.Uint64
	complaints            complaints
}

// complaints keeps a failure that every exchange meets, such as a full disk,
// from filling the log: one is said, then none for a while.
type complaints struct {
	mu     sync.Mutex
	next   time.Time
	unsaid int
}

// complainEvery is how long nothing is said after a complaint.
const complainEvery = 10 * time.Second

// now reports whether to complain, and how many complaints there were since the
// last that was said.
func (c *complaints) now(at time.Time) (unsaid int, say bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Before(c.next) {
		c.unsaid++
		return 0, false
	}
	unsaid, c.unsaid, c.next = c.unsaid, 0, at.Add(complainEvery)
	return unsaid, true
}

// take is one run of recording in memory.
type take struct {
	id         uint64
	simulation string
	mu         sync.Mutex
	requests   map[string]*request // by stub id
}

// request is what one take has seen of one request.
type request struct {
	mu sync.Mutex
	// logged says that the log has it in this take.
	logged bool
	runs   []run
	bytes  int // of the runs
	// forgotten counts how often the runs were.
	forgotten int
}

// request is the one of a stub id, a new one where the take has none.
func (tk *take) request(stubID string) *request {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	q := tk.requests[stubID]
	if q == nil {
		q = &request{}
		tk.requests[stubID] = q
	}
	return q
}

// run is the same answer a number of times in a row.
type run struct {
	answer answer
	times  int
}

// answer is a response in the form that a take remembers it in: of most requests
// there is one, which nobody asks for again.
type answer struct {
	// id is equal for answers that count as alike.
	id string
	// packed is a stub that has the response: of a request with one answer, the
	// stub that the catalog has too.
	packed string
}

// maxRuns and maxRunBytes bound the sequence that one request's answers become,
// which is written anew with each of them; what comes after stays in the log only.
const (
	maxRuns     = 1000
	maxRunBytes = 16 << 20
)

// runBytes is about what an answer adds to a sequence: a body in the store adds its
// name.
func runBytes(x *simulations.Exchange) int { return 512 + len(x.Response.Body.Data) }

// forget begins the sequence anew.
func (q *request) forget() { q.runs, q.bytes, q.forgotten = nil, 0, q.forgotten+1 }

// full reports whether the sequence takes no further answer.
func (q *request) full() bool { return len(q.runs) >= maxRuns || q.bytes >= maxRunBytes }

// cutError says that an exchange was kept in the log, but makes no stub.
type cutError struct{ why string }

func (e *cutError) Error() string { return e.why }

func newRecorder(e *Engine) *recorder {
	return &recorder{engine: e, takes: make(map[string]*take), gates: make(map[string]*semaphore.Weighted)}
}

// wholeGate is all of a gate; a recording takes one part of it.
const wholeGate = 1 << 30

// pass waits at a simulation's gate, as long as ctx lasts, and takes n parts of it
// until leave is called. A take is dropped with all of it: what the log says of
// its requests, and of those of other takes, must not change in between.
func (rec *recorder) pass(ctx context.Context, simulation string, n int64) (leave func(), err error) {
	rec.mu.Lock()
	gate := rec.gates[simulation]
	if gate == nil {
		gate = semaphore.NewWeighted(wholeGate)
		rec.gates[simulation] = gate
	}
	rec.mu.Unlock()
	if err := gate.Acquire(ctx, n); err != nil {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "recording into %s waits for a take that is dropped: %w", simulation, err)
	}
	return func() { gate.Release(n) }, nil
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

// add folds one exchange of the log into its take.
func (tk *take) add(r *simulations.Recorded) {
	if r.StubID == "" {
		return
	}
	q := tk.request(r.StubID)
	q.logged = true
	n := len(q.runs)
	if n > 0 && q.runs[n-1].answer.id == r.Answer {
		q.runs[n-1].times++
		return
	}
	// What was logged by an older understudy has an id that was made otherwise.
	response := distillAnswer(r.Exchange)
	if id := answerID(response); n > 0 && q.runs[n-1].answer.id == id {
		q.runs[n-1].times++
	} else if !q.full() {
		q.runs, q.bytes = append(q.runs, run{answer{id, packAnswer(response)}, 1}), q.bytes+runBytes(r.Exchange)
	}
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
	rec.takes[c.name] = tk
	return tk, nil
}

// current is the take that a collaborator's recording goes on in. One that
// never was switched (a route that records, a collaborator declared in record
// mode) begins its first here; so does one that now records elsewhere.
func (rec *recorder) current(ctx context.Context, c *collaborator) (*take, error) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if tk := rec.takes[c.name]; tk != nil && tk.simulation == c.simulation {
		return tk, nil
	}
	return rec.beginLocked(ctx, c)
}

// forget makes recording begin anew for what lands in a simulation: its stubs
// were replaced or removed by an edit.
func (rec *recorder) forget(simulation string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, tk := range rec.takes {
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

	leave, err := rec.pass(ctx, c.simulation, 1)
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
	pattern, err := rec.engine.distillRequest(c, &x.Request)
	if err != nil {
		return nil, err
	}
	return recordedStub(stubID(&x.Request, pattern), c.name, pattern, distillAnswer(x)), nil
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

// recordTimeout bounds how long the end of an answer waits for the disk, give or
// take patienceStep.
const (
	recordTimeout = 30 * time.Second
	patienceStep  = time.Second
)

// patience gives contexts that end in recordTimeout. Those that are asked for in
// one step of time are one: a timer for every recording would be all but always
// in vain.
type patience struct {
	mu    sync.Mutex
	ctx   context.Context
	until time.Time // it is given
}

func (p *patience) context(now time.Time) context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx == nil || !now.Before(p.until) {
		ctx, cancel := context.WithCancelCause(context.Background())
		time.AfterFunc(recordTimeout+patienceStep, func() { cancel(context.DeadlineExceeded) })
		p.ctx, p.until = ctx, now.Add(patienceStep)
	}
	return p.ctx
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

// recordedLabel marks the stubs that recording made.
const recordedLabel = "recorded"

// recordedStub makes the stub of a request that has one answer.
func recordedStub(id, collaborator string, pattern *simulations.Pattern, response *simulations.Response) *simulations.Stub {
	return &simulations.Stub{ID: id, Collaborator: collaborator, Labels: []string{recordedLabel}, Request: *pattern, Response: response}
}

// foldStub makes the stub of a request's runs.
func foldStub(id, collaborator string, pattern *simulations.Pattern, runs []run) (*simulations.Stub, error) {
	stub := recordedStub(id, collaborator, pattern, nil)
	for i, r := range runs {
		kept, err := simulations.Unpack(r.answer.packed)
		if err != nil {
			return nil, simulations.Errorf(simulations.CodeInternal, "the answers of %s cannot be put together: %w", id, err)
		}
		if len(runs) == 1 {
			stub.Response = kept.Response
			return stub, nil
		}
		// The last answer stays anyway, so how often it came is not written.
		if r.times > 1 && i < len(runs)-1 {
			kept.Response.Repeat = r.times
		}
		stub.Responses = append(stub.Responses, kept.Response)
	}
	stub.Order = simulations.OrderSequence
	return stub, nil
}

// stubID names a request's stub: the method and the path, for people, and a
// hash of the whole pattern, so that the same request always makes the same.
func stubID(m *simulations.RequestMessage, p *simulations.Pattern) string {
	var room [1 << 10]byte // on the stack: enough for most
	sum := sha256.Sum256(p.AppendCanonical(room[:0]))
	return slug(m.Method, m.Path) + hex.EncodeToString(sum[:8])
}

func slug(method, path string) string {
	out := []byte(method)
	for i := 0; i < len(path) && len(out) < 48; i++ {
		switch c := path[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '_':
			out = append(out, c)
		case out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	if !simulations.ValidName(string(out)) {
		return "request-"
	}
	if out[len(out)-1] != '-' {
		out = append(out, '-')
	}
	return string(out)
}

// packAnswer packs a response for an answer.
func packAnswer(r *simulations.Response) string { return pack(&simulations.Stub{Response: r}) }

// answerID hashes what [distillAnswer] makes of an answer. Answers count as alike
// that have the same status, body and headers, but for headers that differ with
// every answer, whenever and however fast they were given.
func answerID(r *simulations.Response) string {
	scratch := packScratch.Get().(*[]byte)
	defer freeScratch(scratch)
	b := binary.AppendVarint((*scratch)[:0], int64(r.Status))
	b = appendSteady(b, r.Headers)
	b = appendSteady(b, r.Trailers)
	switch {
	case r.Text != nil:
		b = append(append(b, 't'), *r.Text...)
	case r.Base64 != nil:
		b = append(append(b, 'b'), *r.Base64...)
	case r.Stored != nil:
		b = append(append(b, 's'), r.Stored.ID...)
	}
	*scratch = b
	sum := sha256.Sum256(b)
	return answerForm + hex.EncodeToString(sum[:16])
}

// appendSteady appends the headers that do not differ with every answer, so that
// other headers make other bytes.
func appendSteady(b []byte, h simulations.Headers) []byte {
	var room [16]string
	names := room[:0]
	for name := range h {
		if !volatile.ResponseHeader(http.CanonicalHeaderKey(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, name := range names {
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		b = binary.AppendUvarint(b, uint64(len(h[name])))
		for _, v := range h[name] {
			b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
		}
	}
	return b
}

// answerForm begins the ids of answers. Those that begin otherwise were made
// otherwise once, and lie in the logs.
const answerForm = "3-"

// list describes all takes, newest first.
func (rec *recorder) list(ctx context.Context) ([]simulations.Take, error) {
	takes, err := rec.engine.store.Takes(ctx)
	slices.SortFunc(takes, func(a, b simulations.Take) int { return int(b.ID) - int(a.ID) })
	return takes, err
}

// get describes a take and how it differs from the one before it.
func (rec *recorder) get(ctx context.Context, id uint64) (*simulations.TakeInfo, error) {
	takes, err := rec.list(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(takes, func(t simulations.Take) bool { return t.ID == id })
	if i < 0 {
		return nil, simulations.Errorf(simulations.CodeNotFound, "there is no take %d", id)
	}
	info := &simulations.TakeInfo{Take: takes[i]}
	this, err := rec.fold(ctx, id)
	if err != nil {
		return nil, err
	}
	var older []*take
	for _, t := range takes[i+1:] {
		if t.Collaborator != takes[i].Collaborator || t.Simulation != takes[i].Simulation {
			continue
		}
		folded, err := rec.fold(ctx, t.ID)
		if err != nil {
			return nil, err
		}
		older = append(older, folded)
	}
	d := &info.Differences
	d.New, d.Changed, d.NotSeen = []string{}, []string{}, []string{}
	if len(older) > 0 {
		d.Before = older[0].id
	}
	for _, stub := range slices.Sorted(maps.Keys(this.requests)) {
		before := newestWith(older, stub)
		switch {
		case before == nil:
			d.New = append(d.New, stub)
		case slices.EqualFunc(before.runs, this.requests[stub].runs, func(a, b run) bool { return a.answer.id == b.answer.id }):
			d.Same++
		default:
			d.Changed = append(d.Changed, stub)
		}
	}
	if len(older) > 0 {
		for _, stub := range slices.Sorted(maps.Keys(older[0].requests)) {
			if this.requests[stub] == nil {
				d.NotSeen = append(d.NotSeen, stub)
			}
		}
	}
	return info, nil
}

// newestWith finds a request in the newest of the takes that has it.
func newestWith(takes []*take, stub string) *request {
	for _, t := range takes {
		if q := t.requests[stub]; q != nil {
			return q
		}
	}
	return nil
}

func (rec *recorder) fold(ctx context.Context, id uint64) (*take, error) {
	tk := &take{id: id, requests: make(map[string]*request)}
	for r, err := range rec.engine.store.Exchanges(ctx, 0, id) {
		if err != nil {
			return nil, err
		}
		tk.add(r)
	}
	return tk, nil
}

// drop forgets a take. For each of its requests the stub becomes what the
// newest other take that has it makes of it, or goes.
func (rec *recorder) drop(ctx context.Context, id uint64) error {
	takes, err := rec.list(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(takes, func(t simulations.Take) bool { return t.ID == id })
	if i < 0 {
		return simulations.Errorf(simulations.CodeNotFound, "there is no take %d", id)
	}
	this := takes[i]
	leave, err := rec.pass(ctx, this.Simulation, wholeGate)
	if err != nil {
		return err
	}
	defer leave()
	if takes, err = rec.list(ctx); err != nil { // those that were begun meanwhile
		return err
	}
	dropped := map[string]bool{}
	for r, err := range rec.engine.store.Exchanges(ctx, 0, id) {
		if err != nil {
			return err
		}
		if r.StubID != "" {
			dropped[r.StubID] = true
		}
	}
	// A newer take that has a request has replaced this one's answers already.
	type source struct {
		runs    []run
		request *simulations.RequestMessage
	}
	remaining := map[string]*source{}
	for _, t := range takes {
		if t.ID == id || t.Collaborator != this.Collaborator || t.Simulation != this.Simulation {
			continue
		}
		have := map[string]*request{}
		first := map[string]*simulations.RequestMessage{}
		fold := &take{requests: have}
		for r, err := range rec.engine.store.Exchanges(ctx, 0, t.ID) {
			if err != nil {
				return err
			}
			if dropped[r.StubID] && remaining[r.StubID] == nil {
				fold.add(r)
				first[r.StubID] = &r.Exchange.Request
			}
		}
		for stub, q := range have {
			remaining[stub] = &source{q.runs, first[stub]}
			if t.ID > id {
				delete(dropped, stub) // the newer one is what is served
				delete(remaining, stub)
			}
		}
	}
	c := rec.engine.snapshot.Load().directory.byName[this.Collaborator]
	var put []*simulations.Stub
	var gone []string
	for _, stub := range slices.Sorted(maps.Keys(dropped)) {
		src := remaining[stub]
		if src == nil || c == nil {
			gone = append(gone, stub)
			continue
		}
		pattern, err := rec.engine.distillRequest(c, src.request)
		if err != nil {
			return err
		}
		folded, err := foldStub(stub, this.Collaborator, pattern, src.runs)
		if err != nil {
			return err
		}
		put = append(put, folded)
	}
	err = rec.engine.catalog.editRecorded(this.Simulation, put, gone, func(change *simulations.Change) error {
		return rec.engine.store.DropTake(ctx, id, change)
	})
	if err != nil {
		return err
	}
	anew := make(map[string]bool, len(dropped))
	for stub := range dropped {
		anew[this.Simulation+"/"+stub] = true
	}
	rec.engine.sessions.restart(anew)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if tk := rec.takes[this.Collaborator]; tk != nil && tk.id == id {
		delete(rec.takes, this.Collaborator)
	}
	return nil
}

// acceptRecorded accepts a stub that understudy made itself.
func acceptRecorded(simulation string, s *simulations.Stub) (*matchers.Stub, error) {
	st, faults := accept(simulation, s)
	if len(faults) > 0 {
		b, _ := json.Marshal(faults) // strings and numbers
		return nil, simulations.Errorf(simulations.CodeInternal, "the recorded request makes no valid stub: %s", b)
	}
	return st, nil
}
