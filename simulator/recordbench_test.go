package simulator

import (
	"fmt"
	"net/http"
	"testing"

	"understudy/simulations"
	"understudy/simulator/redact"
)

// BenchmarkRecordedStub makes the stub of an exchange, with all that a recording
// needs of it but the disk.
func BenchmarkRecordedStub(b *testing.B) {
	e := &Engine{opts: Options{RecordBody: 1 << 20}, heavy: newHeavy(1<<30, 1<<20)}
	rec := newRecorder(e)
	c := &collaborator{name: "orders", config: &simulations.Collaborator{}, rules: new(redact.Rules)}
	x := &simulations.Exchange{
		Request: simulations.RequestMessage{
			Method: "POST", Path: "/api/v1/orders/1/items",
			Header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {"bench"}},
			Body:   simulations.Body{Data: []byte(`{"orderId":"o-17","nonce":1234567,"currency":"EUR","items":[{"sku":"A-1","quantity":2,"price":12.50},{"sku":"B-7","quantity":1,"price":3.99}],"gift":false}`), Size: 160},
		},
		Response: simulations.ResponseMessage{
			Status: 200, Proto: "HTTP/1.1",
			Header: http.Header{"Content-Type": {"application/json"}, "Date": {"Mon, 02 Jan 2006 15:04:05 GMT"}, "Content-Length": {"600"}},
			Body:   simulations.Body{Data: fmt.Appendf(nil, "%0600d", 7), Size: 600},
		},
	}
	b.ReportAllocs()
	for b.Loop() {
		stub, err := rec.distill(b.Context(), c, x)
		if err != nil || unfit(stub) != "" || answerID(stub.Response) == "" || pack(stub) == "" {
			b.Fatal(err, unfit(stub))
		}
	}
}
