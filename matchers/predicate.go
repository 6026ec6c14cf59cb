package matchers

import (
	"slices"
	"time"

	"understudy/simulations"
)

// Predicate is a compiled predicate. It is immutable and safe for any number
// of goroutines.
type Predicate struct {
	// each are operators on one value: some one value satisfies all of them.
	each []part
	// whole are operators on the field as a whole; all of them hold.
	whole []part
	// list are predicates of which each holds, be it by another value.
	list []*Predicate
	// one is the memory of each where it is one part, as it mostly is.
	one [1]part
}

// part is one operator with its argument; an operator that takes a map of
// paths or names makes one part of each.
type part struct {
	op *Operator
	// name is the path or name that the part is about; "" where it has none.
	name string
	// arg is what was asked for, for messages.
	arg *simulations.Value
	// Exactly one of value and field is set.
	value valueTest
	field fieldTest
}

// A keyed test holds for values of one literal only; it has none where literal
// returns that of no place.
type keyed interface{ literal() literal }

// literal is the literal that a value must have for the part to hold, where
// there is one.
func (p *part) literal() literal {
	if k, ok := p.value.(keyed); ok {
		return k.literal()
	}
	return literal{}
}

// A manyKeyed test holds only for values that have all of several literals.
type manyKeyed interface{ literals(do func(literal)) }

// A pieced test holds only for texts that begin with, end in and contain others.
type pieced interface {
	literalPieces() (prefix, end, within string)
}

// eachLiteral calls do with the literals that a value must have for the part to hold.
func (p *part) eachLiteral(do func(literal)) {
	if k := p.literal(); k.place.what != noLiteral {
		do(k)
		return
	}
	if t, is := p.value.(manyKeyed); is {
		t.literals(do)
	}
	if t, is := p.value.(pieced); is {
		piecesOf(t, do)
	}
}

func piecesOf(t pieced, do func(literal)) {
	prefix, end, within := t.literalPieces()
	for _, k := range []literal{
		{place: place{what: literalBegin}, text: prefix}, {place: place{what: literalEnd}, text: end}, {place: place{what: literalWithin}, text: within},
	} {
		if k.text != "" {
			do(k)
		}
	}
}

// valueTest is a condition on one value.
type valueTest interface {
	holds(v value, s *scope) bool
}

// fieldTest is a condition on a field as a whole.
type fieldTest interface {
	holdsFor(f field, s *scope) bool
}

// An explainer says more exactly why its test does not hold: it fills in m.
type explainer interface {
	explain(v value, s *scope, m *simulations.Mismatch)
}

func (p *Predicate) add(part part) {
	if part.field != nil {
		p.whole = append(p.whole, part)
	} else {
		if p.each == nil {
			p.each = p.one[:0]
		}
		p.each = append(p.each, part)
	}
}

// order puts cheap tests first; it changes no result.
func (p *Predicate) order() {
	byCost := func(a, b part) int { return int(a.op.Cost) - int(b.op.Cost) }
	for _, parts := range [][]part{p.each, p.whole} {
		if len(parts) > 1 {
			slices.SortStableFunc(parts, byCost)
		}
	}
}

// MatchString reports whether the predicate holds for a field with one value,
// a text.
func (p *Predicate) MatchString(s string) bool {
	var sc scope
	return p.holds(field{kind: singleField, single: textOf(s)}, &sc)
}

// MatchTexts reports whether the predicate holds at that time, the zero time
// being the present, for a field of these values; without any the field is
// absent.
func (p *Predicate) MatchTexts(at time.Time, values ...string) bool {
	sc := scope{at: at}
	return p.holds(field{texts: values}, &sc)
}

// needsValue reports whether a field without a value does not satisfy the predicate.
func (p *Predicate) needsValue() bool {
	return len(p.each) > 0 || slices.ContainsFunc(p.whole, func(pt part) bool { return pt.field == absent(false) })
}

// empty reports whether the predicate demands nothing.
func (p *Predicate) empty() bool {
	return len(p.each) == 0 && len(p.whole) == 0 && len(p.list) == 0
}

// cost is that of the dearest test.
func (p *Predicate) cost() Cost {
	c := Cost(0)
	for _, parts := range [][]part{p.each, p.whole} {
		for i := range parts {
			c = max(c, parts[i].op.Cost)
		}
	}
	for _, q := range p.list {
		c = max(c, q.cost())
	}
	return c
}

func (p *Predicate) holds(f field, s *scope) bool {
	for i := range p.whole {
		if !p.whole[i].field.holdsFor(f, s) {
			return false
		}
	}
	if len(p.each) > 0 {
		n := f.len()
		i := 0
		for i < n && !p.satisfied(f.at(i), s) {
			i++
		}
		if i == n {
			return false
		}
	}
	for _, q := range p.list {
		if !q.holds(f, s) {
			return false
		}
	}
	return true
}

func (p *Predicate) satisfied(v value, s *scope) bool {
	for i := range p.each {
		if p.each[i].op.Cost >= costPolled && s.over() || !p.each[i].value.holds(v, s) {
			return false
		}
	}
	return true
}

// explain fills in why p does not hold for f.
func (p *Predicate) explain(f field, s *scope, m *simulations.Mismatch) {
	for i := range p.whole {
		if w := &p.whole[i]; !w.field.holdsFor(f, s) {
			m.Operator = w.op.Name
			m.Expected, m.Actual = showArgument(w.arg, true), f.show()
			if e, ok := w.field.(interface {
				explainField(f field, s *scope, m *simulations.Mismatch)
			}); ok {
				e.explainField(f, s, m)
			}
			return
		}
	}
	if len(p.each) > 0 && !p.anySatisfies(f, s) {
		p.explainEach(f, s, m)
		return
	}
	for _, q := range p.list {
		if !q.holds(f, s) {
			q.explain(f, s, m)
			return
		}
	}
}

func (p *Predicate) anySatisfies(f field, s *scope) bool {
	for i := range f.len() {
		if p.satisfied(f.at(i), s) {
			return true
		}
	}
	return false
}

// explainEach blames the test that stopped the value which came furthest.
func (p *Predicate) explainEach(f field, s *scope, m *simulations.Mismatch) {
	best, failed := -1, 0
	for i := range min(f.len(), maxExplained) {
		v := f.at(i)
		for j := range p.each {
			if !p.each[j].value.holds(v, s) {
				if best < 0 || j > failed {
					best, failed = i, j
				}
				break
			}
		}
	}
	part := &p.each[failed]
	m.Operator = part.op.Name
	if part.name != "" {
		m.Field += " " + part.name
	}
	if best < 0 {
		m.Expected, m.Actual = showArgument(part.arg, true), f.show()
		return
	}
	v := f.at(best)
	m.Expected, m.Actual = showArgument(part.arg, v.kind == jsonValue), v.show()
	if f.len() > 1 {
		m.Actual = f.show()
	}
	if e, ok := part.value.(explainer); ok {
		e.explain(v, s, m)
	}
}

// maxExplained bounds the values that an explanation looks at.
const maxExplained = 100
