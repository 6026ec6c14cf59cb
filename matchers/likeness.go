package matchers

import (
	"math"
	"strconv"

	"understudy/matchers/internal/decimal"
)

// likeness of a value that is not equal to the one that is asked for is 0 to 1:
// which part of what is asked for is there, scalar by scalar, each in its place. Its
// work is bounded by what is asked for, however large the value is.
func (t *jsonTest) likeness(v value, s *scope) float64 {
	n, ok := v.json(s)
	if !ok {
		return 0
	}
	o := overlap{comparison: t.comparison()}
	o.count(t.want, n, true)
	return o.there / float64(max(o.asked, 1))
}

// maxOverlap bounds the values, of what is asked for, that an overlap looks at.
const maxOverlap = 4096

// overlap counts the leaves of what is asked for, and those of them that are
// there: of one that is otherwise, a part.
type overlap struct {
	*comparison
	visited, asked int
	there          float64
}

// count adds those of w, where n is, if anything is there.
func (o *overlap) count(w *wanted, n any, is bool) {
	o.visited++
	switch {
	case len(w.items) > 0:
		list, _ := n.([]any)
		for i, item := range w.items {
			if o.visited >= maxOverlap {
				return
			}
			if i < len(list) {
				o.count(item, list[i], true)
			} else {
				o.count(item, nil, false)
			}
		}
	case len(w.members) > 0:
		m, _ := n.(map[string]any)
		for i := range w.members {
			if o.visited >= maxOverlap {
				return
			}
			v, is := m[w.members[i].name]
			o.count(w.members[i].wanted, v, is)
		}
	default:
		o.asked++
		switch {
		case w.kind == wantOptional || is && o.equal(w, n):
			o.there++
		case is && w.kind == wantScalar:
			a, isA := scalarText(w.scalar)
			b, isB := scalarText(n)
			if isA && isB {
				o.there += closeText(a, b)
			}
		}
	}
}

// maxClose is the most that a text counts for one that it is not equal to.
const maxClose = 0.5

// maxCloseText is how much of a text, in bytes, is compared, so that a long one costs no
// more.
const maxCloseText = 64

// closeText is how close two scalars are, 0 to maxClose: numbers by how
// much they differ, texts by what they have in common at both ends, whatever the case
// of letters. One
// that is only of another type, 17 for "17", is the closest.
func closeText(a, b string) float64 {
	if a == b {
		return maxClose
	}
	if len(a) <= maxCloseText && len(b) <= maxCloseText && decimal.Valid(a) && decimal.Valid(b) {
		x, _ := strconv.ParseFloat(a, 64) // too large a number is infinite
		y, _ := strconv.ParseFloat(b, 64)
		return closeNumbers(x, y) * 0.9 * maxClose
	}
	a, b = folded(a[:min(len(a), maxCloseText)]), folded(b[:min(len(b), maxCloseText)])
	return similarity(a, b) * 0.9 * maxClose
}

// closeNumbers is 0 to 1: 1 where they are equal, less the more they differ beside
// their size, or beside 1 where they are small, and 0 where only one is infinite.
func closeNumbers(x, y float64) float64 {
	switch {
	case x == y:
		return 1
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return 0
	}
	x, y = x/4, y/4 // neither their sum nor their difference overflows
	return 1 - math.Abs(x-y)/(math.Abs(x)+math.Abs(y)+0.25)
}

// likeness is that of the field's first value to what the predicate asks for, 0 to 1,
// where that is JSON or to be equal to something, be it what a path or the name of a
// form's field leads to: the mean of all such.
func (p *Predicate) likeness(f field, s *scope) float64 {
	if f.len() == 0 {
		return 0
	}
	v := f.at(0)
	sum, n := 0.0, 0
	for i := range p.each {
		switch t := p.each[i].value.(type) {
		case *jsonTest:
			sum += t.likeness(v, s)
		case *equals:
			sum += t.likeness(v)
		case *textTest:
			if t.piece != whole && t.piece != wholeFolded {
				continue
			}
			sum += t.likeness(v)
		case *pathTest:
			sum += t.likeness(v, s)
		case *formTest:
			sum += t.p.likenessOrHolds(t.field(v, s), s)
		default:
			continue
		}
		n++
	}
	return sum / float64(max(n, 1))
}

// likeness is how close a value is that is not what the argument is, 0 to maxClose.
func (t *textTest) likeness(v value) float64 {
	text, is := v.text, true
	switch v.kind {
	case bodyValue:
		text = string(v.body.data[:min(len(v.body.data), maxCloseText+1)])
	case jsonValue:
		text, is = scalarText(v.node)
	}
	if !is {
		return 0
	}
	if t.piece == wholeFolded {
		return closeText(folded(t.arg), folded(text))
	}
	return closeText(t.arg, text)
}

// likenessOrHolds is likeness, but 1 where the predicate holds.
func (p *Predicate) likenessOrHolds(f field, s *scope) float64 {
	if p.holds(f, s) {
		return 1
	}
	return p.likeness(f, s)
}

// likeness is that of what a singular path leads to; another one is not sought again.
func (t *pathTest) likeness(v value, s *scope) float64 {
	if !t.path.Singular() {
		return 0
	}
	f, _ := t.fieldOf(v, s)
	return t.p.likenessOrHolds(f, s)
}
