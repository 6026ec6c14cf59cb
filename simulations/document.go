// Package simulations holds understudy's own document, `understudy: v1`: its
// model, the strict codec for YAML and JSON, and the words the other packages
// share (exchange, origin, mode, take, error). It knows nothing of how a
// predicate is evaluated (package matchers) or served (package simulator).
package simulations

import (
	"strconv"
	"strings"
	"time"
)

// Version is the value of a document's `understudy` field.
const Version = "v1"

// Document is one file or one PUT: a named set of stubs and the collaborators
// they stand in for. A Document that has been accepted is shared: do not mutate.
type Document struct {
	// Understudy is the format's version, always [Version].
	Understudy string `doc:"understudy,required"`
	// Name is the simulation's name; where it is absent the reader of a file
	// takes the file's name.
	Name string `doc:"name"`
	// Collaborator is the default of the stubs that name none; "" is any.
	Collaborator string `doc:"collaborator"`
	// Collaborators declares, by name, the services that are stood in for.
	Collaborators map[string]*Collaborator `doc:"collaborators"`
	// Stubs are in written order; of two equally good ones the later is newer.
	Stubs []*Stub `doc:"stubs"`
	// Collections declares, by name, data that requests read and write; what a
	// stub answers does not reach them.
	Collections map[string]*Collection `doc:"collections"`
	// Tables declares, by name, data that the templates of the document read, and
	// change for their session.
	Tables map[string]*Table `doc:"tables"`

	// source is what the document was decoded from, for positions; where it is
	// nil, text is what it can be read from again, with a list at the path of those
	// names. All are nil for a document that was made, or whose origins say where
	// they are.
	source *Value
	text   []byte
	list   []string
	// origins are, for a document that was converted, where in the file that was
	// read its stubs came from.
	origins []Source
}

// Source is a place in another tool's file that a stub was made of.
type Source struct {
	// Pointer is a JSON pointer. Line and Column count from 1; 0 is not known.
	Pointer      string
	Line, Column int32
}

// ConvertedFrom says that the document was made of another tool's file: origins
// has, for each stub, where it came from. What is said of a stub later then names
// that place.
func (doc *Document) ConvertedFrom(origins []Source) { doc.source, doc.origins = nil, origins }

// ConvertedFromText is ConvertedFrom for a file whose text can be read again to
// find the lines of places in it; list are the names that lead to the list that the
// stubs are of. The text must not change.
func (doc *Document) ConvertedFromText(text []byte, list []string, origins []Source) {
	doc.ConvertedFrom(origins)
	doc.text, doc.list = text, list
}

// Locate fills in the line and column of faults whose pointers begin at the
// document's root, where it was decoded from text. Of a converted document it
// brings the pointers into the file that was read, too.
func (doc *Document) Locate(fields []FieldError) []FieldError {
	if len(fields) == 0 {
		return fields
	}
	for i := range fields {
		if f := &fields[i]; doc.origins != nil {
			from, detail := doc.origin(f.Pointer, f.Detail)
			*f = FieldError{Pointer: from.Pointer, Detail: detail, Line: int(from.Line), Column: int(from.Column)}
		}
	}
	switch {
	case doc.source != nil:
		return doc.source.Locate(fields)
	case doc.text != nil:
		return locateIn(doc.text, doc.list, fields)
	}
	return fields
}

// Locate fills in the lines and columns that faults lack of which text was refused,
// the text of a document of understudy's own.
func Locate(text []byte, fields []FieldError) []FieldError {
	return locateIn(text, stubsPath, fields)
}

// LocateWarnings is Locate for warnings.
func (doc *Document) LocateWarnings(warnings []Warning) []Warning {
	if doc.origins != nil {
		for i := range warnings {
			from, detail := doc.origin(warnings[i].Pointer, warnings[i].Detail)
			warnings[i] = Warning{Pointer: from.Pointer, Detail: detail}
		}
	}
	return warnings
}

// origin turns a pointer into the document into a place of the file that it was
// converted from, its beginning where that is not known; what stands below the
// stub goes into the detail.
func (doc *Document) origin(pointer, detail string) (Source, string) {
	whole := Source{Line: 1, Column: 1}
	rest, ok := strings.CutPrefix(pointer, "/stubs/")
	if !ok {
		return whole, strings.TrimPrefix(pointer, "/") + ": " + detail
	}
	index, below, _ := strings.Cut(rest, "/")
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || i >= len(doc.origins) {
		return whole, detail
	}
	if below != "" {
		detail = "as " + below + " of the stub: " + detail
	}
	return doc.origins[i], detail
}

// Collaborator is a real service that the system under test calls.
type Collaborator struct {
	// Hosts are the Host values, without port, that name this collaborator:
	// case-insensitive, `*` stands for any run of characters.
	Hosts []string `doc:"hosts"`
	// Listen is an own port, such as ":9001"; every request there is this
	// collaborator's, whatever its Host.
	Listen string `doc:"listen"`
	// Upstream is the address of the real service: an http or https URL, its
	// path, if any, is put before the request's.
	Upstream string `doc:"upstream"`
	// UpstreamTLS says how an https upstream is trusted.
	UpstreamTLS *UpstreamTLS `doc:"upstreamTLS"`
	// Proxy is the forward proxy for upstream calls; the environment's proxy
	// variables are never obeyed.
	Proxy string `doc:"proxy"`
	// Timeout bounds the wait for the upstream's response header; 0 is the
	// default, 30 s.
	Timeout Duration `doc:"timeout"`
	// PreserveHost sends the caller's Host upstream instead of the upstream's own.
	PreserveHost bool `doc:"preserveHost"`
	// Origin is what an unmarked request counts as here; "" is the listener's default.
	Origin Origin `doc:"origin"`
	// Mode is what happens to this collaborator's traffic; "" is simulate.
	Mode Mode `doc:"mode"`
	// Routes override the mode; the first that fits wins.
	Routes []Route `doc:"routes"`
	// Redact lists what is taken out of an exchange before it is stored,
	// journalled or logged, besides the built-in rules.
	Redact []Redaction `doc:"redact"`
	// RecordInto names the simulation that recorded stubs land in; "" is
	// "<collaborator>-recorded".
	RecordInto string `doc:"recordInto"`
	// Durability is when a recorded answer's last byte reaches the client:
	// "strict" (the default) once the exchange is on disk, "relaxed" at once,
	// with a bounded window of loss.
	Durability Durability `doc:"durability"`
	// MissStatus is the status of a miss and of a refusal; 0 is the default, 501.
	MissStatus int `doc:"missStatus"`
	// Diff says what mode diff leaves out of its comparison.
	Diff *DiffRules `doc:"diff"`
	// Delay and Pace are those of its stubs and collections that say none.
	Delay *Delay `doc:"delay"`
	Pace  *Pace  `doc:"pace"`
	// ShiftDates is that of recorded answers that say nothing of it.
	ShiftDates *DateShift `doc:"shiftDates"`
	// Conditional is as that of its stubs' responses, for all of them.
	Conditional bool `doc:"conditional"`
}

// UpstreamTLS says how an https upstream is trusted.
type UpstreamTLS struct {
	// CA is a PEM bundle, written out, that is trusted instead of the system's.
	CA string `doc:"ca"`
	// ServerName replaces the upstream's host in SNI and verification.
	ServerName string `doc:"serverName"`
	// InsecureSkipVerify accepts any certificate.
	InsecureSkipVerify bool `doc:"insecureSkipVerify"`
}

// DiffRules says what mode diff leaves out of its comparison.
type DiffRules struct {
	// IgnoreHeaders are response header names, case-insensitive, besides the
	// built-in list of volatile ones.
	IgnoreHeaders []string `doc:"ignoreHeaders"`
	// IgnorePaths are JSONPath expressions (RFC 9535) whose nodes are not compared.
	IgnorePaths []string `doc:"ignorePaths"`
}

// Route overrides the mode for the requests that fit all its conditions.
type Route struct {
	Methods []string             `doc:"methods"`
	Path    *Predicate           `doc:"path"`
	Query   map[string]Predicate `doc:"query"`
	Headers map[string]Predicate `doc:"headers"`
	Mode    Mode                 `doc:"mode,required"`
}

// Redaction is one rule; exactly one of the places is set.
type Redaction struct {
	// Header, Cookie, Query and Form are predicates on the field's name: a
	// scalar is the name itself (headers: case-insensitive).
	Header *Predicate `doc:"header"`
	Cookie *Predicate `doc:"cookie"`
	Query  *Predicate `doc:"query"`
	Form   *Predicate `doc:"form"`
	// JSONPath selects nodes of a JSON body (RFC 9535).
	JSONPath string `doc:"jsonPath"`
	// Regex (RE2) is searched in the path, in every value and in text bodies;
	// its first group, or the whole match where it has none, is redacted.
	Regex string `doc:"regex"`
	// As is the action; "" is mask.
	As RedactAs `doc:"as"`
}

// RedactAs is what a redaction rule does to a value.
type RedactAs string

// The actions of a redaction rule.
const (
	// RedactDrop removes the field with its value.
	RedactDrop RedactAs = "drop"
	// RedactMask replaces the value by [Mask].
	RedactMask RedactAs = "mask"
	// RedactToken replaces the value by a keyed HMAC, so that equal values
	// stay equal and the value cannot be had back.
	RedactToken RedactAs = "token"
)

// Mask is what [RedactMask] leaves of a value.
const Mask = "REDACTED"

// Durability is when a recorded answer's last byte may reach the client.
type Durability string

// The durabilities.
const (
	DurabilityStrict  Durability = "strict"
	DurabilityRelaxed Durability = "relaxed"
)

// Stub is a request pattern and the response, or responses, it gets.
type Stub struct {
	// ID is unique in its simulation and stable; made at acceptance when absent.
	ID string `doc:"id" pack:"1"`
	// Collaborator overrides the document's; "" takes the document's.
	Collaborator string `doc:"collaborator" pack:"2"`
	// Priority decides first among stubs that match; higher wins.
	Priority int `doc:"priority" pack:"3"`
	// Specificity, where it is not 0, stands in the order of precedence for
	// what path and fields say otherwise: of stubs of one priority those that
	// state none come first, then the higher, then the newer. Documents of tools
	// with an order of their own are converted with it.
	Specificity int      `doc:"specificity" pack:"11"`
	Labels      []string `doc:"labels" pack:"4"`
	Request     Pattern  `doc:"request" pack:"5"`
	// Response is the one answer; Responses several, given in Order.
	Response  *Response   `doc:"response" pack:"6"`
	Responses []*Response `doc:"responses" pack:"7"`
	Order     Order       `doc:"order" pack:"8"`
	Scenario  *Scenario   `doc:"scenario" pack:"9"`
	// State is what the session's values must be, and what becomes of them.
	State *State `doc:"state" pack:"12"`
	// Times is how often the stub answers per session; 0 is without limit.
	Times int `doc:"times" pack:"10"`
}

// Pattern is what a request must be like; every field that is set must hold.
type Pattern struct {
	// Method lists the methods that fit; none is any.
	Method Strings `doc:"method" pack:"1"`
	// Host is tested against the request's host: lower case, no port, no -shadow.
	Host *Predicate `doc:"host" pack:"2"`
	// Authority is tested against the host and, where the request names one, its
	// port: "pay.example:8080", lower case, no -shadow.
	Authority *Predicate `doc:"authority" pack:"12"`
	// Path as a scalar is exact; {template: …} also captures parameters.
	Path *Predicate `doc:"path" pack:"3"`
	// Params maps a parameter of the path's template to a predicate on what it
	// captures, percent-decoded.
	Params map[string]Predicate `doc:"params" pack:"13"`
	// URL is tested against path and query as they were sent: "/a%20b?c=1".
	URL *Predicate `doc:"url" pack:"14"`
	// Query, Headers and Cookies map a name to a predicate on its values.
	Query map[string]Predicate `doc:"query" pack:"4"`
	// ExactQuery demands that the request has no query pair beyond those that
	// Query names (one each, for hasExactly as many as it lists).
	ExactQuery bool `doc:"exactQuery" pack:"5"`
	// FoldQuery lets the names in Query differ from the request's in the case of
	// their letters.
	FoldQuery bool `doc:"foldQuery" pack:"15"`
	// Join, where it is set, makes one value of the values of a query parameter
	// or a header, joined by it, before a predicate looks at them.
	Join    string               `doc:"join" pack:"16"`
	Headers map[string]Predicate `doc:"headers" pack:"6"`
	Cookies map[string]Predicate `doc:"cookies" pack:"7"`
	Body    *Predicate           `doc:"body" pack:"8"`
	Session *Predicate           `doc:"session" pack:"9"`
	Origin  *Predicate           `doc:"origin" pack:"10"`
	// Any lists patterns of which one at least fits, None patterns of which none
	// does: for conditions on several fields together.
	Any  []Pattern `doc:"any" pack:"17"`
	None []Pattern `doc:"none" pack:"18"`
	// Redacted compares the request as the collaborator's redaction rules
	// leave it; recorded stubs of a collaborator with such rules set it.
	Redacted bool `doc:"redacted" pack:"11"`
}

// Scenario is a state machine per session that a stub takes part in.
type Scenario struct {
	Name string `doc:"name,required" pack:"1"`
	// Requires is the state the scenario must be in; "" is any. Every scenario
	// begins in the state "started".
	Requires string `doc:"requires" pack:"2"`
	// Sets is the state after the answer; "" leaves it.
	Sets string `doc:"sets" pack:"3"`
	// TTL is how long the scenario stays in that state: then it is back at its
	// beginning. 0 is until it is moved.
	TTL Duration `doc:"ttl" pack:"50"`
}

// State is what a stub wants of the session's values, which templates read and
// write too, and what it makes of them. Looking and changing is one step: of
// concurrent requests each sees what the one before it left.
type State struct {
	// Requires maps a key to a predicate on its value; all must hold.
	Requires map[string]Predicate `doc:"requires" pack:"1"`
	// Sets are the values after the answer. A response with Template renders
	// them with the rest; what has a template in it is set once the answer is
	// rendered, and templates of this answer see the values of before.
	Sets map[string]string `doc:"sets" pack:"2"`
	// Removes are the keys that are gone after the answer.
	Removes []string `doc:"removes" pack:"3"`
	// TTL is how long what Sets set stays; 0 is until it is changed.
	TTL Duration `doc:"ttl" pack:"50"`
}

// Bounds of one value of a session, and of a scenario's state, in bytes.
const (
	MaxStateKey      = 500
	MaxStateValue    = 32 << 10
	MaxScenarioState = 1000
)

// ScenarioStart is the state of a scenario that nothing has moved yet.
const ScenarioStart = "started"

// Order is how a stub goes through several responses, per session.
type Order string

// The orders.
const (
	// OrderSequence gives each in turn; the last one stays.
	OrderSequence Order = "sequence"
	// OrderCycle begins again after the last.
	OrderCycle Order = "cycle"
	// OrderRandom draws by weight.
	OrderRandom Order = "random"
)

// Response is an answer, or a fault instead of one. Of the four bodies (Text,
// JSON, Base64, File) and Stored at most one is set.
type Response struct {
	// Status is 200 to 599; 0 is 200.
	Status int `doc:"status" pack:"1"`
	// StatusTemplate, where it is set, is rendered to the status instead; it is
	// written as Status is.
	StatusTemplate string `doc:"status,template" pack:"30"`

	Headers  Headers `doc:"headers" pack:"2"`
	Trailers Headers `doc:"trailers" pack:"3"`
	Text     *string `doc:"text" pack:"4"`
	JSON     *Value  `doc:"json" pack:"5"`
	Base64   *Bytes  `doc:"base64" pack:"6"`
	// File is a path below the folder that the document was read from. A
	// reader of folders turns it into content; the API refuses it.
	File string `doc:"file" pack:"7"`
	// Files are, where Template renders File, what it may be rendered to. A reader
	// of folders puts the files there that have a name like it. Texts among them
	// are templates too. Fallback is the one that is given for a name that is none.
	Files    Files  `doc:"files" pack:"31"`
	Fallback string `doc:"fallback" pack:"32"`
	// Template renders status, headers, trailers, body and delay as Handlebars.
	Template bool `doc:"template" pack:"8"`
	// Dialect is the vocabulary of the templates, "" for understudy's own.
	Dialect Dialect `doc:"dialect" pack:"14"`
	// Parameters are values for the templates, {{parameters.name}}.
	Parameters map[string]*Value `doc:"parameters" pack:"15"`
	// Variables are templates, rendered once for each answer before the others,
	// which see their texts as {{variables.name}}.
	Variables map[string]string `doc:"variables" pack:"16"`
	Delay     *Delay            `doc:"delay" pack:"9"`
	// Fault breaks the connection instead of answering; see [Faults].
	Fault Fault `doc:"fault" pack:"10"`
	// FaultTerms, where it is set, is a fault with terms of its own instead; it is
	// written as Fault is, as an object.
	FaultTerms *FaultTerms `doc:"fault,object" pack:"22"`
	// Repeat gives the response that many times in a sequence or cycle; 0 is once.
	Repeat int `doc:"repeat" pack:"11"`
	// Weight is the response's share when the order is random; 0 is 1.
	Weight int `doc:"weight" pack:"12"`
	// Recording is what the exchange was like that the response was made of.
	Recording *Recording `doc:"recorded" pack:"20"`
	// ShiftDates brings dates to the present; nil is as the collaborator's.
	ShiftDates *DateShift `doc:"shiftDates" pack:"24"`
	// Conditional answers 304 to a request that has the response by its ETag or
	// Last-Modified.
	Conditional bool `doc:"conditional" pack:"23"`
	// Pace spreads the body over time.
	Pace *Pace `doc:"pace" pack:"21"`
	// Callbacks are requests that understudy sends once the answer has been
	// given, or broken off by the fault, at most [MaxCallbacks].
	Callbacks []*Callback `doc:"callbacks" pack:"40"`

	// Stored is the content where it lives in the store instead of in the
	// document; encoding a document reads it in.
	Stored *BodyRef `doc:"stored,internal" pack:"13"`
}

// Dialect is a vocabulary of templates.
type Dialect string

// The dialects beside understudy's own.
const (
	DialectHoverfly Dialect = "hoverfly"
	DialectWireMock Dialect = "wiremock"
)

// Delay is a wait before the answer: Fixed, and on top of it at most one of a
// draw and the recorded latency. No delay is longer than [MaxDelay].
type Delay struct {
	Fixed Duration `doc:"fixed" pack:"1"`
	// FixedTemplate, where it is set, is rendered to the fixed wait instead; it
	// is written as Fixed is.
	FixedTemplate string `doc:"fixed,template" pack:"30"`

	Uniform   *Uniform   `doc:"uniform" pack:"2"`
	Lognormal *Lognormal `doc:"lognormal" pack:"3"`
	// Recorded is the latency of the response's Recording, where it has one.
	Recorded *RecordedTiming `doc:"recorded" pack:"20"`
	// Force delays shadow and synthetic traffic too.
	Force bool `doc:"force" pack:"21"`
}

// MaxDelay bounds every delay: what is longer is cut to it.
const MaxDelay = time.Hour

// Uniform draws evenly between Min and Max.
type Uniform struct {
	Min Duration `doc:"min" pack:"1"`
	Max Duration `doc:"max,required" pack:"2"`
}

// Lognormal draws by a median and either a 99th percentile or a sigma (of the
// underlying normal distribution). What is drawn is brought between Min and Max.
type Lognormal struct {
	Median Duration `doc:"median,required" pack:"1"`
	P99    Duration `doc:"p99" pack:"2"`
	Sigma  float64  `doc:"sigma" pack:"3"`
	Min    Duration `doc:"min" pack:"4"`
	// Max is 0 for the bound of all delays, [MaxDelay].
	Max Duration `doc:"max" pack:"5"`
}

// Fault is a way of not answering.
type Fault string

// The faults.
const (
	// FaultReset closes the connection with a TCP reset.
	FaultReset Fault = "connection-reset"
	// FaultEmpty closes the connection without a byte.
	FaultEmpty Fault = "empty-response"
	// FaultMalformedChunk sends the header, then a chunk that is none.
	FaultMalformedChunk Fault = "malformed-chunk"
	// FaultRandomData sends bytes that are no HTTP, then closes.
	FaultRandomData Fault = "random-data"
	// FaultTruncated sends the header and half the body, then closes.
	FaultTruncated Fault = "truncated-body"
	// FaultTimeout never answers; it ends when the client does, or after [MaxFault].
	FaultTimeout Fault = "timeout"
	// FaultSlowHeaders sends the header byte by byte over [MaxFault], then the
	// body at once.
	FaultSlowHeaders Fault = "slow-headers"
)

// FaultTerms is a fault with what else is said of it.
type FaultTerms struct {
	Kind Fault `doc:"kind,required" pack:"1"`
	// Probability is the share of answers, 0 to 1, that have the fault; nil is 1.
	// The others are the response's own.
	Probability *float64 `doc:"probability" pack:"2"`
	// Over is how long a timeout or the slow headers take; 0 is [MaxFault].
	Over Duration `doc:"over" pack:"3"`
}

// MaxFault is the longest that a fault lasts.
const MaxFault = time.Minute

// Terms are those of the response's fault, nil where it has none.
func (r *Response) Terms() *FaultTerms {
	if r.FaultTerms == nil && r.Fault != "" {
		return &FaultTerms{Kind: r.Fault}
	}
	return r.FaultTerms
}

// Mode is what happens to a collaborator's traffic.
type Mode string

// The modes; what each does is the table in package simulator.
const (
	ModeSimulate Mode = "simulate"
	ModeRecord   Mode = "record"
	ModeSpy      Mode = "spy"
	ModeLearn    Mode = "learn"
	ModeForward  Mode = "forward"
	ModeDiff     Mode = "diff"
)

// Origin is where a request came from.
type Origin string

// The origins.
const (
	OriginLive      Origin = "live"
	OriginShadow    Origin = "shadow"
	OriginSynthetic Origin = "synthetic"
	OriginUnknown   Origin = "unknown"
)

// Contained reports whether requests of this origin are kept from where they would
// change data: nobody real has made them.
func (o Origin) Contained() bool { return o == OriginShadow || o == OriginSynthetic }

// Outcome is what became of a request; it stands in the answer's
// Understudy-Outcome header.
type Outcome string

// The outcomes.
const (
	OutcomeStub      Outcome = "stub"
	OutcomeForwarded Outcome = "forwarded"
	OutcomeRecorded  Outcome = "recorded"
	OutcomeMiss      Outcome = "miss"
	OutcomeRefused   Outcome = "refused"
)

// The outcomes of callbacks, which are in the journal beside the exchanges.
const (
	// OutcomeCallbackSent is one that was answered as expected.
	OutcomeCallbackSent Outcome = "callback-sent"
	// OutcomeCallbackFailed is one whose attempts all failed.
	OutcomeCallbackFailed Outcome = "callback-failed"
	// OutcomeCallbackRefused is one that may not leave.
	OutcomeCallbackRefused Outcome = "callback-refused"
	// OutcomeCallbackDropped is one that there was no room or no time for.
	OutcomeCallbackDropped Outcome = "callback-dropped"

	// OutcomeCallback stands, in filters, for all four.
	OutcomeCallback Outcome = "callback"
)

// Outcomes lists those that requests have, then those of callbacks, and last
// what a filter asks for all of these with.
func Outcomes() []string {
	return []string{
		string(OutcomeStub), string(OutcomeForwarded), string(OutcomeRecorded), string(OutcomeMiss), string(OutcomeRefused),
		string(OutcomeCallbackSent), string(OutcomeCallbackFailed), string(OutcomeCallbackRefused), string(OutcomeCallbackDropped),
		string(OutcomeCallback),
	}
}

// OfCallback reports whether the outcome is a callback's.
func (o Outcome) OfCallback() bool { return strings.HasPrefix(string(o), string(OutcomeCallback)) }

// Is reports whether the outcome is what a filter asks for.
func (o Outcome) Is(asked Outcome) bool {
	return o == asked || asked == OutcomeCallback && o.OfCallback()
}

// Duration is written as Go writes one: "20ms", "1m30s".
type Duration time.Duration

// Strings is written as one string or as a list of them.
type Strings []string

// Headers maps a name to its values; one value is written as a string.
type Headers map[string][]string

// Bytes is written in standard base64.
type Bytes []byte

// Simulation is a Document as the catalog keeps it.
type Simulation struct {
	// Name is the catalog's key; it equals Document.Name.
	Name string
	// Revision is the catalog's revision at the simulation's last change.
	Revision uint64
	// Collaborator is the default of stubs put later.
	Collaborator string
	// Declares lists, sorted, the collaborators that the document declared.
	Declares []string
	// Stubs are in order of age, oldest first.
	Stubs []PackedStub
	// Declared are the collections, whose Collaborator is resolved, and the
	// tables. Shared: do not mutate.
	Declared
}

// StoredStub is a stub with its age. Its Stub.Collaborator is resolved.
type StoredStub struct {
	*Stub
	// Revision is the catalog's revision at which the stub was put, Position its
	// place in that change: together they order stubs by age, newest highest.
	Revision uint64
	Position uint32
	// Packed is what AppendPacked makes of the stub, "" where it is not at hand:
	// who sets it saves the store from doing it again, who changes the stub clears it.
	Packed string
}
