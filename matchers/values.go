package matchers

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"understudy/matchers/internal/decimal"
)

// values are the stubs of a crowded bucket by the scalar that they ask for at one
// place: numbers by their size, also those that are written as texts, then texts. So
// those are found that ask for nearly what a request has. Beside its number a stub
// takes eight bytes of its value, which decide nearly always.
type values struct {
	at probe
	// head is what all the texts begin with: it is passed over.
	head    string
	pieces  []uint64
	numbers []uint32
}

// values orders those stubs that ask for a scalar at the place.
func (b *Builder) values(stubs []uint32, at place) values {
	if !at.what.isScalar() || at.source == fromPath || at.source == fromBody && at.what == literalText {
		return values{} // paths are looked for otherwise, and a whole body is no scalar
	}
	v := values{at: newProbe(at)}
	type entry struct {
		piece  uint64
		number uint32
	}
	begun, count := false, 0
	scalars := func(do func(n uint32, text string)) {
		for _, n := range stubs {
			if l, asks := b.keys[n].literalAt(at); asks && l.text != "" {
				do(n, l.text)
			}
		}
	}
	scalars(func(_ uint32, text string) {
		count++
		switch {
		case isNumber(text):
		case begun:
			v.head = v.head[:sharedHead(v.head, text)]
		default:
			v.head, begun = text, true
		}
	})
	v.head = strings.Clone(v.head) // it may be a part of a large text
	all := make([]entry, 0, count)
	scalars(func(n uint32, text string) { all = append(all, entry{v.piece(text), n}) })
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.piece, b.piece), cmp.Compare(a.number, b.number))
	})
	v.pieces, v.numbers = make([]uint64, len(all)), make([]uint32, len(all))
	for i, e := range all {
		v.pieces[i], v.numbers[i] = e.piece, e.number
	}
	return v
}

// longNumber is how long a text may be that is taken for a number.
const longNumber = 64

func isNumber(text string) bool { return len(text) <= longNumber && decimal.Valid(text) }

// piece is eight bytes of a value that order as the values do.
func (v *values) piece(text string) uint64 {
	const sign = 1 << 63
	if isNumber(text) {
		f, _ := strconv.ParseFloat(text, 64) // too large a number is infinite
		bits := math.Float64bits(f)
		if bits&sign != 0 {
			bits = ^bits
		} else {
			bits |= sign
		}
		return bits >> 1
	}
	switch rest, is := strings.CutPrefix(text, v.head); {
	case is:
		return sign | headOf(rest, 0)>>1
	case text < v.head:
		return sign
	}
	return math.MaxUint64
}

// near calls do with the numbers of a few stubs whose values are close to those of
// the request: as many below as above.
func (v *values) near(r *Request, s *scope, do func(number uint32)) {
	if len(v.numbers) == 0 {
		return
	}
	v.at.eachScalar(r, s, func(text string) {
		at, _ := slices.BinarySearch(v.pieces, v.piece(text))
		for _, n := range v.numbers[max(0, at-likedBy/2):min(len(v.numbers), at+likedBy/2)] {
			do(n)
		}
	})
}
