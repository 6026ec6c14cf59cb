package instance

import (
	"math/big"
	"slices"

	"understudy/simulations"
)

// rules are what schemas that hold together say of one value.
type rules struct {
	allowed types
	// hinted are the types that keywords speak of.
	hinted types
	// fixed are the values of enum or const, nil where anything may be.
	fixed []*simulations.Value
	// samples are examples and defaults, the best first.
	samples []*simulations.Value
	// choices are the alternatives that are not settled.
	choices [][]*simulations.Value
	// hard says that a value has to be checked.
	hard bool

	least, most         *big.Rat
	leastOpen, mostOpen bool
	steps               []*big.Rat

	minLength, maxLength int // maxLength and other maxima: -1 for none
	patterns             []string
	format               string

	minItems, maxItems int
	unique             bool
	// lists are the schemas that speak of items, objects those of members.
	lists, objects []*simulations.Value

	minMembers, maxMembers int
	required               []string

	// seen are the references that were followed.
	seen []string
}

func newRules() *rules {
	return &rules{allowed: allTypes, maxLength: -1, maxItems: -1, maxMembers: -1}
}

func (r *rules) clone() *rules {
	next := *r
	for _, list := range []*[]*simulations.Value{&next.fixed, &next.samples, &next.lists, &next.objects} {
		*list = slices.Clone(*list)
	}
	next.choices, next.steps = slices.Clone(r.choices), slices.Clone(r.steps)
	next.patterns, next.required, next.seen = slices.Clone(r.patterns), slices.Clone(r.required), slices.Clone(r.seen)
	return &next
}

// order is the allowed types as they are tried: those first that the schema
// speaks of, null last.
func (r *rules) order() []types {
	all := []types{objectType, arrayType, stringType, integerType, fractionType, booleanType, nullType}
	if r.allowed&numberType == numberType {
		all[3], all[4] = fractionType, integerType // fractions show that they may be
	}
	if r.allowed == allTypes && r.hinted == 0 {
		return []types{stringType}
	}
	var hinted, others []types
	for _, t := range all {
		switch {
		case r.allowed&t == 0:
		case r.hinted&t != 0:
			hinted = append(hinted, t)
		default:
			others = append(others, t)
		}
	}
	return append(hinted, others...)
}

// gather adds what a schema says. It reports false where nothing can fit.
func (m *maker) gather(r *rules, schema *simulations.Value, at place, opened *[]string) bool {
	if m.steps--; m.steps <= 0 {
		return false
	}
	if schema.Kind == simulations.Bool {
		return schema.Text != "false"
	}
	if schema.Kind != simulations.Object {
		return true
	}
	if name, to := m.set.lookup(schema); to != nil && !slices.Contains(r.seen, name) {
		if m.open[name] > at.reentry() {
			return false
		}
		m.open[name]++
		*opened = append(*opened, name)
		r.seen = append(r.seen, name)
		if !m.gather(r, to, at, opened) {
			return false
		}
	}
	for i, name := range schema.Names {
		if !m.keyword(r, schema, name, schema.Items[i], at, opened) {
			return false
		}
	}
	return r.allowed != 0
}

func (m *maker) keyword(r *rules, schema *simulations.Value, name string, arg *simulations.Value, at place, opened *[]string) bool {
	switch name {
	case "type":
		r.allowed &= typesOf(arg)
	case "const":
		r.narrow([]*simulations.Value{arg})
	case "enum":
		r.narrow(arg.Items)
	case "example":
		r.samples = append([]*simulations.Value{arg}, r.samples...)
	case "examples":
		if arg.Kind == simulations.Array {
			r.samples = append(slices.Clone(arg.Items), r.samples...)
		}
	case "default":
		r.samples = append(r.samples, arg)
	case "allOf":
		for _, sub := range arg.Items {
			if !m.gather(r, sub, at, opened) {
				return false
			}
		}
	case "anyOf", "oneOf":
		r.choices = append(r.choices, nullLast(arg.Items))
	case "not", "dependentRequired", "dependentSchemas":
		r.hard = true
	case "if":
		r.choices = append(r.choices, branches(schema))
	default:
		m.bound(r, schema, name, arg)
	}
	return true
}

// narrow leaves the values that are in the list, too.
func (r *rules) narrow(list []*simulations.Value) {
	if r.fixed == nil {
		r.fixed = append([]*simulations.Value{}, list...)
		return
	}
	r.fixed = slices.DeleteFunc(r.fixed, func(v *simulations.Value) bool {
		return !slices.ContainsFunc(list, func(other *simulations.Value) bool { return equal(v, other) })
	})
}

// nullLast puts alternatives that are null behind the others.
func nullLast(list []*simulations.Value) []*simulations.Value {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b *simulations.Value) int { return nullness(a) - nullness(b) })
	return out
}

func nullness(schema *simulations.Value) int {
	if t := schema.Get("type"); t != nil && typesOf(t) == nullType {
		return 1
	}
	return 0
}

// branches are the two ways of an if.
func branches(schema *simulations.Value) []*simulations.Value {
	both := func(list ...*simulations.Value) *simulations.Value {
		out := &simulations.Value{Kind: simulations.Object}
		list = slices.DeleteFunc(list, func(v *simulations.Value) bool { return v == nil })
		out.Set("allOf", simulations.NewArray(list...))
		return out
	}
	otherwise := &simulations.Value{Kind: simulations.Object}
	otherwise.Set("not", schema.Get("if"))
	return []*simulations.Value{both(schema.Get("if"), schema.Get("then")), both(otherwise, schema.Get("else"))}
}

// bound takes the keywords that speak of one type.
func (m *maker) bound(r *rules, schema *simulations.Value, name string, arg *simulations.Value) {
	switch name {
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf":
		r.hint(numberType)
		r.interval(name, arg)
	case "minLength":
		r.hint(stringType)
		atLeast(&r.minLength, arg)
	case "maxLength":
		r.hint(stringType)
		atMost(&r.maxLength, arg)
	case "pattern":
		r.hint(stringType)
		r.patterns = append(r.patterns, arg.Text)
	case "format":
		if r.format == "" && arg.Kind == simulations.String {
			r.format = arg.Text
		}
		if r.allowed == allTypes {
			r.hint(stringType)
		}
	case "minItems":
		r.hint(arrayType)
		atLeast(&r.minItems, arg)
	case "maxItems":
		r.hint(arrayType)
		atMost(&r.maxItems, arg)
	case "uniqueItems":
		r.unique = r.unique || arg.Text == "true"
	case "items", "prefixItems", "contains":
		r.hint(arrayType)
		r.lists = appendOnce(r.lists, schema)
		r.hard = r.hard || name == "contains"
	case "minProperties":
		r.hint(objectType)
		atLeast(&r.minMembers, arg)
	case "maxProperties":
		r.hint(objectType)
		atMost(&r.maxMembers, arg)
	case "required":
		r.hint(objectType)
		m.steps -= len(arg.Items) / lookupsPerStep
		for _, n := range arg.Items {
			r.required = append(r.required, n.Text)
		}
	case "properties", "patternProperties", "additionalProperties", "propertyNames", "unevaluatedProperties":
		r.hint(objectType)
		r.objects = appendOnce(r.objects, schema)
	}
}

func (r *rules) hint(t types) { r.hinted |= t }

func appendOnce(list []*simulations.Value, v *simulations.Value) []*simulations.Value {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

func atLeast(bound *int, arg *simulations.Value) {
	if n, ok := count(arg); ok {
		*bound = max(*bound, n)
	}
}

func atMost(bound *int, arg *simulations.Value) {
	if n, ok := count(arg); ok && (*bound < 0 || n < *bound) {
		*bound = n
	}
}

// interval takes a bound of numbers.
func (r *rules) interval(name string, arg *simulations.Value) {
	n, ok := rational(arg)
	if !ok {
		r.hard = true
		return
	}
	open := name == "exclusiveMinimum" || name == "exclusiveMaximum"
	switch name {
	case "multipleOf":
		if n.Sign() > 0 {
			r.steps = append(r.steps, n)
		}
	case "minimum", "exclusiveMinimum":
		if order := compare(r.least, n); r.least == nil || order < 0 {
			r.least, r.leastOpen = n, open
		} else if order == 0 {
			r.leastOpen = r.leastOpen || open
		}
	default:
		if order := compare(r.most, n); r.most == nil || order > 0 {
			r.most, r.mostOpen = n, open
		} else if order == 0 {
			r.mostOpen = r.mostOpen || open
		}
	}
}

func compare(a, b *big.Rat) int {
	if a == nil {
		return 0
	}
	return a.Cmp(b)
}
