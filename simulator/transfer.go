package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"understudy/simulations"
)

// holdBytes is the largest answer of known length that is read whole before its
// header is sent, so that the header can tell whether it was recorded.
const holdBytes = 64 << 10

// transfer is one forwarded exchange: it tees both bodies and, in a mode that
// records, holds back the end of the answer until the recording is durable.
//
// An answer of known length ends with its last byte, so that byte is held; one
// of unknown length ends with the end of the stream, so every byte goes out as
// it comes and only the end waits. A small answer of known length is held
// whole: its header can then say truly whether it was recorded. A longer one
// has said "recorded" by the time that is known; where it fails the trailer
// Understudy-Error says so, the journal and the metrics too.
type transfer struct {
	engine *Engine
	x      *exchange
	row    plan
	stub   *found

	body         io.ReadCloser // what the upstream is sent; nil leaves the request's own
	request      *capture
	requestError error

	sent    time.Time
	latency time.Duration
	res     *http.Response
	answer  *capture
	chunks  []simulations.Chunk
	headed  time.Time
	done    bool
	// held says that the answer was read whole before its header is sent.
	held bool
	// promised says that the header has told of a recording.
	promised bool
	// settled says that nothing is left to record; nil where nothing is recorded.
	settled func()
}

// takeRequest makes the request's body ready to be sent and kept. A small body
// is read first, so that an upstream that answers early leaves it whole.
func (t *transfer) takeRequest() error {
	x := t.x
	t.request = t.newCapture()
	if x.r.Body == nil || x.r.Body == http.NoBody || x.r.ContentLength == 0 {
		x.bodySet = true
		t.request.end()
		return nil
	}
	if !x.bodySet && x.r.ContentLength > 0 && x.r.ContentLength <= holdBytes {
		if err := x.readBody(); err != nil {
			return err
		}
	}
	rest := x.out.guardBody(x.r.Body)
	if x.bodySet {
		_, _ = t.request.Write(x.raw) // a capture takes everything
		if !x.rawCut {
			t.request.end()
			t.body = io.NopCloser(bytes.NewReader(x.raw))
			return nil
		}
		t.body = &tee{Reader: io.MultiReader(bytes.NewReader(x.raw), &teeReader{rest, t.request, t}), Closer: rest}
		return nil
	}
	t.body = &tee{Reader: &teeReader{rest, t.request, t}, Closer: rest}
	return nil
}

type tee struct {
	io.Reader
	io.Closer
}

// teeReader copies what the upstream reads into the capture.
type teeReader struct {
	from io.Reader
	to   *capture
	t    *transfer
}

func (r *teeReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if n > 0 {
		_, _ = r.to.Write(p[:n]) // a capture takes everything
	}
	switch {
	case err == io.EOF:
		r.to.end()
	case err != nil:
		r.to.mu.Lock()
		r.t.requestError = err
		r.to.mu.Unlock()
	}
	return n, err
}

// keep says how much of a body is kept: all that a recording may, or what the
// journal shows.
func (t *transfer) keep() int64 {
	if t.row.record {
		return t.engine.opts.RecordBody
	}
	if t.row.compare {
		return t.engine.opts.MaxBody
	}
	return journalBody
}

// response is called with the upstream's header, before the client sees it.
func (t *transfer) response(res *http.Response) error {
	x := t.x
	t.res, t.headed = res, time.Now()
	t.latency = t.headed.Sub(t.sent)
	x.entry.Latency = t.latency
	_, x.out.statusText, _ = strings.Cut(res.Status, " ")
	if res.StatusCode < 200 && res.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("its answer has the status %d, which is none", res.StatusCode)
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		if x.r.Header["Upgrade"] == nil || h2cUpgrade(x.r.Header) {
			return errors.New("it switched to a protocol that nobody asked for")
		}
		x.stamp(res.Header)
		x.entry.Response = simulations.ResponseMessage{Status: res.StatusCode, StatusText: x.out.statusText, Proto: res.Proto, Header: res.Header.Clone()}
		return nil // what follows is no HTTP; it is passed on, not kept
	}
	if x.r.Method == http.MethodHead || res.StatusCode == http.StatusNoContent || res.StatusCode == http.StatusNotModified {
		_ = res.Body.Close() // there is none, whatever length is said: RFC 9110 section 8.6
		res.Body = http.NoBody
	} else if len(res.Trailer) > 0 {
		// In HTTP/2 an answer may have both: HTTP/1 carries trailers only where the
		// length is not said, and they come behind the end, not with the last byte.
		res.Header.Del("Content-Length")
		res.ContentLength = -1
	}
	t.answer = t.newCapture()
	if t.row.record {
		t.settled = t.engine.recorder.unsettled.begin()
	}
	if t.row.compare {
		x.entry.Reason += ", and compares with " + describe(t.stub)
	}
	known := res.ContentLength >= 0 || x.r.Method == http.MethodHead
	if t.row.record && known && (res.ContentLength <= holdBytes || x.r.Method == http.MethodHead) {
		return t.hold(res)
	}
	if t.row.record && t.engine.store.Health(x.r.Context()) == nil {
		x.entry.Outcome, t.promised = simulations.OutcomeRecorded, true
	}
	x.stamp(res.Header)
	res.Body = &answerBody{t: t, from: res.Body, known: res.ContentLength}
	return nil
}

func describe(f *found) string {
	if f == nil {
		return "no stub: none answers"
	}
	return "the stub " + f.match.Stub.Ref()
}

// hold reads a small answer whole, records it, and then lets it go.
func (t *transfer) hold(res *http.Response) error {
	size := res.ContentLength
	if res.Body == http.NoBody {
		size = 0 // what an answer with a body would have
	}
	data, err := readAtMost(nil, res.Body, holdBytes+1, size)
	if err != nil {
		return fmt.Errorf("its answer broke off: %w", err)
	}
	_ = res.Body.Close() // it was read to its end
	t.answer.takeOver(data)
	t.answer.end()
	t.finish()
	t.x.stamp(res.Header)
	t.commit()
	res.Body, t.held = io.NopCloser(bytes.NewReader(data)), true
	return nil
}

// stamp puts understudy's headers into an upstream's answer, over any that it
// brought itself.
func (x *exchange) stamp(h http.Header) {
	h[outcomeHeader] = []string{string(x.entry.Outcome)}
	delete(h, stubHeader)
	if x.entry.Stub != "" {
		h[stubHeader] = []string{x.entry.Stub}
	}
}

// finish records, or compares, once the answer has come whole.
func (t *transfer) finish() {
	if t.done {
		return
	}
	t.done = true
	switch {
	case t.row.record:
		t.record()
	case t.row.compare:
		t.engine.compare(t)
	}
}

func (t *transfer) record() {
	x := t.x
	stub, err := t.engine.recorder.record(t)
	switch {
	case err == nil:
		x.entry.Outcome, x.entry.Stub = simulations.OutcomeRecorded, stub
		x.entry.Reason = "mode " + string(x.mode) + " forwards and keeps"
	default:
		x.entry.Outcome = simulations.OutcomeForwarded
		x.entry.Error = "not recorded: " + err.Error()
		x.entry.Reason = fmt.Sprintf("mode %s forwards, but the exchange could not be kept", x.mode)
		if cut := (*cutError)(nil); errors.As(err, &cut) {
			x.entry.Reason = fmt.Sprintf("mode %s forwards; %s", x.mode, cut.Error())
			x.entry.Error = ""
		}
	}
}

// commit puts the exchange into the journal, with what was captured of it.
func (t *transfer) commit() {
	x := t.x
	if x.committed {
		return
	}
	if t.request != nil && x.entry.Request.Body.Data == nil && !x.redactedRequest {
		x.entry.Request.Body = t.request.journal()
	}
	if t.res != nil && t.answer != nil {
		x.entry.Response = simulations.ResponseMessage{
			Status: t.res.StatusCode, StatusText: x.out.statusText, Proto: t.res.Proto,
			Header: t.res.Header, Trailer: t.res.Trailer, Body: t.answer.journal(), Chunks: t.chunks,
		}
	}
	x.commit()
}

// close ends what is still open.
func (t *transfer) close() {
	if t.settled != nil {
		defer t.settled()
	}
	if t.answer != nil {
		t.commit()
		t.answer.close()
	}
	if t.request != nil {
		t.request.close()
	}
}

// answerBody is the upstream's body on its way to the client.
type answerBody struct {
	t    *transfer
	from io.ReadCloser
	// known is the length, -1 for none.
	known, seen int64
	held        []byte // the last byte of a body of known length
	ended       bool
}

func (b *answerBody) Read(p []byte) (int, error) {
	if b.ended {
		n := copy(p, b.held)
		b.held = b.held[n:]
		if len(b.held) == 0 {
			return n, io.EOF
		}
		return n, nil
	}
	n, err := b.from.Read(p)
	if n > 0 {
		b.seen += int64(n)
		_, _ = b.t.answer.Write(p[:n]) // a capture takes everything
		if b.known < 0 {
			b.t.noteChunk(n)
		}
	}
	if b.t.row.record && b.known > 0 && b.seen >= b.known && n > 0 {
		// The whole of it is here: its last byte waits for the recording.
		b.held = []byte{p[n-1]}
		n--
		err = nil
		if b.seen == b.known {
			b.end()
		}
		if n == 0 {
			return b.Read(p)
		}
		return n, nil
	}
	if err == io.EOF {
		b.end()
	}
	return n, err
}

func (b *answerBody) end() {
	b.ended = true
	b.t.answer.end()
	b.t.finish()
	b.t.commit()
	if b.t.promised && b.t.x.entry.Outcome != simulations.OutcomeRecorded {
		// The header has promised a recording; the trailer takes it back.
		b.t.x.out.Header().Set(http.TrailerPrefix+"Understudy-Error", "not recorded")
	}
}

// Close ends a stream of events that its client has left: such a stream has no
// other end, so what came counts as all of it.
func (b *answerBody) Close() error {
	x := b.t.x
	if !b.ended && b.known < 0 && b.t.row.record && x.r.Context().Err() != nil && strings.HasPrefix(b.t.res.Header.Get("Content-Type"), "text/event-stream") {
		b.end()
	}
	return b.from.Close()
}

// noteChunk keeps when a piece of a stream arrived.
func (t *transfer) noteChunk(n int) {
	if len(t.chunks) == simulations.MaxChunks {
		t.chunks[len(t.chunks)-1].Size += int64(n)
		return
	}
	t.chunks = append(t.chunks, simulations.Chunk{After: time.Since(t.headed), Size: int64(n)})
}

// capture keeps a body as it passes: in memory up to a bound, then in the
// store, then, past what is to be kept, only its size. It is written by one
// goroutine and read by another.
type capture struct {
	engine *Engine
	mu     sync.Mutex
	limit  int64
	// memory keeps all of it in memory: a redaction rule has to see it before
	// anything of it may be stored.
	memory bool
	head   []byte
	size   int64
	whole  bool
	cut    bool
	spill  BodyWriter
	err    error
	ref    *simulations.BodyRef
}

// inlineBody is the largest body that is kept in memory, and in a record,
// rather than on its own in the store.
const inlineBody = 64 << 10

// newCapture keeps a body of this transfer.
func (t *transfer) newCapture() *capture {
	c := &capture{engine: t.engine, limit: t.keep(), memory: !t.x.collaborator.rules.StreamSafe()}
	if c.memory {
		c.limit = min(c.limit, t.engine.opts.MaxBody)
	}
	return c
}

// Write never fails: what cannot be kept is marked as cut.
func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += int64(len(p))
	n := len(p)
	if c.cut {
		return n, nil
	}
	if c.size > c.limit {
		c.cut = true
		c.drop()
		return n, nil
	}
	if c.spill == nil && !c.memory && int64(len(c.head)+len(p)) > inlineBody && c.limit > inlineBody {
		c.spill = c.engine.store.NewBody(c.engine.life)
		if _, err := c.spill.Write(c.head); err != nil {
			c.fail(err)
			return n, nil
		}
	}
	if c.spill != nil {
		if _, err := c.spill.Write(p); err != nil {
			c.fail(err)
		}
		return n, nil
	}
	c.head = append(c.head, p...)
	return n, nil
}

// takeOver is Write for all of a body that nobody changes any more: it is not
// copied.
func (c *capture) takeOver(p []byte) {
	if len(p) > inlineBody || int64(len(p)) > c.limit {
		_, _ = c.Write(p) // a capture takes everything
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.head, c.size = p, int64(len(p))
}

func (c *capture) fail(err error) {
	c.err, c.cut = err, true
	c.drop()
}

func (c *capture) drop() {
	if c.spill != nil {
		_ = c.spill.Close() // nothing of it is wanted any more
		c.spill = nil
	}
}

// end says that the body has come whole.
func (c *capture) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole = true
}

// ended reports whether the body has come whole, and with it its trailer.
func (c *capture) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.whole
}

// close lets go of what was kept; what is recorded by now stays in the store.
func (c *capture) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
}

// body settles what was kept; a spilled body is made durable.
func (c *capture) body() (simulations.Body, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := simulations.Body{Size: c.size, Truncated: c.cut || !c.whole}
	if c.err != nil {
		return b, c.err
	}
	if c.spill != nil && !b.Truncated && c.ref == nil {
		ref, err := c.spill.Commit()
		if err != nil {
			c.fail(err)
			return b, err
		}
		c.ref = &ref
	}
	b.Data, b.Stored = c.head, c.ref
	if c.ref != nil {
		b.Data = nil
	}
	return b, nil
}

// journal is the part that the journal shows.
func (c *capture) journal() simulations.Body {
	c.mu.Lock()
	defer c.mu.Unlock()
	return simulations.Body{Data: c.head, Size: c.size, Truncated: int64(len(c.head)) < c.size}
}
