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

// discard takes an answer and keeps nothing.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkServe is what understudy adds to a request: from net/http's handler
// call to the answer's last byte, journal included.
func BenchmarkServe(b *testing.B) {
	for _, n := range []int{1, 10_000} {
		e := newEngine(b)
		doc := &simulations.Document{Understudy: simulations.Version}
		text := strings.Repeat("x", 600)
		for i := range n {
			doc.Stubs = append(doc.Stubs, &simulations.Stub{
				Request:  simulations.Pattern{Path: &simulations.Predicate{Value: simulations.NewString(fmt.Sprintf("/exact/%d", i))}},
				Response: &simulations.Response{Text: &text, Headers: simulations.Headers{"Content-Type": {"text/plain"}}},
			})
		}
		if _, err := e.PutDocument(context.Background(), "bench", doc, simulations.Condition{}); err != nil {
			b.Fatal(err)
		}
		for name, path := range map[string]string{"exact": "/exact/0", "miss": "/nothing/here"} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r := httptest.NewRequest("GET", path, nil)
					e.ServeHTTP(&discard{http.Header{}}, r)
				}
			})
		}
	}
}
