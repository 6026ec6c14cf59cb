package matchers

import (
	"fmt"
	"strings"
	"testing"
)

// TestShownIsCutWhole: a value in a message reads as the beginning of its whole text.
func TestShownIsCutWhole(t *testing.T) {
	members := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"k%05d":{"é":[%d,true,null]}`, (i*7919)%n, i)
		}
		return "{" + strings.TrimPrefix(b.String(), ",") + "}"
	}
	for _, text := range []string{
		`1`, `null`, `"x"`, `{}`, `[]`, `[[],{}]`, members(1), members(20), members(3000), "[" + members(3000) + "," + members(3000) + "]",
		`"` + strings.Repeat("a", 5000) + `"`, `"` + strings.Repeat("é", 5000) + `"`, `"a` + strings.Repeat("\U0001F600", 5000) + `"`,
		`{"` + strings.Repeat("😀", 199) + `":1,"b":2}`, strings.Repeat("9", 5000), strings.Repeat("[", 900) + strings.Repeat("]", 900),
		"[" + strings.Repeat("{},", 5000) + "1]",
	} {
		n, ok := decodeJSONText(text)
		if !ok {
			t.Fatalf("not JSON: %.100s", text)
		}
		if got, want := nodeOf(n).show(), cut(string(appendJSON(nil, n))); got != want {
			t.Errorf("%.60s…\n got %s\nwant %s", text, got, want)
		}
		if b := appendHead(nil, n, maxShown); len(b) > 2*maxShown {
			t.Errorf("%.60s…: %d bytes are made", text, len(b))
		}
	}
}
