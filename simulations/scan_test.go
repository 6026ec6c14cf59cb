package simulations

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// sameJSON holds the scanner equal to the parser that stands behind it: the
// same inputs are right, and become the same values at the same places.
func sameJSON(t *testing.T, data []byte) {
	t.Helper()
	if !utf8.Valid(data) {
		return // refused before
	}
	want, err := explainJSON(data, true)
	got := (&jsonScanner{data: data, line: 1, most: maxValues}).whole()
	if (err == nil) != (got != nil) {
		t.Fatalf("%.300q: scanned %v, explained %v", data, got != nil, err)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%.300q: scanned\n%s\nexplained\n%s\nor other places", data, got, want)
	}
	canonical, failed := ParseCanonicalJSON(data)
	if (failed == nil) != (err == nil) {
		t.Fatalf("%.300q: canonical %v, explained %v", data, failed, err)
	}
	if err == nil && canonical.String() != want.Canonical().String() {
		t.Fatalf("%.300q: read canonically\n%s\nmade canonical\n%s", data, canonical, want.Canonical())
	}
}

var oddJSON = []string{
	"", " ", "{", "[", "{}", "[]", " [ ] ", "{ }", "[1,]", "[,1]", "[1 2]", "[1}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{1:2}", "{\"a\" 1}",
	"null", "nul", "nulll", "true", "false", "truefalse", "[tru]", "[nullnull]", "null null", "{} {}", "[]x", "]", "\v[]", "[\f]", "[]\x00",
	"0", "-0", "-", "01", "1.", ".5", "1.5", "1e5", "1E+05", "1e", "1e+", "-1.0e-0", "+1", "0x1", "1.e1", "--1", "1_0", "123456789012345678901234567890.5e1000", "[1,2.0,-3e1]", "Infinity", "NaN",
	`"`, `""`, `"a`, `"\"`, `"\\"`, `"\/"`, `"\'"`, `"\b\f\n\r\t"`, `"\x41"`, `"\u0041"`, `"\u00e9\u00E9"`, `"\u"`, `"\u12"`, `"\u12G4"`, `"\u+123"`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ud83d\u0041"`, `"\ud83d\ud83d\ude00"`, `"\ude00\ud83d"`, `"\ud83d\u12"`, `"\ud83d\uFFFD"`, `"\ufffd\ufffd"`, `"\u0000"`,
	"\"\x01\"", "\"a\nb\"", "\"\t\"", "\"\x7f\"", "\"é漢😀\"", "[\"é漢\",1]", "{\"é\":\"漢\",\n\"ü\" : [ 1 ,\r\n 2 ]}", "\n\n  {\"a\":\n1}\n", "\ufeff[]",
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":{"a":1},"b":{"a":1}}`, `{"":1}`, `{"":1,"":2}`, "// no\n[]", "[1/**/]", "'a'", `{"a":"b"}"`, "[[[[1]]],[2]]", "[\xe2\x80\xa8]",
}

func TestScanJSON(t *testing.T) {
	for _, text := range oddJSON {
		sameJSON(t, []byte(text))
	}
	names := func(n, last int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"n%d":%d,`, i, i)
		}
		return fmt.Sprintf(`{%s"n%d":0}`, b.String(), last)
	}
	for _, text := range []string{
		names(15, 3), names(16, 3), names(17, 3), names(40, 17), names(15, 15), names(16, 16), names(40, 40),
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
		strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1),
		strings.Repeat(`{"a":`, MaxDepth) + "1" + strings.Repeat("}", MaxDepth),
		strings.Repeat("[", 100_000),
		// Texts at, over and across the edges of the regions.
		`["` + strings.Repeat("a", textRegion-2) + `","b","` + strings.Repeat("é", textRegion) + `",1,"` + strings.Repeat("c", 3*textRegion) + `",{"d":"e"}]`,
		"[" + strings.Repeat(`"0123456789",`, 5000) + "1]",
	} {
		sameJSON(t, []byte(text))
	}
}

// TestScanJSONMutated breaks what is right at random, which is wrong in most
// of the ways that there are.
func TestScanJSONMutated(t *testing.T) {
	base := []byte(`{"a": [1, -2.5e+10, "x\u00e9\n\\\"y", {"é": null}, [], {}], "b\/": true, "c":"0123456789abcdefé",` + "\n" + ` "d":false}`)
	r := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		data := bytes.Clone(base)
		for range 1 + r.IntN(3) {
			i := r.IntN(len(data))
			switch r.IntN(3) {
			case 0:
				data[i] = `{}[]:,"\u0tfn 1.e-+`[r.IntN(19)]
			case 1:
				data = append(data[:i], data[i+1:]...)
			default:
				j := i + r.IntN(len(data)-i)
				data = append(data[:j:j], data[i:]...)
			}
		}
		sameJSON(t, data)
	}
}

// TestAfterPlain compares with a look at each byte, at every place of a word.
func TestAfterPlain(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			data := []byte(strings.Repeat("!", 20))
			data[at] = byte(c)
			data[19] = '"'
			want := at
			if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
				want = 19
			}
			for from := range 5 {
				if got := afterPlain(data, from); from <= at && got != want {
					t.Fatalf("byte %#x at %d, from %d: %d, want %d", c, at, from, got, want)
				}
			}
		}
	}
}

// TestScanBound: a text has a bound on its values. What stands behind it is not
// read, and nothing is read twice.
func TestScanBound(t *testing.T) {
	for _, text := range []string{`[1,"a",{"b":[null]}]`, `{"a":1,"b":{"c":[]},"d":[{}]}`} {
		want, err := scanJSON([]byte(text), 6)
		if err != nil || want.String() != text {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := scanJSON([]byte(text), 5); CodeOf(err) != CodeTooLarge {
			t.Errorf("%s is more than 5 values: %v", text, err)
		}
	}
	_, err := scanJSON([]byte("{\"é\":\n[1,\"é\",3, what is no JSON"), 4)
	e, ok := errors.AsType[*Error](err)
	if want := (FieldError{Detail: "has more than 4 values up to here, the most that are read as a whole: split it", Line: 2, Column: 8}); !ok || e.Fields[0] != want {
		t.Errorf("%v, want %v", err, want)
	}
	// A fault is worded without the values before it.
	data := []byte("[" + strings.Repeat("0,", 1000) + "x]")
	p := newJSONParser(data, false)
	v, _ := p.value(0)
	if v == nil || len(v.Items) > 0 {
		t.Errorf("%d values are kept to say what is wrong", len(v.Items))
	}
}

func FuzzParseJSON(f *testing.F) {
	for _, text := range oddJSON {
		f.Add([]byte(text))
	}
	examples, _ := filepath.Glob("examples/*.json")
	for _, name := range examples {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { sameJSON(t, data) })
}

// BenchmarkParseJSON reads stubs as programs write them.
func BenchmarkParseJSON(b *testing.B) {
	var doc bytes.Buffer
	for i := range 20_000 {
		s := usualStub()
		s.ID = fmt.Sprint("stub-", i)
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		doc.WriteByte(sep)
		doc.Write(s.Value().AppendJSON(nil))
	}
	doc.WriteByte(']')
	plain := doc.Bytes()
	escaped := bytes.ReplaceAll(plain, []byte("0123456789"), []byte(`01\"3456\n9`))
	for name, data := range map[string][]byte{"plain": plain, "escaped": escaped} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := scanJSON(data, maxValues); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/tokens", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := explainJSON(data, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
