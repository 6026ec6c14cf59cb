package openapi

import (
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/instance"
)

// direction is where a value goes: a readOnly member is not asked of requests,
// a writeOnly one not given in responses.
type direction int

const (
	request direction = iota
	response
)

// schemas brings the document's schemas into JSON Schema, draft 2020-12, with
// references `#/$defs/NAME`. What stands in a schema and is no schema is left
// out with a warning: descriptions are written by hand.
type schemas struct {
	reader *reader
	to     direction
	// defs are the schemas that are referred to, by name; known are their names
	// by pointer.
	defs  map[string]*simulations.Value
	known map[string]string
	// places are where they stand, sound those that are known to contain
	// themselves through a member or an item only.
	places map[string]convert.Place
	sound  map[string]bool
	// whole are the schemas that were read, by pointer.
	whole map[string]*simulations.Value
	// pending are the names of those that are not brought over yet.
	pending []string
	set     *instance.Set
}

func newSchemas(r *reader, to direction) *schemas {
	s := &schemas{
		reader: r, to: to, defs: make(map[string]*simulations.Value), known: make(map[string]string),
		places: make(map[string]convert.Place), sound: make(map[string]bool), whole: make(map[string]*simulations.Value),
	}
	s.set = instance.NewSet(s.defs)
	return s
}

// maxSchemaDepth is how deep schemas may stand within each other; references
// count anew.
const maxSchemaDepth = 100

// read brings a schema over, with all that it refers to.
func (s *schemas) read(p convert.Place) *simulations.Value {
	if !p.Set() {
		return truth()
	}
	if out, ok := s.whole[p.Pointer()]; ok {
		return out
	}
	out := s.schema(p, 0)
	s.whole[p.Pointer()] = out
	var fresh []string
	for len(s.pending) > 0 {
		name := s.pending[0]
		s.pending = s.pending[1:]
		s.defs[name] = s.inherited(name, s.schema(s.places[name], 0))
		fresh = append(fresh, name)
	}
	open := make(map[string]bool)
	for _, name := range fresh {
		s.breakLoops(name, open)
	}
	return out
}

func truth() *simulations.Value { return simulations.NewBool(true) }

func (s *schemas) schema(p convert.Place, depth int) *simulations.Value {
	switch {
	case p.Kind() == simulations.Bool:
		return p.Value()
	case !p.Set():
		return truth()
	case p.Kind() != simulations.Object:
		p.Warn("is no schema, but %s: anything is taken there", p.Kind())
		return truth()
	case depth > maxSchemaDepth:
		p.Warn("schemas nest deeper than %d: anything is taken there", maxSchemaDepth)
		return truth()
	}
	out := &simulations.Value{Kind: simulations.Object}
	if ref := p.Get("$ref"); ref.Kind() == simulations.String {
		name := s.refer(ref)
		if name == "" {
			return truth()
		}
		if s.reader.edition < openapi31 || len(p.Value().Names) == 1 {
			return instance.Ref(name)
		}
		out = instance.Ref(name)
	}
	for name, arg := range p.Members() {
		if read, ok := keywords[name]; ok {
			read(s, out, name, arg, depth+1)
		}
	}
	s.required(out, p)
	s.exclusive(out, p)
	s.discriminated(out, p)
	s.formatted(out)
	return nullable(out, p)
}

// refer names the schema that a reference leads to; "" for none.
func (s *schemas) refer(ref convert.Place) string {
	to, ok := s.reader.target(ref)
	if !ok {
		return ""
	}
	if name, ok := s.known[to.Pointer()]; ok {
		return name
	}
	base := to.Pointer()[strings.LastIndexByte(to.Pointer(), '/')+1:]
	base = unescape(base)
	name := base
	for n := 2; s.taken(name); n++ {
		name = base + "-" + simulations.NewInt(int64(n)).Text
	}
	s.known[to.Pointer()] = name
	s.defs[name] = truth() // until it is read
	s.places[name] = to
	s.pending = append(s.pending, name)
	return name
}

// taken reports whether a name is in use, or none.
func (s *schemas) taken(name string) bool {
	_, ok := s.defs[name]
	return ok || name == ""
}

// required lists the members that have to be there in this direction.
func (s *schemas) required(out *simulations.Value, p convert.Place) {
	list := p.Get("required")
	if list.Kind() != simulations.Array {
		if list.Set() {
			list.Warn("required lists names of members: it was passed over")
		}
		return
	}
	var needed []string
	listed := make(map[string]bool)
	properties := p.Get("properties")
	for item := range list.Items() {
		name := item.Text()
		if listed[name] {
			continue
		}
		listed[name] = true
		member := properties.Get(name)
		if ref := member.Get("$ref"); ref.Kind() == simulations.String {
			member, _ = s.reader.target(ref)
		}
		other := "readOnly"
		if s.to == response {
			other = "writeOnly"
		}
		if !isTrue(member.Get(other)) {
			needed = append(needed, name)
		}
	}
	if len(needed) > 0 {
		out.Set("required", convert.Strings(needed))
	}
}

// exclusive turns the exclusive bounds of OpenAPI 3.0, which are flags, into
// numbers.
func (s *schemas) exclusive(out *simulations.Value, p convert.Place) {
	for _, bound := range [][2]string{{"exclusiveMinimum", "minimum"}, {"exclusiveMaximum", "maximum"}} {
		if limit := out.Get(bound[1]); limit != nil && isTrue(p.Get(bound[0])) {
			rename(out, bound[1], bound[0])
		}
	}
}

func rename(v *simulations.Value, from, to string) {
	if i := slices.Index(v.Names, from); i >= 0 {
		v.Names[i] = to
	}
}

func isTrue(p convert.Place) bool {
	return p.Kind() == simulations.Bool && p.Value().Text == "true"
}

// nullable lets null be where OpenAPI 3.0, or many a Swagger document, says so.
func nullable(out *simulations.Value, p convert.Place) *simulations.Value {
	if !isTrue(p.Get("nullable")) && !isTrue(p.Get("x-nullable")) {
		return out
	}
	null := simulations.NewString("null")
	if t := out.Get("type"); t != nil {
		if t.Kind == simulations.String {
			out.Set("type", simulations.NewArray(t, null))
		}
		if enum := out.Get("enum"); enum != nil {
			out.Set("enum", simulations.NewArray(append(slices.Clone(enum.Items), &simulations.Value{})...))
		}
		return out
	}
	if len(out.Names) == 0 {
		return out
	}
	return convert.Op("anyOf", simulations.NewArray(out, convert.Op("type", null)))
}
