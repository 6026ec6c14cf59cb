package simulator_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"understudy/simulations"
)

// BenchmarkCollections is a request to a collection of 10,000 items, journal
// included, of a session that has changed some.
func BenchmarkCollections(b *testing.B) {
	e := newEngine(b)
	var items []string
	for i := range 10_000 {
		items = append(items, fmt.Sprintf(`{"id":%d,"name":"name %d","status":"active","price":%d.50}`, i+1, i, i))
	}
	doc, err := simulations.Decode([]byte(`{"understudy":"v1","collections":{"items":{"path":"/items","items":[` + strings.Join(items, ",") + `],
		"list":{"paging":{"style":"page","default":20},"filters":{"name":"/name"},"sorting":{}}}}}`))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := e.PutDocument(context.Background(), "bench", doc, simulations.Condition{}); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, method, path, body string }{
		{"change", "PATCH", "/items/7", `{"name":"other"}`},
		{"read", "GET", "/items/7", ""},
		{"page", "GET", "/items?page=3", ""},
		{"filter", "GET", "/items?name=other", ""},
		{"sort", "GET", "/items?sort=-price", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.ServeHTTP(&discard{http.Header{}}, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
			}
		})
	}
}
