package generalize

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"understudy/simulations"
)

func recorded(method, path, answer string) *simulations.Stub {
	return &simulations.Stub{
		ID:       method + strings.ReplaceAll(path, "/", "-"),
		Request:  simulations.Pattern{Method: simulations.Strings{method}, Path: &simulations.Predicate{Value: simulations.NewString(path)}},
		Response: &simulations.Response{Text: &answer},
	}
}

// TestManyStubs holds the work to what it is for few: of 40,000 recorded stubs, half
// follow from their requests and become one, half are things with data of their own.
func TestManyStubs(t *testing.T) {
	doc := &simulations.Document{Name: "many"}
	for i := range 20_000 {
		id := 100_000 + i
		doc.Stubs = append(doc.Stubs,
			recorded("DELETE", fmt.Sprintf("/v1/things/%d", id), fmt.Sprintf(`{"deleted": %d}`, id)),
			recorded("GET", fmt.Sprintf("/v1/things/%d", id), fmt.Sprintf(`{"id": %d, "name": "thing-%d-%d"}`, id, i%7, i)),
		)
	}
	p, err := Propose(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Changes) != 2 || len(p.Document.Stubs) != 20_002 || len(p.Changes[0].Replaces) != 20_000 {
		t.Errorf("%d changes, %d stubs", len(p.Changes), len(p.Document.Stubs))
	}
}

// TestManyOperations is the same for paths that have nothing in common, and for
// one path with as many different queries and bodies.
func TestManyOperations(t *testing.T) {
	doc := &simulations.Document{Name: "many"}
	for i := range 10_000 {
		s := recorded("GET", "/v1/search", `{"hits": []}`)
		s.ID = fmt.Sprintf("search-%d", i)
		s.Request.Query = map[string]simulations.Predicate{fmt.Sprintf("field%d", i): {Value: simulations.NewString("x")}}
		b := recorded("POST", "/v1/things", `{"ok": true}`)
		b.ID = fmt.Sprintf("post-%d", i)
		body, err := simulations.ParseJSON(fmt.Appendf(nil, `{"json": {"member%d": 1}}`, i))
		if err != nil {
			t.Fatal(err)
		}
		b.Request.Body = &simulations.Predicate{Value: body}
		doc.Stubs = append(doc.Stubs, recorded("GET", fmt.Sprintf("/v1/word%c%c%c/list", 'a'+i%26, 'a'+i/26%26, 'a'+i/676%26), `{"n": 1}`), s, b)
	}
	p, err := Propose(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d changes, %d stubs", len(p.Changes), len(p.Document.Stubs))
}

func TestProposeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Propose(ctx, &simulations.Document{Stubs: []*simulations.Stub{recorded("GET", "/", "")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
