package matchers

import (
	"testing"

	"understudy/simulations"
)

// TestLeaves: a value has the same leaves as a document has it and as it is decoded,
// and another where anything of it is otherwise.
func TestLeaves(t *testing.T) {
	seen := map[uint32]string{}
	for _, text := range []string{
		`1`, `"1"`, `true`, `"true"`, `null`, `{}`, `[]`, `[1]`, `[[1]]`, `{"a":1}`, `{"b":1}`, `{"a":{"a":1}}`, `{"0":1}`, `[null,1]`, `{"a":[]}`, `{"a":{}}`,
	} {
		v, err := simulations.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		n, _ := decodeJSONText(text)
		leaves, decoded := leavesOf(v), nodeLeaves(n)
		if len(leaves) != len(decoded) || shareOf(leaves, decoded) != 1 {
			t.Errorf("%s: %v as a document has it, %v decoded", text, leaves, decoded)
		}
		last := leaves[len(leaves)-1]
		if other, is := seen[last]; is {
			t.Errorf("%s and %s have a leaf in common", text, other)
		}
		seen[last] = text
	}
	one, _ := simulations.ParseJSON([]byte(`{"op":"get","n":[1,2.50,{"x":"y"}],"none":{}}`))
	for text, want := range map[string]float64{
		`{"none":{},"n":[1.0,2.5,{"x":"y"}],"op":"get"}`: 1,
		`{"op":"get","n":[1,2,{"x":"y"}],"none":{}}`:     0.8,
		`{"op":"put","n":[2,1]}`:                         0,
		`7`:                                              0,
	} {
		n, _ := decodeJSONText(text)
		if got := shareOf(leavesOf(one), nodeLeaves(n)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	many := simulations.NewArray()
	for i := range int64(1000) {
		many.Items = append(many.Items, simulations.NewInt(i))
	}
	if got := leavesOf(many); len(got) != maxLeaves {
		t.Errorf("%d leaves", len(got))
	}
}
