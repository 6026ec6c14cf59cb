package matchers

// slot is where a key leads: nowhere, to one stub, or to a bucket.
type slot uint32

const bucketSlot slot = 1 << 31

func stubSlot(number uint32) slot { return slot(number) + 1 }

// slots maps hashes to slots. Where there are many, a filter, small enough to
// stay in the processor's cache, tells most of those that lead nowhere: a
// request is looked for in every simulation, and most of them have nothing for
// it.
type slots struct {
	by map[uint64]slot
	// filter has three bits of one word for each hash (a blocked Bloom filter);
	// its length is a power of two.
	filter []uint64
}

const (
	// manySlots is from how many on there is a filter.
	manySlots = 1 << 10
	// filterBits are the bits of the filter for each hash, at least: one in 30
	// that lead nowhere is looked up all the same.
	filterBits = 12
)

func newSlots(by map[uint64]slot) slots {
	s := slots{by: by}
	if len(by) < manySlots {
		return s
	}
	words := 1
	for words*64 < len(by)*filterBits {
		words *= 2
	}
	s.filter = make([]uint64, words)
	for h := range by {
		s.filter[h>>18&uint64(words-1)] |= filterMask(h)
	}
	return s
}

func filterMask(h uint64) uint64 { return 1<<(h&63) | 1<<(h>>6&63) | 1<<(h>>12&63) }

func (s *slots) get(h uint64) slot {
	if s.lacks(h) {
		return 0
	}
	return s.by[h]
}

// lacks reports that the filter knows that the hash leads nowhere.
func (s *slots) lacks(h uint64) bool {
	if len(s.filter) == 0 {
		return false
	}
	mask := filterMask(h)
	return s.filter[h>>18&uint64(len(s.filter)-1)]&mask != mask
}
