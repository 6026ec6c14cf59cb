package simulator

import (
	"encoding/binary"
	"hash/fnv"
	"math/bits"
	"slices"

	"understudy/simulations"
)

// answers is what a stub gives, made ready when it was compiled.
type answers struct {
	responses []*response
	state     *stubState // nil where the stub has none
	counts    bool
	order     simulations.Order
	// until[i] is the number of answers after which response i is over, in
	// sequence and cycle; weights likewise for random.
	until []int
}

func newAnswers(s *simulations.Stub, responses []*response) answers {
	a := answers{responses: responses, counts: remembers(s), order: s.Order}
	total := 0
	for _, r := range s.Responses {
		switch s.Order {
		case simulations.OrderRandom:
			total += max(r.Weight, 1)
		default:
			total += max(r.Repeat, 1)
		}
		a.until = append(a.until, total)
	}
	return a
}

// counted reports whether a stub gives several responses in turn.
func (a *answers) counted() bool { return len(a.until) > 0 }

// dear reports whether the answers cost much to make ready: long templates do.
func (a *answers) dear() bool {
	size := 0
	for _, r := range a.responses {
		if r.render != nil {
			size += r.render.size
		}
		for _, c := range r.callbacks {
			size += c.size
		}
	}
	return size > dearTemplates
}

// dearTemplates is how many bytes of templates a stub may have that is not kept
// ready. Some hundred bytes are compiled in the time that net/http needs to read
// a request's header.
const dearTemplates = 2 << 10

// pick returns the response for the answer after `answered` others of the stub
// in a session.
func (a *answers) pick(answered int, seed uint64, session, stub string) *response {
	if len(a.responses) == 1 {
		return a.responses[0]
	}
	total := a.until[len(a.until)-1]
	switch a.order {
	case simulations.OrderRandom:
		answered = drawn(seed, session, stub, answered, total)
	case simulations.OrderCycle:
		answered %= total
	default:
		answered = min(answered, total-1)
	}
	i, found := slices.BinarySearch(a.until, answered)
	if found {
		i++
	}
	return a.responses[i]
}

// drawn is the n-th draw, from 0, of a number below `below` for a stub in a
// session. It follows from what it is for, so that a fresh session of the same
// name sees the same order, in whatever process, and explain sees what comes.
func drawn(seed uint64, session, stub string, n, below int) int {
	h := fnv.New64a()
	var b []byte
	b = binary.BigEndian.AppendUint64(b, seed)
	b = append(append(b, session...), 0) // no id holds it
	b = append(append(b, stub...), 0)
	_, _ = h.Write(binary.BigEndian.AppendUint64(b, uint64(n))) // a hash takes everything
	// FNV leaves the last bytes near each other: SplitMix64 (Steele et al., 2014) spreads them.
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	hi, _ := bits.Mul64(x, uint64(below)) // Lemire's reduction: even to within below/2^64
	return int(hi)
}
