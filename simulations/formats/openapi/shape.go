package openapi

import (
	"slices"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// shape is what values that were seen have in common: it becomes a schema that
// all of them are valid against.
type shape struct {
	null, boolean, integer, number, texts, binary bool
	// items is of the items of all lists, nil where no list was seen.
	items *shape
	// members is of the members of all objects, and objects counts those.
	members map[string]*property
	objects int
}

type property struct {
	of    shape
	count int
}

// maxMembers bounds the members of one object in a schema; beyond that names are
// data.
const maxMembers = 1000

// text adds a value that is sent as text, such as a parameter's.
func (s *shape) text(v string) {
	if n := simulations.CanonicalNumber(v); n == v && id.MatchString(v) {
		if _, err := simulations.ParseJSON([]byte(v)); err == nil && len(v) < 16 {
			s.integer = true
			return
		}
	}
	s.texts = true
}

func (s *shape) add(v *simulations.Value) {
	switch v.Kind {
	case simulations.Null:
		s.null = true
	case simulations.Bool:
		s.boolean = true
	case simulations.Number:
		if n := simulations.CanonicalNumber(v.Text); slices.ContainsFunc([]byte(n), func(c byte) bool { return c == '.' || c == 'e' }) {
			s.number = true
		} else {
			s.integer = true
		}
	case simulations.String:
		s.texts = true
	case simulations.Array:
		if s.items == nil {
			s.items = &shape{}
		}
		for _, item := range v.Items {
			s.items.add(item)
		}
	case simulations.Object:
		s.objects++
		if s.members == nil {
			s.members = make(map[string]*property)
		}
		for i, name := range v.Names {
			m := s.members[name]
			if m == nil {
				if len(s.members) == maxMembers {
					continue
				}
				m = &property{}
				s.members[name] = m
			}
			m.count++
			m.of.add(v.Items[i])
		}
	}
}

// schema is the Schema Object of OpenAPI 3.0, which has no list of types.
func (s *shape) schema() *simulations.Value {
	var kinds []*simulations.Value
	add := func(is bool, name string) {
		if is {
			kinds = append(kinds, convert.TextOp("type", name))
		}
	}
	add(s.boolean, "boolean")
	add(s.integer && !s.number, "integer")
	add(s.number, "number")
	add(s.texts, "string")
	if s.binary {
		kinds = append(kinds, convert.Object("type", simulations.NewString("string"), "format", simulations.NewString("binary")))
	}
	if s.items != nil {
		kinds = append(kinds, convert.Object("type", simulations.NewString("array"), "items", s.items.schema()))
	}
	if s.objects > 0 {
		kinds = append(kinds, s.object())
	}
	var out *simulations.Value
	switch len(kinds) {
	case 0:
		out = convert.Object() // anything
	case 1:
		out = kinds[0]
	default:
		out = convert.Op("anyOf", simulations.NewArray(kinds...))
	}
	if s.null {
		// With a type only (OpenAPI 3.0.3, Schema Object); beside none it is anything.
		if len(kinds) > 1 {
			for _, k := range kinds {
				k.Set("nullable", convert.Flag())
			}
		} else {
			out.Set("nullable", convert.Flag())
		}
	}
	return out
}

func (s *shape) object() *simulations.Value {
	out := convert.Object("type", simulations.NewString("object"))
	var required []string
	properties := &simulations.Value{Kind: simulations.Object}
	for _, name := range export.Names(s.members) {
		m := s.members[name]
		if m.count == s.objects {
			required = append(required, name)
		}
		properties.Set(name, m.of.schema())
	}
	if len(properties.Names) > 0 {
		out.Set("properties", properties)
	}
	if len(required) > 0 {
		out.Set("required", convert.Strings(required))
	}
	return out
}
