// Package decimal compares JSON numbers exactly, by their digits: 1 equals 1.0
// and 1e0, 9007199254740993 does not equal 9007199254740992, and 1e1000000000
// costs no more than 1.
package decimal

import (
	"cmp"
	"math/big"
	"strings"

	"understudy/simulations"
)

// Decimal is an exact number: 0.digits times ten to the power of point.
type Decimal struct {
	negative bool
	digits   string // without zeros at either end; "" for zero
	point    *big.Int
}

// Parse reads a JSON number (RFC 8259 section 6); false for anything else.
func Parse(s string) (Decimal, bool) {
	if !Valid(s) {
		return Decimal{}, false
	}
	d := Decimal{point: new(big.Int)}
	s, d.negative = strings.TrimPrefix(s, "-"), strings.HasPrefix(s, "-")
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		d.point.SetString(strings.TrimPrefix(s[i+1:], "+"), 10)
		s = s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	d.point.Add(d.point, big.NewInt(int64(len(whole))))
	all := whole + frac
	d.digits = strings.TrimLeft(all, "0")
	d.point.Sub(d.point, big.NewInt(int64(len(all)-len(d.digits))))
	d.digits = strings.TrimRight(d.digits, "0")
	return d, true
}

// Compare is -1, 0 or 1 as d is less than, equal to or more than e.
func (d Decimal) Compare(e Decimal) int {
	sign := d.sign()
	switch {
	case sign != e.sign():
		return cmp.Compare(sign, e.sign())
	case sign == 0:
		return 0
	}
	c := d.point.Cmp(e.point)
	if c == 0 {
		c = strings.Compare(d.digits, e.digits)
	}
	return c * sign
}

func (d Decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// Compare compares two JSON numbers; it is false where one of them is none.
func Compare(a, b string) (int, bool) {
	if a == b {
		return 0, Valid(a)
	}
	x, ok := Parse(a)
	if !ok {
		return 0, false
	}
	y, ok := Parse(b)
	return x.Compare(y), ok
}

// Equal reports whether two JSON numbers have one value.
func Equal(a, b string) bool {
	return a == b || !(plain(a) && plain(b)) && Canonical(a) == Canonical(b)
}

// Canonical is simulations.CanonicalNumber with a short way for plain
// integers, which are canonical already.
func Canonical(s string) string {
	if plain(s) {
		return s
	}
	return simulations.CanonicalNumber(s)
}

// plain recognises integers that have one form only.
func plain(s string) bool {
	if strings.HasPrefix(s, "-") {
		s = s[1:]
		if s == "0" {
			return false
		}
	}
	n := digits(s)
	return n > 0 && n == len(s) && n <= 40 && (s[0] != '0' || n == 1)
}

// Valid is the grammar of RFC 8259 section 6.
func Valid(s string) bool {
	s = strings.TrimPrefix(s, "-")
	n := digits(s)
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	s = s[n:]
	if strings.HasPrefix(s, ".") {
		if n = digits(s[1:]); n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	n = digits(s)
	return n > 0 && n == len(s)
}

// digits counts the decimal digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
