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
	// Regexes is how often a regular expression ran.
	Regexes int `json:"regexes"`
}

// scope is what the tests of one evaluation share.
type scope struct {
	work Work
	at   time.Time
}

// now is the present, the same for every test of the evaluation.
func (s *scope) now() time.Time {
	if s.at.IsZero() {
		s.at = time.Now()
	}
	return s.at
}
