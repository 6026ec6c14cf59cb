package simulations

import (
	"reflect"
	"strings"
	"sync"
)

// plan is what the codec knows of a type of the model. It is made once: asking
// the type itself for each value would be most of the work of reading a document.
type plan struct {
	// decodes and encodes say that the type, by its pointer or itself, reads or
	// writes its written form on its own.
	decodes, encodes bool
	// checked says that the type's pointer is a checked.
	checked bool
	// values are those of an enumeration.
	values []string
	// fields are a struct's, elem a pointer's, list's or map's.
	fields []field
	elem   *plan
}

// field is one member of a struct.
type field struct {
	name     string
	index    int
	required bool
	// internal members are written to the store only, never to a document.
	internal bool
	// template is the index of the field that takes the member where it is a
	// text with a template in it, -1 where there is none.
	template int
	// object is the index of the field that takes the member where it is an
	// object, -1 where there is none; objectPlan is that field's.
	object     int
	objectPlan *plan
	plan       *plan
}

var plans sync.Map // reflect.Type -> *plan

func planOf(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	made := planning{}
	p := made.of(t)
	for t, p := range made {
		plans.Store(t, p)
	}
	return p
}

// planning is plans that are being made: a type that holds itself finds its own
// here, and nobody else finds it before it is whole.
type planning map[reflect.Type]*plan

func (made planning) of(t reflect.Type) *plan {
	if p, ok := plans.Load(t); ok {
		return p.(*plan)
	}
	if p := made[t]; p != nil {
		return p
	}
	p := &plan{
		decodes: reflect.PointerTo(t).Implements(reflect.TypeFor[docDecoder]()),
		encodes: t.Implements(reflect.TypeFor[docEncoder]()),
		checked: reflect.PointerTo(t).Implements(reflect.TypeFor[checked]()),
	}
	made[t] = p
	if e, ok := reflect.Zero(t).Interface().(enumerated); ok && t.Kind() == reflect.String {
		p.values = e.values()
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		p.elem = made.of(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			name, opts, _ := strings.Cut(t.Field(i).Tag.Get("doc"), ",")
			if name == "" || name == "-" {
				continue
			}
			switch opts { // another form of the field before it
			case "template":
				p.fields[len(p.fields)-1].template = i
				continue
			case "object":
				before := &p.fields[len(p.fields)-1]
				before.object, before.objectPlan = i, made.of(t.Field(i).Type)
				continue
			}
			p.fields = append(p.fields, field{
				name: name, index: i, required: opts == "required", internal: opts == "internal", template: -1, object: -1,
				plan: made.of(t.Field(i).Type),
			})
		}
	}
	return p
}

func fieldsOf(t reflect.Type) []field { return planOf(t).fields }

// find returns the field of that name, looking first at the one after the field
// found before, since most documents are in order; nil where there is none.
func (p *plan) find(name string, after int) (at int, f *field) {
	for range p.fields {
		if after++; after >= len(p.fields) {
			after = 0
		}
		if p.fields[after].name == name {
			return after, &p.fields[after]
		}
	}
	return after, nil
}
