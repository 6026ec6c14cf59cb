package simulator_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"understudy/simulations"
)

// BenchmarkRender is what twenty variables in an answer add to the same answer
// without templates.
func BenchmarkRender(b *testing.B) {
	const variables = `{"id":"{{request.pathParams.id}}","method":"{{request.method}}","path":"{{request.path}}","seg":"{{request.pathSegments.[1]}}",
"page":"{{request.query.page}}","tag":"{{request.query.tag.[1]}}","rid":"{{request.headers.X-Request-Id}}","accept":"{{request.headers.Accept.[0]}}",
"cookie":"{{request.cookies.session}}","host":"{{request.host}}","scheme":"{{request.scheme}}","ip":"{{request.clientIP}}","name":"{{request.body.customer.name}}",
"sku":"{{request.body.items.[0].sku}}","qty":{{request.body.items.[1].qty}},"amount":{{request.body.amount}},"cart":"{{state.cart}}","session":"{{session}}",
"upper":"{{upper request.method}}","sum":{{add request.body.items.[0].qty 1}}}`
	const body = `{"customer":{"name":"Ada"},"items":[{"sku":"A-1","qty":1},{"sku":"B-2","qty":3}],"tags":["new","hot"],"amount":12.50}`
	for _, c := range []struct{ name, text string }{{"plain", strings.NewReplacer("{{", "", "}}", "").Replace(variables)}, {"variables", variables}} {
		e := newEngine(b)
		doc := &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{{
			Request:  simulations.Pattern{Path: &simulations.Predicate{Value: simulations.NewString("/v1/orders/42")}},
			Response: &simulations.Response{Text: &c.text, Template: c.name == "variables"},
		}}}
		if _, err := e.PutDocument(context.Background(), "bench", doc, simulations.Condition{}); err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/v1/orders/42?page=2&tag=a&tag=b", strings.NewReader(body))
				r.Header = http.Header{"X-Request-Id": {"r-1"}, "Accept": {"text/html"}, "Cookie": {"session=s-1"}, "Content-Type": {"application/json"}}
				e.ServeHTTP(&discard{http.Header{}}, r)
			}
		})
	}
}
