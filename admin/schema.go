package admin

import (
	"fmt"
	"net/http"
	"reflect"
	"time"
	"unicode"

	"understudy/simulations"
)

// schemas makes JSON Schemas (2020-12, as OpenAPI 3.1 uses) of the Go types of
// requests and answers. Structs become components, named after the type.
type schemas struct {
	components map[string]any
	types      map[string]reflect.Type
	// closed refuses members that are not known: right for requests, while
	// answers may grow.
	closed bool
	err    error
}

func newSchemas() *schemas {
	return &schemas{components: make(map[string]any), types: make(map[string]reflect.Type)}
}

// of returns the schema of a model: a value of a Go type, or a schemaRef.
func (s *schemas) of(model any) any {
	if ref, ok := model.(schemaRef); ok {
		return refTo(ref)
	}
	return s.schema(reflect.TypeOf(model))
}

// apiBase is where the references to the document's schema are resolved from.
const apiBase = "/api/v1/"

func refTo(ref schemaRef) any { return map[string]any{"$ref": apiBase + string(ref)} }

// known are the types whose written form is not their Go form.
var known = map[reflect.Type]func(s *schemas) any{
	timeType: func(*schemas) any { return map[string]any{"type": "string", "format": "date-time"} },
	reflect.TypeFor[time.Duration](): func(*schemas) any {
		return map[string]any{"type": "integer", "description": "Nanoseconds."}
	},
	ttlType: func(*schemas) any {
		return map[string]any{"type": "string", "description": "A duration, such as \"90s\" or \"10m\"."}
	},
	bytesType: func(*schemas) any { return map[string]any{"type": "string", "contentEncoding": "base64"} },
	headersType: func(*schemas) any {
		list := map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
		return map[string]any{"type": "object", "additionalProperties": map[string]any{
			"anyOf": []any{map[string]any{"type": []any{"string", "number", "boolean"}}, list},
		}}
	},
	reflect.TypeFor[http.Header](): func(*schemas) any {
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "array", "items": map[string]any{"type": "string"}}}
	},
	patternType:                     func(*schemas) any { return refTo(refPattern) },
	reflect.TypeFor[fixtureValue](): func(*schemas) any { return refTo(refFixture) },
	reflect.TypeFor[stubValue]():    func(*schemas) any { return refTo(refStub) },
	reflect.TypeFor[configValue]():  func(*schemas) any { return refTo(refCollaborator) },
	reflect.TypeFor[simulations.Mode](): func(s *schemas) any {
		modes := simulations.Modes()
		if !s.closed {
			modes = append(modes, "") // an answer may speak of what has no mode
		}
		return map[string]any{"type": "string", "enum": modes}
	},
}

func (s *schemas) schema(t reflect.Type) any {
	if make := known[t]; make != nil {
		return make(s)
	}
	if enum := enums[t]; enum != nil {
		return map[string]any{"type": "string", "enum": enum()}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.schema(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		if s.closed {
			return map[string]any{"type": "integer", "minimum": 0}
		}
		return map[string]any{"type": "integer"}
	case reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.schema(t.Elem())}
	case reflect.Struct:
		return s.component(t)
	}
	s.err = fmt.Errorf("no schema for the type %s", t)
	return nil
}

func (s *schemas) component(t reflect.Type) any {
	name := componentName(t)
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if other, ok := s.types[name]; ok {
		if other != t {
			s.err = fmt.Errorf("the types %s and %s are both called %s", other, t, name)
		}
		return ref
	}
	s.types[name] = t
	properties := make(map[string]any)
	required := []string{}
	for _, m := range membersOf(t) {
		schema := s.schema(m.typ)
		if m.help != "" {
			if object, ok := schema.(map[string]any); ok {
				object["description"] = m.help
			}
		}
		properties[m.name] = schema
		if m.required {
			required = append(required, m.name)
		}
	}
	object := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		object["required"] = required
	}
	if s.closed {
		object["additionalProperties"] = false
	}
	s.components[name] = object
	return ref
}

func componentName(t reflect.Type) string {
	name := []rune(t.Name())
	name[0] = unicode.ToUpper(name[0])
	return string(name)
}
