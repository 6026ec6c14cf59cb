package pact

import (
	"regexp"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// builder makes a JSON Schema of an example and of the rules for it: Pact's
// comparison, value by value, said beforehand.
type builder struct {
	i     *interaction
	rules rules
	// left is how many rules may still be looked at; the builders of one body
	// share it.
	left *int
}

// maxWork bounds what the rules of one body may cost: each value looks at all of
// them, and the first of a list also stands for those that may follow it.
const maxWork = 5_000_000

func newBuilder(i *interaction, list rules) *builder {
	left := maxWork
	return &builder{i, list, &left}
}

// node is the schema of the value at a path, which it does not keep: what comes
// behind the path in memory is of values that are done with.
func (b *builder) node(example *simulations.Value, path []token) *simulations.Value {
	if *b.left -= 1 + len(b.rules)*(1+len(path)); *b.left < 0 {
		if !b.i.lost {
			b.i.lose(b.i.at, "its matching rules and the example are too large together")
		}
		return &simulations.Value{Kind: simulations.Object}
	}
	r, inherited := b.rules.at(path)
	switch example.Kind {
	case simulations.Object:
		return b.object(example, path, r)
	case simulations.Array:
		return b.array(example, path, r, inherited)
	}
	return b.scalar(example, r)
}

// ofType is a schema of that type, with members behind it.
func ofType(name string, pairs ...any) *simulations.Value {
	return convert.Object(append([]any{"type", simulations.NewString(name)}, pairs...)...)
}

func count(n int) *simulations.Value { return simulations.NewInt(int64(n)) }

// object is the schema of an object: the members of the example, each as it has
// to be, and no other unless a rule lets the names be free.
func (b *builder) object(example *simulations.Value, path []token, r *rule) *simulations.Value {
	members := &simulations.Value{Kind: simulations.Object}
	for n, name := range example.Names {
		members.Set(name, b.node(example.Items[n], append(path, token{kind: named, name: name})))
	}
	out := ofType("object", "properties", members)
	free := false
	for _, m := range matchersOf(r) {
		switch name := matcher(m); name {
		case "type", "":
		case "equality":
			return constant(example)
		case "notEmpty":
			out.Set("minProperties", count(1))
		case "values", "eachValue":
			free = true
			further := &simulations.Value{Kind: simulations.Object}
			if len(example.Items) > 0 {
				further = b.node(example.Items[0], append(path, token{kind: furtherName}))
			}
			if name == "eachValue" {
				further = b.each(m, example, further)
				for k := range members.Items {
					members.Items[k] = b.each(m, example, members.Items[k])
				}
			}
			out.Set("additionalProperties", further)
		case "eachKey":
			free = true
			out.Set("propertyNames", b.each(m, example, &simulations.Value{Kind: simulations.Object}))
		default:
			b.i.lose(m, "the matcher %q is not for an object", name)
		}
	}
	if !free {
		out.Set("required", convert.Strings(example.Names))
		out.Set("additionalProperties", simulations.NewBool(false))
	}
	return out
}

// each adds the rules that eachKey and eachValue hold to a schema.
func (b *builder) each(m convert.Place, example, base *simulations.Value) *simulations.Value {
	all := []*simulations.Value{base}
	for inner := range m.Get("rules").Items() {
		value := m.Get("value").Value()
		if value == nil && len(example.Items) > 0 {
			value = example.Items[0]
		}
		if value == nil {
			value = simulations.NewString("")
		}
		if matcher(inner) == "type" && value.Kind != simulations.String && m.Get("value").Kind() == simulations.String {
			continue // the example is what the values are like
		}
		all = append(all, b.match(value, inner))
	}
	if len(all) == 1 {
		return base
	}
	return convert.Object("allOf", simulations.NewArray(all...))
}

// array is the schema of a list: as long as the example and item by item, or,
// with a rule, of any length within bounds, further items being like the first.
func (b *builder) array(example *simulations.Value, path []token, r *rule, inherited bool) *simulations.Value {
	items := make([]*simulations.Value, 0, len(example.Items))
	for n, item := range example.Items {
		items = append(items, b.node(item, append(path, token{kind: indexed, index: n})))
	}
	out := ofType("array")
	if len(items) > 0 {
		out.Set("prefixItems", simulations.NewArray(items...))
	}
	if r == nil {
		out.Set("items", simulations.NewBool(false))
		out.Set("minItems", count(len(items)))
		return out
	}
	for _, m := range matchersOf(r) {
		switch name := matcher(m); name {
		case "type", "":
			if !inherited {
				b.bound(m, out)
			}
			if len(example.Items) > 0 {
				out.Set("items", b.node(example.Items[0], append(path, token{kind: furtherIndex})))
			}
		case "equality":
			return constant(example)
		case "notEmpty":
			out.Set("minItems", count(1))
		case "eachValue":
			further := &simulations.Value{Kind: simulations.Object}
			if len(example.Items) > 0 {
				further = b.node(example.Items[0], append(path, token{kind: furtherIndex}))
			}
			out.Set("items", b.each(m, example, further))
			for k := range items {
				items[k] = b.each(m, example, items[k])
			}
			if len(items) > 0 {
				out.Set("prefixItems", simulations.NewArray(items...))
			}
		case "arrayContains":
			return b.contains(m, example)
		default:
			b.i.lose(m, "the matcher %q is not for a list", name)
		}
	}
	return out
}

// bound reads the bounds of a list's length.
func (b *builder) bound(m convert.Place, out *simulations.Value) {
	for _, bound := range []struct{ name, keyword string }{{"min", "minItems"}, {"max", "maxItems"}} {
		v := m.Get(bound.name)
		if !v.Set() {
			continue
		}
		n := v.Int()
		if n < 0 {
			v.Refuse("must not be negative")
			continue
		}
		out.Set(bound.keyword, count(n))
	}
}

// contains is the schema of a list in which each variant finds an item.
func (b *builder) contains(m convert.Place, example *simulations.Value) *simulations.Value {
	var all []*simulations.Value
	for v := range m.Get("variants").Items() {
		n := v.Get("index").Int()
		if n < 0 || n >= len(example.Items) {
			b.i.lose(v, "the example has no item %d", n)
			continue
		}
		inner := builder{b.i, b.i.category("body", v.Get("rules")), b.left}
		all = append(all, convert.Object("contains", inner.node(example.Items[n], nil)))
	}
	out := ofType("array")
	if len(all) > 0 {
		out.Set("allOf", simulations.NewArray(all...))
	}
	return out
}

func matchersOf(r *rule) []convert.Place {
	if r == nil {
		return nil
	}
	return r.matchers
}

// constant is the schema of a value that is the example.
func constant(example *simulations.Value) *simulations.Value {
	return convert.Object("const", example)
}

// scalar is the schema of a text, a number, a word or null.
func (b *builder) scalar(example *simulations.Value, r *rule) *simulations.Value {
	if r == nil || len(r.matchers) == 0 {
		return constant(example)
	}
	list := make([]*simulations.Value, 0, len(r.matchers))
	for _, m := range r.matchers {
		list = append(list, b.match(example, m))
	}
	switch {
	case len(list) == 1:
		return list[0]
	case r.or:
		return convert.Object("anyOf", simulations.NewArray(list...))
	}
	return convert.Object("allOf", simulations.NewArray(list...))
}

// types are the names that kinds have in a schema.
var types = map[simulations.Kind]string{
	simulations.Null: "null", simulations.Bool: "boolean", simulations.Number: "number", simulations.String: "string",
	simulations.Array: "array", simulations.Object: "object",
}

// match is the schema of one matcher.
func (b *builder) match(example *simulations.Value, m convert.Place) *simulations.Value {
	switch name := matcher(m); name {
	case "equality":
		return constant(example)
	case "type", "values":
		return ofType(types[example.Kind])
	case "integer":
		return ofType("integer")
	case "decimal":
		return ofType("number", "not", ofType("integer"))
	case "number":
		return ofType("number")
	case "boolean":
		return ofType("boolean")
	case "null":
		return ofType("null")
	default:
		expr, ok := b.i.expression(m)
		if !ok {
			if !b.i.lost {
				b.i.lose(m, "the matcher %q is not understood", name)
			}
			return &simulations.Value{Kind: simulations.Object}
		}
		if _, err := regexp.Compile(expr); err != nil {
			b.i.lose(m, "the expression is not of RE2: %s", err)
			return &simulations.Value{Kind: simulations.Object}
		}
		if example.Kind != simulations.String && name == "regex" {
			b.i.lose(m, "an expression is for a text, and the example is %s", example.Kind)
		}
		return ofType("string", "pattern", simulations.NewString(whole(expr)))
	}
}
