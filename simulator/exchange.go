package simulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/coding"
	"understudy/simulator/redact"
)

// exchange is one request on its way through the engine. It belongs to one
// goroutine, but for the request body's capture, which the upstream's transport reads.
type exchange struct {
	// flight is where it lies, with what belongs to it.
	flight *flight
	// local says that understudy alone has answered: nothing outlives the answer.
	local    bool
	engine   *Engine
	snapshot *snapshot
	out      *writer
	r        *http.Request

	collaborator *collaborator // nil for none
	host         string
	foreign      bool
	proxied      bool
	mode         simulations.Mode
	mutating     bool
	rollback     bool
	// leavesBase is a path that may climb out of the upstream's base path.
	leavesBase bool

	// fault is why the request is refused before anything is looked up.
	fault       string
	faultStatus int

	match *matchers.Request
	// raw is the body as far as it was read for matching, as sent.
	raw     []byte
	rawCut  bool // there is more than raw
	bodySet bool // readBody has run
	// held and looking are its shares of the budgets of large bodies.
	held, looking int64

	entry *simulations.Exchange
	start time.Time
	// serial is 0 until a template asks for it.
	serial uint64
	// memory is the session's as templates see it; nil until one asks.
	memory *memory
	// draws is where templates draw from; nil until one may.
	draws *rand.Rand
	// given is the response that callbacks follow, nil where none do; params are
	// what the stub's path captured, for their templates.
	given  *response
	params map[string]string
	// committed says that entry is in the journal.
	committed bool
	// redactedRequest says that entry.Request has been redacted already.
	redactedRequest bool
}

// begin builds the canonical view of a request. It reads no body.
func (e *Engine) begin(w http.ResponseWriter, r *http.Request) *exchange {
	snap := e.snapshot.Load()
	f := flights.Get().(*flight)
	x := &f.exchange
	x.flight, x.engine, x.snapshot, x.r, x.start = f, e, snap, r, time.Now()
	x.out, x.match, x.entry = &f.writer, &f.match, &f.entry
	x.out.ResponseWriter, x.out.x, x.out.rc = w, x, http.NewResponseController(w)

	own, tunnel := routeOf(r.Context())
	var listener *collaborator
	if own != "" {
		listener = snap.directory.byName[own]
	}
	// For an absolute URI net/http has put its host into r.Host, as RFC 9112
	// section 3.2.2 wants: a Host header that disagrees counts for nothing.
	x.proxied = r.URL.IsAbs() || tunnel != nil
	authority := r.Host
	if authority == "" && tunnel != nil {
		authority = tunnel.authority // HTTP/1.0 needs no Host
	}
	a := snap.directory.resolve(listener, authority, x.proxied)
	x.collaborator, x.host, x.foreign = a.collaborator, a.host, a.foreign
	if tunnel != nil && a.collaborator != tunnel.collaborator(snap) {
		x.fault = fmt.Sprintf("the tunnel was opened to %s, but the request is for %s", tunnel.authority, r.Host)
		x.faultStatus = http.StatusMisdirectedRequest
	}
	if r.Method != http.MethodConnect && (r.URL.Opaque != "" || r.URL.IsAbs() && r.URL.Scheme != "http" && r.URL.Scheme != "https") {
		x.fault, x.faultStatus = "the request's target is no path and no http or https URL", http.StatusBadRequest
	}
	fallback := e.opts.Origin.Default
	if x.collaborator != nil && x.collaborator.config.Origin != "" {
		fallback = x.collaborator.config.Origin
	}
	from := e.classify.Classify(r, a.shadow || tunnel != nil && tunnel.shadow, fallback)
	x.rollback = from.Rollback
	x.mutating = mutating(r)
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	m, entry := x.match, x.entry
	m.Method, m.Host, m.Port, m.Path, m.RawQuery = r.Method, a.host, a.port, path, r.URL.RawQuery
	m.Header, m.Session, m.Origin = r.Header, e.classify.Session(r), from.Origin
	if r.Header["Host"] == nil {
		r.Header["Host"] = []string{r.Host}
	}
	x.mode = simulations.ModeSimulate
	entry.Time, entry.Session = x.start, m.Session
	entry.Origin, entry.OriginBy, entry.Transaction = from.Origin, from.By, from.Transaction
	entry.Request = simulations.RequestMessage{
		Method: r.Method, Host: r.Host, Path: path, Query: r.URL.RawQuery, Proto: r.Proto, Header: r.Header,
		Body: simulations.Body{Size: max(r.ContentLength, 0)},
	}
	if c := x.collaborator; c != nil {
		x.match.Collaborator, x.entry.Collaborator = c.name, c.name
		x.mode = c.modeFor(x.match)
		if clean, up := cleaned(path); clean != path {
			// Upstreams differ in how they read such a path: what either reading
			// keeps back is kept back.
			x.mode = stricter(x.mode, c.modeFor(&matchers.Request{
				Collaborator: m.Collaborator, Method: m.Method, Host: m.Host, Port: m.Port, Path: clean, RawQuery: m.RawQuery,
				Header: m.Header, Session: m.Session, Origin: m.Origin,
			}))
			x.leavesBase = up && c.upstream != nil && strings.Trim(c.upstream.url.Path, "/") != ""
		}
	}
	x.entry.Mode = x.mode
	return x
}

// flight is the memory of an exchange that is answered by understudy itself. It
// is used again: an exchange that is forwarded may be read, by the transport,
// after it is over, so its memory is left to the garbage collector.
type flight struct {
	exchange exchange
	match    matchers.Request
	entry    simulations.Exchange
	writer   writer
	found    found
	body     []byte
}

var flights = sync.Pool{New: func() any { return new(flight) }}

// maxFlightBody is the largest room for a request's body that is kept.
const maxFlightBody = 64 << 10

// land gives the memory of an exchange back. Nobody may look at it after that.
func (x *exchange) land() {
	f := x.flight
	if body := f.body; cap(body) <= maxFlightBody {
		*f = flight{body: body[:0]}
		flights.Put(f)
	}
}

// serial numbers the exchanges of this process.
var serial atomic.Uint64

// id names the exchange in templates.
func (x *exchange) id() string {
	if x.serial == 0 {
		x.serial = serial.Add(1)
	}
	return strconv.FormatUint(x.serial, 10)
}

// passage is what containment looks at.
func (x *exchange) passage() passage {
	p := passage{host: x.host, mode: x.mode, mutating: x.mutating, origin: x.entry.Origin, leavesBase: x.leavesBase}
	if c := x.collaborator; c != nil {
		p.collaborator, p.upstream = c.name, c.upstream != nil
	}
	return p
}

// readBody reads the request's body, as far as the bound allows, decodes it and
// makes it ready for matching.
func (x *exchange) readBody() error {
	if x.bodySet {
		return nil
	}
	x.bodySet = true
	if x.r.Body == nil || x.r.Body == http.NoBody || x.r.ContentLength == 0 {
		x.redactedView()
		return nil
	}
	limit := x.engine.opts.MaxBody
	from := x.out.guardBody(x.r.Body)
	raw, err := readAtMost(x.flight.body, from, min(limit, maxFlightBody)+1, x.r.ContentLength)
	if n := int64(len(raw)); err == nil && n > maxFlightBody && n <= limit {
		whole := limit + 1
		if x.r.ContentLength > 0 {
			whole = min(whole, x.r.ContentLength)
		}
		if err := x.hold(whole); err != nil {
			return err
		}
		raw, err = readAtMost(raw, from, limit+1, whole-n)
	}
	if err != nil {
		return err
	}
	x.flight.body = raw
	x.raw = raw
	x.rawCut = int64(len(raw)) > limit
	x.entry.Request.Body = simulations.Body{Data: raw[:min(int64(len(raw)), limit)], Size: max(int64(len(raw)), x.r.ContentLength), Truncated: x.rawCut}
	return x.setMatchBody(raw[:min(int64(len(raw)), limit)], x.rawCut)
}

// maxDrain bounds what is read of a request's body only to be thrown away, in bytes.
const maxDrain = 1 << 30

// drain reads what matching has left of a long body: a client that sends before
// it reads would lose the answer with the connection.
func (x *exchange) drain() {
	if x.rawCut {
		_, _ = io.CopyN(io.Discard, x.out.guardBody(x.r.Body), maxDrain) // whoever breaks off gets no answer
	}
}

// setMatchBody gives the matchers the body without its content coding. A body
// that cannot be decoded is matched as it came. The error says that a large one
// has found no room.
func (x *exchange) setMatchBody(raw []byte, cut bool) error {
	decoded, truncated, err := raw, cut, error(nil)
	if enc := x.r.Header["Content-Encoding"]; len(enc) > 0 {
		decoded, truncated, err = x.decode(strings.Join(enc, ","), raw)
		if busy, ok := errors.AsType[*busyError](err); ok {
			return busy
		}
		if err != nil {
			// A rule that has to see the body cannot: what redaction would
			// withhold, no stub of a recording may match.
			decoded, truncated = raw, cut || !x.rules().StreamSafe()
			x.entry.Error = "the request's body cannot be decoded: " + err.Error()
		}
	}
	x.match.Body, x.match.BodyTruncated = decoded, truncated || cut
	x.redactedView()
	return nil
}

// decode undoes the body's coding. A few bytes may stand for many, so what
// becomes large has its share of the budget before it is made.
func (x *exchange) decode(encoding string, raw []byte) (decoded []byte, truncated bool, err error) {
	limit := x.engine.opts.MaxBody
	decoded, truncated, err = coding.Decode(encoding, raw, min(limit, maxFlightBody))
	if err != nil || !truncated || limit <= maxFlightBody {
		return decoded, truncated, err
	}
	if err := x.hold(limit); err != nil {
		return nil, false, err
	}
	decoded, truncated, err = coding.Decode(encoding, raw, limit)
	x.release(limit - int64(len(decoded)))
	return decoded, truncated, err
}

// redactedView prepares what stubs of redacted recordings compare with.
func (x *exchange) redactedView() {
	if x.collaborator != nil {
		x.match.Redacted = x.collaborator.rules.Matching(x.match)
	}
}

// readAtMost reads up to limit bytes, into buf where they fit; size is how many
// are to come, -1 where that is not known.
func readAtMost(buf []byte, r io.Reader, limit, size int64) ([]byte, error) {
	room := int64(bytes.MinRead)
	if size >= 0 {
		room = min(size, limit, 1<<20) + 1 // the one that does not come tells of the end
	}
	buf = slices.Grow(buf, int(room))
	for int64(len(buf)) < limit {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, bytes.MinRead)
		}
		n, err := r.Read(buf[len(buf):min(int64(cap(buf)), limit)])
		buf = buf[:len(buf)+n]
		if err == io.EOF { //nolint:errorlint // readers return it bare
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

// badBody answers a request whose body could not be read.
func (x *exchange) badBody(err error) {
	if _, ok := errors.AsType[*busyError](err); ok {
		x.busy(err)
		return
	}
	x.failed(err.Error())
	status, detail := http.StatusBadRequest, "the request's body could not be read: "+err.Error()
	if ne, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && ne.Timeout() {
		status, detail = http.StatusRequestTimeout, fmt.Sprintf("the request's body stood still for %s", stall)
	}
	x.entry.Reason = detail
	x.out.Header().Set("Connection", "close")
	x.problem(status, "bad-request", detail, simulations.OutcomeRefused, problemDetails{})
}

// commit counts and journals the exchange, once. It comes before the last byte
// of the answer, so that whoever has the answer finds it in the journal. The
// journal keeps bytes: the entry may share headers and bodies with the live
// request and answer.
func (x *exchange) commit() {
	if x.committed {
		return
	}
	x.committed = true
	e := x.engine
	x.entry.Duration = time.Since(x.start)
	if x.entry.Outcome == "" {
		x.entry.Outcome = simulations.OutcomeRefused
	}
	if x.entry.Response.Status == 0 {
		x.out.capture(&x.entry.Response)
	}
	e.counts.add(x.entry)
	e.journal.append(e.redacted(x))
}

// failed notes what went wrong with the answer, in the journal too if the
// exchange is there already.
func (x *exchange) failed(why string) {
	if !x.committed {
		x.entry.Error = why
		return
	}
	x.engine.journal.amend(x.entry.ID, func(kept *simulations.Exchange) { kept.Error = why })
}

// redacted returns the exchange as it may be kept: redaction has run, and
// bodies are within the journal's bound.
func (e *Engine) redacted(x *exchange) *simulations.Exchange {
	entry, rules := x.entry, x.rules()
	if !x.redactedRequest {
		rules.Request(&entry.Request)
	}
	rules.Response(&entry.Response)
	clip(&entry.Request.Body)
	clip(&entry.Response.Body)
	return entry
}

// rules are the redaction rules that hold for the exchange.
func (x *exchange) rules() *redact.Rules {
	if x.collaborator != nil {
		return x.collaborator.rules
	}
	return x.engine.builtin
}

// journalBody is how many bytes of a body the journal keeps.
const journalBody = 64 << 10

func clip(b *simulations.Body) {
	if len(b.Data) > journalBody {
		b.Data, b.Truncated = b.Data[:journalBody], true
	}
}
