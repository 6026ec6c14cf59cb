package formats

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

// TestBigSimulation: of twenty thousand pairs that were read each answers its request.
func TestBigSimulation(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 6 MB")
	}
	const pairs = 20_000
	var b strings.Builder
	b.WriteString(`{"data":{"pairs":[`)
	for i := range pairs {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"request":{"path":[{"matcher":"exact","value":"/items"}],"method":[{"matcher":"exact","value":"GET"}],"query":{"id":[{"matcher":"exact","value":"%d"}]},"body":[{"matcher":"exact","value":""}]},"response":{"status":200,"body":"item %d","headers":{"Content-Type":["text/plain"]}}}`, i, i)
	}
	b.WriteString(`]},"meta":{"schemaVersion":"v5.3"}}`)
	start := time.Now()
	doc, _, _, err := Default().Decode([]byte(b.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	read := time.Since(start)
	e := newEngine(t)
	if _, err := e.PutDocument(t.Context(), "big", doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	put := time.Since(start)
	start = time.Now()
	const asked = 1000
	for i := range asked {
		n := i * 97 % pairs
		if got, want := ask(t, e, fmt.Sprintf("GET /items?id=%d", n), "big"), fmt.Sprintf("item %d", n); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	t.Logf("read in %s, served after %s; %s an answer", read, put, time.Since(start)/asked)
}
