package matchers

import (
	"slices"

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
	place place
	path  *jsonpath.Path // of a literalPath
	// lengths are those that the literals of a path's end or middle have.
	lengths []int
	by      slots
	rest    slot
	size    int
	// some are the first few of all, for near misses.
	some []uint32
}

// slot makes a place for stubs in order of precedence; 0 for none.
func (b *Builder) slot(stubs []uint32) slot {
	switch {
	case len(stubs) == 0:
		return 0
	case len(stubs) == 1:
		return stubSlot(stubs[0])
	case len(stubs) > crowd:
		if sp := b.divide(stubs); sp != nil {
			return b.bucket(bucket{split: sp})
		}
	}
	return b.bucket(bucket{stubs: stubs})
}

func (b *Builder) bucket(bk bucket) slot {
	b.index.buckets = append(b.index.buckets, bk)
	return slot(len(b.index.buckets)-1) | bucketSlot
}

// divide finds the place with the most distinct literals; nil where no place
// has two. A part has one literal there, and the rest none, so that no place is
// chosen twice and every part is smaller than the whole.
func (b *Builder) divide(stubs []uint32) *split {
	distinct := map[place]map[uint64]struct{}{}
	for _, n := range stubs {
		for _, l := range b.keys[n].literals {
			if distinct[l.place] == nil {
				distinct[l.place] = map[uint64]struct{}{}
			}
			distinct[l.place][l.hash] = struct{}{}
		}
	}
	var best place
	most := 1
	for p, hashes := range distinct {
		if n := len(hashes); n > most || n == most && n > 1 && p.less(best) {
			best, most = p, n
		}
	}
	if most < 2 {
		return nil
	}
	sp := &split{place: best, size: len(stubs), some: slices.Clone(stubs[:crowd])}
	if best.what == literalPath {
		sp.path, _ = strictPaths.compile(best.name) // it was compiled before
	}
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
	sp.by, sp.rest = newSlots(b.slots(&parts)), b.slot(rest)
	return sp
}

func (k *keys) literalAt(p place) (literal, bool) {
	for _, l := range k.literals {
		if l.place == p {
			return l, true
		}
	}
	return literal{}, false
}

// less orders places: those that cost no parsing first.
func (p place) less(q place) bool {
	switch {
	case p.source != q.source:
		return (p.source == fromBody) != (q.source == fromBody) && q.source == fromBody || p.source != fromBody && p.source < q.source
	case p.what != q.what:
		return p.what < q.what
	}
	if p.name == q.name {
		return !p.fold && q.fold
	}
	return p.name < q.name
}

func (p place) String() string {
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
func (sp *split) eachHash(r *Request, s *scope, do func(h uint64)) {
	var texts []string
	switch sp.place.source {
	case fromHost:
		eachText(r.Host, do)
		return
	case fromSession:
		eachText(r.Session, do)
		return
	case fromOrigin:
		eachText(string(r.Origin), do)
		return
	case fromPath:
		sp.eachPiece(r.matchPath(), do)
		return
	case fromAuthority:
		eachText(r.authority(), do)
		return
	case fromURL:
		eachText(r.url(), do)
		return
	case fromQuery:
		texts = r.queryValues(sp.place.name, sp.place.fold)
	case fromHeader:
		texts = trimmed(r.Header[sp.place.name])
	case fromCookie:
		texts = r.cookiePairs().values[sp.place.name]
	case fromBody:
		if r.BodyTruncated || len(r.Body) == 0 {
			return // satisfies no condition that has a literal
		}
		if sp.place.what != literalForm {
			if h, ok := sp.bodyHash(r.content(), s); ok {
				do(h)
			}
			return
		}
		texts = r.content().asForm(s).values[sp.place.name]
	}
	for _, t := range texts {
		eachText(t, do)
	}
}

// eachPiece calls do with the hashes of the path's ends, or of all its pieces,
// that are as long as the literals are.
func (sp *split) eachPiece(path string, do func(h uint64)) {
	for _, n := range sp.lengths {
		from := max(len(path)-n, 0)
		if sp.place.what == literalWithin {
			from = 0
		}
		for ; from+n <= len(path); from++ {
			do(hashOf(hashText, path[from:from+n]))
		}
	}
}

func (sp *split) bodyHash(b *body, s *scope) (uint64, bool) {
	switch sp.place.what {
	case literalText:
		return b.textHash(), true
	case literalPath:
		return b.pathHash(sp.path, s)
	}
	if _, ok := b.asJSON(s); !ok {
		return 0, false
	}
	return b.jsonHash(), true
}
