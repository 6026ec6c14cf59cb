package matchers

import "time"

// Work counts what was done for one request.
type Work struct {
	// Candidates is how many stubs were tried.
	Candidates int `json:"candidates"`
	// Bodies is how often a body was parsed, as whatever.
	Bodies int `json:"bodies"`
	// Leaves is how often the leaves of a JSON body were gathered.
	Leaves int `json:"leaves"`
	// Paths is how often a body was searched with a JSONPath that may find several
	// values.
	Paths int `json:"paths"`
	// Regexes is how often a regular expression ran.
	Regexes int `json:"regexes"`
}

// scope is what the tests of one evaluation share.
type scope struct {
	work Work
	at   time.Time
	// ctx ends searches; nil for never.
	ctx ender
	// searching says that a search is under way. Only then ctx counts: a pattern that
	// is asked for itself, such as a route's, is answered whatever the client does.
	searching bool
	// ended says that a search was given up.
	ended bool
}

// An ender says by an error when a search is to end, as a [context.Context] does.
type ender interface{ Err() error }

// now is the present, the same for every test of the evaluation.
func (s *scope) now() time.Time {
	if s.at.IsZero() {
		s.at = time.Now()
	}
	return s.at
}

// costPolled is the cost from which on a test may take so long that the context is
// looked at before it.
const costPolled = CostPattern

// over reports whether the search under way is to end. From then on tests of
// costPolled do not hold, and what is made of them means nothing.
func (s *scope) over() bool {
	if !s.searching || s.ctx == nil {
		return false
	}
	s.ended = s.ended || s.ctx.Err() != nil
	return s.ended
}

// polled is how many candidates are tried without a look at the context, where
// none of their tests has that cost.
const polled = 64

// next counts a candidate; false where the search is to end before it.
func (s *scope) next() bool {
	s.work.Candidates++
	return !s.ended && (s.work.Candidates%polled != 0 || !s.over())
}
