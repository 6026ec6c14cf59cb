package simulations

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// sameApart holds what is read piece by piece equal to what is read as a whole:
// the same texts are right, and become the same values at the same places.
func sameApart(t *testing.T, data []byte, piece int, path ...string) {
	t.Helper()
	whole, _ := Parse(data)
	list := whole
	for _, name := range path {
		list = list.Get(name)
	}
	apart, _ := parseApart(data, piece, path)
	var items []*Value
	right := apart != nil && apart.List != nil
	if right {
		apart.Each(func(i int, item *Value) bool {
			if i != len(items) {
				t.Fatalf("%.300q: item %d came as number %d", data, len(items), i)
			}
			items = append(items, item)
			return true
		})
		_, wrong := Parse(data)
		if err := apart.Wrong(); !reflect.DeepEqual(err, wrong) {
			t.Fatalf("%.300q by %d: is wrong as %v, want %v", data, piece, err, wrong)
		}
		right = wrong == nil
	}
	isList := list != nil && list.Kind == Array && bytes.IndexByte([]byte("{"), bytes.TrimLeft(bytes.TrimPrefix(data, byteOrderMark), " \t\r\n")[0]) == 0
	if right != isList {
		t.Fatalf("%.300q by %d: read apart %v, as a whole %v", data, piece, right, isList)
	}
	if !right {
		return
	}
	if len(items) != len(list.Items) {
		t.Fatalf("%.300q by %d: %d items, want %d", data, piece, len(items), len(list.Items))
	}
	if len(items) > 0 {
		apart.List.Items = items
	}
	if !reflect.DeepEqual(apart.Root, whole) {
		t.Fatalf("%.300q by %d: apart\n%s\nwhole\n%s\nor other places", data, piece, apart.Root, whole)
	}
}

func TestApart(t *testing.T) {
	for _, piece := range []int{1, 10, 1000} {
		for _, text := range oddJSON {
			for _, around := range []string{`{"a":%s}`, `{"b":1,"a":[%s]}`, `{"a":["x",%s],"c":2}`, `{"a":[%s,1]`, "%s", "\ufeff{\"é\":\"漢\",\n\"a\" : [ %s ,\n 1 ] , \"a\u0061\":1}"} {
				if data := fmt.Appendf(nil, around, text); len(bytes.TrimSpace(data)) > 0 {
					sameApart(t, data, piece, "a")
				}
			}
		}
		for _, text := range []string{
			`{"data":{"pairs":[1,[2,{"data":{"pairs":[3]}}],4]}}`, `{"data":{"pairs":[]}}`, `{"data":{"pairs":{}}}`, `{"data":[{"pairs":[]}]}`,
			`[{"data":{"pairs":[1]}}]`, `{"pairs":[1],"data":{"x":{"pairs":[2]}}}`, `{"data":{"pairs":[1],"pairs":[2]}}`, `{"data":{"pairs":[1,2]},"data":{}}`,
		} {
			sameApart(t, []byte(text), piece, "data", "pairs")
		}
		for _, deep := range []int{MaxDepth - 3, MaxDepth - 2, MaxDepth - 1} {
			sameApart(t, []byte(`{"data":{"pairs":[1,`+strings.Repeat("[", deep)+strings.Repeat("]", deep)+`]}}`), piece, "data", "pairs")
		}
	}
}

// TestApartMutated breaks what is right at random.
func TestApartMutated(t *testing.T) {
	base := []byte(`{"x": {"a":[0]}, "a": [1, -2.5e+10, "x\u00e9\n\\\"y", {"é": null},` + "\n" + ` [[]], {"b\/": "é"}, "]", "c,"], "c":"0123456789abcdefé",` + "\n" + ` "d":[false]}`)
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		data := bytes.Clone(base)
		for range 1 + r.IntN(3) {
			i := 1 + r.IntN(len(data)-1)
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
		sameApart(t, data, 1+r.IntN(30), "a")
	}
}

// TestApartStops ends in the middle, and leaves nothing behind.
func TestApartStops(t *testing.T) {
	data := []byte(`{"a":[` + strings.Repeat("1,", 5000) + `2]}`)
	n := 0
	apart, err := parseApart(data, 10, []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	if apart.Each(func(int, *Value) bool { n++; return n < 100 }); n != 100 {
		t.Errorf("%d items were taken", n)
	}
}
