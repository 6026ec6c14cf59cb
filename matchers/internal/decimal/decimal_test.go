package decimal_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"understudy/matchers/internal/decimal"
)

var numbers = []string{
	"0", "-0", "0.0", "0e5", "1", "1.0", "10e-1", "0.1e1", "-1", "-1.5", "1.5", "15e-1", "100", "1e2", "1E+2", "0.001", "1e-3",
	"9007199254740992", "9007199254740993", "123456789012345678901234567890", "123456789012345678901234567891", "1e100", "-1e100", "1e-100",
}

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

// TestCompare compares every two numbers as exact fractions compare.
func TestCompare(t *testing.T) {
	for _, a := range numbers {
		for _, b := range numbers {
			want := rat(a).Cmp(rat(b))
			if got, ok := decimal.Compare(a, b); !ok || got != want {
				t.Errorf("Compare(%s, %s) = %d %v, want %d", a, b, got, ok, want)
			}
			if got := decimal.Equal(a, b); got != (want == 0) {
				t.Errorf("Equal(%s, %s) = %v", a, b, got)
			}
			if got := decimal.Canonical(a) == decimal.Canonical(b); got != (want == 0) {
				t.Errorf("Canonical: %s and %s", a, b)
			}
		}
	}
	// Exponents that no fraction could hold.
	for _, pair := range [][2]string{{"1e999999999", "1e1000000000"}, {"-1e99999999999999999999", "1"}, {"1e-99999999999999999999", "1e-9"}} {
		if got, ok := decimal.Compare(pair[0], pair[1]); !ok || got != -1 {
			t.Errorf("%v: %d %v", pair, got, ok)
		}
	}
}

// FuzzValid holds the grammar equal to that of encoding/json, and what it takes
// to exact fractions.
func FuzzValid(f *testing.F) {
	for _, s := range append(numbers, "", "-", "01", "1.", ".1", "1e", "+1", "1 ", "0x1", "1_0", "Infinity") {
		f.Add(s, "1")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		number := func(s string) bool {
			var n json.Number
			return len(s) > 0 && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && s[len(s)-1] > ' ' && json.Unmarshal([]byte(s), &n) == nil
		}
		if decimal.Valid(a) != number(a) {
			t.Errorf("Valid(%q) = %v", a, decimal.Valid(a))
		}
		got, ok := decimal.Compare(a, b)
		if ok != (number(a) && number(b)) {
			t.Errorf("Compare(%q, %q) took it: %v", a, b, ok)
		}
		if x, y := len(a) < 12, len(b) < 12; !ok || !x || !y {
			return
		}
		p, ok1 := new(big.Float).SetPrec(2000).SetString(a)
		q, ok2 := new(big.Float).SetPrec(2000).SetString(b)
		if ok1 && ok2 && !p.IsInf() && !q.IsInf() && p.IsInt() && q.IsInt() && got != p.Cmp(q) {
			t.Errorf("Compare(%q, %q) = %d", a, b, got)
		}
	})
}
