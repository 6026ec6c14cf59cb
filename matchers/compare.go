package matchers

import "understudy/matchers/internal/decimal"

// CompareNumbers orders two JSON numbers exactly, as the operator number does.
// ok is false where one of the texts is none.
func CompareNumbers(a, b string) (order int, ok bool) { return decimal.Compare(a, b) }
