package simulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/coding"
)

// filter chooses exchanges; nil chooses all.
type filter struct {
	simulations.JournalFilter
	// pathGlob says that Path is a glob.
	pathGlob bool
	pattern  *matchers.Pattern // nil for any request
}

func compileFilter(f simulations.JournalFilter) (*filter, error) {
	out := &filter{JournalFilter: f, pathGlob: strings.Contains(f.Path, "*")}
	if f.Request != nil {
		p, faults := matchers.CompilePattern(f.Request)
		if err := simulations.Invalid(prefix("/request", faults)); err != nil {
			return nil, err
		}
		out.pattern = p
	}
	return out, nil
}

// head looks at what the head of an exchange's form has.
func (f *filter) head(x *simulations.Exchange) bool {
	return (f.Collaborator == "" || x.Collaborator == f.Collaborator) &&
		(f.Session == "" || x.Session == f.Session) &&
		(f.Origin == "" || x.Origin == f.Origin) &&
		(f.Outcome == "" || x.Outcome.Is(f.Outcome)) &&
		(f.Method == "" || x.Request.Method == f.Method) &&
		(f.Path == "" || x.Request.Path == f.Path || f.pathGlob && globMatch(f.Path, x.Request.Path))
}

// pick decodes an entry of the journal that fits, and no more than the head of
// most that do not; it returns nil for those.
func (f *filter) pick(id uint64, form string) *simulations.Exchange {
	p := simulations.NewExchangeParser(form)
	head := simulations.Exchange{ID: id}
	p.Head(&head)
	if f != nil && !f.head(&head) {
		return nil
	}
	x := new(simulations.Exchange) // head itself stays on the stack
	*x = head
	if err := p.Remainder(x); err != nil {
		// Only a defect of understudy can bring that about: better said than left out.
		return &simulations.Exchange{ID: id, Error: "understudy cannot read this entry of its journal: " + err.Error()}
	}
	if f != nil && f.Cause != 0 && (x.Callback == nil || x.Callback.Cause != f.Cause) {
		return nil
	}
	if f != nil && f.pattern != nil && !f.pattern.Match(journalled(x)) {
		return nil
	}
	// A name without a list of values is how a handler tells net/http not to
	// send a header: it is no part of the answer.
	maps.DeleteFunc(x.Response.Header, func(_ string, values []string) bool { return values == nil })
	return x
}

// journalled is the view of a kept exchange that patterns look at: what
// redaction and the journal's bound left of the request.
func journalled(x *simulations.Exchange) *matchers.Request {
	m := &x.Request
	host, port := hostAndPort(m.Host)
	r := &matchers.Request{
		Collaborator: x.Collaborator, Method: m.Method, Host: host, Port: port, Path: m.Path, RawQuery: m.Query,
		Header: m.Header, Body: m.Body.Data, BodyTruncated: m.Body.Truncated, Session: x.Session, Origin: x.Origin,
	}
	if plain, cut, ok := uncoded(m.Header, &m.Body); ok {
		r.Body, r.BodyTruncated = plain, cut
	}
	return r
}

// uncoded is a kept body without its content coding; ok is false where it has
// none, or none that can be undone.
func uncoded(header http.Header, b *simulations.Body) (plain []byte, cut, ok bool) {
	enc := header["Content-Encoding"]
	if len(enc) == 0 || b.Truncated {
		return nil, false, false
	}
	plain, cut, err := coding.Decode(strings.Join(enc, ","), b.Data, 16<<20)
	return plain, cut, err == nil
}

// Journal gives a page of the journal, oldest first. The end of ctx ends the search.
func (e *Engine) Journal(ctx context.Context, f simulations.JournalFilter) (*simulations.JournalPage, error) {
	fits, err := compileFilter(f)
	if err != nil {
		return nil, err
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	if f.Latest {
		// The page ends with the latest; older ones are asked for with `after`.
		entries, next, missed := e.journal.latest(ctx, limit, fits)
		return &simulations.JournalPage{Entries: entries, Next: next, Missed: missed}, context.Cause(ctx)
	}
	entries, next, missed, more := e.journal.after(ctx, f.After, limit, fits)
	return &simulations.JournalPage{Entries: entries, Next: next, Missed: missed, More: more}, context.Cause(ctx)
}

// heartbeat is how often a follower that nothing happens for is woken.
const heartbeat = 15 * time.Second

// Follow yields what fits as it comes, until ctx ends, and before it how many
// exchanges were overwritten since the one before; nil and how many, where none
// fits, or now and then when nothing comes.
func (e *Engine) Follow(ctx context.Context, filter simulations.JournalFilter) (iter.Seq2[*simulations.Exchange, uint64], error) {
	fits, err := compileFilter(filter)
	if err != nil {
		return nil, err
	}
	return func(yield func(*simulations.Exchange, uint64) bool) {
		after, first := filter.After, filter.After == 0
		beat := time.NewTimer(heartbeat)
		defer beat.Stop()
		for {
			entries, next, missed, more := e.journal.after(ctx, after, 256, fits)
			if ctx.Err() != nil {
				return
			}
			after = next
			if first {
				missed, first = 0, false // a stream from the beginning begins with what there is
			}
			if len(entries) == 0 && missed > 0 && !yield(nil, missed) {
				return
			}
			for _, x := range entries {
				if !yield(x, missed) {
					return
				}
				missed = 0
			}
			if more {
				continue
			}
			beat.Reset(heartbeat)
			select {
			case <-ctx.Done():
				return
			case <-e.life.Done():
				return
			case <-e.journal.wait(after):
			case <-beat.C:
				if !yield(nil, 0) {
					return
				}
			}
		}
	}, nil
}

// JournalEntry gives one exchange.
func (e *Engine) JournalEntry(id uint64) (*simulations.Exchange, error) {
	if x := e.journal.get(id); x != nil {
		return x, nil
	}
	return nil, simulations.Errorf(simulations.CodeNotFound, "the journal does not hold the exchange %d: it may have been overwritten", id)
}

// ClearJournal forgets all exchanges.
func (e *Engine) ClearJournal() { e.journal.clear() }

// maxMatched bounds the ids that a verification names.
const maxMatched = 100

// Verify looks whether the requests came as expected. The end of ctx ends the search.
func (e *Engine) Verify(ctx context.Context, v *simulations.Verification) (*simulations.Verified, error) {
	if err := checkVerification(v); err != nil {
		return nil, err
	}
	var patterns []*matchers.Pattern
	for i, p := range v.Requests {
		at := "/request"
		if len(v.Requests) > 1 || v.InOrder {
			at = fmt.Sprintf("/requests/%d", i)
		}
		compiled, faults := matchers.CompilePattern(p)
		if err := simulations.Invalid(prefix(at, faults)); err != nil {
			return nil, err
		}
		patterns = append(patterns, compiled)
	}
	fits, err := compileFilter(v.Filter)
	if err != nil {
		return nil, err
	}
	out := &simulations.Verified{Counts: make([]int, len(patterns)), Matched: []uint64{}}
	callbacks := v.Filter.Cause != 0 || v.Filter.Outcome.OfCallback()
	step := 0 // in order: the pattern that is waited for
	var latest []*simulations.Exchange
	_, out.Missed, _ = e.journal.scan(ctx, v.Filter.After, fits, func(x *simulations.Exchange) bool {
		if x.Callback != nil && !callbacks {
			return true // it was sent, not received
		}
		if len(latest) == 2*nearestOf {
			latest = append(latest[:0], latest[nearestOf:]...)
		}
		latest = append(latest, x)
		view := journalled(x)
		hit := false
		for i, p := range patterns {
			if p.Match(view) {
				out.Counts[i]++
				hit = true
				if v.InOrder && i == step {
					step++
					break // one exchange takes one step
				}
			}
		}
		if hit && len(out.Matched) < maxMatched {
			out.Matched = append(out.Matched, x.ID)
		}
		return true
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if v.Filter.After == 0 {
		out.Missed = e.journal.status().Overwritten
	}
	judge(v, out, step)
	if !out.OK && len(out.Matched) == 0 && len(patterns) > 0 {
		out.Nearest = nearestEntries(patterns[0], latest)
	}
	return out, nil
}

func checkVerification(v *simulations.Verification) error {
	var faults []simulations.FieldError
	fault := func(pointer, detail string) {
		faults = append(faults, simulations.FieldError{Pointer: pointer, Detail: detail})
	}
	if len(v.Requests) == 0 {
		fault("", "verify needs `request`, a pattern, or `requests`, a list of them")
	}
	if v.InOrder && (v.Exactly != nil || v.AtLeast != nil || v.AtMost != nil) {
		fault("/inOrder", "inOrder asks for a sequence; exactly, atLeast and atMost count: ask one at a time")
	}
	for _, n := range []struct {
		pointer string
		n       *int
	}{{"/exactly", v.Exactly}, {"/atLeast", v.AtLeast}, {"/atMost", v.AtMost}} {
		if n.n != nil && *n.n < 0 {
			fault(n.pointer, "a count is 0 or more")
		}
	}
	return simulations.Invalid(faults)
}

// judge sets OK and Detail.
func judge(v *simulations.Verification, out *simulations.Verified, steps int) {
	if v.InOrder {
		out.OK = steps == len(v.Requests)
		out.Detail = fmt.Sprintf("%d of %d requests were seen in this order", steps, len(v.Requests))
		return
	}
	atLeast := v.AtLeast
	if v.Exactly == nil && v.AtLeast == nil && v.AtMost == nil {
		one := 1
		atLeast = &one
	}
	out.OK = true
	var want []string
	limit := func(n *int, words string, ok func(count, n int) bool) {
		if n == nil {
			return
		}
		want = append(want, fmt.Sprintf("%s %d", words, *n))
		for _, c := range out.Counts {
			out.OK = out.OK && ok(c, *n)
		}
	}
	limit(v.Exactly, "exactly", func(c, n int) bool { return c == n })
	limit(atLeast, "at least", func(c, n int) bool { return c >= n })
	limit(v.AtMost, "at most", func(c, n int) bool { return c <= n })
	seen := make([]string, len(out.Counts))
	for i, c := range out.Counts {
		seen[i] = fmt.Sprint(c)
	}
	out.Detail = fmt.Sprintf("expected %s, saw %s", strings.Join(want, " and "), strings.Join(seen, ", "))
}

// nearestOf is among how many exchanges, the latest, the nearest are looked for.
const nearestOf = 200

// nearestEntries names the exchanges that came closest to a pattern, of the
// latest nearestOf; those that have nothing in common with it are not near.
func nearestEntries(p *matchers.Pattern, entries []*simulations.Exchange) []simulations.NearMiss {
	var out []simulations.NearMiss
	for _, x := range entries[max(0, len(entries)-nearestOf):] {
		miss := simulations.NearMiss{Stub: fmt.Sprintf("journal/%d %s %s", x.ID, x.Request.Method, x.Request.Path)}
		if miss.Score, miss.Failed = p.Mismatches(journalled(x)); miss.Score == 0 {
			continue
		}
		at := len(out)
		for at > 0 && out[at-1].Score < miss.Score {
			at--
		}
		out = append(out[:at], append([]simulations.NearMiss{miss}, out[at:]...)...)
		out = out[:min(len(out), 3)]
	}
	return out
}

// Explain says how a request would be answered, and why, without answering it
// and without moving any session on. It ends with ctx.
func (e *Engine) Explain(ctx context.Context, ask *simulations.Ask) (*simulations.Explanation, error) {
	r, err := e.askRequest(ctx, ask)
	if err != nil {
		return nil, err
	}
	x := e.begin(nowhere{}, r)
	defer x.drop()
	if ask.Session != "" {
		x.match.Session, x.entry.Session = ask.Session, ask.Session
	}
	if err := x.readBody(); err != nil {
		return nil, err
	}
	out := &simulations.Explanation{
		Host: x.host, Collaborator: x.entry.Collaborator, Mode: x.mode, Session: x.entry.Session,
		Origin: x.entry.Origin, OriginBy: x.entry.OriginBy,
	}
	if err := x.look(ctx); err != nil {
		return nil, err
	}
	defer x.rest()
	x.match.EndWith(ctx)
	ex := x.snapshot.stubs.Explain(x.match, x.blocked)
	if ex.Stub == nil && x.r.Method == http.MethodHead {
		x.match.Method = http.MethodGet // as findForHead does
		if get := x.snapshot.stubs.Explain(x.match, x.blocked); get.Stub != nil {
			ex = get
		}
		x.match.Method = http.MethodHead
	}
	out.Index, out.Candidates = ex.Index, ex.Candidates
	if ex.Stub != nil {
		out.Stub, out.Precedence, out.Parameters = ex.Stub.Ref(), ex.Precedence, ex.Params
	} else if data := x.findCollection(); data != nil {
		out.Collection, out.Parameters = data.Name, data.params
	} else {
		out.NearMisses = x.snapshot.stubs.Nearest(x.match, 5, x.blocked)
	}
	if x.match.GivenUp() {
		return nil, context.Cause(ctx)
	}
	row, passage := plans[x.mode], x.passage()
	refused := contain(passage)
	switch {
	case row.forward == always && refused == allowed:
		out.Outcome, out.Reason = simulations.OutcomeForwarded, fmt.Sprintf("mode %s forwards to %s", x.mode, x.collaborator.config.Upstream)
		if row.record {
			out.Outcome, out.Reason = simulations.OutcomeRecorded, out.Reason+" and keeps the answer"
		}
	case out.Stub != "":
		out.Outcome, out.Reason = simulations.OutcomeStub, "stub "+out.Stub+" answers"
		if row.forward != never && refused != allowed {
			out.Reason += ": " + passage.why(refused)
		}
	case out.Collection != "":
		out.Outcome, out.Reason = simulations.OutcomeStub, "no stub answers, and the collection "+out.Collection+" has the path"
	case row.forward == onMiss && refused == allowed:
		out.Outcome, out.Reason = simulations.OutcomeForwarded, fmt.Sprintf("no stub answers, and mode %s forwards to %s", x.mode, x.collaborator.config.Upstream)
		if row.record {
			out.Outcome, out.Reason = simulations.OutcomeRecorded, out.Reason+" and keeps the answer"
		}
	case row.forward != never || x.refusedHost():
		out.Outcome, out.Reason = simulations.OutcomeRefused, x.snapshot.why(passage, refused)
	default:
		out.Outcome, out.Reason = simulations.OutcomeMiss, x.missed()
	}
	return out, nil
}

// askRequest makes the request that an Ask describes, as it would come in.
func (e *Engine) askRequest(ctx context.Context, ask *simulations.Ask) (*http.Request, error) {
	u, err := url.Parse(ask.URL)
	if err != nil {
		return nil, simulations.Invalid([]simulations.FieldError{{Pointer: "/url", Detail: err.Error()}})
	}
	if ask.Body != "" && len(ask.BodyBase64) > 0 {
		return nil, simulations.Invalid([]simulations.FieldError{{Pointer: "/bodyBase64", Detail: "a request has one body: body or bodyBase64"}})
	}
	body := []byte(ask.Body)
	if len(ask.BodyBase64) > 0 {
		body = ask.BodyBase64
	}
	method := ask.Method
	if method == "" {
		method = http.MethodGet
	}
	if own := e.ownPortOf(u); own != "" {
		ctx = context.WithValue(ctx, connKey{}, &conn{own: own})
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://understudy.invalid/", strings.NewReader(string(body)))
	if err != nil {
		return nil, simulations.Invalid([]simulations.FieldError{{Pointer: "/method", Detail: err.Error()}})
	}
	for name, values := range ask.Headers {
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
	// As a server sees it: an origin-form target, and the host apart. A URL
	// without a host is asked of understudy itself.
	r.Host = u.Host
	if h := r.Header.Get("Host"); h != "" && u.Host == "" {
		r.Host = h
	}
	r.URL = &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	if r.URL.Path == "" {
		r.URL.Path = "/"
	}
	r.ContentLength = int64(len(body))
	return r, nil
}

// ownPortOf names the collaborator whose own port a URL leads to, "" where it leads
// to none. An address leads to the port that it says; a name that a collaborator
// declares means that one, who may be reached through understudy as a proxy; any
// other name is taken for one of this machine.
func (e *Engine) ownPortOf(u *url.URL) string {
	d := e.snapshot.Load().directory
	a := d.resolve(nil, u.Host, false)
	if u.Host == "" || !ownAddress(a.host) && d.byHostName(a.host) != nil {
		return ""
	}
	port := a.port
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ""
	}
	return e.plane.ownAt(a.host, int(n))
}

// nowhere takes the answer of a request that gets none.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// Takes lists the takes, newest first.
func (e *Engine) Takes(ctx context.Context) ([]simulations.Take, error) { return e.recorder.list(ctx) }

// Take gives one, with what it changed.
func (e *Engine) Take(ctx context.Context, id uint64) (*simulations.TakeInfo, error) {
	return e.recorder.get(ctx, id)
}

// DropTake forgets one; what older takes had counts again.
func (e *Engine) DropTake(ctx context.Context, id uint64) error { return e.recorder.drop(ctx, id) }

// Sessions gives a page of the sessions that fit, in order of their ids.
func (e *Engine) Sessions(f simulations.SessionFilter) simulations.SessionPage {
	return e.sessions.list(f)
}

// Session gives one.
func (e *Engine) Session(id string) (*simulations.SessionInfo, error) { return e.sessions.get(id) }

// DeleteSession forgets one: its next request begins anew.
func (e *Engine) DeleteSession(ctx context.Context, id string) error {
	return e.sessions.remove(ctx, e.store, id)
}

// ResetSession puts one back to its beginning.
func (e *Engine) ResetSession(ctx context.Context, id string) error {
	return e.sessions.reset(ctx, e.store, id)
}

// SetScenario puts a session's scenario into a state, for ttl where that is not 0.
func (e *Engine) SetScenario(ctx context.Context, session, scenario, state string, ttl time.Duration) error {
	return e.sessions.setScenario(ctx, e.store, session, scenario, state, ttl)
}

// SetValue sets a value of a session, for ttl where that is not 0.
func (e *Engine) SetValue(ctx context.Context, session, key, value string, ttl time.Duration) error {
	return e.sessions.setValue(ctx, e.store, session, key, value, ttl)
}

// RemoveValue removes a value of a session.
func (e *Engine) RemoveValue(ctx context.Context, session, key string) error {
	return e.sessions.removeValue(ctx, e.store, session, key)
}

// Backup writes everything that is stored.
func (e *Engine) Backup(ctx context.Context, w io.Writer) error {
	if err := e.sessions.flush(ctx, e.store); err != nil {
		return err
	}
	return e.store.Backup(ctx, w)
}

// Restore reads a backup into an empty store and publishes what it holds. ctx ends the
// reading; what is stored is published, and CodeUnavailable says of which only a
// collaborator's own port could not be opened.
func (e *Engine) Restore(ctx context.Context, r io.Reader) error {
	c := e.catalog
	leaveAll, err := c.gates.replaceAll(ctx)
	if err != nil {
		return err
	}
	defer leaveAll()
	leave, err := c.declare(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := e.store.Restore(ctx, r); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // what is stored is served, whether or not somebody waits for it
	if err := errors.Join(c.load(ctx), e.recorder.load(ctx), e.sessions.load(ctx, e.store)); err != nil {
		return err
	}
	ports, err := e.plane.prepare(ctx, c.collaborators)
	if err != nil {
		return simulations.Errorf(simulations.CodeUnavailable, "the backup is restored, and served but for collaborators' ports of their own: %w; then start understudy again", err)
	}
	ports.commit()
	return nil
}

// CACertificate is the interception CA's, in PEM.
func (e *Engine) CACertificate() []byte { return e.opts.CA.PEM() }
