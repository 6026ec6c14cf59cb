package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"understudy/simulations"
	"understudy/simulator/origin"
	"understudy/simulator/redact"
	"understudy/simulator/schedule"
	"understudy/simulator/template"
)

// callbacks sends the requests that follow answers. They live in memory only: a
// callback stands for what the real service does next, and after a restart that
// is over as its connections are.
//
// A callback is rendered when its answer has been given, by the request's own
// goroutine. Then it belongs to the queue, and each attempt asks contain anew,
// with the collaborators of that moment.
type callbacks struct {
	engine *Engine
	queue  *schedule.Queue
	// elsewhere leads to hosts that the settings list.
	elsewhere *upstream

	sent, failed, refused, dropped, attempts atomic.Uint64
}

// CallbackOptions are the settings of callbacks.
type CallbackOptions struct {
	// Hosts are those that callbacks may go to besides collaborators' upstreams.
	Hosts CallbackHosts
	// Shadow sends those of shadow and synthetic requests too.
	Shadow bool
	// Queue is how many may wait, and run, at a time; Concurrency how many run.
	Queue, Concurrency int
}

// callbackBytes bounds the memory of callbacks that wait.
const callbackBytes = 64 << 20

func newCallbacks(e *Engine) (*callbacks, error) {
	o := e.opts.Callbacks
	elsewhere, fault := newUpstream(&simulations.Collaborator{}, e.opts)
	if fault != nil {
		return nil, simulations.Invalid([]simulations.FieldError{*fault})
	}
	elsewhere.transport.ResponseHeaderTimeout = 0 // each attempt has its own bound
	return &callbacks{
		engine: e, elsewhere: elsewhere,
		queue: schedule.New(schedule.Limits{Jobs: max(o.Queue, 1), Bytes: callbackBytes, Running: max(o.Concurrency, 1)}),
	}, nil
}

// close lets those that are due before ctx ends still go, drops the others and
// says how many. It returns soon after ctx has ended.
func (c *callbacks) close(ctx context.Context) {
	before := c.dropped.Load()
	c.queue.Close(ctx)
	c.elsewhere.close()
	if n := c.dropped.Load() - before; n > 0 {
		c.engine.log.Warn("callbacks were not sent, since understudy stops; the journal has them as dropped", "callbacks", n)
	}
}

func (c *callbacks) status() simulations.CallbackCounts {
	out := simulations.CallbackCounts{
		Sent: c.sent.Load(), Failed: c.failed.Load(), Refused: c.refused.Load(), Dropped: c.dropped.Load(), Attempts: c.attempts.Load(),
	}
	out.Waiting, out.Running = c.queue.Len()
	return out
}

// callBack sends the callbacks of an answer that has been given. The answer
// leaves first: rendering is no reason for the client to wait.
func (e *Engine) callBack(x *exchange) {
	if x.out.wrote {
		_ = x.out.rc.Flush() // a client that left has callbacks all the same
	}
	busy := x.look(e.life)
	defer x.rest()
	data := x.callbackData()
	for i, cb := range x.given.callbacks {
		c := &call{callbacks: e.callbacks, config: cb, hops: hopsOf(x.r.Header), rules: x.rules(), result: simulations.CallbackResult{Cause: x.entry.ID, Number: i + 1}}
		c.entry = simulations.Exchange{
			Time: time.Now(), Session: x.entry.Session, Origin: x.entry.Origin, OriginBy: x.entry.OriginBy, Transaction: x.entry.Transaction,
			Stub: x.entry.Stub, Collaborator: cb.Collaborator, Request: simulations.RequestMessage{Method: cb.Method},
		}
		if busy != nil {
			c.finish(simulations.OutcomeCallbackDropped, busy.Error())
			continue
		}
		m, err := cb.render(&renderer{ctx: e.life, data: data})
		if err != nil {
			c.finish(simulations.OutcomeCallbackFailed, err.Error())
			continue
		}
		c.take(m, x)
		if _, why := c.way(); why != "" {
			c.finish(simulations.OutcomeCallbackRefused, why)
			continue
		}
		wait := time.Duration(0)
		if m.delay != nil {
			wait = draw(m.delay, 0, rand.Float64, rand.NormFloat64)
		}
		if !e.callbacks.queue.Add(c, c.size(), wait) {
			c.finish(simulations.OutcomeCallbackDropped, "the queue of callbacks is full, or closed: see --callback-queue")
		}
	}
}

// callbackData is what the templates of callbacks see: the request, the answer,
// and the session's values as they are after it.
func (x *exchange) callbackData() *template.Data {
	data := x.templateData(x.params, nil)
	after := *x.memory
	after.before = nil
	data.State = &after
	body := x.given.body
	if ref := x.given.Stored; ref != nil {
		body, _, _ = x.engine.bodies.whole(x.engine.life, *ref) // one too large to be kept is not seen
	}
	data.Response = &template.Response{Status: x.given.status, Header: x.given.header, Body: string(body)}
	return data
}

// call is one callback on its way: a job of the queue.
type call struct {
	callbacks *callbacks
	config    *callback
	// message is what is sent.
	message *message
	hops    int
	// rules are the redaction of the exchange that it follows.
	rules  *redact.Rules
	entry  simulations.Exchange
	result simulations.CallbackResult
	// began is the time of the first attempt.
	began time.Time
}

// take makes a rendered message the call's; x is the exchange that it follows,
// whose origin it carries on.
func (c *call) take(m *message, x *exchange) {
	m.header = m.header.Clone()
	c.callbacks.engine.classify.Carry(x.r.Header, origin.Result{Origin: x.entry.Origin, Transaction: x.entry.Transaction}, m.header)
	m.header.Set(hopsHeader, strconv.Itoa(c.hops+1))
	if m.header["User-Agent"] == nil {
		m.header["User-Agent"] = []string{"understudy"}
	}
	c.message = m
	c.entry.Request = simulations.RequestMessage{
		Method: m.method, Host: m.url.Host, Path: m.url.EscapedPath(), Query: m.url.RawQuery, Header: m.header,
		Body: simulations.Body{Data: m.body, Size: int64(len(m.body))},
	}
	if c.entry.Request.Path == "" {
		c.entry.Request.Path = "/"
	}
}

// size is about how much memory the call takes while it waits.
func (c *call) size() int64 {
	n := 2048 + len(c.message.body)
	for name, values := range c.message.header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return int64(n)
}

// way is where the call may go by the present declarations, or why it may not.
type way struct {
	collaborator *collaborator // nil for a host that the settings list
	url          *url.URL
	transport    http.RoundTripper
}

func (c *call) way() (w way, why string) {
	e := c.callbacks.engine
	directory, opts := e.snapshot.Load().directory, e.opts.Callbacks
	p := passage{callback: true, origin: c.entry.Origin, copies: opts.Shadow, hops: c.hops, collaborator: c.config.Collaborator}
	switch {
	case c.config.Collaborator != "":
		w.collaborator = directory.byName[c.config.Collaborator]
	default:
		p.host = c.message.url.Host
		w.collaborator, p.leavesBase = directory.byUpstream(c.message.url)
		if w.collaborator == nil || p.leavesBase {
			p.listed = opts.Hosts.Allow(c.message.url)
		}
		if w.collaborator != nil {
			p.collaborator = w.collaborator.name
		}
	}
	if p.listed {
		w.collaborator = nil
	}
	if w.collaborator != nil && w.collaborator.upstream != nil {
		p.upstream = true
		if c.config.Collaborator != "" {
			_, up := cleaned(c.message.url.EscapedPath())
			p.leavesBase = up && strings.Trim(w.collaborator.upstream.url.Path, "/") != ""
		}
	}
	if refused := contain(p); refused != allowed {
		return way{}, p.why(refused)
	}
	w.url, w.transport = c.message.url, c.callbacks.elsewhere.transport
	if w.collaborator != nil {
		w.transport = w.collaborator.upstream.transport
		if c.config.Collaborator != "" {
			w.url = w.collaborator.upstream.behind(c.message.url)
		}
	}
	return w, ""
}

// Run makes an attempt.
func (c *call) Run(ctx context.Context) (wait time.Duration, more bool) {
	defer func() {
		if p := recover(); p != nil {
			c.callbacks.engine.log.Error("a callback met a defect of understudy", "stub", c.entry.Stub, "panic", p, "stack", string(debug.Stack()))
			c.finish(simulations.OutcomeCallbackFailed, "internal error")
			more = false
		}
	}()
	w, why := c.way()
	if why != "" {
		c.finish(simulations.OutcomeCallbackRefused, why)
		return 0, false
	}
	if c.began.IsZero() {
		c.began = time.Now()
		c.entry.Time = c.began
	}
	a := c.attempt(ctx, w)
	c.result.Attempts = append(c.result.Attempts, a)
	n := len(c.result.Attempts)
	ended := "answered " + strconv.Itoa(a.Status)
	if a.Error != "" {
		ended = "there was no answer: " + a.Error
	}
	switch {
	case c.config.delivered(a.Status) && a.Error == "":
		c.finish(simulations.OutcomeCallbackSent, ended)
		return 0, false
	case ctx.Err() != nil:
		c.finish(simulations.OutcomeCallbackDropped, "understudy stops, and the attempt was broken off")
		return 0, false
	}
	status := a.Status
	if a.Error != "" {
		status = 0
	}
	if wait, more = c.config.again(n, status, time.Since(c.began), jitter); more {
		return wait, true
	}
	c.finish(simulations.OutcomeCallbackFailed, ended)
	return 0, false
}

// Drop says that there will be no attempt any more.
func (c *call) Drop() {
	c.finish(simulations.OutcomeCallbackDropped, "understudy stops before it was due")
}

// maxCallbackDrain is how much of an answer is read, beyond what the journal
// keeps, only to use the connection again, in bytes.
const maxCallbackDrain = 256 << 10

// attempt sends the request once and reads the answer, as far as it is kept.
func (c *call) attempt(ctx context.Context, w way) (a simulations.Attempt) {
	c.callbacks.attempts.Add(1)
	a.Time = time.Now()
	c.entry.Response, c.entry.Latency = simulations.ResponseMessage{}, 0
	c.entry.Request.Host, c.entry.Request.Path, c.entry.Request.Query = w.url.Host, w.url.EscapedPath(), w.url.RawQuery
	c.entry.Collaborator = ""
	if w.collaborator != nil {
		c.entry.Collaborator = w.collaborator.name
	}
	defer func() { a.Duration = time.Since(a.Time) }()

	within, cancel := context.WithTimeout(ctx, c.config.timeout)
	defer cancel()
	failed := func(err error) simulations.Attempt {
		a.Error = plainError(err)
		if errors.Is(within.Err(), context.DeadlineExceeded) {
			a.Error = fmt.Sprintf("it did not come within %s", c.config.timeout)
		}
		return a
	}
	r, err := http.NewRequestWithContext(within, c.message.method, w.url.String(), bytes.NewReader(c.message.body))
	if err != nil {
		return failed(err)
	}
	r.GetBody = nil // another attempt is the stub's to say, not the transport's
	r.Header = maps.Clone(c.message.header)
	// A RoundTripper follows no redirect: it could lead to where nothing may go.
	res, err := w.transport.RoundTrip(r)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	c.entry.Latency = time.Since(a.Time)
	a.Status = res.StatusCode
	body, err := io.ReadAll(io.LimitReader(res.Body, journalBody+1))
	rest := int64(0)
	if err == nil && len(body) > journalBody {
		rest, err = io.CopyN(io.Discard, res.Body, maxCallbackDrain)
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	_, reason, _ := strings.Cut(res.Status, " ")
	c.entry.Response = simulations.ResponseMessage{
		Status: res.StatusCode, StatusText: reason, Proto: res.Proto, Header: res.Header, Trailer: res.Trailer,
		Body: simulations.Body{Data: body, Size: int64(len(body)) + rest, Truncated: len(body) > journalBody},
	}
	if err != nil {
		return failed(err)
	}
	return a
}

// finish counts and journals what became of the call. Nothing happens to it
// after that.
func (c *call) finish(outcome simulations.Outcome, why string) {
	all := c.callbacks
	switch outcome {
	case simulations.OutcomeCallbackSent:
		all.sent.Add(1)
	case simulations.OutcomeCallbackFailed:
		all.failed.Add(1)
	case simulations.OutcomeCallbackRefused:
		all.refused.Add(1)
	default:
		all.dropped.Add(1)
	}
	x := &c.entry
	x.Outcome = outcome
	x.Reason = fmt.Sprintf("callback %d of stub %s, after exchange %d: %s", c.result.Number, x.Stub, c.result.Cause, why)
	if n := len(c.result.Attempts); n > 0 {
		x.Duration = time.Since(c.began)
		if n > 1 {
			x.Reason += fmt.Sprintf(" (attempt %d)", n)
		}
	}
	if outcome != simulations.OutcomeCallbackSent {
		x.Error = why
	}
	x.Callback = &c.result
	for _, rules := range slices.Compact(c.redaction()) {
		rules.Request(&x.Request)
		rules.Response(&x.Response)
	}
	clip(&x.Request.Body)
	clip(&x.Response.Body)
	all.engine.journal.append(x)
}

// redaction are the rules of whom the data comes from, and of whom it goes to.
func (c *call) redaction() []*redact.Rules {
	out := []*redact.Rules{c.rules}
	if to := c.callbacks.engine.snapshot.Load().directory.byName[c.entry.Collaborator]; to != nil {
		out = append(out, to.rules)
	}
	return out
}
