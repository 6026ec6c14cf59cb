package matchers

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/matchers/jsonpath"
)

// crowd is how many stubs a bucket may have before it is divided.
const crowd = 8

// bucket is stubs that the path, method and collaborator cannot tell apart, in
// order of precedence; or, where they are many, a division of them.
type bucket struct {
	stubs []uint32
	split *split
}

// split divides a bucket by the place that has the most distinct literals. A
// stub that asks for no literal there is in rest, which is always looked at
// too; both parts may be divided further.
type split struct {
	probe
	by   slots
	rest slot
	size int
	// all are the stubs where the place is not looked for in every request: the parts
	// cannot be told apart then.
	all []uint32
	// near is nil for a part of another division: near misses are looked for among
	// all of them.
	near *likes
}

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

// slot makes a place for stubs in order of precedence; 0 for none.
func (b *Builder) slot(stubs []uint32) slot {
	at, sp, places := b.part(stubs, nil)
	if sp != nil {
		b.beside.Go(func() { sp.near = b.likes(stubs, sp.place, places) })
	}
	return at
}

// part is slot, for a part of others that places are decided for. The division is
// nil where there is none; places are those of its literals.
func (b *Builder) part(stubs []uint32, decided []place) (at slot, sp *split, places []place) {
	switch {
	case len(stubs) == 0:
		return 0, nil, nil
	case len(stubs) == 1:
		return stubSlot(stubs[0]), nil, nil
	case len(stubs) > crowd:
		if sp, places = b.divide(stubs, decided); sp != nil {
			return b.bucket(bucket{split: sp}), sp, places
		}
	}
	return b.bucket(bucket{stubs: stubs}), nil, nil
}

func (b *Builder) bucket(bk bucket) slot {
	b.index.buckets = append(b.index.buckets, bk)
	return slot(len(b.index.buckets)-1) | bucketSlot
}

// divide finds the place with the most distinct literals, but for those that are
// decided; nil where no place has two. The place is decided for the parts: a part has
// one literal there, and the rest none. all are the places that have literals.
func (b *Builder) divide(stubs []uint32, decided []place) (sp *split, all []place) {
	distinct := map[place]map[uint64]struct{}{}
	for _, n := range stubs {
		for _, l := range b.keys[n].literals {
			if slices.Contains(decided, l.place) {
				continue
			}
			if distinct[l.place] == nil {
				distinct[l.place] = map[uint64]struct{}{}
				all = append(all, l.place)
			}
			distinct[l.place][l.hash] = struct{}{}
			if l.also != nil {
				for _, h := range *l.also {
					distinct[l.place][h] = struct{}{}
				}
			}
		}
	}
	var best place
	most := 1
	for p, hashes := range distinct {
		if n := len(hashes); n > most || n == most && n > 1 && p.compare(best) < 0 {
			best, most = p, n
		}
	}
	if most < 2 {
		return nil, nil
	}
	sp = &split{probe: newProbe(best), size: len(stubs)}
	var parts places
	var rest []uint32
	for _, n := range stubs {
		if l, ok := b.keys[n].literalAt(best); ok {
			parts.add(l.hash, n)
			if l.also != nil {
				for _, h := range *l.also {
					parts.add(h, n)
				}
			}
			if l.length > 0 {
				addLength(&sp.lengths, l.length)
			}
		} else {
			rest = append(rest, n)
		}
	}
	decided = append(slices.Clip(decided), best)
	inner := func(stubs []uint32) slot {
		at, _, _ := b.part(stubs, decided)
		return at
	}
	if best.what == literalWithin {
		sp.all = slices.Clone(stubs)
	}
	sp.by, sp.rest = newSlots(parts.slots(inner)), inner(rest)
	return sp, all
}

func (k *keys) literalAt(p place) (literal, bool) {
	for _, l := range k.literals {
		if l.place == p {
			return l, true
		}
	}
	return literal{}, false
}

// compare orders places: those that cost no parsing first.
func (p place) compare(q place) int {
	body := func(p place) int {
		if p.source == fromBody {
			return 1
		}
		return 0
	}
	fold := func(p place) int {
		if p.fold {
			return 1
		}
		return 0
	}
	return cmp.Or(
		body(p)-body(q), cmp.Compare(p.source, q.source), cmp.Compare(p.what, q.what),
		strings.Compare(p.name, q.name), fold(p)-fold(q), cmp.Compare(p.as, q.as), cmp.Compare(p.nth, q.nth),
	)
}

func (p place) String() string {
	what := ""
	switch p.what {
	case literalBegin:
		what = "the beginning of "
	case literalEnd:
		what = "the end of "
	case literalWithin:
		what = "a text in "
	case literalItem:
		what = "an item of "
	}
	return what + p.field() + p.as.String()
}

func (p place) field() string {
	name := p.name
	if p.what == literalItem {
		_, name = cutListName(name)
	}
	switch p.source {
	case fromQuery:
		return "query." + name
	case fromHeader:
		return "headers." + name
	case fromCookie:
		return "cookies." + name
	case fromHost:
		return "host"
	case fromSession:
		return "session"
	case fromOrigin:
		return "origin"
	case fromAuthority:
		return "authority"
	case fromURL:
		return "url"
	}
	if p.source == fromPath {
		return "the path"
	}
	switch p.what {
	case literalJSON:
		return "body as JSON"
	case literalPath:
		return "body " + name
	case literalForm:
		return "body form." + name
	case literalMember:
		return "a member of the body"
	case literalScalar:
		return "a scalar of the body"
	case literalXPath:
		return "body " + xpathOf(p.name).source
	case literalXML:
		return "body as XML"
	}
	return "body"
}

// eachHash calls do with the hash of every literal that r has at the place.
func (p *probe) eachHash(r *Request, s *scope, do func(h uint64)) {
	switch {
	case p.tooLong(r): // who searches sees to it
	case p.place == foldedPath:
		do(hashFolded(r.matchPath()))
	case p.place.source == fromPath:
		p.eachPiece(r.matchPath(), do)
	case p.place.source == fromBody && p.place.what != literalForm:
		if r.BodyTruncated || len(r.Body) == 0 {
			return // satisfies no condition that has a literal
		}
		p.eachBodyHash(r.content(), s, do)
	default:
		p.eachText(r, s, func(text string) { p.eachOfText(text, do) })
	}
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

// maxSearched is how long a value may be, in bytes, to be looked through for pieces.
const maxSearched = 32 << 10

// tooLong reports whether the place is anywhere in a value that is not looked through:
// all stubs may be meant then.
func (p *probe) tooLong(r *Request) bool {
	if p.place.what != literalWithin {
		return false
	}
	size := 0
	switch p.place.source {
	case fromBody:
		size = len(r.Body)
	case fromHeader, fromCookie:
		name := p.name
		if p.place.source == fromCookie {
			name = "Cookie"
		}
		for _, text := range r.Header[name] {
			size += len(text)
		}
	default:
		size = len(r.Path) + len(r.RawQuery)
	}
	return size > maxSearched
}

// eachOfText calls do with the hashes of a text, of its pieces or of its items.
func (p *probe) eachOfText(text string, do func(h uint64)) {
	switch {
	case p.place.what.isPiece():
		p.eachPiece(text, do)
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
				do(p.place.as.shown(text))
			}
		})
	case p.place.what == literalPath && !r.BodyTruncated && len(r.Body) > 0:
		if n, found, isJSON := r.content().at(p.path, s); isJSON && found {
			if text, is := scalarText(n); is {
				do(p.place.as.shown(text))
			}
		}
	}
}

// eachPiece calls do with the hashes of the text's beginnings, of its ends, or of all
// its pieces, that are as long as the literals are.
func (p *probe) eachPiece(text string, do func(h uint64)) {
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
			for from := range len(text) - n + 1 {
				do(hashOf(hashText, text[from:from+n]))
			}
		}
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
		p.eachOfText(b.string(), do)
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
