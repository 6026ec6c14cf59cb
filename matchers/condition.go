package matchers

import (
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

// source is the part of a request that a condition looks at.
type source uint8

const (
	fromMethod source = iota
	fromHost
	fromPath
	fromQuery
	fromHeader
	fromCookie
	fromBody
	fromSession
	fromOrigin
	fromQueryNames // exactQuery
	fromParam      // of the path's template
	fromURL
	fromAuthority
	fromPatterns // any and none
)

// condition is one constrained field of a pattern.
type condition struct {
	source source
	name   string // of the query parameter, header or cookie
	label  string // what a mismatch calls the field
	cost   Cost

	predicate *Predicate
	methods   []string
	// fold lets the name differ in the case of its letters.
	fold bool
	// cutHolds is set for the only body predicate that a cut body satisfies.
	cutHolds bool
	*special // nil for most
}

// special is what few conditions have. It lies apart since most conditions are
// made for one request, and small ones in less time.
type special struct {
	// limits is, for exactQuery, how often each name may stand.
	limits map[string]int
	// join makes one value of several.
	join string
	// patterns are those of any, or of none.
	patterns []*Pattern
	none     bool
	// template captures the parameter.
	template *template
}

// joint is what makes one value of several, "" for nothing.
func (c *condition) joint() string {
	if c.special == nil {
		return ""
	}
	return c.join
}

func (c *condition) holds(r *Request, s *scope) bool {
	switch c.source {
	case fromMethod:
		return slices.Contains(c.methods, r.Method)
	case fromQueryNames:
		return c.surplus(r) == ""
	case fromPatterns:
		return slices.ContainsFunc(c.patterns, func(p *Pattern) bool { return p.fits(r, s) }) != c.none
	case fromBody:
		if r.BodyTruncated {
			return c.cutHolds
		}
	}
	return c.predicate.holds(c.field(r), s)
}

func (c *condition) field(r *Request) field {
	switch c.source {
	case fromHost:
		return one(textOf(r.Host))
	case fromPath:
		return one(textOf(r.matchPath()))
	case fromQuery:
		return c.joined(r.queryValues(c.name, c.fold))
	case fromHeader:
		return c.joined(trimmed(r.Header[c.name]))
	case fromCookie:
		return field{texts: r.cookiePairs().values[c.name]}
	case fromBody:
		return one(contentOf(r.content()))
	case fromSession:
		return one(textOf(r.Session))
	case fromOrigin:
		return one(textOf(string(r.Origin)))
	case fromParam:
		if v, ok := c.template.capture(r.matchPath())[c.name]; ok {
			return one(textOf(v))
		}
	case fromAuthority:
		return one(textOf(r.authority()))
	case fromURL:
		return one(textOf(r.url()))
	}
	return field{}
}

func (c *condition) joined(values []string) field {
	if joint := c.joint(); joint != "" && len(values) > 1 {
		return one(textOf(strings.Join(values, joint)))
	}
	return field{texts: values}
}

// trimmed are header values without the spaces around them, which are no part
// of them (RFC 9110 section 5.5). Those that net/http has read have none.
func trimmed(values []string) []string {
	for i, v := range values {
		if t := strings.Trim(v, " \t"); len(t) != len(v) {
			values = slices.Clone(values)
			for j := i; j < len(values); j++ {
				values[j] = strings.Trim(values[j], " \t")
			}
			break
		}
	}
	return values
}

// surplus names a query pair beyond those allowed; "" where there is none.
func (c *condition) surplus(r *Request) string {
	q := r.queryPairs()
	counts := make(map[string]int, len(q.names))
	for _, name := range q.names {
		key := name
		if c.fold {
			key = strings.ToLower(name)
		}
		if counts[key] += len(q.values[name]); counts[key] > c.limits[key] {
			if c.limits[key] > 0 {
				return name + " (" + strconv.Itoa(counts[key]) + " times)"
			}
			return strconv.Quote(name)
		}
	}
	return ""
}

// alternatives reports whether one of the condition's patterns has to fit.
func (c *condition) alternatives() bool { return c.source == fromPatterns && !c.none }

// mismatches says why the condition, which does not hold, does not: once, but of
// alternatives all that stops the closest.
func (c *condition) mismatches(r *Request, s *scope) []simulations.Mismatch {
	if c.alternatives() {
		return closest(c.patterns, r, s).failed
	}
	return []simulations.Mismatch{c.mismatch(r, s)}
}

// mismatch is that of a condition that names no alternatives.
func (c *condition) mismatch(r *Request, s *scope) simulations.Mismatch {
	m := simulations.Mismatch{Field: c.label}
	switch {
	case c.source == fromMethod:
		m.Operator, m.Expected, m.Actual = "equals", strings.Join(c.methods, ", "), r.Method
	case c.source == fromQueryNames:
		m.Operator, m.Expected, m.Actual = "exactQuery", "no other query parameter", cut(c.surplus(r))
	case c.source == fromPatterns:
		m.Operator, m.Expected, m.Actual = c.label, "none of its patterns to fit", "one fits"
	case c.source == fromBody && r.BodyTruncated:
		m.Operator, m.Actual = "body", "a body that was too long to keep whole"
		m.Expected = "a body that can be compared"
	default:
		c.predicate.explain(c.field(r), s, &m)
	}
	return m
}
