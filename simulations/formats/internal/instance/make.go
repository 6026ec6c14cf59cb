package instance

import (
	"hash/fnv"
	"math/rand/v2"

	"understudy/simulations"
)

// maker is one attempt at a value.
type maker struct {
	set  *Set
	rand *rand.Rand
	// rich is how deep members are made that need not be there.
	rich int
	// steps is how many schemas may still be looked at.
	steps int
	// open counts, by name, the references that are being followed.
	open map[string]int
	// turn chooses among what would otherwise be the first each time.
	turn int
}

func newMaker(s *Set, seed string, rich int) *maker {
	h := fnv.New64a()
	h.Write([]byte(seed))
	return &maker{set: s, rand: rand.New(rand.NewPCG(h.Sum64(), 1)), rich: rich, steps: maxSteps, open: make(map[string]int)}
}

// place is where in a value a schema is asked for.
type place struct {
	depth int
	// required says that there must be something.
	required bool
}

// Bounds of references to a schema within itself, and of what is tried where a
// schema leaves a choice.
const (
	maxReentry = 3
	maxChoices = 24
	maxRetries = 8
)

// reentry is how often a schema may stand within itself.
func (p place) reentry() int {
	if p.required {
		return maxReentry
	}
	return 0
}

// value makes a value under all the schemas.
func (m *maker) value(schemas []*simulations.Value, at place) (*simulations.Value, bool) {
	var opened []string
	defer func() {
		for _, name := range opened {
			m.open[name]--
		}
	}()
	r := newRules()
	for _, schema := range schemas {
		if !m.gather(r, schema, at, &opened) {
			return nil, false
		}
	}
	return m.choose(r, schemas, at, &opened)
}

// choose settles the first choice that the rules leave open, one alternative
// after the other, and then builds.
func (m *maker) choose(r *rules, schemas []*simulations.Value, at place, opened *[]string) (*simulations.Value, bool) {
	if len(r.choices) == 0 {
		return m.settle(r, schemas, at)
	}
	open := r.choices[0]
	for i := range min(len(open), maxChoices) {
		alternative := open[(i+m.turn)%len(open)]
		next := r.clone()
		next.choices = next.choices[1:]
		next.hard = true
		mark := len(*opened)
		if m.gather(next, alternative, at, opened) {
			if v, ok := m.choose(next, schemas, at, opened); ok {
				return v, true
			}
		}
		for _, name := range (*opened)[mark:] {
			m.open[name]--
		}
		*opened = (*opened)[:mark]
		if m.steps <= 0 {
			break
		}
	}
	return nil, false
}

// settle builds under rules that leave no choice. What they cannot say for
// themselves, such as `not`, is checked, and tried again.
func (m *maker) settle(r *rules, schemas []*simulations.Value, at place) (*simulations.Value, bool) {
	for _, sample := range r.samples {
		if m.fits(sample, schemas) {
			return sample, true
		}
	}
	if !r.hard {
		return m.build(r, schemas, at)
	}
	before := m.turn
	defer func() { m.turn = before }()
	for range maxRetries {
		v, ok := m.build(r, schemas, at)
		if ok && m.fits(v, schemas) {
			return v, true
		}
		if m.turn++; m.steps <= 0 {
			break
		}
	}
	return nil, false
}

func (m *maker) fits(v *simulations.Value, schemas []*simulations.Value) bool {
	for _, schema := range schemas {
		steps, err := m.set.valid(v, schema)
		m.steps -= 1 + steps/checksPerStep
		if err != nil {
			return false
		}
	}
	return true
}

// checksPerStep is how many keywords are checked at the cost of a schema that is
// looked at while making.
const checksPerStep = 30

// build makes a value of the first type that is allowed and works out.
func (m *maker) build(r *rules, schemas []*simulations.Value, at place) (*simulations.Value, bool) {
	if r.fixed != nil {
		for i := range r.fixed {
			if v := r.fixed[(i+m.turn)%len(r.fixed)]; m.fits(v, schemas) {
				return v, true
			}
		}
		return nil, false
	}
	for _, t := range r.order() {
		if v, ok := m.typed(r, t, at); ok {
			return v, true
		}
		if m.steps <= 0 {
			break
		}
	}
	return nil, false
}

func (m *maker) typed(r *rules, t types, at place) (*simulations.Value, bool) {
	switch t {
	case objectType:
		return m.object(r, at)
	case arrayType:
		return m.list(r, at)
	case stringType:
		return m.text(r)
	case integerType, fractionType:
		return m.number(r, t == integerType)
	case booleanType:
		return simulations.NewBool(m.turn%2 == 0), true
	}
	return &simulations.Value{}, true
}
