package jsonpath_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"understudy/matchers/jsonpath"
)

// corpus returns a file of the corpus of real files, or skips the test.
func corpus(t *testing.T, name string) []byte {
	t.Helper()
	root := os.Getenv("UNDERSTUDY_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Skipf("no corpus: set UNDERSTUDY_CORPUS to its folder (%v)", err)
	}
	return data
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestCompliance runs the compliance test suite of RFC 9535, all of it.
func TestCompliance(t *testing.T) {
	var suite struct {
		Tests []struct {
			Name         string
			Selector     string
			Document     json.RawMessage
			Result       []any
			Results      [][]any
			ResultPaths  []string   `json:"result_paths"`
			ResultsPaths [][]string `json:"results_paths"`
			Invalid      bool       `json:"invalid_selector"`
		}
	}
	dec := json.NewDecoder(bytes.NewReader(corpus(t, "jsonpath/cts.json")))
	dec.UseNumber()
	if err := dec.Decode(&suite); err != nil {
		t.Fatal(err)
	}
	if len(suite.Tests) < 700 {
		t.Fatalf("only %d cases", len(suite.Tests))
	}
	for _, tt := range suite.Tests {
		t.Run(tt.Name, func(t *testing.T) {
			p, err := jsonpath.Compile(tt.Selector)
			if tt.Invalid {
				if err == nil {
					t.Fatalf("%s was accepted", tt.Selector)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", tt.Selector, err)
			}
			results, paths := tt.Results, tt.ResultsPaths
			if results == nil {
				results, paths = [][]any{tt.Result}, [][]string{tt.ResultPaths}
			}
			root := decode(t, tt.Document)
			got, gotPaths := []any{}, []string{}
			for _, n := range p.Select(root) {
				got, gotPaths = append(got, n.Value), append(gotPaths, n.Location().String())
			}
			found := false
			for i, want := range results {
				found = found || len(got) == len(want) && (len(got) == 0 || reflect.DeepEqual(got, want) && reflect.DeepEqual(gotPaths, paths[i]))
			}
			if !found {
				t.Errorf("%s on %s\n got %v %v\nwant %v %v", tt.Selector, tt.Document, got, gotPaths, results, paths)
			}
			values := p.Values(root)
			if len(values) != len(got) || len(got) > 0 && !reflect.DeepEqual(values, got) {
				t.Errorf("%s: Values gives %v, Select %v", tt.Selector, values, got)
			}
			if p.Singular() {
				v, ok := p.Get(root)
				if ok != (len(got) == 1) || ok && !reflect.DeepEqual(v, got[0]) {
					t.Errorf("%s: Get gives %v %v, Select %v", tt.Selector, v, ok, got)
				}
			}
		})
	}
}
