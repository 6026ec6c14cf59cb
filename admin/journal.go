package admin

import (
	"net/http"
	"strings"

	"understudy/simulations"
)

// Bounds of a page of the journal, and of a list of stubs.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// filter reads the journal filters of the query.
func (c *call) filter() simulations.JournalFilter {
	return simulations.JournalFilter{
		After: c.number("after"), Latest: c.value("after") == "", Limit: int(c.number("limit")),
		Collaborator: c.value("collaborator"), Session: c.value("session"),
		Origin: simulations.Origin(c.value("origin")), Outcome: simulations.Outcome(c.value("outcome")),
		Method: c.value("method"), Path: c.value("path"), Cause: c.number("cause"),
	}
}

func (c *call) listJournal() error {
	page, err := c.opts.Engine.Journal(c.r.Context(), c.filter())
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, viewPage(page))
}

func (c *call) clearJournal() error {
	c.opts.Engine.ClearJournal()
	return c.empty()
}

func (c *call) getExchange() error {
	e, err := c.opts.Engine.JournalEntry(c.number("id"))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, viewExchange(e))
}

// journalFilter are the filters as members of a body.
type journalFilter struct {
	After        uint64              `json:"after,omitempty" help:"Only exchanges with a greater id."`
	Collaborator string              `json:"collaborator,omitempty"`
	Session      string              `json:"session,omitempty"`
	Origin       simulations.Origin  `json:"origin,omitempty"`
	Outcome      simulations.Outcome `json:"outcome,omitempty"`
	Method       string              `json:"method,omitempty"`
	Path         string              `json:"path,omitempty" help:"An exact path or, with '*' in it, a path glob."`
	Cause        uint64              `json:"cause,omitempty" help:"Only the callbacks that followed the exchange of this id."`
}

func (f *journalFilter) model() simulations.JournalFilter {
	return simulations.JournalFilter{
		After: f.After, Collaborator: f.Collaborator, Session: f.Session,
		Origin: f.Origin, Outcome: f.Outcome, Method: f.Method, Path: f.Path, Cause: f.Cause,
	}
}

// searchRequest is the body of a search.
type searchRequest struct {
	Request *simulations.Pattern `json:"request,omitempty" help:"What the requests must be like."`
	Limit   *int                 `json:"limit,omitempty" help:"How many exchanges at most, 1 to 1000; 100 by default."`
	journalFilter
}

func (c *call) searchJournal() error {
	data, err := c.body()
	if err != nil {
		return err
	}
	var ask searchRequest
	v, err := decodeStrict(data, &ask)
	if err != nil {
		return err
	}
	filter := ask.model()
	filter.Request, filter.Limit = ask.Request, defaultLimit
	if ask.Limit != nil {
		if filter.Limit = *ask.Limit; filter.Limit < 1 || filter.Limit > maxLimit {
			return invalidBody(v.Locate([]simulations.FieldError{{Pointer: "/limit", Detail: "is not from 1 to 1000"}}))
		}
	}
	page, err := c.opts.Engine.Journal(c.r.Context(), filter)
	if err != nil {
		return located(err, v.Locate)
	}
	return c.json(http.StatusOK, viewPage(page))
}

// maxPatterns bounds the patterns of one verification.
const maxPatterns = 100

// verifyRequest is the body of a verification.
type verifyRequest struct {
	Request  *simulations.Pattern   `json:"request,omitempty" help:"What the requests must be like; or requests."`
	Requests []*simulations.Pattern `json:"requests,omitempty" help:"Several patterns, at most 100, each counted by itself."`
	Exactly  *int                   `json:"exactly,omitempty" help:"How many exchanges must match."`
	AtLeast  *int                   `json:"atLeast,omitempty" help:"How many exchanges must match at least; 1 when no number is given."`
	AtMost   *int                   `json:"atMost,omitempty" help:"How many exchanges may match at most."`
	InOrder  bool                   `json:"inOrder,omitempty" help:"Each of the requests must be met after the one before."`
	journalFilter
}

// check returns what is wrong across the members.
func (a *verifyRequest) check() (faults []simulations.FieldError) {
	fault := func(pointer, detail string) {
		faults = append(faults, simulations.FieldError{Pointer: pointer, Detail: detail})
	}
	switch {
	case a.Request == nil && len(a.Requests) == 0:
		fault("", "a verification has a request, or requests")
	case a.Request != nil && len(a.Requests) > 0:
		fault("/requests", "a verification has either request or requests")
	case len(a.Requests) > maxPatterns:
		fault("/requests", "a verification has at most 100 requests")
	}
	if a.Exactly != nil && (a.AtLeast != nil || a.AtMost != nil) {
		fault("/exactly", "exactly stands alone, without atLeast and atMost")
	}
	if a.AtLeast != nil && a.AtMost != nil && *a.AtLeast > *a.AtMost {
		fault("/atLeast", "atLeast is more than atMost")
	}
	return faults
}

// asWritten makes pointers into a lone pattern, which is the first of several to
// the engine, say what the body says.
func (a *verifyRequest) asWritten(fields []simulations.FieldError) []simulations.FieldError {
	lone, first := "/request", "/requests/0"
	from, to := first, lone
	if a.Request == nil {
		from, to = lone, first
	}
	for i, f := range fields {
		if rest, ok := strings.CutPrefix(f.Pointer, from); ok && (rest == "" || rest[0] == '/') {
			fields[i].Pointer = to + rest
		}
	}
	return fields
}

func (c *call) verifyJournal() error {
	data, err := c.body()
	if err != nil {
		return err
	}
	var ask verifyRequest
	v, err := decodeStrict(data, &ask)
	if err != nil {
		return err
	}
	if faults := ask.check(); len(faults) > 0 {
		return invalidBody(v.Locate(faults))
	}
	verification := &simulations.Verification{
		Requests: ask.Requests, Exactly: ask.Exactly, AtLeast: ask.AtLeast, AtMost: ask.AtMost,
		InOrder: ask.InOrder, Filter: ask.model(),
	}
	if ask.Request != nil {
		verification.Requests = []*simulations.Pattern{ask.Request}
	}
	verified, err := c.opts.Engine.Verify(c.r.Context(), verification)
	if err != nil {
		return located(err, func(fields []simulations.FieldError) []simulations.FieldError {
			return v.Locate(ask.asWritten(fields))
		})
	}
	return c.json(http.StatusOK, verified)
}
