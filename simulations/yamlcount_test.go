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

// countYAML counts the nodes of a text by the counter, and by what the library
// makes of it; ok is false where it makes nothing.
func countYAML(data []byte) (counted, nodes int, ok bool) {
	c := yamlCounter{data: data}
	c.exceeds(3 * len(data))
	var root yaml.Node
	if yaml.Unmarshal(data, &root) != nil {
		return c.nodes, 0, false
	}
	var count func(n *yaml.Node)
	count = func(n *yaml.Node) {
		for _, comment := range []string{n.HeadComment, n.LineComment, n.FootComment} {
			if comment != "" {
				nodes += commentNodes
			}
		}
		for _, item := range n.Content {
			nodes++
			count(item)
		}
	}
	count(&root)
	return c.nodes, max(0, nodes-len(root.Content)), true // but for the document's own
}

func TestYAMLCounter(t *testing.T) {
	for text, want := range map[string]int{
		"a: 1\nb: [1, 2]\n":                                               6,
		"- 0\n- 1\n- - 2\n  - 3\n":                                        5,
		"- a: 1\n  b: 2\n":                                                5,
		"a: |\n  - x\n  - y\n\n  [1,2]: 3\nb: 1\n":                        4,
		"- a: |\n    - x\n  b: >-\n     - y\n- c\n":                       6,
		"- |\n - x\n- : |\n  b: 1\n":                                      5,
		"a: |\nb:\n- 0\n- 1\n":                                            6,
		"a: \"x\n  - y [1, 2] \\\" - z\"\nb: 'it''s [1,'\n":               4,
		"a: foo\n  - bar\n  'baz\nb: 1\n":                                 4,
		"[foo\n 'bar, 1, 2]\n":                                            3,
		"a: it's [1, 2, 3]: {\nb: 1\n":                                    0, // is not right
		"a: http://x/,y,z # - [1,\n# - x\nb: 1\n":                         8,
		"? a\n: |\n  - x\nb: 1\n":                                         5,
		"a: &x !!str |\n  - x\nb: *x\n":                                   4,
		"--- [0, 0]\n":                                                    2,
		"--- |\n- x\n- y\n":                                               0,
		"a:\r- 0\u2028- 1\u0085- 2\n":                                     5,
		"{a: 1, b: 2, c}\n":                                               6,
		"\"a\": 1\n\"b\":\n  |\n  - x\n":                                  4,
		"[a: 1, b: 2, {}, [ ], {a}]\n":                                    11,
		"[a: , b:\n, {c: , d: [e: {f: 1}]}]\n":                            16,
		"[a:,a:,a:]\n":                                                    9, // which the library takes for text, but for the last
		"- 0 # a\n# b\n# c\n- 1\n":                                        6,
		"- # a\n- # b\n":                                                  6, // of which the library makes one
		"- 0\n# a\n\n# b\n\n# c\n\n# d\n- 1\n":                            6,
		"a:\n    - 0\n  # a\n # a\n  # a\n    - 1\n":                      10,
		strings.Repeat("[", 70) + "a: 1" + strings.Repeat("]", 70) + "\n": 76,
	} {
		counted, nodes, ok := countYAML([]byte(text))
		switch {
		case !ok:
		case nodes > want || counted < want:
			t.Errorf("%q: %d are counted, want %d; the library makes %d", text, counted, want, nodes)
		case counted > nodes && !strings.Contains(text, "?") && !strings.Contains(text, "a:,") && !strings.Contains(text, "#") && !strings.Contains(text, "[["):
			t.Errorf("%q: %d are counted, of %d", text, counted, nodes)
		}
	}
	_, err := parseYAML([]byte("a: é\nb: [" + strings.Repeat("0, ", maxYAMLNodes) + "0]\n"))
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Code != CodeTooLarge || e.Fields[0].Line != 2 || e.Fields[0].Column != 3*(maxYAMLNodes-4)+3 {
		t.Errorf("%v", err)
	}
}

// TestYAMLCounterAgrees counts examples, and texts that were put together at
// random: the counter finds no less than the library makes.
func TestYAMLCounterAgrees(t *testing.T) {
	files, _ := filepath.Glob("examples/*.yaml")
	pieces := []string{"- ", "- ", "a: ", "b:", "\n", "\n", "\n  ", "\n ", "\n    ", "x", "'", "\"", "|", ">-", "|2", "[", "]", "{", "}", ", ", ",", "# ", "? ", ": ", "&a ", "*a", "!!str ", "\r", "\u2028", "---", "...", "\\", "\t", "é", "0"}
	r := rand.New(rand.NewPCG(5, 6))
	agreed := 0
	check := func(data []byte) {
		counted, nodes, ok := countYAML(data)
		if ok {
			agreed++
		}
		if strings.ContainsAny(string(data), "|>") && strings.Contains(string(data), "#") {
			counted += commentNodes // where a text is all of the document, a comment may stand in its place
		}
		if ok && counted < nodes {
			t.Errorf("%q: %d are counted, of %d", data, counted, nodes)
		}
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		counted, nodes, ok := countYAML(data)
		if !ok || counted < nodes || counted > nodes+nodes/10+strings.Count(string(data), "{}") {
			t.Errorf("%s: %d are counted, of %d", name, counted, nodes)
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
