package matchers

import "slices"

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
	// all are the stubs, where to look for the place may be dearer than to try them.
	all []uint32
	// near is nil for a part of another division: near misses are looked for among
	// all of them.
	near *likes
}

// slot makes a place for stubs in order of precedence; 0 for none.
func (b *Builder) slot(stubs []uint32) slot {
	at, sp, places := b.part(stubs, nil)
	if sp != nil {
		b.beside.Go(func() { sp.near = b.likes(stubs, sp.place, places) })
	}
	return at
}

// part is slot, for a part of others that places are decided for. It divides the
// stubs by the place with the most distinct literals, those that have none there by
// the next, and so on, as long as there is one with two; of a part the place is
// decided. The first division is nil where there is none; places are those of all
// literals.
func (b *Builder) part(stubs []uint32, decided []place) (at slot, first *split, places []place) {
	var chain []*split
	if len(stubs) > crowd {
		t := b.tally(stubs, decided)
		places = t.places
		for len(stubs) > crowd {
			best, is := t.best()
			if !is {
				break
			}
			var sp *split
			sp, stubs = b.divide(stubs, best, append(slices.Clip(decided), best), t)
			chain = append(chain, sp)
		}
	}
	at = b.together(stubs)
	for _, sp := range slices.Backward(chain) {
		sp.rest, first = at, sp
		at = b.bucket(bucket{split: sp})
	}
	return at, first, places
}

// together is a slot of stubs that are not divided.
func (b *Builder) together(stubs []uint32) slot {
	switch len(stubs) {
	case 0:
		return 0
	case 1:
		return stubSlot(stubs[0])
	}
	return b.bucket(bucket{stubs: stubs})
}

func (b *Builder) bucket(bk bucket) slot {
	b.index.buckets = append(b.index.buckets, bk)
	return slot(len(b.index.buckets)-1) | bucketSlot
}

// divide makes the division by a place, and returns the stubs that have no literal
// there; the others go from the tally.
func (b *Builder) divide(stubs []uint32, by place, decided []place, t *tally) (sp *split, rest []uint32) {
	sp = &split{probe: newProbe(by), size: len(stubs)}
	var parts places
	for _, n := range stubs {
		l, asks := b.keys[n].literalAt(by)
		if !asks {
			rest = append(rest, n)
			continue
		}
		l.each(func(hash uint64) { parts.add(hash, n) })
		if l.length > 0 {
			addLength(&sp.lengths, l.length)
		}
	}
	if len(rest) > crowd {
		for _, n := range stubs {
			if _, asks := b.keys[n].literalAt(by); asks {
				t.count(&b.keys[n], -1)
			}
		}
	}
	if by.what == literalWithin {
		sp.all = slices.Clone(stubs)
	}
	sp.by = newSlots(parts.slots(func(stubs []uint32) slot {
		at, _, _ := b.part(stubs, decided)
		return at
	}))
	return sp, rest
}

// tally counts the literals of stubs, by place, but for places that are decided.
type tally struct {
	decided []place
	places  []place
	counts  map[place]map[uint64]int32
}

func (b *Builder) tally(stubs []uint32, decided []place) *tally {
	t := &tally{decided: decided, counts: map[place]map[uint64]int32{}}
	for _, n := range stubs {
		t.count(&b.keys[n], 1)
	}
	return t
}

func (t *tally) count(k *keys, by int32) {
	for i := range k.literals {
		l := &k.literals[i]
		if slices.Contains(t.decided, l.place) {
			continue
		}
		of := t.counts[l.place]
		if of == nil {
			of = map[uint64]int32{}
			t.counts[l.place] = of
			t.places = append(t.places, l.place)
		}
		l.each(func(hash uint64) {
			if of[hash] += by; of[hash] == 0 {
				delete(of, hash)
			}
		})
	}
}

// best is the place with the most distinct literals; false where none has two.
func (t *tally) best() (best place, is bool) {
	most := 1
	for p, hashes := range t.counts {
		if n := len(hashes); n > most || n == most && n > 1 && p.compare(best) < 0 {
			best, most = p, n
		}
	}
	return best, most > 1
}

// dearer reports whether to look for the pieces, which takes a look through the whole
// value for each length, takes longer than to try the few stubs that there are.
func (sp *split) dearer(r *Request) bool {
	if sp.all == nil {
		return false
	}
	const ( // nanoseconds, roughly
		perWindow = 6
		perStub   = 5000 // to make it ready
	)
	size := sp.sizeIn(r)
	try := perStub + size/10 // a quick search
	if sp.place.as == asFolded {
		try = perStub + 10*size // an expression
	}
	return sp.size*try < perWindow*size*len(sp.lengths)
}

// eachPart calls do with each part that the request leads to.
func (sp *split) eachPart(r *Request, s *scope, do func(part slot)) {
	if s.over() {
		return
	}
	if sp.place.what == literalMember || sp.place.what == literalScalar {
		// Of a large body and a part of few stubs it is these that are looked for.
		const worth = 32 // to sort a body's hashes, and to look them up
		if len(sp.by.by) < sp.scalars(r, s)/worth {
			sorted := sp.sortedHashes(r, s)
			for h, part := range sp.by.by {
				if isAmong(sorted, h) {
					do(part)
				}
			}
			return
		}
	}
	var once seen
	sp.eachHash(r, s, func(h uint64) {
		if part := sp.by.get(h); part != 0 && once.first(h) {
			do(part)
		}
	})
}

func (k *keys) literalAt(p place) (literal, bool) {
	for _, l := range k.literals {
		if l.place == p {
			return l, true
		}
	}
	return literal{}, false
}
