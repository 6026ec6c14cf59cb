package matchers

import (
	"testing"

	"understudy/matchers/internal/decimal"
)

// TestCompareNumbers: the short way says what the exact one does.
func TestCompareNumbers(t *testing.T) {
	numbers := []string{
		"0", "-0", "1", "1.0", "10e-1", "-1", "0.1", "0.10000000000000000001", "9007199254740992", "9007199254740993",
		"1e308", "1e309", "1e400", "-1e400", "1e-400", "-1e-400", "0.0e9", "4.9e-324", "2e-324", "1E+2", "100",
		"+1", ".5", "5.", "0x10", "1_000", "inf", "NaN", "", "01", "1 ",
	}
	for _, a := range numbers {
		for _, b := range numbers {
			want, wantOK := decimal.Compare(a, b)
			if !decimal.Valid(a) || !decimal.Valid(b) {
				want, wantOK = 0, false
			}
			if got, ok := CompareNumbers(a, b); got != want || ok != wantOK {
				t.Errorf("%q with %q: %d, %v, want %d, %v", a, b, got, ok, want, wantOK)
			}
		}
	}
}
