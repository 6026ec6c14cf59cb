package volatile

import (
	"math/rand/v2"
	"regexp"
	"testing"
)

// TestName holds the comparison of names against the pattern that says
// the same.
func TestName(t *testing.T) {
	pattern := regexp.MustCompile(`(?i)(^understudy-|^sec-ch-|^x-envoy-|^ot-baggage-|^uberctx-|-(trace|span|request|correlation)-?id$|-(nonce|timestamp|signature|secret|token)$)`)
	parts := []string{
		"understudy", "Sec", "ch", "x", "X", "Envoy", "ot", "BAGGAGE", "uberctx", "-", "-", "-", "-", "trace", "Span", "request",
		"correlation", "id", "Id", "ID", "nonce", "Timestamp", "signature", "secret", "token", "tokens", "a",
	}
	r := rand.New(rand.NewPCG(1, 2))
	volatile := 0
	for range 200_000 {
		name := ""
		for range r.IntN(6) {
			name += parts[r.IntN(len(parts))]
		}
		want := pattern.MatchString(name)
		if got := telling(name); got != want {
			t.Fatalf("%q: %v, want %v", name, got, want)
		}
		if want {
			volatile++
		}
	}
	if volatile < 1000 {
		t.Errorf("only %d names were volatile", volatile)
	}
}
