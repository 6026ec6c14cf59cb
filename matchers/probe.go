package matchers

import (
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/matchers/jsonpath"
)

// probe takes the literals of one place out of a request.
type probe struct {
	place place
	name  string         // the field's
	path  *jsonpath.Path // of a literalPath
	expr  *xpathExpr     // of a literalXPath
	// separator is that of the list of a literalItem.
	separator string
	// lengths are those that pieces have, rising.
	lengths []int
}

func newProbe(p place) probe {
	out := probe{place: p, name: p.name}
	switch p.what {
	case literalPath:
		out.path, _ = strictPaths.compile(p.name) // it was compiled before
	case literalXPath:
		out.expr = xpathOf(p.name)
	case literalItem:
		out.separator, out.name = cutListName(p.name)
	}
	return out
}

// eachHash calls do with the hash of every literal that r has at the place.
func (p *probe) eachHash(r *Request, s *scope, do func(h uint64)) {
	switch {
	case p.place == exactPathPlace:
		do(r.pathHash())
	case p.place == foldedPath:
		do(hashFolded(r.matchPath()))
	case p.place.source == fromPath:
		p.eachPiece(r.matchPath(), s, do)
	case p.place.source == fromBody && p.place.what != literalForm:
		if r.BodyTruncated || len(r.Body) == 0 {
			return // satisfies no condition that has a literal
		}
		p.eachBodyHash(r.content(), s, do)
	default:
		p.eachText(r, s, func(text string) { p.eachOfText(text, s, do) })
	}
}

// scalars is how many scalars the body has as JSON.
func (p *probe) scalars(r *Request, s *scope) int {
	if r.BodyTruncated || len(r.Body) == 0 {
		return 0
	}
	return len(r.content().scalarHashes(p.place.what, s))
}

// sortedHashes are those of eachHash, in order. Shared so do not mutate.
func (p *probe) sortedHashes(r *Request, s *scope) []uint64 {
	if p.place.what == literalMember || p.place.what == literalScalar {
		if r.BodyTruncated || len(r.Body) == 0 {
			return nil
		}
		return r.content().sortedScalars(p.place.what, s)
	}
	var out []uint64
	p.eachHash(r, s, func(h uint64) { out = append(out, h) })
	slices.Sort(out)
	return out
}

// sizeIn is how long, in bytes, what the place is in is about, in a request.
func (p *probe) sizeIn(r *Request) int {
	switch p.place.source {
	case fromBody:
		return len(r.Body)
	case fromHeader, fromCookie:
		name, size := p.name, 0
		if p.place.source == fromCookie {
			name = "Cookie"
		}
		for _, text := range r.Header[name] {
			size += len(text)
		}
		return size
	}
	return len(r.Path) + len(r.RawQuery) + len(r.Host) + len(r.Session)
}

// eachOfText calls do with the hashes of a text, of its pieces or of its items.
func (p *probe) eachOfText(text string, s *scope, do func(h uint64)) {
	switch {
	case p.place.what.isPiece():
		p.eachPiece(text, s, do)
	case p.place.what == literalItem:
		for item := range strings.SplitSeq(text, p.separator) {
			do(hashOf(hashText, strings.TrimSpace(item)))
		}
	default:
		p.place.as.each(text, do)
	}
}

// eachText calls do with every text that r has at the place, which is not the path
// nor a body of another kind than a form.
func (p *probe) eachText(r *Request, s *scope, do func(text string)) {
	var texts []string
	switch p.place.source {
	case fromHost:
		do(r.Host)
	case fromSession:
		do(r.Session)
	case fromOrigin:
		do(string(r.Origin))
	case fromAuthority:
		do(r.authority())
	case fromURL:
		do(r.url())
	case fromQuery:
		texts = r.queryValues(p.name, p.place.fold)
	case fromHeader:
		texts = trimmed(r.Header[p.name])
	case fromCookie:
		texts = r.cookiePairs().values[p.name]
	case fromBody:
		if !r.BodyTruncated && len(r.Body) > 0 {
			texts = r.content().asForm(s).values[p.name]
		}
	}
	for _, t := range texts {
		do(t)
	}
}

// eachScalar calls do with every scalar that r has at the place, as the text of
// literals is, the first few; none where literals there are of another kind.
func (p *probe) eachScalar(r *Request, s *scope, do func(text string)) {
	const most = 8
	switch {
	case p.place.source == fromPath:
	case p.place.source != fromBody || p.place.what == literalForm:
		n := 0
		p.eachText(r, s, func(text string) {
			if n++; n <= most {
				do(text)
			}
		})
	case r.BodyTruncated:
	case p.place.what == literalText:
		const longest = 4 * maxFolded // bytes of which that many letters are made
		do(string(r.content().data[:min(len(r.content().data), longest)]))
	case p.place.what == literalPath && len(r.Body) > 0:
		if n, found, isJSON := r.content().at(p.path, s); isJSON && found {
			if text, is := scalarText(n); is {
				do(text)
			}
		}
	}
}

// eachPiece calls do with the hashes of the text's beginnings, of its ends, or of all
// its pieces, that are as long as the literals are.
func (p *probe) eachPiece(text string, s *scope, do func(h uint64)) {
	if p.place.as == asFolded {
		text = p.foldedPiece(text)
	}
	for _, n := range p.lengths {
		if n > len(text) {
			return // they rise
		}
		switch p.place.what {
		case literalBegin:
			do(hashOf(hashText, text[:n]))
		case literalEnd:
			do(hashOf(hashText, text[len(text)-n:]))
		default:
			eachWindow(text, n, s, do)
		}
	}
}

func eachWindow(text string, length int, s *scope, do func(h uint64)) {
	const polled = 1 << 16
	w := newWindow(text, length)
	do(w.hash())
	for i := length; i < len(text); i++ {
		if i%polled == 0 && s.over() {
			return
		}
		w.move(text[i], text[i-length])
		do(w.hash())
	}
}

// foldedPiece is what the text folds to, as far as the place is in it.
func (p *probe) foldedPiece(text string) string {
	switch p.place.what {
	case literalBegin:
		return string(appendFolded(nil, text, maxPiece))
	case literalEnd:
		const most = (maxPiece + 1) * utf8.UTFMax // the first letter may be cut
		return wholeFold(text[max(0, len(text)-most):])
	}
	return wholeFold(text)
}

func (p *probe) eachBodyHash(b *body, s *scope, do func(h uint64)) {
	switch p.place.what {
	case literalBegin, literalEnd, literalWithin, literalItem:
		p.eachOfText(b.string(), s, do)
	case literalText:
		if p.place.as == asFolded {
			do(hashFolded(b.string()))
		} else {
			do(b.textHash())
		}
	case literalPath:
		if h, ok := b.pathHash(p.path, p.place.as, s); ok {
			do(h)
		}
	case literalMember, literalScalar:
		for _, h := range b.scalarHashes(p.place.what, s) {
			do(h)
		}
	case literalXPath:
		p.eachFound(b, s, do)
	case literalXML:
		if root := b.asLooseXML(s); root != nil {
			do(hashXML(root.element()))
		}
	default:
		if _, ok := b.asJSON(s); ok {
			do(b.jsonHash())
		}
	}
}

// eachFound calls do with the hashes of what the XPath finds.
func (p *probe) eachFound(b *body, s *scope, do func(h uint64)) {
	root := p.expr.document(contentOf(b), s)
	if root == nil {
		return
	}
	found, _ := p.expr.evaluate(root) // nothing where it takes too long
	for i := range found.len() {
		if v := found.at(i); v.kind != jsonValue {
			p.place.as.each(v.string(), do)
		} else if h, ok := p.place.as.node(v.node); ok {
			do(h)
		}
	}
}
