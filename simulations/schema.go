package simulations

import (
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed schema/v1.json
var schemaV1 []byte

// SchemaURL is the id of the shipped JSON Schema.
const SchemaURL = "urn:understudy:schema:v1"

// Schema returns the JSON Schema (draft 2020-12) of a document. Shared so do
// not mutate. It is generated from the model and the operators, so it names
// the same fields as the decoder; the decoder is the stricter of the two, as it
// also compiles what a schema cannot say.
func Schema() []byte { return schemaV1 }

// compiledSchema is the schema, compiled once.
var compiledSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.LoadURL = func(s string) (io.ReadCloser, error) { return nil, fmt.Errorf("nothing is loaded: %s", s) }
	if err := c.AddResource(SchemaURL, strings.NewReader(string(schemaV1))); err != nil {
		return nil, err
	}
	return c.Compile(SchemaURL)
})

// CheckSchema holds a value against the shipped schema and names every place
// that does not fit.
func CheckSchema(v *Value) ([]FieldError, error) {
	s, err := compiledSchema()
	if err != nil {
		return nil, fmt.Errorf("the shipped schema: %w", err)
	}
	err = s.Validate(v.Interface())
	ve := (*jsonschema.ValidationError)(nil)
	if !errors.As(err, &ve) {
		return nil, err
	}
	var out []FieldError
	for _, leaf := range ve.BasicOutput().Errors {
		if leaf.Error != "" && !strings.HasPrefix(leaf.Error, "doesn't validate with") {
			out = append(out, FieldError{Pointer: leaf.InstanceLocation, Detail: leaf.Error})
		}
	}
	return v.Locate(out), nil
}

// OperatorSchema is what a predicate operator gives to the schema.
type OperatorSchema struct {
	Name, Doc string
	// Argument is the JSON Schema of the operator's argument; it may refer to
	// "#/$defs/predicate" and "#/$defs/predicates", an object of predicates.
	Argument json.RawMessage
}

// GenerateSchema makes the schema out of the model's types and the operators.
func GenerateSchema(operators []OperatorSchema) ([]byte, error) {
	g := &schemaGenerator{defs: map[string]any{}}
	root := g.of(reflect.TypeFor[Document]())
	g.of(reflect.TypeFor[Fixture]()) // a document of its own, which the admin plane takes
	properties := map[string]any{}
	for _, o := range operators {
		var argument any
		if err := json.Unmarshal(o.Argument, &argument); err != nil {
			return nil, fmt.Errorf("the schema of the operator %s: %w", o.Name, err)
		}
		if m, ok := argument.(map[string]any); ok && m["description"] == nil {
			m["description"] = o.Doc
		}
		properties[o.Name] = argument
	}
	g.defs["predicates"] = map[string]any{"type": "object", "additionalProperties": ref("predicate")}
	g.defs["predicate"] = map[string]any{
		"description": "A scalar is equality; in an object every operator must hold, in a list every predicate.",
		"anyOf": []any{
			map[string]any{"type": []string{"string", "number", "boolean", "null"}},
			map[string]any{"type": "array", "items": ref("predicate")},
			map[string]any{"type": "object", "properties": properties, "additionalProperties": false},
		},
	}
	out := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"$id":     SchemaURL,
		"title":   "understudy: v1",
		"$defs":   g.defs,
	}
	for k, v := range root {
		out[k] = v
	}
	b, err := json.MarshalIndent(out, "", "  ")
	return append(b, '\n'), err
}

type schemaGenerator struct{ defs map[string]any }

func ref(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }

const (
	durationPattern = `^[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$|^[+]?0$`
	namePattern     = `^[A-Za-z0-9][A-Za-z0-9._~-]{0,199}$`
)

// templated is the schema of a text with a template in it.
var templated = map[string]any{"type": "string", "pattern": `\{\{`}

// of returns the schema of a type; structs become definitions.
func (g *schemaGenerator) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[*Predicate](), reflect.TypeFor[Predicate]():
		return ref("predicate")
	case reflect.TypeFor[*Value]():
		return map[string]any{}
	case reflect.TypeFor[Duration]():
		return map[string]any{"type": "string", "pattern": durationPattern, "examples": []string{"20ms", "1.5s"}}
	case reflect.TypeFor[DateShift]():
		return map[string]any{"oneOf": []any{map[string]any{"type": "boolean"}, map[string]any{"type": "array", "minItems": 1, "items": map[string]any{"type": "string"}}}}
	case reflect.TypeFor[Timestamp]():
		return map[string]any{"type": "string", "format": "date-time", "examples": []string{"2026-01-31T12:00:00Z"}}
	case reflect.TypeFor[Strings]():
		return map[string]any{"oneOf": []any{map[string]any{"type": "string"}, map[string]any{"type": "array", "items": map[string]any{"type": "string"}}}}
	case reflect.TypeFor[Headers]():
		one := []string{"string", "number", "boolean"}
		return map[string]any{"type": "object", "additionalProperties": map[string]any{"oneOf": []any{
			map[string]any{"type": one}, map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
		}}}
	case reflect.TypeFor[Frozen]():
		return map[string]any{"oneOf": []any{map[string]any{"type": "string"}, g.structure(t)}}
	case reflect.TypeFor[IdempotencyKey]():
		return map[string]any{"oneOf": []any{map[string]any{"type": "boolean"}, map[string]any{"type": "string", "minLength": 1}, g.structure(t)}}
	case reflect.TypeFor[Filter]():
		return map[string]any{"oneOf": []any{map[string]any{"type": "string", "pattern": pointer.String()}, g.structure(t)}}
	case reflect.TypeFor[*Table]():
		cell := map[string]any{"type": []string{"string", "number", "boolean", "null"}}
		return map[string]any{"oneOf": []any{
			map[string]any{"type": "string", "contentMediaType": "text/csv"},
			map[string]any{"type": "array", "items": map[string]any{"type": "object", "additionalProperties": cell}},
			map[string]any{"type": "array", "minItems": 1, "items": map[string]any{"type": "array", "items": cell}},
			g.structure(reflect.TypeFor[tableForm]()),
		}}
	case reflect.TypeFor[Results]():
		one := map[string]any{"oneOf": []any{
			map[string]any{"type": "integer", "minimum": 200, "maximum": 599},
			map[string]any{"type": "string", "pattern": "^([2-5]([0-9][0-9]|xx)|" + ResultError + ")$"},
		}}
		return map[string]any{"oneOf": []any{one, map[string]any{"type": "array", "items": one}}}
	case reflect.TypeFor[*FileContent]():
		return map[string]any{"oneOf": []any{map[string]any{"type": "string"}, g.structure(reflect.TypeFor[bytesForm]())}}
	case reflect.TypeFor[*Bytes]():
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.String:
		if e, ok := reflect.Zero(t).Interface().(enumerated); ok {
			return map[string]any{"enum": e.values()}
		}
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
	case reflect.Struct:
		return g.structure(t)
	}
	panic("simulations: the schema knows no " + t.String()) // a defect of the model, seen by any test
}

func (g *schemaGenerator) structure(t reflect.Type) map[string]any {
	name := strings.ToLower(t.Name()[:1]) + t.Name()[1:]
	properties, required := map[string]any{}, []string{}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if t != reflect.TypeFor[Document]() {
		if _, ok := g.defs[name]; ok {
			return ref(name)
		}
		g.defs[name] = schema // before its fields, so that a type may hold itself
	}
	for _, f := range fieldsOf(t) {
		if f.internal {
			continue
		}
		properties[f.name] = g.of(t.Field(f.index).Type)
		if f.required {
			required = append(required, f.name)
		}
	}
	sort.Strings(required)
	if len(required) > 0 {
		schema["required"] = required
	}
	for path, rule := range schemaRules[name] {
		if p, ok := properties[path].(map[string]any); ok {
			for k, v := range rule {
				p[k] = v
			}
			continue
		}
		for k, v := range rule {
			schema[k] = v
		}
	}
	for _, f := range fieldsOf(t) {
		if f.template >= 0 {
			properties[f.name] = map[string]any{"anyOf": []any{properties[f.name], templated}}
		}
		if f.object >= 0 {
			properties[f.name] = map[string]any{"anyOf": []any{properties[f.name], g.of(t.Field(f.object).Type)}}
		}
	}
	if t == reflect.TypeFor[Document]() {
		return schema
	}
	if t == reflect.TypeFor[Delay]() {
		g.defs[name] = map[string]any{"oneOf": []any{map[string]any{"type": "string", "pattern": durationPattern}, templated, schema}}
	}
	return ref(name)
}

// schemaRules are those of the checks that a schema can say too: by type, then
// by property, "" for the whole.
var schemaRules = map[string]map[string]map[string]any{
	"document": {
		"understudy":   {"const": Version},
		"name":         {"pattern": namePattern},
		"collaborator": {"pattern": namePattern},
	},
	"collaborator": {
		"upstream":   {"pattern": "^https?://"},
		"proxy":      {"pattern": "^https?://"},
		"recordInto": {"pattern": namePattern},
		"missStatus": {"minimum": 400, "maximum": 599},
	},
	"stub": {
		"id":           {"pattern": namePattern},
		"collaborator": {"pattern": namePattern},
		"times":        {"minimum": 0},
		"specificity":  {"minimum": 0},
		"":             {"oneOf": []any{map[string]any{"required": []string{"response"}}, map[string]any{"required": []string{"responses"}}}},
	},
	"response": {
		"status":    {"anyOf": []any{map[string]any{"const": 0}, map[string]any{"minimum": 200, "maximum": 599}}},
		"repeat":    {"minimum": 0},
		"weight":    {"minimum": 0},
		"callbacks": {"maxItems": MaxCallbacks},
	},
	"callback": {
		"collaborator": {"pattern": namePattern},
		"":             {"oneOf": []any{map[string]any{"required": []string{"url"}}, map[string]any{"required": []string{"collaborator"}}}},
	},
	"retry": {
		"attempts": {"minimum": 2, "maximum": MaxAttempts},
		"jitter":   {"minimum": 0, "maximum": 1},
	},
	"scenario": {"name": {"pattern": namePattern}},
	"fixture":  {"fixture": {"const": FixtureVersion}, "name": {"pattern": namePattern}},
	"delay": {"": {"oneOf": []any{
		map[string]any{"required": []string{"uniform"}},
		map[string]any{"required": []string{"lognormal"}},
		map[string]any{"required": []string{"recorded"}},
		map[string]any{"required": []string{"fixed"}, "not": map[string]any{"anyOf": []any{
			map[string]any{"required": []string{"uniform"}}, map[string]any{"required": []string{"lognormal"}}, map[string]any{"required": []string{"recorded"}},
		}}},
	}}},
	"pace": {
		"chunks":         {"minimum": 0, "maximum": MaxPaceChunks},
		"bytesPerSecond": {"minimum": 0, "maximum": int64(MaxBytesPerSecond)},
		"": {"oneOf": []any{
			map[string]any{"required": []string{"chunks"}},
			map[string]any{"required": []string{"bytesPerSecond"}},
			map[string]any{"required": []string{"recorded"}},
		}},
	},
	"faultTerms":     {"probability": {"minimum": 0, "maximum": 1}},
	"piece":          {"size": {"minimum": 1}},
	"recording":      {"pieces": {"maxItems": MaxChunks}},
	"recordedTiming": {"scale": {"minimum": 0, "maximum": MaxScale}},
	"redaction":      {"": {"minProperties": 1}},
	"collection": {
		"collaborator": {"pattern": namePattern},
		"path":         {"pattern": "^/[^?#]*$"},
		"item":         {"pattern": "^/[^?#]*$"},
		"items":        {"items": map[string]any{"type": "object"}},
		"defaults":     {"type": "object"},
		"stamps":       {"type": "object"},
		"body":         {"pattern": pointer.String()},
		"patch":        {"enum": []string{string(WriteMerge), string(WriteShallow)}},
		"createStatus": {"anyOf": []any{map[string]any{"const": 0}, map[string]any{"minimum": 200, "maximum": 299}}},
		"errors":       {"propertyNames": map[string]any{"pattern": "^[45][0-9][0-9]$"}},
	},
	"action": {"set": {"type": "object"}},
	"itemID": {
		"field": {"pattern": pointer.String()},
		"from":  {"minimum": 0, "maximum": 1 << 53},
	},
	"paging": {
		"default": {"minimum": 0, "maximum": MaxPage},
		"max":     {"minimum": 0, "maximum": MaxPage},
	},
	"filter": {"field": {"pattern": pointer.String()}},
}
