package matchers

import (
	"cmp"
	"strings"

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
	// near is nil for a part of another division: near misses are looked for among
	// all of them.
	near *likes
}

// probe takes the literals of one place out of a request.
type probe struct {
	place place
	path  *jsonpath.Path // of a literalPath
	// lengths are those that the literals of a path's end or middle have.
	lengths []int
}

func newProbe(p place) probe {
	out := probe{place: p}
	if p.what == literalPath {
		out.path, _ = strictPaths.compile(p.name) // it was compiled before
	}
	return out
}

// slot makes a place for stubs in order of precedence; 0 for none.
func (b *Builder) slot(stubs []uint32) slot {
	at, sp, places := b.part(stubs)
	if sp != nil {
		b.beside.Go(func() { sp.near = b.likes(stubs, sp.place, places) })
	}
	return at
}

// part is slot, for a part of other stubs too. The division is nil where there is
// none; places are those of its literals.
func (b *Builder) part(stubs []uint32) (at slot, sp *split, places []place) {
	switch {
	case len(stubs) == 0:
		return 0, nil, nil
	case len(stubs) == 1:
		return stubSlot(stubs[0]), nil, nil
	case len(stubs) > crowd:
		if sp, places = b.divide(stubs); sp != nil {
			return b.bucket(bucket{split: sp}), sp, places
		}
	}
	return b.bucket(bucket{stubs: stubs}), nil, nil
}

func (b *Builder) bucket(bk bucket) slot {
	b.index.buckets = append(b.index.buckets, bk)
	return slot(len(b.index.buckets)-1) | bucketSlot
}

// divide finds the place with the most distinct literals; nil where no place
// has two. A part has one literal there, and the rest none, so that no place is
// chosen twice and every part is smaller than the whole. all are the places that
// have literals.
func (b *Builder) divide(stubs []uint32) (sp *split, all []place) {
	distinct := map[place]map[uint64]struct{}{}
	for _, n := range stubs {
		for _, l := range b.keys[n].literals {
			if distinct[l.place] == nil {
				distinct[l.place] = map[uint64]struct{}{}
				all = append(all, l.place)
			}
			distinct[l.place][l.hash] = struct{}{}
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
			if l.length > 0 {
				addLength(&sp.lengths, l.length)
			}
		} else {
			rest = append(rest, n)
		}
	}
	inner := func(stubs []uint32) slot {
		at, _, _ := b.part(stubs)
		return at
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

func (p place) String() string { return p.field() + p.as.String() }

func (p place) field() string {
	switch p.source {
	case fromQuery:
		return "query." + p.name
	case fromHeader:
		return "headers." + p.name
	case fromCookie:
		return "cookies." + p.name
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
	if p == foldedPath {
		return "path"
	}
	switch p.what {
	case literalJSON:
		return "body as JSON"
	case literalPath:
		return "body " + p.name
	case literalForm:
		return "body form." + p.name
	case literalEnd:
		return "the path's end"
	case literalWithin:
		return "a text in the path"
	}
	return "body"
}

// eachHash calls do with the hash of every literal that r has at the place.
func (p *probe) eachHash(r *Request, s *scope, do func(h uint64)) {
	switch {
	case p.place == foldedPath:
		do(hashFolded(r.matchPath()))
	case p.place.source == fromPath:
		p.eachPiece(r.matchPath(), do)
	case p.place.source == fromBody && p.place.what != literalForm:
		if r.BodyTruncated || len(r.Body) == 0 {
			return // satisfies no condition that has a literal
		}
		if h, ok := p.bodyHash(r.content(), s); ok {
			do(h)
		}
	default:
		p.eachText(r, s, func(text string) { p.place.as.each(text, do) })
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
		texts = r.queryValues(p.place.name, p.place.fold)
	case fromHeader:
		texts = trimmed(r.Header[p.place.name])
	case fromCookie:
		texts = r.cookiePairs().values[p.place.name]
	case fromBody:
		if !r.BodyTruncated && len(r.Body) > 0 {
			texts = r.content().asForm(s).values[p.place.name]
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

// eachPiece calls do with the hashes of the path's ends, or of all its pieces,
// that are as long as the literals are.
func (p *probe) eachPiece(path string, do func(h uint64)) {
	for _, n := range p.lengths {
		from := max(len(path)-n, 0)
		if p.place.what == literalWithin {
			from = 0
		}
		for ; from+n <= len(path); from++ {
			do(hashOf(hashText, path[from:from+n]))
		}
	}
}

func (p *probe) bodyHash(b *body, s *scope) (uint64, bool) {
	switch p.place.what {
	case literalText:
		if p.place.as == asFolded {
			return hashFolded(b.string()), true
		}
		return b.textHash(), true
	case literalPath:
		return b.pathHash(p.path, p.place.as, s)
	}
	if _, ok := b.asJSON(s); !ok {
		return 0, false
	}
	return b.jsonHash(), true
}
