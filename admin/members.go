package admin

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"understudy/simulations"
)

// The strict decoder, the schemas and the answers follow the same json tags.

// member is one member of a struct as encoding/json writes it.
type member struct {
	name string
	// index is the field's, through embedded structs.
	index []int
	typ   reflect.Type
	// required members are those without omitempty.
	required bool
	// help is the tag `help`, a sentence for the reference.
	help string
}

// membersOf lists a struct's members. Those of an embedded struct come in its
// place, except where a name stands nearer to the outside.
func membersOf(t reflect.Type) []member {
	var out []member
	add := func(m member) {
		i := slices.IndexFunc(out, func(o member) bool { return o.name == m.name })
		switch {
		case i < 0:
			out = append(out, m)
		case len(m.index) < len(out[i].index):
			out[i] = m
		}
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		name, opts, _ := strings.Cut(tag, ",")
		if f.Anonymous && !tagged {
			for _, m := range membersOf(f.Type) {
				m.index = append([]int{i}, m.index...)
				add(m)
			}
			continue
		}
		if name == "-" || !f.IsExported() {
			continue
		}
		add(member{
			name: cmp.Or(name, f.Name), index: []int{i}, typ: f.Type,
			required: !strings.Contains(opts, "omitempty"), help: f.Tag.Get("help"),
		})
	}
	return out
}

// enums are the types of few values.
var enums = map[reflect.Type]func() []string{
	reflect.TypeFor[simulations.Mode]():    simulations.Modes,
	reflect.TypeFor[simulations.Origin]():  simulations.Origins,
	reflect.TypeFor[simulations.Outcome](): simulations.Outcomes,
}

var (
	marshalerType = reflect.TypeFor[json.Marshaler]()
	timeType      = reflect.TypeFor[time.Time]()
)

// filled returns a view with empty lists and maps in the place of nil ones, so
// that a client never meets null where a list was promised. What it is given is
// shared with the double and stays as it is.
func filled(view any) any { return fill(reflect.ValueOf(view)).Interface() }

func fill(v reflect.Value) reflect.Value {
	t := v.Type()
	if t.Implements(marshalerType) || t == timeType {
		return v
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(t.Elem())
		out.Elem().Set(fill(v.Elem()))
		return out
	case reflect.Slice:
		if v.IsNil() {
			return reflect.MakeSlice(t, 0, 0)
		}
		if plain(t.Elem()) {
			return v
		}
		out := reflect.MakeSlice(t, v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(fill(v.Index(i)))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return reflect.MakeMap(t)
		}
	case reflect.Struct:
		out := reflect.New(t).Elem()
		out.Set(v)
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				out.Field(i).Set(fill(v.Field(i)))
			}
		}
		return out
	}
	return v
}

// plain types have nothing in them that could be nil.
func plain(t reflect.Type) bool { return t.Kind() <= reflect.Complex128 || t.Kind() == reflect.String }
