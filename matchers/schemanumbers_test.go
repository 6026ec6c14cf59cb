package matchers

import "testing"

// TestExtent: what schemas ask of a value, and that of a body they ask once.
func TestExtent(t *testing.T) {
	for text, want := range map[string]extent{
		`7`: {}, `"1e5000"`: {}, `[]`: {}, `{"a":{}}`: {depth: 1}, `[1,[2,[3]]]`: {depth: 3}, `1e5000`: {huge: "1e5000"},
		`{"a":[{"b":1e-5000}],"c":2}`: {depth: 3, huge: "1e-5000"},
	} {
		if got := extentOf(nodeIn(t, text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	b := &body{data: []byte(`[[1]]`)}
	n, _ := b.asJSON(&scope{})
	first := contentOf(b).extent(n)
	if again := contentOf(b).extent(nil); again != first || first.depth != 2 {
		t.Errorf("%+v, then %+v", first, again)
	}
}
