package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Bounds of exact numbers: digits before and behind the point.
const (
	maxDigits   = 400
	maxExponent = 400
)

// parseDecimal reads a number exactly: decimal digits, point, exponent. It is
// false for anything else, and for numbers out of bounds.
func parseDecimal(s string) (*big.Rat, bool) {
	if n, ok := smallInt(s); ok {
		return new(big.Rat).SetInt64(int64(n)), true
	}
	if s == "" || len(s) > maxDigits {
		return nil, false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9', c == '.', c == '-', c == '+':
		case c == 'e' || c == 'E':
			exp, err := strconv.Atoi(s[i+1:])
			if err != nil || exp > maxExponent || exp < -maxExponent {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	return new(big.Rat).SetString(s)
}

// decimal reads an argument as an exact number.
func (r *run) decimal(v any) (*big.Rat, error) {
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	s = strings.TrimSpace(s)
	if d, ok := parseDecimal(s); ok {
		return d, nil
	}
	if len(s) > maxDigits && strings.Trim(s, "0123456789.-") == "" {
		return nil, errNumber
	}
	return nil, fmt.Errorf("%s is no number", show(s))
}

// errNumber is a result that is out of bounds.
var errNumber = errors.New("the number is too large")

// exact writes a number: exactly where it has a finite number of decimals, else
// as the nearest float64.
func (r *run) exact(d *big.Rat) (json.Number, error) {
	if d.IsInt() {
		if n := d.Num(); n.IsInt64() {
			return json.Number(strconv.FormatInt(n.Int64(), 10)), nil
		}
	}
	if d.Num().BitLen() > 2*maxDigits*4 || d.Denom().BitLen() > 2*maxDigits*4 {
		return "", errNumber
	}
	if err := r.step(4); err != nil {
		return "", err
	}
	if d.IsInt() {
		return json.Number(d.Num().String()), nil
	}
	if places, ok := d.FloatPrec(); ok {
		return json.Number(d.FloatString(places)), nil
	}
	f, _ := d.Float64()
	return float(f), nil
}

// float writes a float64 as JSON does, shortest form.
func float(f float64) json.Number {
	abs := f
	if abs < 0 {
		abs = -abs
	}
	format := byte('f')
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return json.Number(strconv.FormatFloat(f, format, -1, 64))
}

// rounding is how round treats what is behind the last place.
type rounding uint8

const (
	halfUp rounding = iota // half away from zero
	down                   // towards negative infinity
	up
)

// round rounds to a number of decimal places.
func round(d *big.Rat, places int, how rounding) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	num := new(big.Int).Mul(d.Num(), scale)
	q, m := new(big.Int).DivMod(num, d.Denom(), new(big.Int)) // floored, since the denominator is positive
	switch how {
	case up:
		if m.Sign() > 0 {
			q.Add(q, big.NewInt(1))
		}
	case halfUp:
		twice := new(big.Int).Lsh(m, 1)
		switch c := twice.Cmp(d.Denom()); {
		case c > 0, c == 0 && d.Sign() > 0:
			q.Add(q, big.NewInt(1))
		}
	}
	return new(big.Rat).SetFrac(q, scale)
}

// compare orders two values: numbers, and texts that are numbers beside one, by
// their value, everything else by its text. strict compares a text with a
// number as texts do not.
func (r *run) compare(x, y any) (int, error) {
	if isNumber(x) || isNumber(y) {
		a, errA := r.decimal(x)
		b, errB := r.decimal(y)
		if errA == nil && errB == nil {
			return a.Cmp(b), r.step(1)
		}
		if isFatal(errA) || isFatal(errB) {
			return 0, errors.Join(errA, errB)
		}
	}
	if d, ok := x.(*date); ok {
		if e, ok := y.(*date); ok {
			return d.time.Compare(e.time), nil
		}
	}
	a, err := r.text(x)
	if err != nil {
		return 0, err
	}
	b, err := r.text(y)
	if err != nil {
		return 0, err
	}
	return strings.Compare(a, b), r.read(min(len(a), len(b)))
}

func isNumber(v any) bool {
	_, ok := v.(json.Number)
	return ok
}

// equal is the equality of eq: lists and objects by their contents, a number and
// a text that is one by their value, everything else as text.
func (r *run) equal(x, y any, depth int) (bool, error) {
	if depth > maxNesting {
		return false, fatal{ErrDepth}
	}
	if err := r.step(1); err != nil {
		return false, err
	}
	if s, ok := x.(string); ok {
		if t, ok := y.(string); ok {
			return s == t, nil
		}
	}
	if x == nil || y == nil {
		return isNothing(x) && isNothing(y), nil
	}
	if !composite(r, x) && !composite(r, y) {
		c, err := r.compare(x, y)
		return c == 0, err
	}
	a, aIsList := r.list(x)
	b, bIsList := r.list(y)
	if aIsList != bIsList {
		return false, nil
	}
	if aIsList {
		if a.len() != b.len() {
			return false, nil
		}
		for i := range a.len() {
			if same, err := r.equal(a.at(i), b.at(i), depth+1); err != nil || !same {
				return false, err
			}
		}
		return true, nil
	}
	names, ok := memberNames(x)
	others, ok2 := memberNames(y)
	if !ok || !ok2 || len(names) != len(others) {
		return false, nil
	}
	for _, n := range names {
		m, _ := r.member(x, n)
		o, found := r.member(y, n)
		if !found {
			return false, nil
		}
		if same, err := r.equal(m, o, depth+1); err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

// composite reports whether a value is a list or an object, and no text with
// several views.
func composite(r *run, v any) bool {
	switch v := v.(type) {
	case nil, string, bool, json.Number, *date:
		return false
	case texts:
		return len(v) > 1
	case texter:
		return false
	case rawJSON:
		return composite(r, v.value)
	}
	return true
}

func isNothing(v any) bool {
	l, ok := v.(texts)
	return v == nil || ok && len(l) == 0
}
