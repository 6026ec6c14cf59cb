package matchers

import (
	"strings"
	"testing"
)

// TestSchemaComesBack: of a schema that looks at one value in several ways, each of
// which comes back to it, deep values are not valid: they would take for ever. Others
// are held against values of any depth.
func TestSchemaComesBack(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	list := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	for schema, doubles := range map[string]bool{
		`{"$defs":{"n":{"properties":{"a":{"$ref":"#/$defs/n"}},"patternProperties":{"^a":{"$ref":"#/$defs/n"}}}},"$ref":"#/$defs/n"}`:                                                true,
		`{"patternProperties":{"^a":{"$ref":"#"},"a$":{"$ref":"#"}}}`:                                                                                                                 true,
		`{"properties":{"a":{"$ref":"#"}},"if":{"properties":{"a":{"$ref":"#"}}},"then":true}`:                                                                                        true,
		`{"if":{"properties":{"a":{"$ref":"#"}}},"then":{"properties":{"a":{"$ref":"#"}}}}`:                                                                                           true,
		`{"properties":{"a":{"$ref":"#"}},"not":{"properties":{"a":{"$ref":"#"}},"required":["b"],"type":"object"}}`:                                                                  true,
		`{"properties":{"a":{"$ref":"#"}},"dependentSchemas":{"a":{"properties":{"a":{"$ref":"#"}}}}}`:                                                                                true,
		`{"items":{"$ref":"#"},"contains":{"$ref":"#"},"minContains":0}`:                                                                                                              true,
		`{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#"}},"dependencies":{"a":{"properties":{"a":{"$ref":"#"}}}}}`:                                true,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"properties":{"a":{"$recursiveRef":"#"}},"patternProperties":{"a":{"$recursiveRef":"#"}}}`: true,
		// What comes back once, or does not.
		`{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}},"items":{"$ref":"#"}}`:                                                    false,
		`{"properties":{"a":{"$ref":"#"}},"additionalProperties":{"$ref":"#"}}`:                                                      false,
		`{"$defs":{"base":{"type":["object","array","integer"]}},"allOf":[{"$ref":"#/$defs/base"}],"properties":{"a":{"$ref":"#"}}}`: false,
		`{"if":{"required":["a"]},"then":{"properties":{"a":{"$ref":"#"}}},"else":{"properties":{"b":{"$ref":"#"}}}}`:                false,
		`{"properties":{"a":{"properties":{"a":{"type":"object"}}}},"patternProperties":{"a":{"type":"object"}}}`:                    false,
	} {
		for value, is := range map[string]bool{deep: !doubles, list: !doubles, `[[]]`: true} {
			p := pattern(t, `{"body":{"jsonSchema":`+schema+`}}`)
			if got := p.Match(&Request{Body: []byte(value)}); got != is {
				t.Errorf("%s of %.40s: %v", schema, value, got)
			}
		}
	}
}
