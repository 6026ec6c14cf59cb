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
// place, so that those are found that ask for nearly what a request has: numbers by
// their size, also those that are written as texts, and texts by what they begin with,
// and by what they end in. The case of letters does not count.
type values struct {
	at                probe
	forward, backward valueOrder
}

// valueOrder is stubs in order of their values. Beside its number a stub takes eight
// bytes of its value, which decide nearly always.
type valueOrder struct {
	backward bool
	// shared is what all the texts begin with, or end in: it is passed over.
	shared  string
	pieces  []uint64
	numbers []uint32
}

// valued is a stub with its value, folded.
type valued struct {
	text   string
	piece  uint64
	number uint32
}

// values orders those stubs that ask for a scalar at the place.
func (b *Builder) values(stubs []uint32, at place) values {
	if !at.what.isScalar() || at.source == fromPath {
		return values{} // paths are looked for otherwise
	}
	all := make([]valued, 0, len(stubs))
	for _, n := range stubs {
		if l, asks := b.keys[n].literalAt(at); asks && l.text != "" {
			all = append(all, valued{text: folded(l.text), number: n})
		}
	}
	v := values{at: newProbe(at), forward: orderOf(all, false)}
	all = slices.DeleteFunc(all, func(one valued) bool { return isNumber(one.text) })
	v.backward = orderOf(all, true)
	return v
}

func orderOf(all []valued, backward bool) valueOrder {
	o := valueOrder{backward: backward}
	begun := false
	for _, one := range all {
		switch {
		case isNumber(one.text):
		case !begun:
			o.shared, begun = one.text, true
		case backward:
			o.shared = o.shared[len(o.shared)-sharedTail(o.shared, one.text):]
		default:
			o.shared = o.shared[:sharedHead(o.shared, one.text)]
		}
	}
	o.shared = strings.Clone(o.shared) // it may be a part of a large text
	for i := range all {
		all[i].piece = o.piece(all[i].text)
	}
	slices.SortFunc(all, func(a, b valued) int {
		if c := cmp.Compare(a.piece, b.piece); c != 0 {
			return c
		}
		return cmp.Or(o.compare(a.text, b.text), cmp.Compare(a.number, b.number))
	})
	o.pieces, o.numbers = make([]uint64, len(all)), make([]uint32, len(all))
	for i, one := range all {
		o.pieces[i], o.numbers[i] = one.piece, one.number
	}
	return o
}

// longNumber is how long a text may be that is taken for a number.
const longNumber = 64

func isNumber(text string) bool { return len(text) <= longNumber && decimal.Valid(text) }

// piece is eight bytes of a value that order as the values do.
func (o *valueOrder) piece(text string) uint64 {
	const sign = 1 << 63
	if o.backward {
		switch {
		case strings.HasSuffix(text, o.shared):
			return tailOf(text, len(o.shared))
		case compareBackward(text, o.shared) < 0:
			return 0
		}
		return math.MaxUint64
	}
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
	switch {
	case strings.HasPrefix(text, o.shared):
		return sign | headOf(text, len(o.shared))>>1
	case text < o.shared:
		return sign
	}
	return math.MaxUint64
}

// compare orders values of the same piece.
func (o *valueOrder) compare(a, b string) int {
	switch {
	case o.backward:
		return compareBackward(a, b)
	case isNumber(a):
		return 0
	}
	return strings.Compare(a, b)
}

// find is where the value would be. Of those with the same piece textOf has the values.
func (o *valueOrder) find(text string, textOf func(number uint32) string) int {
	p := o.piece(text)
	from, _ := slices.BinarySearch(o.pieces, p)
	same := 0
	for from+same < len(o.pieces) && o.pieces[from+same] == p {
		same++
	}
	if same <= 1 {
		return from // both sides are looked at
	}
	at, _ := slices.BinarySearchFunc(o.numbers[from:from+same], text, func(n uint32, text string) int { return o.compare(textOf(n), text) })
	return from + at
}

// near calls do with the numbers of a few stubs whose values are close to those of
// the request, the closest first. The index is that of the stubs.
func (v *values) near(x *Index, r *Request, s *scope, do func(number uint32)) {
	if len(v.forward.numbers) == 0 {
		return
	}
	textOf := func(number uint32) string {
		for _, l := range x.stub(number).pattern.literals() {
			if l.place == v.at.place {
				return folded(l.text)
			}
		}
		return ""
	}
	v.at.eachScalar(r, s, func(text string) {
		text = folded(text)
		beside := func(o *valueOrder) {
			at := o.find(text, textOf)
			for _, number := range o.numbers[max(0, at-1):min(len(o.numbers), at+1)] {
				do(number)
			}
		}
		beside(&v.forward)
		if !isNumber(text) {
			beside(&v.backward)
		}
	})
}
