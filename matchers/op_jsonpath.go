package matchers

import (
	"slices"
	"strings"
	"sync"

	"understudy/matchers/jsonpath"
	"understudy/simulations"
)

var _ = register(Operator{
	Name: "jsonPath",
	Doc: "The value is JSON, and for each path (RFC 9535) the values that it finds satisfy the predicate: some one of them, as with any field that has several values. " +
		"A path alone, as a string, demands that it finds something, be it null. What is not JSON satisfies no path, not even `absent: true`. " +
		"The member `lenient: true` is no path: the paths beside it are read as the dialects from before RFC 9535 are, those of Jayway and Kubernetes: " +
		"a filter of an object looks at the object itself, `@.a =~ /re/i`, `@.a.size()`, `@.a in ['x', 'y']` (and nin, subsetof, anyof, noneof, all, size, empty, contains), " +
		"a path without $ or one that ends in `.length()`, and a dot before a bracket are understood, a text equals the number that it writes, and null is absent.",
	Example: "{body: {jsonPath: {$.currency: EUR, \"$.items[*].id\": {number: {gt: 0}}, $.coupon: {absent: true}}}}",
	Cost:    CostPath,
	Schema:  `{"anyOf":[{"type":"string","pattern":"^\\$"},{"$ref":"#/$defs/predicates"}]}`,
	compile: compileJSONPath,
})

func compileJSONPath(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	switch arg.Kind {
	case simulations.String:
		if path := c.jsonPath(arg, arg.Text, false); path != nil {
			p.add(part{op: op, name: arg.Text, arg: exists, value: &pathTest{path, existence(), false}})
		}
	case simulations.Object:
		lenient := arg.Get("lenient") != nil && c.option(op, arg, "lenient")
		c.predicates(withoutMember(arg, "lenient"), anyContext, func(name string, v *simulations.Value, q *Predicate) {
			if path := c.jsonPath(v, name, lenient); path != nil {
				p.add(part{op: op, name: name, arg: v, value: &pathTest{path, q, lenient}})
			}
		})
	default:
		c.fail(arg, "jsonPath takes an object of paths and predicates, or a path, not %s", arg.Kind)
	}
}

// exists is what a path alone asks for, in messages.
var exists = &simulations.Value{Kind: simulations.Object, Names: []string{"absent"}, Items: []*simulations.Value{simulations.NewBool(false)}}

func existence() *Predicate {
	p := &Predicate{}
	p.add(part{op: registry["absent"], arg: exists.Items[0], field: absent(false)})
	return p
}

// withoutMember is an object without one of its members.
func withoutMember(v *simulations.Value, name string) *simulations.Value {
	i := slices.Index(v.Names, name)
	if i < 0 {
		return v
	}
	out := *v
	out.Names = slices.Delete(slices.Clone(v.Names), i, i+1)
	out.Items = slices.Delete(slices.Clone(v.Items), i, i+1)
	return &out
}

func (c *compiler) jsonPath(v *simulations.Value, query string, lenient bool) *jsonpath.Path {
	from := &strictPaths
	if lenient {
		from = &lenientPaths
	}
	path, err := from.compile(query)
	if err != nil {
		c.fail(v, "%s", err)
		return nil
	}
	return path
}

// pathCache has compiled queries by their text: stubs of one service ask for the
// same few again and again.
type pathCache struct {
	read func(query string) (*jsonpath.Path, error)
	mu   sync.RWMutex
	by   map[string]*jsonpath.Path
}

// The same text means something else where it is read leniently.
var strictPaths, lenientPaths = pathCache{read: jsonpath.Compile}, pathCache{read: jsonpath.CompileLenient}

// maxPaths bounds a pathCache; past it the paths are forgotten and begun anew.
const maxPaths = 1024

func (c *pathCache) compile(query string) (*jsonpath.Path, error) {
	c.mu.RLock()
	path := c.by[query]
	c.mu.RUnlock()
	if path != nil {
		return path, nil
	}
	query = strings.Clone(query)
	path, err := c.read(query)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil || len(c.by) >= maxPaths {
		c.by = make(map[string]*jsonpath.Path)
	}
	c.by[query] = path
	return path, nil
}

// literal is the scalar that a singular path must lead to, if one is asked for.
func (t *pathTest) literal() literal {
	if !t.path.Singular() {
		return literal{}
	}
	name := t.path.Normalized()
	if _, err := strictPaths.compile(name); err != nil {
		return literal{} // it is longer so, or cannot be written so
	}
	for i := range t.p.each {
		if k := t.p.each[i].literal(); k.place.what == literalText && (t.p.each[i].op == equalsOperator || k.place.as != asScalar) {
			return literal{place: place{what: literalPath, name: name, as: k.place.as}, hash: k.hash, text: k.text}
		}
	}
	return literal{}
}

// literals are scalars that a document must have somewhere for a path that is not
// singular: what is asked of a member of some name, what filters demand.
func (t *pathTest) literals(do func(literal)) {
	if name, is := t.path.Member(); is {
		for i := range t.p.each {
			if e, is := t.p.each[i].value.(*equals); is && e.kind != simulations.Null {
				do(literal{place: place{what: literalMember}, hash: hashMember(name, hashScalar(e.kind, e.text, false))})
			}
		}
	}
	if t.p.needsValue() {
		for _, need := range t.path.Needs() {
			if h, is := hashNode(need.Value); is && need.Value != nil {
				k := literal{place: place{what: literalScalar}, hash: h}
				if need.Named {
					k = literal{place: place{what: literalMember}, hash: hashMember(need.Name, h)}
				}
				do(k)
			}
		}
	}
}

type pathTest struct {
	path *jsonpath.Path
	p    *Predicate
	// lenient takes null for nothing.
	lenient bool
}

func (t *pathTest) field(n any) field {
	if t.path.Singular() {
		if v, ok := t.path.Get(n); ok && (v != nil || !t.lenient) {
			return one(nodeOf(v))
		}
		return field{}
	}
	return field{kind: nodesField, nodes: t.path.Values(n)}
}

func (t *pathTest) holds(v value, s *scope) bool {
	if v.kind == bodyValue && t.path.Singular() && !t.lenient {
		n, found, isJSON := v.body.at(t.path, s)
		if !isJSON {
			return false
		}
		f := field{}
		if found {
			f = one(nodeOf(n))
		}
		return t.p.holds(f, s)
	}
	f, isJSON := t.fieldOf(v, s)
	return isJSON && t.p.holds(f, s)
}

// fieldOf is field of what a value is as JSON; false where it is none.
func (t *pathTest) fieldOf(v value, s *scope) (field, bool) {
	if v.kind == bodyValue && !t.path.Singular() {
		nodes, isJSON := v.body.values(t.path, s)
		return field{kind: nodesField, nodes: nodes}, isJSON
	}
	n, isJSON := v.json(s)
	if !isJSON {
		return field{}, false
	}
	return t.field(n), true
}

func (t *pathTest) explain(v value, s *scope, m *simulations.Mismatch) {
	f, isJSON := t.fieldOf(v, s)
	if !isJSON {
		m.Expected, m.Actual = "JSON", v.show()
		return
	}
	t.p.explain(f, s, m)
}
