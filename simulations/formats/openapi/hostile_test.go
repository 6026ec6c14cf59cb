package openapi

import (
	"fmt"
	"strings"
	"testing"

	"understudy/simulations"
)

// described is a document with one operation whose answer is of the schema
// called A.
func described(schemas string) string {
	return `{"openapi":"3.1.0","paths":{"/a":{"get":{"responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},"components":{"schemas":{` + schemas + `}}}`
}

// TestRefusals: what leads out of the document, or cannot be read in bounded
// time, is refused with its place.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"a file", described(`"A":{"$ref":"file:///etc/passwd"}`), "/components/schemas/A/$ref (line"},
		{"a file beside", described(`"A":{"$ref":"other.yaml#/A"}`), "bundle the description into one file"},
		{"an address", described(`"A":{"items":{"$ref":"http://127.0.0.1:1/x"}}`), "nothing is read or fetched"},
		{"an anchor", described(`"A":{"$ref":"#here"}`), "no JSON pointer"},
		{"a loop of responses", `{"openapi":"3.0.0","paths":{"/a":{"get":{"responses":{"200":{"$ref":"#/x"}}}}},"x":{"$ref":"#/y"},"y":{"$ref":"#/x"}}`, "leads to itself"},
		{"nested arrays", `{"openapi":"3.0.0","x":` + strings.Repeat("[", 1_000_000) + strings.Repeat("]", 1_000_000) + `}`, "nest"},
		{"laughs", "openapi: 3.0.0\na: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\npaths: {}\n", "alias"},
		{"one large example in many operations", many(), "unfolds to more than"},
	} {
		_, _, err := Format{}.Decode([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %.300v", c.name, err)
		}
	}
}

// many is a document in which a thousand operations answer with one example.
func many() string {
	var b strings.Builder
	b.WriteString(`{"openapi":"3.0.0","x":{"content":{"application/json":{"example":["` + strings.Repeat("x", 1<<20) + `"]}}},"paths":{"/0":{}`)
	for i := range 1000 {
		fmt.Fprintf(&b, `,"/a%d":{"get":{"responses":{"200":{"$ref":"#/x"}}}}`, i)
	}
	return b.String() + "}}"
}

// TestUnfolding: schemas that would unfold without end, or to more than anybody
// can hold, give a small value, or none with a warning.
func TestUnfolding(t *testing.T) {
	var laughs, chain, loops, alternatives strings.Builder
	for i := range 40 {
		fmt.Fprintf(&laughs, `"L%d":{"type":"object","required":["a","b"],"properties":{"a":{"$ref":"#/components/schemas/L%d"},"b":{"$ref":"#/components/schemas/L%d"}}},`, i, i+1, i+1)
		fmt.Fprintf(&alternatives, `"O%d":{"oneOf":[{"$ref":"#/components/schemas/O%d"},{"allOf":[{"$ref":"#/components/schemas/O%d"},{"type":"string"}]}]},`, i, i+1, i+1)
	}
	for i := range 3000 {
		fmt.Fprintf(&chain, `"C%d":{"allOf":[{"$ref":"#/components/schemas/C%d"}]},`, i, i+1)
	}
	for i := range 300 {
		fmt.Fprintf(&loops, `"R%d":{"anyOf":[{"$ref":"#/components/schemas/R%d"},{"$ref":"#/components/schemas/R%d"}]},`, i, (i+1)%300, (i+7)%300)
	}
	var crowd, examples strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&crowd, `"m%d":{"type":"string"},`, i)
	}
	for i := range 20_000 {
		fmt.Fprintf(&examples, `{"n":%d},`, i)
	}
	members := `"properties":{` + crowd.String() + `"z":{"type":"integer"}}`
	for _, c := range []struct {
		name, schemas string
		empty         bool
	}{
		{"many members", `"A":{"type":"object",` + members + `}`, true},
		{"many members, one of which is required", `"A":{"type":"object","required":["z"],"maxProperties":1,` + members + `}`, true},
		{"many examples that do not fit", `"A":{"type":"string","examples":[` + examples.String() + `1]}`, false},
		{"laughs", laughs.String() + `"L40":{"type":"string"},"A":{"$ref":"#/components/schemas/L0"}`, true},
		{"laughs that need not be", strings.ReplaceAll(laughs.String(), `"required":["a","b"],`, "") + `"L40":{"type":"string"},"A":{"$ref":"#/components/schemas/L0"}`, false},
		{"a chain", chain.String() + `"C3000":{"type":"string"},"A":{"$ref":"#/components/schemas/C0"}`, true},
		{"alternatives", alternatives.String() + `"O40":{"type":"integer"},"A":{"$ref":"#/components/schemas/O0"}`, true},
		{"loops", loops.String() + `"A":{"$ref":"#/components/schemas/R0"}`, true},
		{"itself", `"A":{"$ref":"#/components/schemas/A"}`, false},
		{"itself, all of it", `"A":{"allOf":[{"$ref":"#/components/schemas/A"},{"type":"object","required":["x"],"properties":{"x":{"type":"string"}}}]}`, false},
		{"required itself", `"A":{"type":"object","required":["x"],"properties":{"x":{"$ref":"#/components/schemas/A"}}}`, true},
		{"a long text", `"A":{"type":"string","minLength":2000000000}`, true},
		{"a long list", `"A":{"type":"array","minItems":2000000000,"items":{"type":"string"}}`, true},
		{"a hard pattern", `"A":{"type":"string","pattern":"^((a{1,30}){1,30}b?)+$","minLength":9000}`, true},
		{"a large number", `"A":{"type":"number","minimum":1e1000000000}`, false},
		{"nested schemas", `"A":` + strings.Repeat(`{"items":`, 400) + "{}" + strings.Repeat("}", 400), false},
	} {
		doc, warnings, err := Format{}.Decode([]byte(described(c.schemas)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		body := doc.Stubs[0].Response.JSON
		if (body == nil) != c.empty {
			t.Errorf("%s: %.200v, %v", c.name, body, warnings)
		}
		if c.empty && len(warnings) == 0 {
			t.Errorf("%s: no warning", c.name)
		}
		if n := len(body.String()); n > 100_000 {
			t.Errorf("%s: %d bytes", c.name, n)
		}
	}
}

// TestCrowds: of many examples of one operation the first are read.
func TestCrowds(t *testing.T) {
	var values, parameters strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&values, `"e%d":{"value":%d},`, i, i)
		fmt.Fprintf(&parameters, `{"name":"p%d","in":"query","examples":{"e%d":{"value":1}}},`, i, i)
	}
	text := `{"openapi":"3.0.0","paths":{"/a":{"get":{"parameters":[` + parameters.String() + `{"name":"q","in":"query","examples":{` + values.String() + `"e":{"value":1}}}],
		"responses":{"200":{"content":{"application/json":{"examples":{` + values.String() + `"e":{"value":1}}}}}}}}}}`
	doc, warnings, err := Format{}.Decode([]byte(text))
	if err != nil || len(warnings) == 0 {
		t.Fatalf("%v, %v", err, warnings)
	}
	if len(doc.Stubs) > 2*maxExamples {
		t.Errorf("%d stubs", len(doc.Stubs))
	}
}

// TestSameEveryTime: a description gives the same document with every reading,
// and each operation values of its own.
func TestSameEveryTime(t *testing.T) {
	text := []byte(`{"openapi":"3.0.0","paths":{"/a":{"get":{"responses":{"200":{"$ref":"#/x"}}}},"/b":{"get":{"responses":{"200":{"$ref":"#/x"}}}}},"x":{"content":{"application/json":{"schema":{"type":"object","properties":{"id":{"type":"string","format":"uuid"},"n":{"type":"integer"}}}}}}}`)
	read := func() string {
		doc, _, err := Format{}.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		out, err := simulations.Encode(doc, simulations.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := doc.Stubs[0].Response.JSON.String(), doc.Stubs[1].Response.JSON.String(); a == b {
			t.Errorf("both operations answer %s", a)
		}
		return string(out)
	}
	first := read()
	for range 5 {
		if again := read(); again != first {
			t.Fatalf("%s, then %s", first, again)
		}
	}
}
