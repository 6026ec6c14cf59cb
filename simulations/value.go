package simulations

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the JSON type of a Value.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "a list", "an object"}[k]
}

// Value is a JSON value as it was written: numbers keep their digits and
// objects the order of their members, so nothing is lost between reading and
// writing. A Value that came with a document is shared: do not mutate.
type Value struct {
	Kind Kind
	// Text is a String's text, a Number's digits (valid JSON), a Bool's
	// "true" or "false".
	Text string
	// Items are an Array's elements, or an Object's values beside Names.
	Items []*Value
	Names []string
	// Line and Column, from 1, are where the value began in the input; 0 for
	// a value that was made.
	Line, Column int32
}

// Predicate is a condition as the document states it: a scalar (equality), an
// object of operators (all must hold) or a list (all must hold). It is data;
// package matchers gives it meaning.
type Predicate struct{ *Value }

// NewString makes a string Value.
func NewString(s string) *Value { return &Value{Kind: String, Text: s} }

// NewBool makes a boolean Value.
func NewBool(b bool) *Value { return &Value{Kind: Bool, Text: strconv.FormatBool(b)} }

// NewInt makes a number Value.
func NewInt(i int64) *Value { return &Value{Kind: Number, Text: strconv.FormatInt(i, 10)} }

// NewArray makes an array Value.
func NewArray(items ...*Value) *Value { return &Value{Kind: Array, Items: items} }

// Set puts a member at the end of an Object, or replaces the one of that name.
func (v *Value) Set(name string, item *Value) {
	for i, n := range v.Names {
		if n == name {
			v.Items[i] = item
			return
		}
	}
	v.Names = append(v.Names, name)
	v.Items = append(v.Items, item)
}

// Get returns the member of that name, or nil. It is linear in the members.
func (v *Value) Get(name string) *Value {
	if v == nil || v.Kind != Object {
		return nil
	}
	for i, n := range v.Names {
		if n == name {
			return v.Items[i]
		}
	}
	return nil
}

// Interface returns the value as encoding/json would decode it, with numbers
// as json.Number.
func (v *Value) Interface() any {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case Bool:
		return v.Text == "true"
	case Number:
		return json.Number(v.Text)
	case String:
		return v.Text
	case Array:
		out := make([]any, len(v.Items))
		for i, it := range v.Items {
			out[i] = it.Interface()
		}
		return out
	case Object:
		out := make(map[string]any, len(v.Items))
		for i, it := range v.Items {
			out[v.Names[i]] = it.Interface()
		}
		return out
	}
	return nil
}

// AppendJSON appends the value as compact JSON, members in their order,
// without HTML escaping.
func (v *Value) AppendJSON(b []byte) []byte { return v.appendUpTo(b, math.MaxInt) }

// appendUpTo is AppendJSON until b has at least most bytes. What it leaves out is
// the end, or behind those bytes.
func (v *Value) appendUpTo(b []byte, most int) []byte {
	if v == nil {
		return append(b, "null"...)
	}
	switch v.Kind {
	case Bool, Number:
		return append(b, v.Text...)
	case String:
		text := v.Text
		if room := max(most-len(b), 0); room < len(text)-utf8.UTFMax {
			text = text[:room+utf8.UTFMax] // every byte of it makes one at least; the last characters may be cut
		}
		return AppendJSONString(b, text)
	case Array:
		b = append(b, '[')
		for i, it := range v.Items {
			if len(b) >= most {
				return b
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = it.appendUpTo(b, most)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i, it := range v.Items {
			if len(b) >= most {
				return b
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = AppendJSONString(b, v.Names[i])
			b = append(b, ':')
			b = it.appendUpTo(b, most)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// MarshalJSON is AppendJSON.
func (v *Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }

func (v *Value) String() string { return string(v.AppendJSON(nil)) }

// Head begins as String does, for n bytes, where that has so many. What follows
// them is not to be looked at. It costs what it shows, however large v is.
func (v *Value) Head(n int) string { return string(v.appendUpTo(nil, n)) }

// AppendJSONString appends s as a JSON string. Bytes that are no UTF-8 become
// U+FFFD; <, > and & stay as they are. U+2028 and U+2029 are escaped, as
// encoding/json does, for those who paste JSON into JavaScript.
func AppendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0 // what is not appended yet
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
		}
		b = appendEscape(append(b, s[from:i]...), r)
		i += size
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

// plain are the bytes that stand in a JSON string as they are, but for those of
// characters of several bytes.
var plain = func() (is [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

func appendEscape(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// Canonical returns the value with object members sorted by name and numbers in
// their shortest exact form, so that values that are equal as JSON (1 and 1.0,
// {"a":1,"b":2} and {"b":2,"a":1}) give the same text. It shares with v what is so
// already.
func (v *Value) Canonical() *Value {
	if v == nil {
		return nil
	}
	switch v.Kind {
	case Number:
		if text := CanonicalNumber(v.Text); text != v.Text {
			return &Value{Kind: Number, Text: text}
		}
	case Array, Object:
		sorted := v.sorted()
		var out *Value // a copy, once one is needed
		for i, it := range sorted.Items {
			canonical := it.Canonical()
			if canonical == it {
				continue
			}
			if out == nil {
				out = &Value{Kind: v.Kind, Items: slices.Clone(sorted.Items), Names: sorted.Names}
			}
			out.Items[i] = canonical
		}
		if out != nil {
			return out
		}
		return sorted
	}
	return v
}

// sorted is v with an object's members by name.
func (v *Value) sorted() *Value {
	if slices.IsSorted(v.Names) {
		return v
	}
	var room [16]int
	order := room[:0]
	for i := range v.Names {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(v.Names[a], v.Names[b]) })
	out := &Value{Kind: Object, Items: make([]*Value, len(v.Items)), Names: make([]string, len(v.Items))}
	for i, j := range order {
		out.Names[i], out.Items[i] = v.Names[j], v.Items[j]
	}
	return out
}

// CanonicalNumber returns the shortest form of a JSON number that has exactly
// its value: no exponent for integers of up to 40 digits, no trailing zeros, no
// "-0". Two numbers are equal exactly if their canonical forms are. It works on
// the digits, so it costs no more for 1e1000000000 than for 1.
func CanonicalNumber(s string) string {
	if isShortInteger(s) {
		return s
	}
	if short, ok := shortDecimal(s); ok {
		return short
	}
	return canonicalDigits(s)
}

// canonicalDigits is CanonicalNumber for any number.
func canonicalDigits(s string) string {
	neg := strings.HasPrefix(s, "-")
	mant, exp := strings.TrimPrefix(s, "-"), big.NewInt(0)
	if i := strings.IndexAny(mant, "eE"); i >= 0 {
		if _, ok := exp.SetString(strings.TrimPrefix(mant[i+1:], "+"), 10); !ok {
			return s
		}
		mant = mant[:i]
	}
	if i := strings.IndexByte(mant, '.'); i >= 0 {
		frac := mant[i+1:]
		exp.Sub(exp, big.NewInt(int64(len(frac))))
		mant = mant[:i] + frac
	}
	mant = strings.TrimLeft(mant, "0")
	trimmed := strings.TrimRight(mant, "0")
	if trimmed == "" {
		return "0"
	}
	exp.Add(exp, big.NewInt(int64(len(mant)-len(trimmed))))
	mant = trimmed

	var out string
	switch e := exp.Int64(); {
	case !exp.IsInt64() || e > 40 || e < -40:
		out = mant + "e" + exp.String()
	case e >= 0:
		out = mant + strings.Repeat("0", int(e))
	case int(-e) < len(mant):
		out = mant[:len(mant)+int(e)] + "." + mant[len(mant)+int(e):]
	default:
		out = "0." + strings.Repeat("0", int(-e)-len(mant)) + mant
	}
	if neg {
		return "-" + out
	}
	return out
}

// shortDecimal is the canonical form of a number of few digits that has a point
// and no exponent; ok is false for others.
func shortDecimal(s string) (out string, ok bool) {
	whole, frac, point := strings.Cut(s, ".")
	if !point || len(s) > 18 || whole != "-0" && !isShortInteger(whole) {
		return "", false
	}
	for i := range len(frac) {
		if frac[i] < '0' || frac[i] > '9' {
			return "", false
		}
	}
	out = strings.TrimRight(s, "0")
	if out = strings.TrimSuffix(out, "."); out == "-0" {
		out = "0"
	}
	return out, true
}

// isShortInteger reports whether s is an integer in its shortest form already, as
// most numbers are.
func isShortInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' {
		return s == "0"
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}
