package matchers

import (
	"cmp"
	"strconv"

	"understudy/matchers/internal/decimal"
)

// CompareNumbers orders two JSON numbers exactly, as the operator number does.
// ok is false where one of the texts is none.
//
// Two that differ as float64 differ the same way exactly, since rounding keeps
// the order; the exact comparison, which costs far more, decides the rest.
func CompareNumbers(a, b string) (order int, ok bool) {
	if !decimal.Valid(a) || !decimal.Valid(b) {
		return 0, false
	}
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA == nil && errB == nil && x != y {
		return cmp.Compare(x, y), true
	}
	return decimal.Compare(a, b)
}
