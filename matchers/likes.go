package matchers

import (
	"cmp"
	"slices"
)

// likes find those stubs of a crowded bucket that come closest to a request, without
// making any ready: the first of them by which literals they ask for where, all of
// them by the value at the place that divides them and by what few others ask for.
type likes struct {
	probes  []probe
	numbers []uint32
	// hashes are those of the literals, for each of numbers one of each probe; 0
	// where it asks for none. There are none where all stubs ask for literals of one
	// place, which none of them has then, unless that is the whole body as JSON.
	hashes []uint64
	// leaves are a sample of those of the JSON that a stub asks for, as its body.
	leaves [][]uint32
	values values
	rare   rarities
}

const (
	maxLikes  = 1024
	maxProbes = 8
	// likedBy is how many stubs what is rare leads to at most: half of a crowd.
	likedBy = crowd / 2
)

// likes are those of stubs that are divided by a place, and have literals at all of
// places.
func (b *Builder) likes(stubs []uint32, by place, places []place) *likes {
	k := &likes{values: b.values(stubs, by)}
	whole := slices.ContainsFunc(places, func(p place) bool { return p.what == literalJSON })
	if len(places) < 2 && !whole {
		k.numbers = b.first(stubs, by)
		return k
	}
	slices.SortFunc(places, place.compare)
	places = slices.DeleteFunc(places, func(p place) bool { return p.source != fromPath && p.what == literalWithin }) // too much to look through
	for _, p := range places[:min(len(places), maxProbes)] {
		k.probes = append(k.probes, newProbe(p))
	}
	k.numbers = slices.Clone(stubs[:min(len(stubs), maxLikes)])
	for _, n := range k.numbers {
		for i := range k.probes {
			l, _ := b.keys[n].literalAt(k.probes[i].place)
			k.hashes = append(k.hashes, l.hash)
			if l.length > 0 {
				addLength(&k.probes[i].lengths, l.length)
			}
		}
		if whole {
			l, _ := b.keys[n].literalAt(wholeBody)
			k.leaves = append(k.leaves, l.leaves)
		}
	}
	if len(stubs) > maxLikes {
		k.rare = b.rarities(stubs, k.probes)
	}
	return k
}

// wholeBody is where a body is asked for as JSON.
var wholeBody = place{source: fromBody, what: literalJSON}

// first are the first few stubs, half of them such as ask for nothing at the place:
// values leads to the others.
func (b *Builder) first(stubs []uint32, by place) []uint32 {
	var out []uint32
	for _, n := range stubs {
		if _, asks := b.keys[n].literalAt(by); !asks {
			if out = append(out, n); len(out) == crowd/2 {
				break
			}
		}
	}
	for _, n := range stubs {
		if len(out) == crowd {
			break
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// closest are few stubs, in order of precedence: those that ask for something rare
// that the request has, those whose value at the dividing place is close to its, and
// those of which the fewest literals are not what the request has, and then of which
// the most are.
func (k *likes) closest(x *Index, r *Request, s *scope) []uint32 {
	has := make([][]uint64, len(k.probes))
	for i := range k.probes {
		has[i] = k.probes[i].sortedHashes(r, s)
	}
	var body []uint32
	if len(k.leaves) > 0 && !r.BodyTruncated && len(r.Body) > 0 {
		body = r.content().jsonLeaves(s)
	}
	var out []uint32
	add := func(n uint32) {
		if len(out) < crowd && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, n := range k.rare.near(has, body) {
		add(n)
	}
	k.values.near(x, r, s, add)
	for _, n := range k.first(has, body) {
		add(n)
	}
	slices.Sort(out)
	return out
}

// first are those of the first stubs that come closest, closest first.
func (k *likes) first(has [][]uint64, body []uint32) []uint32 {
	if len(k.hashes) == 0 {
		return k.numbers
	}
	// One literal that is not there counts more than any number that are, a JSON body
	// the less the more of it is there.
	const missing = 2 * maxProbes
	var best ranking
	for i, n := range k.numbers {
		one := liked{number: n}
		for p, h := range k.hashes[i*len(k.probes):][:len(k.probes)] {
			switch {
			case h == 0:
			case isAmong(has[p], h):
				one.distance--
			case k.probes[p].place.what == literalJSON && body != nil:
				one.distance += missing - int(shareOf(k.leaves[i], body)*(missing-1))
			default:
				one.distance += missing
			}
		}
		best.add(one, crowd)
	}
	return best.numbers()
}

func isAmong(sorted []uint64, h uint64) bool {
	_, is := slices.BinarySearch(sorted, h)
	return is
}

// ranking has the closest of the stubs that were added, closest first.
type ranking []liked

type liked struct {
	number   uint32
	distance int
}

// add keeps a stub if it is among the first most.
func (k *ranking) add(one liked, most int) {
	at, _ := slices.BinarySearchFunc(*k, one, func(a, b liked) int {
		return cmp.Or(a.distance-b.distance, cmp.Compare(a.number, b.number))
	})
	if at < most {
		*k = slices.Insert(*k, at, one)
		*k = (*k)[:min(len(*k), most)]
	}
}

func (k ranking) numbers() []uint32 {
	out := make([]uint32, len(k))
	for i, one := range k {
		out[i] = one.number
	}
	return out
}
