package redact

import (
	"strings"

	"understudy/simulations"
)

// Mismatch redacts what a near miss tells of the request: it is shown, and
// journalled, like the request itself.
func (x *Rules) Mismatch(m *simulations.Mismatch) {
	where, name, _ := strings.Cut(m.Field, ".")
	hidden := false
	switch where {
	case "headers":
		hidden = x.HidesHeader(name)
	case "cookies":
		hidden = true
	case "query":
		_, hidden = find(x.queries, name)
	case "url":
		// The query is in it.
		hidden = len(x.queries) > 0
	default:
		// The body, or a place in it: which of them a rule means is not looked into.
		hidden = strings.HasPrefix(m.Field, "body") && len(x.forms)+len(x.paths) > 0
	}
	switch {
	case hidden && m.Actual != "":
		m.Actual = simulations.Mask
	case len(x.regexes) > 0:
		m.Actual, _ = x.path(m.Actual)
	}
}
