package matchers

import (
	"net/textproto"
	"strings"

	"understudy/matchers/internal/decimal"
	"understudy/matchers/jsonpath"
	"understudy/simulations"
)

// Answerer makes the answers of a plain stub ready.
type Answerer func(*simulations.Plain) any

// Most stubs are plain, and of a million most requests lead to one that nobody
// has asked for lately. Such a stub is held against the request as it lies on
// the shelf, and only what it answers is made ready: to unpack and to compile
// it, only to let go of it again, cost more than all else that understudy does
// for a request. What it says is what the compiled stub says; tests hold them
// equal.

// isPlain reports whether a stub can be matched in its packed form.
func isPlain(packed string) bool {
	var p simulations.Plain
	if !simulations.UnpackPlain(packed, &p) || !strings.HasPrefix(p.Path, "/") {
		return false
	}
	for i := range p.Count {
		if c := &p.Conditions[i]; c.Where == simulations.PlainJSONPath {
			if path, err := strictPaths.compile(c.Name); err != nil || !path.Singular() {
				return false
			}
		}
	}
	return true
}

// plainMatches reports whether a plain stub, whose collaborator and method are
// the request's, matches it.
func plainMatches(p *simulations.Plain, r *Request) bool {
	if path := r.matchPath(); path != p.Path && (strings.IndexByte(p.Path, '%') < 0 || path != matchForm(p.Path)) {
		return false
	}
	for i := range p.Count {
		if !plainHolds(&p.Conditions[i], r) {
			return false
		}
	}
	return true
}

func plainHolds(c *simulations.PlainCondition, r *Request) bool {
	want := equals{kind: c.Kind, text: c.Text, inText: c.Where != simulations.PlainJSONPath}
	if c.Kind == simulations.Number {
		want.text = decimal.Canonical(c.Text)
	}
	var texts []string
	switch c.Where {
	case simulations.PlainQuery:
		texts = r.queryPairs().values[c.Name]
	case simulations.PlainHeader:
		texts = trimmed(r.Header[textproto.CanonicalMIMEHeaderKey(c.Name)])
	case simulations.PlainCookie:
		texts = r.cookiePairs().values[c.Name]
	case simulations.PlainJSONPath:
		path, err := strictPaths.compile(c.Name)
		return err == nil && plainAt(&want, path, r)
	}
	for _, t := range texts {
		if want.holds(textOf(t), &r.scope) {
			return true
		}
	}
	return false
}

func plainAt(want *equals, path *jsonpath.Path, r *Request) bool {
	if r.BodyTruncated || len(r.Body) == 0 {
		return false
	}
	n, found, isJSON := r.content().at(path, &r.scope)
	return isJSON && found && want.equalsNode(n)
}

// plain makes of a plain stub what an answer needs.
func (x *Index) plain(p *simulations.Plain, number uint32) *Stub {
	return &Stub{
		ID: p.ID, Simulation: x.simulation, Collaborator: p.Collaborator, Answers: x.answer(p),
		refs: [1]string{x.simulation + "/" + p.ID}, index: x, number: number,
	}
}
