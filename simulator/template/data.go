package template

import (
	"math/rand/v2"
	"time"
)

// Data is what a template may see. Nil parts are empty: a template that uses
// them gets nothing, or an error where it would write.
type Data struct {
	Request Request
	// State is the session's memory.
	State State
	// Session is the session's id.
	Session string
	// Rand is the source of everything random, seeded per session. Nil is a
	// source of its own, seeded at random.
	Rand *rand.Rand
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Tables are the data tables of the simulation, as the session sees them.
	Tables Tables
	// Journal has earlier exchanges.
	Journal Journal
	// Response is the answer that a callback follows; nil but in templates of
	// CompileCallback.
	Response *Response
	// Answer receives what a template says about the answer beside its text.
	Answer *Answer

	// Parameters are WireMock's transformer parameters, and the native
	// {{parameters.x}}: values as encoding/json decodes them.
	Parameters map[string]any
	// Literals and Vars are Hoverfly's; Vars also the native {{variables.x}}.
	Literals, Vars map[string]any
}

// Request is the request that is answered. Its methods are called when a
// template asks, and most of them more than once: what has to be parsed should
// be parsed once. Maps and slices are shared; the template does not write to
// them.
type Request interface {
	// ID identifies the exchange.
	ID() string
	Method() string
	// Scheme is http or https.
	Scheme() string
	// Host is as it was asked for, with the port where one was sent.
	Host() string
	// Path is as it was sent, percent-encoded; RawQuery is without '?'.
	Path() string
	RawQuery() string
	// PathParams are the values that the stub's path template captured.
	PathParams() map[string]string
	// Query, Cookies and Form (the body of an HTML form) are decoded.
	Query() map[string][]string
	Cookies() map[string][]string
	Form() map[string][]string
	// Header has canonical names.
	Header() map[string][]string
	// Body is without its content coding.
	Body() string
	// JSON is the body as encoding/json decodes it, with numbers as
	// json.Number; false where it is no JSON.
	JSON() (any, bool)
	// ClientIP is the address of the client, without port.
	ClientIP() string
}

// State is the memory of a session. It is called under no lock, and by one
// rendering as often as the template says so.
type State interface {
	Get(key string) (value string, ok bool)
	// Set keeps a value; the error says which bound it broke.
	Set(key, value string) error
	// Add adds to a counter and returns its new value.
	Add(counter string, by int64) (int64, error)
}

// Tables are data tables by name, rows of text below a row of column names.
type Tables interface {
	// Rows returns a table with its row of names first. Shared: do not mutate.
	Rows(name string) (rows [][]string, ok bool)
	// Add puts a row at the end of a table. The error says which bound it broke.
	Add(name string, row []string) error
	// Change asks for each row, but that of names, what becomes of it: itself,
	// another row, or nil for none. It returns how many have changed. change does
	// not write to the row it is given, and does not call back.
	Change(name string, change func(row []string) []string) (changed int, err error)
}

// Journal shows earlier exchanges of the session.
type Journal interface {
	// Back shows exchanges, the latest first, until show says no, or until it has
	// looked back far enough. Before bytes of the journal are gone through read is
	// asked; its error, and that of show, end it and are returned.
	Back(read func(bytes int) error, show func(*Past) (more bool, err error)) error
}

// Past is an earlier exchange, as the journal keeps it: redacted, with bodies
// that may be cut. Shared: do not mutate.
type Past struct {
	Request Request
	// Status, Header and Body are the answer's; the body is without its content coding.
	Status int
	Header map[string][]string
	Body   func() string
	Time   time.Time
	// Stub is "simulation/id", "" where none answered; Outcome what became of the
	// request.
	Stub, Outcome string
}

// Answer is what a template sets beside its text.
type Answer struct {
	// Status is 0 where the template sets none.
	Status int
	// Header are the headers to set, by name as it was written.
	Header map[string]string
}
