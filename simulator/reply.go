package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"unsafe"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/coding"
)

// response is one of a stub's responses, ready to be given. Immutable.
type response struct {
	*simulations.Response
	status  int
	header  http.Header
	trailer http.Header
	body    []byte
	// length is the Content-Length of body; "" where templates make the body.
	length [1]string
	// sets are the values of the session that the answer sets, but for those
	// that render has templates for.
	sets map[string]string
	// coding is the body's content coding, "" for none.
	coding string
	render *rendering // nil where nothing is templated
	// stream says, of an answer without templates, that it is one of events.
	stream bool
	// dates says which dates are shifted, nil for what the collaborator says;
	// passed is by how much, once that is known.
	dates  *dateShift
	passed *passed
	// ranges says that the answer has Accept-Ranges: bytes.
	ranges bool
	// fault is given instead, unless the claim spares the answer; nil for none.
	fault *simulations.FaultTerms
	// delay holds the answer back; nil for none.
	delay *simulations.Delay
	// callbacks follow the answer.
	callbacks []*callback
}

// noHeader is the header of responses without one. Shared: it is never written.
var noHeader = http.Header{}

// compileResponse makes a response of a stub with that state, which may be nil,
// ready in out; pointers of faults are relative to the response.
func compileResponse(r *simulations.Response, out *response, state *simulations.State) []simulations.FieldError {
	faults := compileMessage(r, out, state, templateCompiler{dialect: dialects[r.Dialect]})
	for i, c := range r.Callbacks {
		compiled, fs := compileCallback(c)
		faults = append(faults, prefix("/callbacks/"+strconv.Itoa(i), fs)...)
		out.callbacks = append(out.callbacks, compiled)
	}
	return faults
}

// compileMessage is compileResponse without what follows the answer; c compiles
// its templates.
func compileMessage(r *simulations.Response, out *response, state *simulations.State, c templateCompiler) []simulations.FieldError {
	*out = response{Response: r, status: r.Status, header: http.Header(r.Headers), sets: fixedSets(state, r), fault: r.Terms(), delay: r.Delay}
	if out.status == 0 {
		out.status = http.StatusOK
	}
	if out.header == nil {
		out.header = noHeader
	}
	out.trailer = trailerOf(http.Header(r.Trailers))
	switch {
	case r.Text != nil:
		out.body = readOnly(*r.Text)
	case r.Base64 != nil:
		out.body = *r.Base64
	case r.JSON != nil:
		out.body = r.JSON.AppendJSON(nil)
		if out.header["Content-Type"] == nil {
			out.header = maps.Clone(out.header)
			out.header["Content-Type"] = []string{"application/json"}
		}
	case r.File != "" && (!r.NamesFiles() || len(r.Files) == 0):
		return []simulations.FieldError{{Pointer: "/file", Detail: "a file can only be read by what imports the folder it lies in: use `understudy import`, or give the content as text, json or base64"}}
	}
	if enc := out.header["Content-Encoding"]; len(enc) == 1 && (len(out.body) > 0 || r.Stored != nil) {
		out.coding = strings.ToLower(enc[0])
	}
	out.stream, out.ranges = isEventStream(out.header), acceptsRanges(out.header)
	dates, faults := compileDateShift(r.ShiftDates)
	out.dates, faults = dates, prefix("/shiftDates", faults)
	if !r.Template {
		out.length[0] = strconv.Itoa(len(out.body))
		return faults
	}
	rendering, fs := compileRendering(out, state, c)
	out.render = rendering
	return append(faults, fs...)
}

// trailerOf is a trailer as net/http sends it, nil for none.
func trailerOf(trailer http.Header) http.Header {
	if len(trailer) == 0 {
		return nil
	}
	out := make(http.Header, len(trailer))
	for name, values := range trailer {
		out[http.TrailerPrefix+name] = values
	}
	return out
}

// readOnly is a text as bytes, without a copy of it: nobody may write to them.
// A stub's text lies in the memory of the index, and most stubs are made ready
// for one answer.
func readOnly(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// compileAnswers makes all responses of a stub ready; pointers are relative to the stub.
func compileAnswers(s *simulations.Stub) (*answers, []simulations.FieldError) {
	made := &struct { // in one piece: most stubs are made ready for one answer
		answers
		first response
		list  [1]*response
	}{}
	var faults []simulations.FieldError
	responses := made.list[:0]
	add := func(r *simulations.Response, out *response, at string) {
		responses = append(responses, out)
		faults = append(faults, prefix(at, compileResponse(r, out, s.State))...)
	}
	if s.Response != nil {
		add(s.Response, &made.first, "/response")
	}
	for i, r := range s.Responses {
		add(r, new(response), "/responses/"+strconv.Itoa(i))
	}
	made.answers = newAnswers(s, responses)
	var fs []simulations.FieldError
	made.state, fs = compileState(s.State)
	return &made.answers, append(faults, fs...)
}

// answerPlain is compileAnswers for a plain stub.
func answerPlain(p *simulations.Plain) any {
	made := &struct {
		answers
		first response
		model simulations.Response
		text  string
		list  [1]*response
	}{}
	made.model, made.text = p.Response, p.Text
	if p.HasText {
		made.model.Text = &made.text
	}
	compileResponse(&made.model, &made.first, nil) // it was compiled before, and has nothing that can fail
	made.answers = answers{responses: append(made.list[:0], &made.first)}
	return &made.answers
}

// answersOf returns what compileAnswers made of the stub.
func answersOf(s *matchers.Stub) *answers { return s.Answers.(*answers) }

// reply gives a stub's response.
func (e *Engine) reply(x *exchange, f *found) {
	x.entry.Outcome, x.entry.Stub = simulations.OutcomeStub, f.match.Stub.Ref()
	x.entry.Reason = "stub " + x.entry.Stub + " answers"
	if answersOf(f.match.Stub).counted() {
		x.entry.Reason += fmt.Sprintf(", answer %d of this session", f.claim.number)
	}
	if err := f.claim.err; err != nil {
		x.entry.Error = err.Error()
		x.problem(http.StatusInsufficientStorage, "session", "the stub "+x.entry.Stub+" matched, but "+err.Error(), simulations.OutcomeStub, problemDetails{})
		return
	}
	res, err := x.render(f.claim.response, f.match.Params, f.claim.before)
	if err != nil {
		x.unrendered("the stub "+x.entry.Stub+" matched", err)
		return
	}
	if !x.wait(res.delay, res.Recording) {
		x.failed("the client left during the delay")
		panic(http.ErrAbortHandler)
	}
	if len(res.callbacks) > 0 && !f.forHead {
		x.given, x.params = res, f.match.Params
	}
	if res.fault != nil && !f.claim.spared {
		x.entry.Reason += ", with the fault " + string(res.fault.Kind)
		if e.breakOff(x, res) {
			return
		}
	}
	if x.rollback && x.entry.Transaction != "" {
		x.out.Header()["Preference-Applied"] = []string{"tx=rollback"}
	}
	res = x.shifted(res)
	if same := x.unmodified(res); same != nil {
		x.entry.Reason += ", not modified"
		e.replyPlain(x, same, nil)
		return
	}
	if res.Stored != nil {
		e.replyStored(x, res, res.Stored)
		return
	}
	e.replyWhole(x, res, res.body)
}

// replyWhole sends a response with this body, without its coding to a client
// that does not take it.
func (e *Engine) replyWhole(x *exchange, res *response, body []byte) {
	res, body = x.fit(res.shiftBody(body))
	e.replyPlain(x, res, body)
}

// fit undoes the coding of a body for a client that does not take it.
func (x *exchange) fit(res *response, body []byte) (*response, []byte) {
	if res.coding != "" && !acceptsCoding(x.r, res.coding) {
		if plain, cut, err := coding.Decode(res.coding, body, maxPlain); err == nil && !cut {
			return res.decoded(), plain
		}
	}
	return res, body
}

// replyPlain sends a response with this body, or the parts of it that are asked for.
func (e *Engine) replyPlain(x *exchange, res *response, body []byte) {
	if parts := x.ranges(res, int64(len(body))); parts != nil {
		e.replyRanges(x, parts, func(p part) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(body[p.start:][:p.length])), nil
		})
		return
	}
	if r, known := x.rhythm(res, int64(len(body))); r != nil {
		x.out.kept, x.out.shared = body, true
		e.replyPaced(x, res, bytes.NewReader(body), int64(len(body)), r, known)
		return
	}
	e.writeHeader(x, res, int64(len(body)))
	x.drain()
	x.local = true
	if err := x.out.whole(res.status, e.bodyFor(x, body)); err != nil {
		x.failed("the client left: " + err.Error())
	}
}

// replyRanges sends parts of a body.
func (e *Engine) replyRanges(x *exchange, parts *ranged, open func(part) (io.ReadCloser, error)) {
	if len(parts.parts) == 0 {
		e.replyPlain(x, parts.res, nil)
		return
	}
	body := parts.body(open)
	defer func() { _ = body.Close() }() // it was only read
	e.replyStream(x, parts.res, body, parts.size)
}

// replyStream sends a response with a body of that size, of which only a part is
// in memory at a time.
func (e *Engine) replyStream(x *exchange, res *response, body io.Reader, size int64) {
	if r, known := x.rhythm(res, size); r != nil {
		e.replyPaced(x, res, body, size, r, known)
		return
	}
	e.writeHeader(x, res, size)
	if x.r.Method == http.MethodHead {
		_ = x.out.whole(res.status, nil) // a client that left needs no answer
		return
	}
	x.drain()
	x.out.WriteHeader(res.status)
	if _, err := io.CopyN(struct{ io.Writer }{x.out}, body, size-1); err != nil {
		x.failed(err.Error())
		panic(http.ErrAbortHandler)
	}
	x.out.size++ // the journal comes before the last byte
	x.commit()
	x.out.size--
	if _, err := io.Copy(struct{ io.Writer }{x.out}, body); err != nil {
		x.failed(err.Error())
		panic(http.ErrAbortHandler)
	}
}

// replyPaced sends a response with a body of that size in its rhythm; known says
// that the header tells the size.
func (e *Engine) replyPaced(x *exchange, res *response, body io.Reader, size int64, r rhythm, known bool) {
	length := size
	if !known {
		length = -1
	}
	e.writeHeader(x, res, length)
	x.drain()
	x.out.WriteHeader(res.status)
	if err := x.writePaced(body, size, r); err != nil {
		x.failed("the answer broke off: " + err.Error())
		panic(http.ErrAbortHandler)
	}
	x.local = true
}

func acceptsCoding(r *http.Request, c string) bool {
	return coding.Accepts(strings.Join(r.Header["Accept-Encoding"], ","), c)
}

// bodyFor leaves out the body where the method asks for none.
func (e *Engine) bodyFor(x *exchange, body []byte) []byte {
	if x.r.Method == http.MethodHead {
		return nil
	}
	return body
}

// writeHeader puts the response's header, and understudy's own, into the answer.
func (e *Engine) writeHeader(x *exchange, res *response, size int64) {
	h := x.out.Header()
	for name, values := range res.header {
		h[name] = values[:len(values):len(values)] // they are the stub's own
	}
	bodiless := x.r.Method == http.MethodHead || res.status == http.StatusNotModified
	switch {
	case bodiless && h["Content-Length"] != nil: // what a body would have had: RFC 9110 section 8.6
	case x.r.Method == http.MethodHead && !x.rollback && size == 0: // a stub of HEAD itself says no length: the real one did not
		delete(h, "Content-Length")
	case res.status == http.StatusNoContent || res.status == http.StatusNotModified || size < 0 || res.trailer != nil:
		delete(h, "Content-Length")
	case size == int64(len(res.body)) && res.length[0] != "":
		h["Content-Length"] = res.length[:]
	default:
		h["Content-Length"] = []string{strconv.FormatInt(size, 10)}
	}
	for name, values := range res.trailer {
		h[name] = values // net/http sends these after the body
		if x.entry.Response.Trailer == nil {
			x.entry.Response.Trailer = http.Header{}
		}
		x.entry.Response.Trailer[strings.TrimPrefix(name, http.TrailerPrefix)] = values
	}
	x.mark()
}

// mark puts outcome and stub into the answer's header.
func (x *exchange) mark() {
	h := x.out.Header()
	if h[outcomeHeader] = outcomes[x.entry.Outcome]; h[outcomeHeader] == nil {
		h[outcomeHeader] = []string{string(x.entry.Outcome)}
	}
	delete(h, stubHeader)
	switch {
	case x.flight.found.match.Stub != nil && x.flight.found.match.Stub.Ref() == x.entry.Stub:
		h[stubHeader] = x.flight.found.match.Stub.RefList()
	case x.entry.Stub != "":
		h[stubHeader] = []string{x.entry.Stub}
	}
}

// outcomes are header values, made once. Shared: they are never written.
var outcomes = map[simulations.Outcome][]string{
	simulations.OutcomeStub: {string(simulations.OutcomeStub)},
	simulations.OutcomeMiss: {string(simulations.OutcomeMiss)},
}

// The headers that every answer carries.
const (
	outcomeHeader = "Understudy-Outcome"
	stubHeader    = "Understudy-Stub"
)

// decoded returns a copy of the response that has no content coding.
func (res *response) decoded() *response {
	out := *res
	out.header = out.header.Clone()
	out.header.Del("Content-Encoding")
	out.coding = ""
	return &out
}

// maxRecode is the largest stored body whose coding is undone for a client that
// does not take it; a larger one goes out as it was recorded.
const maxRecode = 16 << 20

// maxPlain bounds what a body becomes without its coding; one that becomes more
// goes out as it was recorded.
const maxPlain = 64 << 20

// replyStored streams a body out of the store.
func (e *Engine) replyStored(x *exchange, res *response, stored *simulations.BodyRef) {
	whole, ok, err := e.bodies.whole(x.r.Context(), *stored)
	if ok {
		e.replyWhole(x, res, whole)
		return
	}
	var body io.ReadCloser
	if err == nil {
		body, err = e.store.OpenBody(x.r.Context(), *stored)
	}
	if err != nil {
		x.entry.Error = err.Error()
		x.problem(http.StatusServiceUnavailable, "store", "the stub "+x.entry.Stub+" matched, but its body cannot be read from the store", simulations.OutcomeStub, problemDetails{})
		return
	}
	defer func() { _ = body.Close() }() // it was only read
	if res.coding != "" && stored.Size <= maxRecode && !acceptsCoding(x.r, res.coding) {
		raw, err := io.ReadAll(body)
		if err != nil {
			panic(http.ErrAbortHandler) // nothing was sent yet; the client sees a broken connection
		}
		e.replyWhole(x, res, raw)
		return
	}
	if parts := x.ranges(res, stored.Size); parts != nil {
		e.replyRanges(x, parts, func(p part) (io.ReadCloser, error) { return e.openPart(x.r.Context(), *stored, p) })
		return
	}
	e.replyStream(x, res, body, stored.Size)
}

// openPart reads a part of a stored body.
func (e *Engine) openPart(ctx context.Context, stored simulations.BodyRef, p part) (io.ReadCloser, error) {
	body, err := e.store.OpenBody(ctx, stored)
	if err != nil {
		return nil, err
	}
	if _, err := io.CopyN(io.Discard, body, p.start); err != nil {
		return nil, errors.Join(err, body.Close())
	}
	return &tee{io.LimitReader(body, p.length), body}, nil
}
