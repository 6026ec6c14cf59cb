package simulations

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestShortDecimal holds the quick way for numbers of few digits equal to the
// way for all.
func TestShortDecimal(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	short := 0
	for range 100_000 {
		var b strings.Builder
		for range r.IntN(20) {
			b.WriteByte("0000123459.-"[r.IntN(12)])
		}
		s := b.String()
		if strings.Count(s, ".") != 1 || strings.LastIndex(s, "-") > 0 {
			continue
		}
		if got, ok := shortDecimal(s); ok {
			short++
			if want := canonicalDigits(s); got != want {
				t.Fatalf("%s: %s, want %s", s, got, want)
			}
		}
	}
	if short < 1000 {
		t.Errorf("only %d were short", short)
	}
}
