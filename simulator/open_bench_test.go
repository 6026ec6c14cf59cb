package simulator

import (
	"strings"
	"testing"

	"understudy/simulations"
)

// BenchmarkOpenStub makes a packed stub ready, as most requests do where there
// are a million.
func BenchmarkOpenStub(b *testing.B) {
	for name, request := range map[string]string{
		"exact":     `"path":"/api/v1/orders/123456/items"`,
		"json":      `"path":"/v1/orders","body":{"jsonPath":{"$.orderId":"o-123456"}}`,
		"query":     `"path":"/v1/orders","query":{"order":"o-123456"}`,
		"templated": `"path":{"template":"/v1/shops/123456/orders/{order}"}`,
		"template":  `"path":{"template":"/v1/shops/123456/orders/{order}"}`,
	} {
		s, err := simulations.DecodeStub([]byte(`{"id":"s123456","request":{"method":"POST",` + request + `},"response":{"headers":{"Content-Type":"application/json"},"text":"` + strings.Repeat("x", 600) + `"}}`))
		if err != nil {
			b.Fatal(err)
		}
		p := simulations.PackedStub{Packed: string(simulations.AppendPacked(nil, s)), Revision: 1}
		if name == "templated" {
			text := `{"order":"{{request.pathParams.order}}","id":"{{request.body.orderId}}","note":"` + strings.Repeat("x", 560) + `"}`
			s.Response.Text, s.Response.Template = &text, true
			p.Packed = string(simulations.AppendPacked(nil, s))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, faults := openStub("bench", p); len(faults) > 0 {
					b.Fatal(faults)
				}
			}
		})
	}
}
