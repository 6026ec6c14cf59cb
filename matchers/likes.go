package matchers

import (
	"cmp"
	"slices"
)

// likes are stubs of a crowded bucket, the first of them, and which literals they
// ask for where: so that near misses are found without making any ready.
type likes struct {
	probes  []probe
	numbers []uint32
	// hashes are those of the literals, for each stub one of each probe; 0 where it
	// asks for none. There are none where all stubs ask for literals of one place,
	// which none of them has then, unless that is the whole body as JSON.
	hashes []uint64
	// leaves are a sample of those of the JSON that a stub asks for, as its body.
	leaves [][]uint32
}

const (
	maxLikes  = 1024
	maxProbes = 8
)

func (b *Builder) likes(stubs []uint32, places []place) likes {
	whole := slices.ContainsFunc(places, func(p place) bool { return p.what == literalJSON })
	if len(places) < 2 && !whole {
		return likes{numbers: slices.Clone(stubs[:min(len(stubs), crowd)])}
	}
	slices.SortFunc(places, place.compare)
	out := likes{numbers: slices.Clone(stubs[:min(len(stubs), maxLikes)])}
	for _, p := range places[:min(len(places), maxProbes)] {
		out.probes = append(out.probes, newProbe(p))
	}
	for _, n := range out.numbers {
		for i := range out.probes {
			l, _ := b.keys[n].literalAt(out.probes[i].place)
			out.hashes = append(out.hashes, l.hash)
			if l.length > 0 {
				addLength(&out.probes[i].lengths, l.length)
			}
		}
		if whole {
			l, _ := b.keys[n].literalAt(place{source: fromBody, what: literalJSON})
			out.leaves = append(out.leaves, l.leaves)
		}
	}
	return out
}

// closest are the few stubs of which the fewest literals are not what the request
// has, and of those the ones of which the most are; in order of precedence.
func (k *likes) closest(r *Request, s *scope) []uint32 {
	if len(k.hashes) == 0 {
		return k.numbers
	}
	has := make([][]uint64, len(k.probes))
	for i := range k.probes {
		k.probes[i].eachHash(r, s, func(h uint64) { has[i] = append(has[i], h) })
	}
	// One literal that is not there counts more than any number that are, a JSON body
	// the less the more of it is there.
	const missing = 2 * maxProbes
	type liked struct {
		number   uint32
		distance int
	}
	var best []liked
	var body []uint32
	if len(k.leaves) > 0 && !r.BodyTruncated && len(r.Body) > 0 {
		body = r.content().jsonLeaves(s)
	}
	for i, n := range k.numbers {
		one := liked{number: n}
		for p, h := range k.hashes[i*len(k.probes):][:len(k.probes)] {
			switch {
			case h == 0:
			case slices.Contains(has[p], h):
				one.distance--
			case k.probes[p].place.what == literalJSON && body != nil:
				one.distance += missing - int(shareOf(k.leaves[i], body)*(missing-1))
			default:
				one.distance += missing
			}
		}
		at, _ := slices.BinarySearchFunc(best, one, func(a, b liked) int {
			return cmp.Or(a.distance-b.distance, cmp.Compare(a.number, b.number))
		})
		if at < crowd {
			best = slices.Insert(best, at, one)
			best = best[:min(len(best), crowd)]
		}
	}
	out := make([]uint32, len(best))
	for i, one := range best {
		out[i] = one.number
	}
	slices.Sort(out)
	return out
}
