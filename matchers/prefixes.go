package matchers

import "slices"

// prefixes holds stubs by the literal text that the path must begin with. The
// few lengths that such texts have are looked up one by one: that is as quick
// as a tree, and simpler.
type prefixes struct {
	lengths []int
	slots   map[uint64]slot
}

func (p *prefixes) put(prefix string, at slot) {
	if p.slots == nil {
		p.slots = map[uint64]slot{}
	}
	p.slots[hashOf(hashText, prefix)] = at
	addLength(&p.lengths, len(prefix))
}

// addLength adds to a set of lengths in rising order.
func addLength(lengths *[]int, n int) {
	if i, found := slices.BinarySearch(*lengths, n); !found {
		*lengths = slices.Insert(*lengths, i, n)
	}
}

func (p *prefixes) gather(path string, s *search) {
	for _, n := range p.lengths {
		if n > len(path) {
			return
		}
		s.collect(p.slots[hashOf(hashText, path[:n])], "path pattern")
	}
}
