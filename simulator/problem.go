package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
)

// problemDetails are those of RFC 9457: its members, which [exchange.problem]
// fills in, and what a kind of problem has beside them.
type problemDetails struct {
	// Type is "urn:understudy:problem:" and the kind of failure.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	*unmet
	Collaborator string `json:"collaborator,omitempty"`
	// Collection and Errors are of what a collection does not do.
	Collection string                   `json:"collection,omitempty"`
	Errors     []simulations.FieldError `json:"errors,omitempty"`
	// Place is that of a template that failed, Line and Column where in it, and
	// Helper the one that did.
	Place  string `json:"place,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Helper string `json:"helper,omitempty"`
}

// unmet is what a miss or a refusal says of the request.
type unmet struct {
	Method  string                 `json:"method"`
	Path    string                 `json:"path"`
	Host    string                 `json:"host"`
	Mode    simulations.Mode       `json:"mode"`
	Nearest []simulations.NearMiss `json:"nearest"`
}

// problem answers with problem details; more has what is beside their own members.
func (x *exchange) problem(status int, kind, detail string, outcome simulations.Outcome, more problemDetails) {
	x.problemWith(nil, status, kind, detail, outcome, more)
}

// problemWith is problem with headers beside its own.
func (x *exchange) problemWith(header http.Header, status int, kind, detail string, outcome simulations.Outcome, more problemDetails) {
	x.entry.Outcome = outcome
	if x.entry.Reason == "" {
		x.entry.Reason = detail
	}
	body := problemDocument(status, kind, detail, more)
	h := x.out.Header()
	clear(h)
	maps.Copy(h, header)
	if x.fault != "" || status == http.StatusRequestTimeout {
		h.Set("Connection", "close")
	}
	markProblem(h)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.mark()
	if err := x.out.whole(status, x.engine.bodyFor(x, body)); err != nil {
		x.failed("the client left: " + err.Error())
	}
}

// problemDocument is the body of a problem.
func problemDocument(status int, kind, detail string, doc problemDetails) []byte {
	doc.Type, doc.Title, doc.Status, doc.Detail = "urn:understudy:problem:"+kind, problemTitles[kind], status, detail
	body, err := json.Marshal(&doc)
	if err != nil {
		return []byte(`{"type":"urn:understudy:problem:internal","status":500}`)
	}
	return body
}

// markProblem says in a header that a problem follows.
func markProblem(h http.Header) {
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
}

var problemTitles = map[string]string{
	"miss":        "No stub answers this request",
	"refused":     "understudy does not forward this request",
	"upstream":    "The collaborator's upstream failed",
	"bad-request": "The request cannot be served",
	"template":    "The template failed",
	"session":     "The session is full",
	"collection":  "The collection does not do this",
	"store":       "The store failed",
	"busy":        "Too many large bodies at once",
	"internal":    "understudy failed",
}

// unanswered is a miss or a refusal: it names the nearest stubs, so that the
// mend is at hand, in a form that no collaborator answers in.
func (x *exchange) unanswered(outcome simulations.Outcome, why string) {
	near := x.snapshot.stubs.Nearest(x.match, 3, x.blocked)
	if x.match.GivenUp() {
		x.abandon()
	}
	for i := range near {
		for j := range near[i].Failed {
			x.rules().Mismatch(&near[i].Failed[j])
		}
	}
	x.entry.NearMisses = near
	x.entry.Reason = why
	if isGRPC(x.r) {
		x.grpcUnimplemented(outcome, why)
		return
	}
	status := x.engine.opts.MissStatus
	who := ""
	if c := x.collaborator; c != nil {
		status, who = c.missStatus, c.name
	}
	x.local = true
	detail := fmt.Sprintf("%s %s: %s", x.r.Method, x.match.Path, why)
	kind := string(outcome)
	more := problemDetails{unmet: &unmet{x.r.Method, x.match.Path, x.host, x.mode, near}, Collaborator: who}
	if len(near) > 0 && len(near[0].Failed) > 0 {
		detail += "; " + near[0].String()
	}
	x.problem(status, kind, detail, outcome, more)
}

// blocked says of a stub that matches why its session does not grant it.
func (x *exchange) blocked(s *matchers.Stub) (simulations.Mismatch, bool) {
	_, why := x.engine.sessions.claim(x.entry.Session, s, answersOf(s), true, nil)
	if why == nil {
		return simulations.Mismatch{}, false
	}
	return *why, true
}

func isGRPC(r *http.Request) bool {
	return r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
}

// grpcUnimplemented is a miss in gRPC's words: a trailers-only answer of status
// 12 (gRPC over HTTP/2, "Responses").
func (x *exchange) grpcUnimplemented(outcome simulations.Outcome, why string) {
	x.entry.Outcome = outcome
	h := x.out.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Grpc-Status", "12")
	h.Set("Grpc-Message", grpcMessage("understudy: "+why))
	x.mark()
	_ = x.out.whole(http.StatusOK, nil) // a client that left needs no answer
}

// grpcMessage percent-encodes as gRPC over HTTP/2 wants Status-Message.
func grpcMessage(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
