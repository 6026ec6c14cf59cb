package instance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"understudy/simulations"
)

// parse reads the schemas of a test: `$defs` are the others.
func parse(t testing.TB, text string) (*Set, *simulations.Value) {
	t.Helper()
	schema, err := simulations.ParseJSON([]byte(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	defs := make(map[string]*simulations.Value)
	if d := schema.Get("$defs"); d != nil {
		for i, name := range d.Names {
			defs[name] = d.Items[i]
		}
	}
	return NewSet(defs), schema
}

// oracle compiles a schema with a library that knows nothing of this package.
func oracle(t testing.TB, text string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:s", strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:s")
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return s
}

func holds(t testing.TB, s *jsonschema.Schema, v *simulations.Value) error {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(v.String()))
	d.UseNumber()
	var n any
	if err := d.Decode(&n); err != nil {
		t.Fatal(err)
	}
	return s.Validate(n)
}

// TestMake makes values of schemas that are hard in some way, and asks the
// library whether they are valid.
func TestMake(t *testing.T) {
	for _, text := range []string{
		`{}`, `true`,
		`{"type":"integer","minimum":5,"maximum":5}`,
		`{"type":"integer","exclusiveMinimum":5,"exclusiveMaximum":7}`,
		`{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":0.001}`,
		`{"type":"number","multipleOf":0.01,"minimum":-3.005,"maximum":-2.99}`,
		`{"allOf":[{"multipleOf":0.4},{"multipleOf":0.6}],"type":"number","minimum":1}`,
		`{"type":"integer","maximum":-1000000000000}`,
		`{"type":["null","string"],"minLength":40,"maxLength":41}`,
		`{"type":"string","maxLength":0}`,
		`{"type":"string","pattern":"^[A-Z]{3}-\\d{4}(?:-[a-f0-9]+)?$"}`,
		`{"type":"string","pattern":"^[a-z]*$","minLength":30,"maxLength":33}`,
		`{"type":"string","pattern":"x","minLength":12}`,
		`{"type":"string","pattern":"^\\+?[1-9][0-9]{7,14}$"}`,
		`{"type":"string","pattern":"^(\\([0-9]{3}\\))?[0-9]{3}-[0-9]{4}$","maxLength":9}`,
		`{"type":"string","format":"uuid"}`, `{"type":"string","format":"date-time"}`,
		`{"type":"string","format":"date","pattern":"^2024"}`,
		`{"enum":["a","b"],"type":"string","not":{"const":"a"}}`,
		`{"const":{"a":[1,null]}}`,
		`{"type":"array","uniqueItems":true,"minItems":3,"items":{"enum":["a","b","c"]}}`,
		`{"type":"array","uniqueItems":true,"minItems":2,"items":{"type":"boolean"}}`,
		`{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":false}`,
		`{"type":"array","contains":{"const":7},"minContains":2,"items":{"type":"integer"}}`,
		`{"type":"array","maxItems":0,"items":{"type":"string"}}`,
		`{"type":"object","minProperties":3,"additionalProperties":{"type":"integer"}}`,
		`{"type":"object","required":["z"],"additionalProperties":{"type":"boolean"}}`,
		`{"type":"object","maxProperties":1,"properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["b"]}`,
		`{"type":"object","patternProperties":{"^x-[a-z]{3}$":{"type":"integer"}},"additionalProperties":false,"minProperties":2}`,
		`{"type":"object","propertyNames":{"pattern":"^[A-Z]+$"},"additionalProperties":true,"minProperties":2}`,
		`{"properties":{"a":{"type":"string"},"b":{"type":"integer"}},"dependentRequired":{"a":["c"]}}`,
		`{"oneOf":[{"type":"object","properties":{"k":{"const":"x"}},"required":["k"]},{"type":"object","properties":{"k":{"const":"y"},"n":{"type":"integer"}},"required":["k","n"]}]}`,
		`{"oneOf":[{"type":"integer"},{"type":"number","minimum":3}]}`,
		`{"anyOf":[{"type":"null"},{"type":"string"}]}`,
		`{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"],"properties":{"b":{"type":"string"}}},"else":{"required":["c"]},"type":"object"}`,
		`{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"a":{"minLength":20}}}]}`,
		`{"type":"object","properties":{"a":{"type":"string","example":5,"default":"d"}}}`,
		`{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/n"},"all":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["v"]}}}`,
		`{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"null"}]}},"required":["next"]}}}`,
		`{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"all":{"type":"array","items":{"$ref":"#/$defs/n"}}},"required":["all"]}}}`,
		`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"string"}}}`,
	} {
		set, schema := parse(t, text)
		v, err := set.Make(schema, "seed")
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if err := holds(t, oracle(t, text), v); err != nil {
			t.Errorf("%s: %s is not valid: %v", text, v, err)
		}
		if again, _ := set.Make(schema, "seed"); !equal(v, again) {
			t.Errorf("%s: %s, then %s", text, v, again)
		}
	}
}

// TestMakeNothing: what no value fits is an error, in bounded time.
func TestMakeNothing(t *testing.T) {
	deep := `{"$ref":"#/$defs/d0","$defs":{`
	for i := range 40 {
		deep += fmt.Sprintf(`"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"anyOf":[{"$ref":"#/$defs/d%d"},{"not":{}}]}]},`, i, i+1, i+1)
	}
	deep += `"d40":false}}`
	for _, text := range []string{
		`false`, deep,
		`{"type":"integer","exclusiveMinimum":5,"exclusiveMaximum":6}`,
		`{"type":"string","minLength":1000000000}`,
		`{"type":"array","minItems":1000000000}`,
		`{"type":"object","minProperties":1000000000}`,
		`{"enum":[]}`,
		`{"type":"array","uniqueItems":true,"minItems":3,"items":{"type":"boolean"}}`,
		`{"type":"string","not":{}}`,
		`{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"required":["next"]}}}`,
	} {
		set, schema := parse(t, text)
		if v, err := set.Make(schema, "seed"); err == nil {
			t.Errorf("%.200s: %s", text, v)
		}
	}
}

// TestRandomSchemas holds what is made, and what Valid says, against the
// library on schemas that are put together at random.
func TestRandomSchemas(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 300
	}
	made := 0
	for i := range n {
		g := &gen{rand.New(rand.NewPCG(uint64(i), 7))}
		text := g.document()
		set, schema := parse(t, text)
		lib := oracle(t, text)
		v, err := set.Make(schema, fmt.Sprint(i))
		if err == nil {
			made++
			if err := holds(t, lib, v); err != nil {
				t.Errorf("%s: made %s: %v", text, v, err)
			}
		}
		for range 5 {
			other, err := simulations.ParseJSON([]byte(g.value(2)))
			if err != nil {
				t.Fatal(err)
			}
			if ours, theirs := set.Valid(other, schema), holds(t, lib, other); (ours == nil) != (theirs == nil) {
				t.Errorf("%s: of %s it says %v, the library %v", text, other, ours, theirs)
			}
		}
	}
	t.Logf("values of %d of %d schemas", made, n)
	if made < n*8/10 {
		t.Errorf("values of %d of %d schemas only", made, n)
	}
}

// gen writes random schemas and values.
type gen struct{ *rand.Rand }

func (g *gen) document() string {
	defs := make([]string, 3)
	for i := range defs {
		defs[i] = fmt.Sprintf(`"d%d":%s`, i, g.schema(2, i))
	}
	root := g.schema(3, 3)
	if root == "true" || root == "{}" {
		root = `{"type":"string"}`
	}
	return root[:len(root)-1] + `,"$defs":{` + strings.Join(defs, ",") + "}}"
}

// schema writes a schema that refers, outside of members and items, to
// definitions below level only, so that none contains itself at once.
func (g *gen) schema(depth, level int) string {
	kind := g.IntN(11)
	if depth == 0 {
		kind = g.IntN(5)
	}
	sub := func() string { return g.schema(depth-1, level) }
	within := func() string { return g.schema(depth-1, 3) }
	switch kind {
	case 0:
		lo := g.IntN(10) - 5
		return fmt.Sprintf(`{"type":%q,"minimum":%d,"exclusiveMaximum":%d}`, []string{"integer", "number"}[g.IntN(2)], lo, lo+1+g.IntN(9))
	case 1:
		return fmt.Sprintf(`{"type":"number","multipleOf":%s}`, []string{"0.1", "3", "2.5"}[g.IntN(3)])
	case 2:
		lo := g.IntN(8)
		return fmt.Sprintf(`{"type":["string","null"],"minLength":%d,"maxLength":%d}`, lo, lo+g.IntN(5))
	case 3:
		return []string{`{"type":"string","pattern":"^[ab]+$"}`, `{"pattern":"b"}`, `{"type":"boolean"}`, `{"enum":["a",1,true,[1]]}`, `{"const":"ab"}`}[g.IntN(5)]
	case 4:
		if level == 0 {
			return `{"type":"null"}`
		}
		return fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, g.IntN(level))
	case 5:
		return fmt.Sprintf(`{"type":"array","items":%s,"minItems":%d,"maxItems":%d,"uniqueItems":%v}`, within(), g.IntN(2), 2+g.IntN(2), g.IntN(3) == 0)
	case 6, 7:
		extra := []string{"", `,"additionalProperties":false`, `,"additionalProperties":` + within(), `,"minProperties":1`, `,"patternProperties":{"^a":` + within() + `}`}[g.IntN(5)]
		req := []string{`[]`, `["a"]`, `["b"]`, `["a","b"]`}[g.IntN(4)]
		return fmt.Sprintf(`{"type":"object","properties":{"a":%s,"b":%s},"required":%s%s}`, within(), within(), req, extra)
	case 8:
		return fmt.Sprintf(`{"anyOf":[%s,%s]}`, sub(), sub())
	case 9:
		return fmt.Sprintf(`{"oneOf":[%s,%s]}`, sub(), sub())
	}
	return []string{
		fmt.Sprintf(`{"allOf":[%s,{"properties":{"c":%s}}]}`, sub(), within()),
		fmt.Sprintf(`{"type":["string","integer"],"not":%s}`, sub()),
		fmt.Sprintf(`{"if":%s,"then":%s}`, sub(), sub()),
	}[g.IntN(3)]
}

func (g *gen) value(depth int) string {
	n := 8
	if depth == 0 {
		n = 6
	}
	switch g.IntN(n) {
	case 0:
		return "null"
	case 1:
		return []string{"true", "false"}[g.IntN(2)]
	case 2:
		return fmt.Sprint(g.IntN(10) - 3)
	case 3:
		return []string{"0.5", "2.5", "1.0", "0.3"}[g.IntN(4)]
	case 4, 5:
		return []string{`""`, `"a"`, `"ab"`, `"abba"`, `"xyzxyz"`}[g.IntN(5)]
	case 6:
		return fmt.Sprintf(`[%s,%s]`, g.value(depth-1), g.value(depth-1))
	}
	return fmt.Sprintf(`{"a":%s,"b":%s}`, g.value(depth-1), g.value(depth-1))
}
