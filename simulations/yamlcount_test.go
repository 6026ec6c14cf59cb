package simulations

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// countYAML counts the values of a text by the counter, and by what the library
// makes of it; ok is false where it makes nothing.
func countYAML(data []byte) (counted, values int, ok bool) {
	c := yamlCounter{data: data}
	c.exceeds(len(data))
	var root yaml.Node
	if yaml.Unmarshal(data, &root) != nil {
		return c.values, 0, false
	}
	var count func(n *yaml.Node)
	count = func(n *yaml.Node) {
		for i, item := range n.Content {
			if n.Kind != yaml.MappingNode || i%2 == 1 {
				values++
			}
			count(item)
		}
	}
	for _, top := range root.Content {
		count(top)
	}
	return c.values, values, true
}

func TestYAMLCounter(t *testing.T) {
	for text, want := range map[string]int{
		"a: 1\nb: [1, 2]\n":                                 4,
		"- 0\n- 1\n- - 2\n  - 3\n":                          5,
		"- a: 1\n  b: 2\n":                                  3,
		"a: |\n  - x\n  - y\n\n  [1,2]: 3\nb: 1\n":          2,
		"- a: |\n    - x\n  b: >-\n     - y\n- c\n":         4,
		"- |\n - x\n- : |\n  b: 1\n":                        4,
		"a: |\nb:\n- 0\n- 1\n":                              4,
		"a: \"x\n  - y [1, 2] \\\" - z\"\nb: 'it''s [1,'\n": 2,
		"a: foo\n  - bar\n  'baz\nb: 1\n":                   2,
		"[foo\n 'bar, 1, 2]\n":                              3,
		"a: it's [1, 2, 3]: {\nb: 1\n":                      0, // is not right
		"a: http://x/,y,z # - [1,\n# - x\nb: 1\n":           2,
		"? a\n: |\n  - x\nb: 1\n":                           3,
		"a: &x !!str |\n  - x\nb: *x\n":                     2,
		"--- [0, 0]\n":                                      2,
		"--- |\n- x\n- y\n":                                 0,
		"a:\r- 0\u2028- 1\u0085- 2\n":                       4,
		"{a: 1, b: 2, c}\n":                                 3,
		"\"a\": 1\n\"b\":\n  |\n  - x\n":                    2,
	} {
		counted, values, ok := countYAML([]byte(text))
		switch {
		case !ok:
		case values > want || counted < want:
			t.Errorf("%q: %d are counted, want %d; the library makes %d", text, counted, want, values)
		case counted > values && !strings.ContainsAny(text, "?{"):
			t.Errorf("%q: %d are counted, of %d", text, counted, values)
		}
	}
	_, err := parseYAML([]byte("a: é\nb: [" + strings.Repeat("0, ", maxYAMLValues) + "0]\n"))
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != CodeTooLarge || e.Fields[0].Line != 2 || e.Fields[0].Column != 3*(maxYAMLValues-1) {
		t.Errorf("%v", err)
	}
}

// TestYAMLCounterAgrees counts examples, and texts that were put together at
// random: the counter finds no less than the library makes, or half of it in the
// flow style.
func TestYAMLCounterAgrees(t *testing.T) {
	files, _ := filepath.Glob("examples/*.yaml")
	pieces := []string{"- ", "- ", "a: ", "b:", "\n", "\n", "\n  ", "\n ", "\n    ", "x", "'", "\"", "|", ">-", "|2", "[", "]", "{", "}", ", ", ",", "# ", "? ", ": ", "&a ", "*a", "!!str ", "\r", "\u2028", "---", "...", "\\", "\t", "é", "0"}
	r := rand.New(rand.NewPCG(5, 6))
	agreed := 0
	check := func(data []byte) {
		counted, values, ok := countYAML(data)
		if ok {
			agreed++
		}
		if ok && (counted < values && !strings.Contains(string(data), "[") || 2*counted < values) { // [a: 1] are two
			t.Errorf("%q: %d are counted, of %d", data, counted, values)
		}
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		counted, values, ok := countYAML(data)
		if !ok || counted < values || counted > values+values/10+strings.Count(string(data), "{}") {
			t.Errorf("%s: %d are counted, of %d", name, counted, values)
		}
	}
	for range 100_000 {
		var b strings.Builder
		for range 1 + r.IntN(14) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		check([]byte(b.String()))
	}
	if agreed < 10_000 {
		t.Errorf("only %d texts were right", agreed)
	}
}
