package matchers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// decodeByLibrary is what decodeJSON does, by encoding/json.
func decodeByLibrary(data []byte) (any, bool) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if !utf8.Valid(data) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, false
	}
	if len(bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n")) > 0 {
		return nil, false
	}
	return v, true
}

// jsonTexts are right and wrong in every way that the grammar knows.
var jsonTexts = []string{
	"", " ", "null", "true", "false", "nul", "True", "nullx", "0", "-0", "-", "00", "01", "1.", ".5", "1.5", "-1.5e+3", "1e", "1e+", "1E-7", "+1", "0x1", "NaN",
	`""`, `"a"`, `"`, `"a`, "\"a\nb\"", "\"\x00\"", `"ü€😀"`, `"\"\\\/\b\f\n\r\t"`, `"\x"`, `"\`, `"\u"`, `"\u00e4"`, `"\u00E4x"`, `"\u12"`, `"\u12g4"`,
	`"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00\ud83d"`, `"\ud83d\ud83d\ude00"`, `"\ud83d\n"`, `"\ud83d\u"`, `"\ud83d\u0041"`, `"\ud83d\`, "\"\xff\"", "\"a\xc3\"",
	"[]", "[ ]", "[1]", "[1,]", "[,1]", "[1 2]", "[1,[2,[3]],{}]", "[", "]", "[1", "[1,", "{}", "{ }", `{"a":1}`, `{"a":1,"a":2}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{1:2}`, `{"a":{"b":[{}]}}`, "{", `{"a"`, `{"a":1`,
	" \t\r\n[ 1 , 2 ] \n", "1 2", "[]x", "\ufeff[1]", "[\ufeff1]", "\v1", "// c", "[1]\x00",
	`{"\u0061":1,"a":2}`, "[1e400,123456789012345678901234567890]",
}

// TestScanJSON holds the scanner against encoding/json.
func TestScanJSON(t *testing.T) {
	texts := append([]string{
		strings.Repeat("[", maxJSONDepth) + strings.Repeat("]", maxJSONDepth),
		strings.Repeat("[", maxJSONDepth+1) + strings.Repeat("]", maxJSONDepth+1),
		strings.Repeat(`{"a":`, maxJSONDepth) + "1" + strings.Repeat("}", maxJSONDepth),
		strings.Repeat(`{"a":`, maxJSONDepth+1) + "1" + strings.Repeat("}", maxJSONDepth+1),
		strings.Repeat("[", 1_000_000),
	}, jsonTexts...)
	for _, text := range texts {
		got, ok := decodeJSON([]byte(text))
		want, wantOK := decodeByLibrary([]byte(text))
		if ok != wantOK || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%.60q: %v %t, by encoding/json %v %t", text, got, ok, want, wantOK)
		}
	}
}

func FuzzScanJSON(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, ok := decodeJSON(data)
		want, wantOK := decodeByLibrary(data)
		if ok != wantOK || ok && !reflect.DeepEqual(got, want) {
			t.Fatalf("%v %t, by encoding/json %v %t", got, ok, want, wantOK)
		}
	})
}

func BenchmarkScanJSON(b *testing.B) {
	var small bytes.Buffer
	small.WriteString(`{"id":"a-123","amount":12.50,"currency":"EUR","paid":false,"items":[`)
	for i := range 12 {
		fmt.Fprintf(&small, `%s{"sku":"s-%d","qty":%d,"name":"a \"thing\""}`, strings.Repeat(",", min(i, 1)), i, i)
	}
	small.WriteString(`]}`)
	for name, data := range map[string][]byte{"600B": small.Bytes(), "1MB of digits": []byte("[" + strings.Repeat("1,", 500_000) + "1]")} {
		for reader, decode := range map[string]func([]byte) (any, bool){"scanner": decodeJSON, "encoding-json": decodeByLibrary} {
			b.Run(name+"/"+reader, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(data)))
				for b.Loop() {
					if _, ok := decode(data); !ok {
						b.Fatal("it is JSON")
					}
				}
			})
		}
	}
}
