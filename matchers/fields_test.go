package matchers

import (
	"fmt"
	"testing"
)

// TestDocumentInAField: stubs that ask for a document in a header are told apart by what
// a header has, not by what a body would.
func TestDocumentInAField(t *testing.T) {
	for _, pattern := range []string{`{"json":{"id":%d}}`, `{"jsonPath":{"$.id":%d}}`} {
		var stubs []string
		for i := range 20 {
			stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","headers":{"X-Data":`+pattern+`}}}`, i, i))
		}
		m, ok := setOf(t, stubs...).Find(request("GET", "/p", "X-Data", `{"id":7}`), nil)
		if !ok || m.Stub.ID != "s7" {
			t.Errorf("%s: found %s", pattern, describe(m.Stub))
		}
	}
	var stubs []string
	for i := range 20 {
		stubs = append(stubs, fmt.Sprintf(`{"id":"s%d","request":{"path":"/p","headers":{"X-Data":{"form":{"id":%d}}}}}`, i, i))
	}
	if m, ok := setOf(t, stubs...).Find(request("GET", "/p", "X-Data", "id=7"), nil); !ok || m.Stub.ID != "s7" {
		t.Errorf("form: found %s", describe(m.Stub))
	}
}
