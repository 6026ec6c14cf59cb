package matchers

import "slices"

// prefixes holds stubs by the literal text that the path must begin with. The
// few lengths that such texts have are looked up one by one: that is as quick
// as a tree, and simpler.
type prefixes struct {
	lengths []int
	buckets map[string]*bucket
}

func newPrefixes(stubs map[string][]*Stub) *prefixes {
	p := &prefixes{buckets: make(map[string]*bucket, len(stubs))}
	for prefix, list := range stubs {
		p.buckets[prefix] = newBucket(list)
		if i, found := slices.BinarySearch(p.lengths, len(prefix)); !found {
			p.lengths = slices.Insert(p.lengths, i, len(prefix))
		}
	}
	return p
}

func (p *prefixes) gather(path string, s *search) {
	for _, n := range p.lengths {
		if n > len(path) {
			return
		}
		s.collect(p.buckets[path[:n]], "path pattern")
	}
}
