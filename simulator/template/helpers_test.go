package template

import (
	"testing"
)

// Each example of the reference is rendered, and is what it says.
func TestExamples(t *testing.T) {
	for d := range dialects {
		for name, h := range dialects[d].helpers {
			if Dialect(d) != Native && h == dialects[Native].helpers[name] {
				continue // shared, and shown in the native dialect's words
			}
			t.Run(Dialect(d).String()+"/"+name, func(t *testing.T) {
				if h.doc == "" || len(h.examples) == 0 {
					t.Errorf("the helper has no doc or no example")
				}
				for _, e := range h.examples {
					got, err := render(t, Dialect(d), e.source, sample())
					if err != nil {
						t.Errorf("%s: %v", e.source, err)
					} else if got != e.result {
						t.Errorf("%s\n got %q\nwant %q", e.source, got, e.result)
					}
				}
			})
		}
	}
}
