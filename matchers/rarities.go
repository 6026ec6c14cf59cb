package matchers

import "math/bits"

// rarities find stubs of a crowded bucket by something that they ask for and few
// others do: a literal, or a leaf of the body as JSON. Of each stub up to three are
// kept, the rarest.
type rarities struct {
	// starts says where in found those begin whose hash has some upper bits.
	starts []uint32
	shift  int
	found  []rarity
}

// rarity is the hash of something rare, and a stub that asks for it.
type rarity struct{ hash, number uint32 }

const (
	// maxRare is how many stubs may ask for what is rare.
	maxRare = 8
	// maxRarities is how many are kept for each stub.
	maxRarities = 3
	// maxSought is how many of a body's leaves are looked up, the lowest: stubs have
	// a sample of theirs, the lowest too.
	maxSought = 1024
)

// rareLiteral is the hash of a literal for the probe of that number.
func rareLiteral(probe int, hash uint64) uint32 {
	return uint32((hash + uint64(probe)) * 0x9e3779b97f4a7c15 >> 32)
}

// rarities are those of stubs, whose literals are at the places of the probes.
func (b *Builder) rarities(stubs []uint32, probes []probe) rarities {
	each := func(n uint32, do func(hash uint32)) {
		for i := range probes {
			l, asks := b.keys[n].literalAt(probes[i].place)
			switch {
			case !asks:
			case l.place.what == literalJSON:
				for _, leaf := range l.leaves {
					do(leaf)
				}
			default:
				do(rareLiteral(i, l.hash))
			}
		}
	}
	// How many ask for the same is counted by a part of the hash, each apart as far
	// as there is room: what shares its count counts as less rare than it is.
	counts := make([]uint8, 1<<bits.Len(uint(8*len(stubs))))
	count := func(hash uint32) *uint8 { return &counts[int(hash)&(len(counts)-1)] }
	for _, n := range stubs {
		each(n, func(hash uint32) {
			if c := count(hash); *c <= maxRare {
				*c++
			}
		})
	}
	var all []rarity
	for _, n := range stubs {
		var rarest [maxRarities]uint32
		kept := 0
		each(n, func(hash uint32) {
			c := *count(hash)
			if c > maxRare {
				return
			}
			i := kept
			for i > 0 && *count(rarest[i-1]) > c {
				i--
			}
			if i < maxRarities {
				kept = min(kept+1, maxRarities)
				copy(rarest[i+1:kept], rarest[i:])
				rarest[i] = hash
			}
		})
		for _, hash := range rarest[:kept] {
			all = append(all, rarity{hash, n})
		}
	}
	return newRarities(all)
}

func newRarities(all []rarity) rarities {
	r := rarities{shift: 32 - bits.Len(uint(len(all)/4)), found: make([]rarity, len(all))} // a few to look through
	r.starts = make([]uint32, 1<<(32-r.shift)+1)
	for _, one := range all {
		r.starts[one.hash>>r.shift+1]++
	}
	for i := 1; i < len(r.starts); i++ {
		r.starts[i] += r.starts[i-1]
	}
	next := make([]uint32, len(r.starts))
	copy(next, r.starts)
	for _, one := range all {
		at := &next[one.hash>>r.shift]
		r.found[*at] = one
		*at++
	}
	return r
}

// each calls do with the numbers of the stubs that ask for what has the hash.
func (r *rarities) each(hash uint32, do func(number uint32)) {
	at := hash >> r.shift
	for _, one := range r.found[r.starts[at]:r.starts[at+1]] {
		if one.hash == hash {
			do(one.number)
		}
	}
}

// near are a few stubs that have the most in common, of what is rare, with the
// literals that a request has and the leaves of its body.
func (r *rarities) near(has [][]uint64, body []uint32) []uint32 {
	if len(r.found) == 0 {
		return nil
	}
	common := map[uint32]int{}
	add := func(number uint32) { common[number]++ }
	for i, hashes := range has {
		for _, h := range hashes[:min(len(hashes), maxSought)] {
			r.each(rareLiteral(i, h), add)
		}
	}
	for _, leaf := range body[:min(len(body), maxSought)] {
		r.each(leaf, add)
	}
	var best ranking
	for number, n := range common {
		best.add(liked{number, -n}, likedBy)
	}
	return best.numbers()
}
