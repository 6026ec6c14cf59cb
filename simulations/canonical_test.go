package simulations_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"understudy/simulations"
)

// TestPatternAppendCanonical holds the text that is appended field by field
// against that of the pattern's value, for patterns of any of the fields.
func TestPatternAppendCanonical(t *testing.T) {
	v, err := simulations.ParseJSON([]byte(`{
		"session": "s", "redacted": true, "query": {"q": 1.0, "p": ["a", {"not": "b\u2028"}], "é": "\"<"}, "path": {"template": "/{a}"}, "origin": "live",
		"method": ["PUT", "GET"], "host": "a.example", "headers": {"X-B": "b", "X-A": {"startsWith": "a"}}, "exactQuery": true,
		"cookies": {"c": 1e2}, "body": {"json": {"b": [10e-1, null, true], "a": {}}},
		"authority": "a.example:80", "params": {"a": "1"}, "url": "/x?y", "foldQuery": true, "join": ";",
		"any": [{"method": "GET"}, {"path": "/a", "none": [{"host": "b"}]}], "none": [{"query": {"z": 1}}]
	}`))
	if err != nil {
		t.Fatal(err)
	}
	if fields := reflect.TypeFor[simulations.Pattern]().NumField(); len(v.Names) != fields {
		t.Fatalf("the pattern has %d fields, here are %d", fields, len(v.Names))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		some := &simulations.Value{Kind: simulations.Object}
		for i, name := range v.Names {
			if r.IntN(3) > 0 {
				some.Set(name, v.Items[i])
			}
		}
		if some.Get("method") != nil && r.IntN(2) == 0 {
			some.Set("method", simulations.NewString("GET"))
		}
		p, err := simulations.DecodePattern(some)
		if err != nil {
			t.Fatal(err)
		}
		want := string(p.Value().Canonical().AppendJSON(nil))
		if got := string(p.AppendCanonical(nil)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}
