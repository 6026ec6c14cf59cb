package matchers

// likeness of a value that is not equal to the one that is asked for is 0 to 1:
// which part of what is asked for is there, scalar by scalar, each in its place; half
// of one that is there as a text instead of a number, or the other way round. Its work is bounded by what is asked for, however large the value is.
func (t *jsonTest) likeness(v value, s *scope) float64 {
	n, ok := v.json(s)
	if !ok {
		return 0
	}
	o := overlap{comparison: t.comparison()}
	o.count(t.want, n, true)
	return float64(o.there) / float64(max(o.asked, 1))
}

// maxOverlap bounds the values, of what is asked for, that an overlap looks at.
const maxOverlap = 4096

// overlap counts the leaves of what is asked for, and those of them that are
// there: in halves.
type overlap struct {
	*comparison
	visited, asked, there int
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
		o.asked += 2
		switch {
		case w.kind == wantOptional || is && o.equal(w, n):
			o.there += 2
		case is && w.kind == wantScalar && sameText(w.scalar, n):
			o.there++
		}
	}
}

func sameText(a, b any) bool {
	x, isX := scalarText(a)
	y, isY := scalarText(b)
	return isX && isY && x == y
}

// likeness is that of the field to what the predicate asks for, where that is JSON.
func (p *Predicate) likeness(f field, s *scope) float64 {
	best := 0.0
	for i := range p.each {
		if t, ok := p.each[i].value.(*jsonTest); ok && f.len() > 0 {
			best = max(best, t.likeness(f.at(0), s))
		}
	}
	return best
}
