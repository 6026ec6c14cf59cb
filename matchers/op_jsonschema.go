package matchers

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "jsonSchema",
	Doc: "The value is JSON and valid under the schema; of a field of text, such as a header, text that is no JSON, or a number or a word of it, may be valid as a string too. The schema stands inline: drafts 4, 6, 7, 2019-09 and 2020-12, by `$schema`, 2020-12 without it. " +
		"`$ref` reaches within the schema only; nothing is loaded, from a file neither. A schema that chooses (anyOf, oneOf, allOf) between two or more references, or comes back to itself in two ways (such as properties and patternProperties, if and then, items and contains), is held against values of at most 12 levels, deeper ones are not valid: that can double the work at each level. Nor are numbers of more than 1,000 digits, or with exponents beyond 1,000. `pattern` is RE2. `format` says what its draft says: in 2019-09 and later nothing.",
	Example: "{body: {jsonSchema: {type: object, required: [id], properties: {id: {type: integer}}}}}",
	Cost:    CostTree,
	Schema:  `{"type":["object","boolean"]}`,
	compile: compileJSONSchema,
})

const schemaURL = "understudy:schema"

func compileJSONSchema(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	c.dear = true
	if arg.Kind != simulations.Object && arg.Kind != simulations.Bool {
		c.fail(arg, "jsonSchema takes a schema, which is an object or a boolean, not %s", arg.Kind)
		return
	}
	if huge := hugeInSchema(arg); huge != nil {
		c.fail(huge, "%s is beyond the numbers that a schema may have: %d digits, exponents of %d", cut(huge.Text), maxSchemaDigits, maxSchemaExponent)
		return
	}
	schema, err := newSchema(arg)
	if err != nil {
		c.fail(arg, "not a JSON Schema: %s", schemaFault(err))
		return
	}
	p.add(part{op: op, arg: arg, value: &schemaTest{schema, branches(arg) || comesBack(schema)}})
}

// newSchema compiles a schema with a compiler of its own, which loads nothing:
// the library's default reads files.
func newSchema(v *simulations.Value) (schema *jsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	sc := jsonschema.NewCompiler()
	sc.Draft = jsonschema.Draft2020
	sc.LoadURL = func(url string) (io.ReadCloser, error) {
		return nil, fmt.Errorf("%s is outside the schema, and nothing is loaded", url)
	}
	if err := sc.AddResource(schemaURL, strings.NewReader(v.String())); err != nil {
		return nil, err
	}
	return sc.Compile(schemaURL)
}

// schemaFault is the innermost reason, without the library's own names.
func schemaFault(err error) string {
	if ve, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		for len(ve.Causes) > 0 {
			ve = ve.Causes[0]
		}
		if ve.InstanceLocation == "" {
			return cut(ve.Message)
		}
		return cut(ve.InstanceLocation + ": " + ve.Message)
	}
	text := err.Error()
	if se, ok := errors.AsType[*jsonschema.SchemaError](err); ok && se.Err != nil {
		if _, ok := se.Err.(*jsonschema.ValidationError); ok {
			return schemaFault(se.Err)
		}
		text = se.Err.Error()
	}
	return cut(strings.ReplaceAll(text, schemaURL, ""))
}

type schemaTest struct {
	schema *jsonschema.Schema
	// branches is a schema whose work may double with each level of the value.
	branches bool
}

// maxBranching is how deep a value may be under a schema that branches: the
// library cannot be stopped, so what could go on for hours is not begun.
const maxBranching = 12

// branches reports whether a schema chooses between references somewhere.
func branches(v *simulations.Value) bool {
	for i, item := range v.Items {
		if v.Kind == simulations.Object && item.Kind == simulations.Array {
			switch v.Names[i] {
			case "anyOf", "oneOf", "allOf":
				n := 0
				for _, choice := range item.Items {
					if refers(choice) {
						n++
					}
				}
				if n > 1 {
					return true
				}
			}
		}
		if branches(item) {
			return true
		}
	}
	return false
}

func refers(v *simulations.Value) bool {
	for i, item := range v.Items {
		if v.Kind == simulations.Object && strings.HasSuffix(strings.ToLower(v.Names[i]), "ref") || refers(item) {
			return true
		}
	}
	return false
}

func (t *schemaTest) validate(n any, of extent) (err error) {
	if t.branches && of.depth > maxBranching {
		return fmt.Errorf("nested deeper than %d levels, under a schema that has several ways to one value", maxBranching)
	}
	if of.huge != "" {
		return fmt.Errorf("%s is beyond the numbers that a schema is held against: %d digits, exponents of %d", cut(of.huge), maxSchemaDigits, maxSchemaExponent)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the schema does not end on this value: %v", r)
		}
	}()
	return t.schema.Validate(n)
}

func (t *schemaTest) holds(v value, s *scope) bool {
	n, ok := v.json(s)
	if ok && t.validate(n, v.extent(n)) == nil {
		return true
	}
	if v.kind != textValue {
		return false
	}
	if ok {
		switch n.(type) {
		case string, []any, map[string]any:
			return false
		}
	}
	return t.validate(v.text, extent{}) == nil
}

func (t *schemaTest) explain(v value, s *scope, m *simulations.Mismatch) {
	n, ok := v.json(s)
	if !ok {
		m.Expected, m.Actual = "JSON", v.show()
		return
	}
	if err := t.validate(n, v.extent(n)); err != nil {
		m.Expected, m.Actual = "valid under the schema", schemaFault(err)
	}
}
