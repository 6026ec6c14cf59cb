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

// maxSearched is how long a value is looked through for pieces however few stubs
// there are.
const maxSearched = 32 << 10

// dearer reports whether to look for the pieces, which takes a look through the whole
// value for each length, takes longer than to look for each by itself, which is a
// quick search, or an expression where the case of letters does not count.
func (sp *split) dearer(r *Request) bool {
	each := 64
	if sp.place.as == asFolded {
		each = 1
	}
	return sp.all != nil && sp.size < each*len(sp.lengths) && sp.sizeIn(r) > maxSearched
}

func (k *keys) literalAt(p place) (literal, bool) {
	for _, l := range k.literals {
		if l.place == p {
			return l, true
		}
	}
	return literal{}, false
}
