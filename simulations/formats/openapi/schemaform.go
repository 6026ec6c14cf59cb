package openapi

import (
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// formats are the formats that requests are held to, as patterns: JSON Schema
// alone takes a format for a note.
var formats = map[string]string{
	"date-time": `^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$`,
	"date":      `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`,
	"uuid":      `^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`,
	"email":     `^[^@\s]+@[^@\s]+$`,
	"ipv4":      `^[0-9]{1,3}(\.[0-9]{1,3}){3}$`,
}

// ranges are the bounds of the formats of numbers; of int64 nothing that is
// sent ever comes near.
var ranges = map[string][2]string{
	"int32": {"-2147483648", "2147483647"},
}

// formatted adds what a format says of a value. Of what is made the maker of
// values knows the formats of text itself.
func (s *schemas) formatted(out *simulations.Value) {
	format := out.Get("format")
	if format == nil {
		return
	}
	if bounds, ok := ranges[format.Text]; ok {
		for i, name := range []string{"minimum", "maximum"} {
			exclusive := "exclusive" + strings.ToUpper(name[:1]) + name[1:]
			if out.Get(name) == nil && out.Get(exclusive) == nil {
				out.Set(name, &simulations.Value{Kind: simulations.Number, Text: bounds[i]})
			}
		}
	}
	if pattern, ok := formats[format.Text]; ok && s.to == request {
		also := convert.TextOp("pattern", pattern)
		switch all := out.Get("allOf"); {
		case out.Get("pattern") == nil:
			out.Set("pattern", simulations.NewString(pattern))
		case all != nil:
			out.Set("allOf", simulations.NewArray(append(slices.Clone(all.Items), also)...))
		default:
			out.Set("allOf", simulations.NewArray(also))
		}
	}
}

// discriminated tells the alternatives of a discriminator apart: each is made
// with the value that names it.
func (s *schemas) discriminated(out *simulations.Value, p convert.Place) {
	d := p.Get("discriminator")
	if s.to != response || d.Kind() != simulations.Object {
		return
	}
	for _, name := range []string{"oneOf", "anyOf"} {
		list := p.Get(name)
		if out.Get(name) == nil || list.Kind() != simulations.Array {
			continue
		}
		named := simulations.NewArray()
		for i, alternative := range out.Get(name).Items {
			if ref := list.At(i).Get("$ref"); ref.Kind() == simulations.String {
				if to, ok := s.reader.target(ref); ok {
					alternative = designated(alternative, d, to.Pointer())
				}
			}
			named.Items = append(named.Items, alternative)
		}
		out.Set(name, named)
	}
}

// inherited gives a schema that extends one with a discriminator the value that
// names it.
func (s *schemas) inherited(name string, out *simulations.Value) *simulations.Value {
	at := s.places[name]
	if s.to != response || at.Get("allOf").Kind() != simulations.Array {
		return out
	}
	for base := range at.Get("allOf").Items() {
		ref := base.Get("$ref")
		if ref.Kind() != simulations.String {
			continue
		}
		if to, ok := s.reader.target(ref); ok && to.Get("discriminator").Set() {
			return designated(out, to.Get("discriminator"), at.Pointer())
		}
	}
	return out
}

// designated adds to a schema that the discriminator's member names the schema
// at that pointer. It is an example, not a condition: documents forget mappings.
func designated(schema *simulations.Value, discriminator convert.Place, pointer string) *simulations.Value {
	member := discriminator.Get("propertyName").Text()
	if discriminator.Kind() == simulations.String { // Swagger 2
		member = discriminator.Text()
	}
	if member == "" {
		return schema
	}
	value := unescape(pointer[strings.LastIndexByte(pointer, '/')+1:])
	for name, ref := range discriminator.Get("mapping").Members() {
		if to := ref.Text(); to == "#"+pointer || to == value {
			value = name
			break
		}
	}
	example := convert.Op("examples", simulations.NewArray(simulations.NewString(value)))
	return convert.Op("allOf", simulations.NewArray(schema, convert.Op("properties", convert.Op(member, example))))
}
