package sniff

import (
	"math/rand/v2"
	"testing"
)

// TestHasLate: looked for from the end, a member is found exactly where it is
// found from the beginning.
func TestHasLate(t *testing.T) {
	for text, want := range map[string]bool{
		`{"data":{},"meta":{"a":[1,{"b":"}"}]}}`: true,
		"{\"data\":{},\"meta\" : 1}\n ":          true,
		`{"data":{"meta":{}}}`:                   false,
		`{"data":[{"meta":1}]}`:                  false,
		`{"data":"\"meta\":1}"}`:                 false,
		`{"data":"{\"meta\": {}}"}`:              false,
		`{"meta":{},"data":{"meta":{}}}`:         true,
		`{"meta":{},"data":1}`:                   true,
		`{"data":"meta"}`:                        false,
		`{"a":{"meta":1},"b":{"c":[]}}`:          false,
		"meta: 1\n":                              true,
		"[{\"meta\":1}]":                         false,
		`{"a":"x\\","meta":1}`:                   true,
		`{"a":[],"meta":{"x":"\\"}}`:             true,
		`{"a":1,"meta":`:                         true, // broken, but begun
	} {
		if got := HasLate([]byte(text), "meta"); got != want || Has([]byte(text), "meta") != want {
			t.Errorf("%s: late %v, early %v, want %v", text, got, Has([]byte(text), "meta"), want)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	found := 0
	for range 20_000 {
		b := object(r, nil, 3)
		late, early := lastMember(b, []byte("m")), Has(b, "m")
		if late && !early {
			t.Fatalf("%s: found from the end only", b)
		}
		if late {
			found++
		}
		if HasLate(b, "m") != early {
			t.Fatalf("%s: late %v, early %v", b, !early, early)
		}
	}
	if found < 100 {
		t.Errorf("found from the end %d times", found)
	}
}

// object appends a JSON object with members m and n.
func object(r *rand.Rand, b []byte, depth int) []byte {
	b = append(b, '{')
	for i := range r.IntN(4) {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '"', "mn"[r.IntN(2)], '"', ' ', ':')
		switch n := r.IntN(5); {
		case n < 2 && depth > 0:
			b = object(r, b, depth-1)
		case n == 2 && depth > 0:
			b = append(object(r, append(b, '['), depth-1), ']')
		default:
			b = append(b, [...]string{`"m"`, `"\"m\":}"`, `"\\"`, "1"}[r.IntN(4)]...)
		}
	}
	return append(b, '}')
}
