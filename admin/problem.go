package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"understudy/simulations"
)

// problem is an RFC 9457 problem detail.
type problem struct {
	// Type is "urn:understudy:problem:" and the kind of failure.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Errors name the faults of the input, in the order of the document.
	Errors []simulations.FieldError `json:"errors,omitempty"`
}

const problemType = "application/problem+json"

// kinds maps the codes to statuses; nowhere else are they mapped.
var kinds = map[simulations.Code]struct {
	status int
	title  string
}{
	simulations.CodeInvalid:     {http.StatusBadRequest, "The request is not valid"},
	simulations.CodeNotFound:    {http.StatusNotFound, "There is no such thing"},
	simulations.CodeConflict:    {http.StatusConflict, "The edit does not fit the present state"},
	simulations.CodeStale:       {http.StatusPreconditionFailed, "The condition does not hold"},
	simulations.CodeTooLarge:    {http.StatusRequestEntityTooLarge, "Too large"},
	simulations.CodeUnavailable: {http.StatusServiceUnavailable, "Not available now"},
	simulations.CodeInternal:    {http.StatusInternalServerError, "Understudy failed"},
}

// protocolError is a failure of HTTP itself, which no code of the model means.
type protocolError struct {
	status int
	detail string
	// header is added to the answer, such as Allow.
	header http.Header
}

func (e *protocolError) Error() string { return e.detail }

func refuse(status int, format string, args ...any) *protocolError {
	return &protocolError{status: status, detail: fmt.Sprintf(format, args...)}
}

func (e *protocolError) with(name, value string) *protocolError {
	if e.header == nil {
		e.header = make(http.Header)
	}
	e.header.Set(name, value)
	return e
}

// protocolKinds names the protocol errors in a problem's type.
var protocolKinds = map[int]string{
	http.StatusUnauthorized:         "unauthorized",
	http.StatusForbidden:            "forbidden",
	http.StatusNotFound:             "not-found",
	http.StatusMethodNotAllowed:     "method-not-allowed",
	http.StatusNotAcceptable:        "not-acceptable",
	http.StatusRequestTimeout:       "timeout",
	http.StatusUnsupportedMediaType: "unsupported-media-type",
	http.StatusPreconditionRequired: "precondition-required",
}

// problemOf says what of err a user is told, and whether it is a failure of
// understudy's own, whose cause stays inside and belongs into the log.
func problemOf(err error) (p problem, header http.Header, internal bool) {
	if e, ok := errors.AsType[*protocolError](err); ok {
		kind := protocolKinds[e.status]
		return problem{Type: typeOf(kind), Title: http.StatusText(e.status), Status: e.status, Detail: e.detail}, e.header, false
	}
	if e, ok := errors.AsType[*simulations.Error](err); ok && e.Code != simulations.CodeInternal {
		if kind, ok := kinds[e.Code]; ok {
			p := problem{Type: typeOf(string(e.Code)), Title: kind.title, Status: kind.status, Detail: e.Detail, Errors: e.Fields}
			if kind.status == http.StatusServiceUnavailable {
				header = http.Header{"Retry-After": {"1"}}
			}
			return p, header, false
		}
	}
	kind := kinds[simulations.CodeInternal]
	return problem{
		Type: typeOf(string(simulations.CodeInternal)), Title: kind.title, Status: kind.status,
		Detail: "understudy failed on this request; its log says more",
	}, nil, true
}

func typeOf(kind string) string { return "urn:understudy:problem:" + kind }

// fail answers with err. An answer that has begun cannot be taken back: its
// connection is cut, so that a part is never taken for the whole.
func (s *Server) fail(w *response, r *http.Request, err error) {
	p, header, internal := problemOf(err)
	gone := r.Context().Err() != nil && errors.Is(err, context.Canceled)
	if internal && !gone {
		s.opts.Logger.Error("an admin request failed", "route", w.route, "error", err)
	}
	if w.began() {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for name, values := range header {
		h[name] = values
	}
	h.Del("Etag")
	body, err := json.Marshal(p)
	if err != nil { // strings and numbers: it cannot
		panic(err)
	}
	w.send(p.Status, problemType, append(body, '\n'))
}
