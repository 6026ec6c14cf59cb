package matchers

import (
	"strconv"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "hasItem",
	Doc: "Some item satisfies the predicate. The items are those of the value, where the field has one value and that is a JSON array " +
		"(a body that is one, too); otherwise they are the field's values.",
	Example: "{body: {jsonPath: {$.tags: {hasItem: urgent}}}, query: {id: {hasItem: {startsWith: a}}}}",
	Cost:    CostDocument,
	Schema:  `{"$ref":"#/$defs/predicate"}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		p.add(part{op: op, arg: arg, field: &hasItem{c.predicate(arg)}})
	},
})

type hasItem struct{ p *Predicate }

func (h *hasItem) holdsFor(f field, s *scope) bool {
	items := f.items(s)
	for i := range items.len() {
		if h.p.holds(one(items.at(i)), s) {
			return true
		}
	}
	return false
}

// maxExact bounds hasExactly.
const maxExact = 64

var _ = register(Operator{
	Name: "hasExactly",
	Doc: "There are as many items as predicates, and each predicate is satisfied by another item, in any order. " +
		"Items are what they are for hasItem. An empty list holds for an empty array and for a field that is absent. At most 64 predicates.",
	Example: "{query: {id: {hasExactly: [1, 2, {startsWith: x}]}}}",
	Cost:    CostDocument,
	Schema:  `{"type":"array","maxItems":64,"items":{"$ref":"#/$defs/predicate"}}`,
	compile: func(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
		if !c.want(op, arg, simulations.Array) {
			return
		}
		if len(arg.Items) > maxExact {
			c.fail(arg, "hasExactly takes at most %d predicates, here are %d", maxExact, len(arg.Items))
			return
		}
		list := make(hasExactly, len(arg.Items))
		for i, item := range arg.Items {
			c.in(strconv.Itoa(i), func() { list[i] = c.predicate(item) })
		}
		p.add(part{op: op, arg: arg, field: list})
	},
})

type hasExactly []*Predicate

func (h hasExactly) holdsFor(f field, s *scope) bool {
	items := f.items(s)
	if items.len() != len(h) {
		return false
	}
	return assign(len(h), len(h), func(i, j int) bool { return h[i].holds(one(items.at(j)), s) })
}

// assign reports whether each of n things can have one of m others for itself,
// where fits says which it may have: a maximum bipartite matching by augmenting
// paths. fits is asked once for each pair at most.
func assign(n, m int, fits func(i, j int) bool) bool {
	if n > m {
		return false
	}
	known := make([]int8, n*m)
	may := func(i, j int) bool {
		k := &known[i*m+j]
		if *k == 0 {
			*k = -1
			if fits(i, j) {
				*k = 1
			}
		}
		return *k > 0
	}
	owner := make([]int, m) // of j, plus one
	var seen []bool
	var augment func(i int) bool
	augment = func(i int) bool {
		for j := range m {
			if seen[j] || !may(i, j) {
				continue
			}
			seen[j] = true
			if owner[j] == 0 || augment(owner[j]-1) {
				owner[j] = i + 1
				return true
			}
		}
		return false
	}
	for i := range n {
		seen = make([]bool, m)
		if !augment(i) {
			return false
		}
	}
	return true
}
