package simulations_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestSchemaAgreesWithTheDecoder: what the decoder takes the schema takes, and
// a field that the decoder does not know the schema does not know either.
func TestSchemaAgreesWithTheDecoder(t *testing.T) {
	docs := map[string]string{"full": full}
	files, _ := filepath.Glob("examples/*.*")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		docs[filepath.Base(f)] = string(b)
	}
	for name, text := range docs {
		doc, err := simulations.Decode([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range []*simulations.Value{mustParse(t, text), doc.Value()} {
			faults, err := simulations.CheckSchema(v)
			if err != nil || len(faults) > 0 {
				t.Errorf("%s: %v %v", name, faults, err)
			}
		}
	}
	for pointer, text := range map[string]string{
		"/nope":                          strings.Replace(full, "name: payments", "nope: payments", 1),
		"/stubs/0/request/nope":          strings.Replace(full, "      path: /v1/charges", "      nope: /v1/charges", 1),
		"/stubs/0/response/status":       strings.Replace(full, "status: 201", "status: 99", 1),
		"/collaborators/payments/mode":   strings.Replace(full, "mode: simulate", "mode: replay", 1),
		"/stubs/0/response/headers/nope": strings.Replace(full, "X-Number: 5", "nope: {}", 1),
	} {
		if text == full {
			t.Fatal("nothing was changed")
		}
		faults, err := simulations.CheckSchema(mustParse(t, text))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range faults {
			found = found || strings.HasPrefix(pointer, f.Pointer)
		}
		if !found {
			t.Errorf("%s: the schema has nothing against it: %v", pointer, faults)
		}
		if _, err := simulations.Decode([]byte(text)); err == nil {
			t.Errorf("%s: the decoder has nothing against it", pointer)
		}
	}
}

func mustParse(t *testing.T, text string) *simulations.Value {
	t.Helper()
	v, err := simulations.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
