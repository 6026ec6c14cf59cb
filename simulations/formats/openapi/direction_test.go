package openapi

import (
	"strings"
	"testing"
)

// TestDirections: a response gives what is readOnly and not what is writeOnly;
// a request is asked for the opposite.
func TestDirections(t *testing.T) {
	const text = `{"openapi":"3.0.0","paths":{"/a":{"post":{"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}},
		"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},
		"components":{"schemas":{"A":{"type":"object","required":["id","secret"],"properties":{"id":{"type":"integer","readOnly":true},
		"secret":{"$ref":"#/components/schemas/Secret"},"hint":{"type":"string","writeOnly":true}}},"Secret":{"type":"string","writeOnly":true}}}}`
	doc, warnings, err := Format{}.Decode([]byte(text))
	if err != nil || len(warnings) > 0 || len(doc.Stubs) != 1 {
		t.Fatalf("%v, %v", err, warnings)
	}
	body := doc.Stubs[0].Response.JSON
	if body.Get("id") == nil || body.Get("secret") != nil || body.Get("hint") != nil {
		t.Errorf("the response is %s", body)
	}
	if asked := doc.Stubs[0].Request.Body.String(); !strings.Contains(asked, `"required":["secret"]`) {
		t.Errorf("the request is held to %s", asked)
	}
}
