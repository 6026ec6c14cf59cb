package matchers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"understudy/simulations"
)

// TestLeaves: a value has the same leaves as a document has it and as it is decoded,
// and another where anything of it is otherwise, but for a number or a boolean that
// is written as a text.
func TestLeaves(t *testing.T) {
	seen := map[uint32]string{}
	for _, text := range []string{
		`1`, `"1"`, `true`, `"true"`, `null`, `{}`, `[]`, `[1]`, `[[1]]`, `{"a":1}`, `{"b":1}`, `{"a":{"a":1}}`, `{"0":1}`, `[null,1]`, `{"a":[]}`, `{"a":{}}`,
	} {
		leaves, decoded := leavesOf(document(t, text)), nodeLeaves(nodeIn(t, text))
		if !slices.Equal(leaves, decoded) {
			t.Errorf("%s: %v as a document has it, %v decoded", text, leaves, decoded)
		}
		for _, leaf := range leaves {
			if other, is := seen[leaf]; is && text != `[null,1]` && text != strconv.Quote(other) {
				t.Errorf("%s and %s have a leaf in common", text, other)
			}
			seen[leaf] = text
		}
	}
	one := leavesOf(document(t, `{"op":"get","n":[1,2.50,{"x":"y"}],"none":{}}`))
	for text, want := range map[string]float64{
		`{"none":{},"n":[1.0,2.5,{"x":"y"}],"op":"get"}`: 1,
		`{"op":"get","n":[1,2,{"x":"y"}],"none":{}}`:     0.8,
		`{"op":"put","n":[2,1]}`:                         0,
		`7`:                                              0,
	} {
		if got := shareOf(one, nodeLeaves(nodeIn(t, text))); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// TestLeavesOfMuch: of large values samples are compared, and both are samples of the
// same.
func TestLeavesOfMuch(t *testing.T) {
	const members = 10 * maxLeaves
	object := func(members, other int) string {
		var b strings.Builder
		for i := range members {
			value := i
			if i%10 < other {
				value = -1
			}
			fmt.Fprintf(&b, `,"k%d":%d`, i, value)
		}
		return "{" + strings.TrimPrefix(b.String(), ",") + "}"
	}
	asked := leavesOf(document(t, object(members, 0)))
	if len(asked) != maxSample {
		t.Errorf("%d leaves of a stub", len(asked))
	}
	for _, other := range []int{0, 5, 10} {
		leaves := nodeLeaves(nodeIn(t, object(members, other)))
		if len(leaves) != maxLeaves {
			t.Errorf("%d leaves of a body", len(leaves))
		}
		want := 1 - float64(other)/10
		if got := shareOf(asked, leaves); got < want-0.35 || got > want+0.35 || other%10 == 0 && got != want { // 64 are a small sample
			t.Errorf("%d of ten are other: the share is %v", other, got)
		}
	}
	few := leavesOf(document(t, object(200, 0)))
	if got := shareOf(few, nodeLeaves(nodeIn(t, object(members, 0)))); got != 1 {
		t.Errorf("of what is a small part of the body, %v is there", got)
	}
}

func document(t testing.TB, text string) *simulations.Value {
	t.Helper()
	v, err := simulations.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func nodeIn(t testing.TB, text string) any {
	t.Helper()
	n, ok := decodeJSONText(text)
	if !ok {
		t.Fatalf("%.100s is not JSON", text)
	}
	return n
}
