package matchers

import (
	"understudy/matchers/jsonpath"
)

// crowd is how many stubs a bucket may have before it is divided.
const crowd = 8

// bucket is stubs that the path, method and collaborator cannot tell apart, in
// order of precedence; or, where they are many, a division of them.
type bucket struct {
	stubs []*Stub
	split *split
}

// split divides a bucket by the place that has the most distinct literals. A
// stub that asks for no literal there is in rest, which is always looked at
// too; both parts may be divided further.
type split struct {
	place place
	path  *jsonpath.Path // of a literalPath
	by    map[uint64]*bucket
	rest  *bucket
	size  int
	// some are the first few of all, for near misses.
	some []*Stub
}

// newBucket makes a bucket of stubs in order of precedence; nil for none.
func newBucket(stubs []*Stub) *bucket {
	if len(stubs) == 0 {
		return nil
	}
	if len(stubs) > crowd {
		if sp := divide(stubs); sp != nil {
			return &bucket{split: sp}
		}
	}
	return &bucket{stubs: stubs}
}

// divide finds the place with the most distinct literals; nil where no place
// has two. A part has one literal there, and the rest none, so that no place is
// chosen twice and every part is smaller than the whole.
func divide(stubs []*Stub) *split {
	distinct := map[place]map[uint64]struct{}{}
	for _, s := range stubs {
		for _, l := range s.literals {
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
	sp := &split{place: best, by: make(map[uint64]*bucket, most), size: len(stubs), some: stubs[:crowd:crowd]}
	if best.what == literalPath {
		sp.path, _ = jsonpath.Compile(best.name) // it was compiled before
	}
	parts := make(map[uint64][]*Stub, most)
	var rest []*Stub
	for _, s := range stubs {
		if h, ok := s.literalAt(best); ok {
			parts[h] = append(parts[h], s)
		} else {
			rest = append(rest, s)
		}
	}
	for h, part := range parts {
		sp.by[h] = newBucket(part)
	}
	sp.rest = newBucket(rest)
	return sp
}

func (s *Stub) literalAt(p place) (uint64, bool) {
	for _, l := range s.literals {
		if l.place == p {
			return l.hash, true
		}
	}
	return 0, false
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

func (sp *split) bodyHash(b *body, s *scope) (uint64, bool) {
	if sp.place.what == literalText {
		return b.textHash(), true
	}
	n, ok := b.asJSON(s)
	if !ok {
		return 0, false
	}
	if sp.place.what == literalJSON {
		return b.jsonHash(), true
	}
	n, ok = sp.path.Get(n)
	if !ok {
		return 0, false
	}
	return hashNode(n)
}
