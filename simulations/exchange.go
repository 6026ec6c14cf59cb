package simulations

import (
	"cmp"
	"fmt"
	"net/http"
	"time"
)

// BodyRef names content in the store.
type BodyRef struct {
	// ID is the SHA-256, in hex, of the content.
	ID string `json:"id" doc:"id,required" pack:"1"`
	// Size is the content's length in bytes.
	Size int64 `json:"size" doc:"size" pack:"2"`
}

// Body is the content of a message as far as it was kept.
type Body struct {
	// Data is what was kept, as it was on the wire (still content-encoded);
	// nil where Stored holds it.
	Data []byte `json:"data,omitempty"`
	// Stored names the content in the store.
	Stored *BodyRef `json:"stored,omitempty"`
	// Size is the length on the wire in bytes, kept or not.
	Size int64 `json:"size"`
	// Truncated marks a body that was kept in part only.
	Truncated bool `json:"truncated,omitempty"`
}

// RequestMessage is a request as it came, after redaction.
type RequestMessage struct {
	Method string `json:"method"`
	// Host is the collaborator's name as asked for: lower case, with port if one was sent.
	Host string `json:"host"`
	// Path is the path as sent, still percent-encoded.
	Path string `json:"path"`
	// Query is the raw query, without '?'.
	Query   string      `json:"query,omitempty"`
	Proto   string      `json:"proto,omitempty"`
	Header  http.Header `json:"headers,omitempty"`
	Trailer http.Header `json:"trailers,omitempty"`
	Body    Body        `json:"body"`
}

// ResponseMessage is a response as it was given, after redaction.
type ResponseMessage struct {
	Status int `json:"status"`
	// StatusText is the reason phrase, where the protocol has one.
	StatusText string      `json:"statusText,omitempty"`
	Proto      string      `json:"proto,omitempty"`
	Header     http.Header `json:"headers,omitempty"`
	Trailer    http.Header `json:"trailers,omitempty"`
	Body       Body        `json:"body"`
	// Chunks is how the body arrived, for bodies of unknown length: at most
	// MaxChunks entries, then the rest counts to the last.
	Chunks []Chunk `json:"chunks,omitempty"`
}

// MaxChunks bounds ResponseMessage.Chunks.
const MaxChunks = 4096

// Chunk is one piece of a body as it arrived.
type Chunk struct {
	// After is the time since the response header.
	After time.Duration `json:"after"`
	Size  int64         `json:"size"`
}

// Exchange is one request and its response, as served or as recorded.
type Exchange struct {
	// ID is the journal's or the log's sequence number, from 1 on, without gaps in the log.
	ID   uint64    `json:"id"`
	Time time.Time `json:"time"`
	// Collaborator is "" for a host that none declares.
	Collaborator string `json:"collaborator,omitempty"`
	Session      string `json:"session"`
	Origin       Origin `json:"origin"`
	// OriginBy says what decided the origin, such as "baggage sd-routing-key".
	OriginBy string `json:"originBy,omitempty"`
	// Transaction is the synthetic transaction's id.
	Transaction string  `json:"transaction,omitempty"`
	Mode        Mode    `json:"mode,omitempty"`
	Outcome     Outcome `json:"outcome"`
	// Reason is one sentence: why the request was answered like this.
	Reason string `json:"reason,omitempty"`
	// Stub is "simulation/id" of the stub that answered, or that was recorded.
	Stub string `json:"stub,omitempty"`
	// Take is the id of the take the exchange was recorded in; 0 for none.
	Take uint64 `json:"take,omitempty"`
	// Latency is the time to the upstream's response header, Duration that to
	// the last byte of the answer.
	Latency  time.Duration `json:"latency,omitempty"`
	Duration time.Duration `json:"duration"`
	// Error says what failed: the upstream, the store.
	Error       string          `json:"error,omitempty"`
	Request     RequestMessage  `json:"request"`
	Response    ResponseMessage `json:"response"`
	Differences []Difference    `json:"differences,omitempty"`
	NearMisses  []NearMiss      `json:"nearMisses,omitempty"`
	// Callback is set of a request that understudy sent itself, as a stub's
	// callback: Collaborator is whom it went to, "" for one that none declares,
	// Request what was sent, Response the last attempt's answer.
	Callback *CallbackResult `json:"callback,omitempty"`
}

// Difference is one place where mode diff saw the upstream differ from the stub.
type Difference struct {
	// Path is "status", "headers.<Name>", "body" or a normalized JSONPath
	// below the body, such as "$['items'][0]['id']".
	Path string `json:"path"`
	// Kind is "changed", "missing" (upstream has it, the stub has not) or
	// "extra" (the stub has it, upstream has not).
	Kind string `json:"kind"`
	// Stub and Upstream are the values as JSON text, cut at 200 characters.
	Stub     string `json:"stub,omitempty"`
	Upstream string `json:"upstream,omitempty"`
}

// NearMiss is a stub that almost answered.
type NearMiss struct {
	// Stub is "simulation/id".
	Stub string `json:"stub"`
	// Score is 0 to 1: the share of the stub's conditions that held, each by its
	// weight (path 10, method 3, others 1; a path that is alike counts in part).
	Score float64 `json:"score"`
	// Failed are the conditions that did not hold.
	Failed []Mismatch `json:"failed"`
}

// String says what the stub asked for in vain, the first of it.
func (n *NearMiss) String() string {
	if len(n.Failed) == 0 {
		return "the nearest is " + n.Stub
	}
	m := &n.Failed[0]
	return fmt.Sprintf("the nearest is %s, which asks for %s %s, and it is %s", n.Stub, m.Field, m.Asked(), cmp.Or(m.Actual, "empty"))
}

// Mismatch is one condition that did not hold.
type Mismatch struct {
	// Field is where: "method", "path", "query.page", "headers.Accept", "body",
	// "body $.amount", "scenario checkout", "times".
	Field string `json:"field"`
	// Operator is the predicate operator that said no.
	Operator string `json:"operator"`
	Expected string `json:"expected"`
	Actual   string `json:"actual"`
}

// Asked says what was asked of the field, for people: the operator and what it
// expected, or whether the field was to be there.
func (m *Mismatch) Asked() string {
	switch {
	case m.Operator == "absent" && m.Expected == "false":
		return "to be there"
	case m.Operator == "absent" && m.Expected == "true":
		return "to be absent"
	}
	return m.Operator + " " + m.Expected
}

// Take is one run of recording: it begins when a collaborator is switched to
// record, or to learn from a mode that does not record.
type Take struct {
	ID           uint64    `json:"id"`
	Collaborator string    `json:"collaborator"`
	Simulation   string    `json:"simulation"`
	Started      time.Time `json:"started"`
	// Exchanges counts what was recorded, Requests the different requests among them.
	Exchanges int `json:"exchanges"`
	Requests  int `json:"requests"`
	// Cut counts exchanges that became no stub, such as one of which a body was
	// kept in part only.
	Cut int `json:"cut,omitempty"`
	// Current marks the take that recording goes on in.
	Current bool `json:"current"`
}

// TakeDifferences compares a take with the one before it for the same
// collaborator, request by request.
type TakeDifferences struct {
	// Before is the take compared with; 0 when there is none.
	Before uint64 `json:"before,omitempty"`
	// New lists stubs of requests that no older take has, Changed those
	// answered otherwise than before, Same counts those answered alike,
	// NotSeen lists those that the take before has and this one has not.
	New     []string `json:"new"`
	Changed []string `json:"changed"`
	NotSeen []string `json:"notSeen"`
	Same    int      `json:"same"`
}

// Recorded is an exchange on its way to, or from, the log.
type Recorded struct {
	// Seq is the log's sequence number; the log sets it.
	Seq uint64
	// Take is the id of the take that the exchange belongs to.
	Take uint64
	// StubID is the id of the stub that the exchange's request makes.
	StubID string
	// Answer identifies the response among those of the same request: equal
	// for answers that count as alike.
	Answer string
	// Again says that the take has an exchange of the same StubID already. It is
	// not kept.
	Again bool
	// Exchange is the whole of it. Its bodies above the store's inline bound
	// are references.
	Exchange *Exchange
}
