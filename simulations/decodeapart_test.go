package simulations

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// decodeWhole is Decode by way of the document's whole value.
func decodeWhole(data []byte) (*Document, error) {
	v, err := Parse(data)
	if err != nil {
		return nil, err
	}
	return DecodeValue(v)
}

// sameDecode holds Decode equal to decodeWhole; it reports whether the document
// was decoded piece by piece.
func sameDecode(t *testing.T, data []byte) bool {
	t.Helper()
	want, wrong := decodeWhole(data)
	got, err := Decode(data)
	if !reflect.DeepEqual(sorted(err), sorted(wrong)) || err != nil && err.(*Error).Detail != wrong.(*Error).Detail {
		t.Fatalf("%.300s\n got %v\nwant %v", data, err, wrong)
	}
	if err != nil {
		return false
	}
	fault := []FieldError{{Pointer: fmt.Sprintf("/stubs/%d/response", len(got.Stubs)/2)}, {Pointer: "/stubs/1/request/path"}, {Pointer: "/name"}}
	if at, want := got.Locate(slices.Clone(fault)), want.Locate(fault); !reflect.DeepEqual(at, want) {
		t.Fatalf("%.300s: places %v, want %v", data, at, want)
	}
	apart := got.text != nil
	got.source, got.text, got.list, want.source = nil, nil, nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%.300s: decoded otherwise than as a whole", data)
	}
	return apart
}

// sorted are the faults of an error: those of a map come in no order.
func sorted(err error) []FieldError {
	if err == nil {
		return nil
	}
	return slices.SortedFunc(slices.Values(err.(*Error).Fields), func(a, b FieldError) int {
		return strings.Compare(a.Pointer+a.Detail, b.Pointer+b.Detail)
	})
}

// manyStubs is a document of more than one piece.
func manyStubs() *Document {
	doc := &Document{Understudy: Version, Name: "many", Collaborator: "pay"}
	for i := range 1000 {
		s := usualStub()
		s.ID = fmt.Sprint("stub-", i)
		doc.Stubs = append(doc.Stubs, s)
	}
	return doc
}

func TestDecodeApart(t *testing.T) {
	doc := manyStubs()
	compact := doc.Value().AppendJSON(nil)
	indented, err := Encode(doc, JSON)
	if err != nil {
		t.Fatal(err)
	}
	if len(compact) < 2*pieceBytes {
		t.Fatalf("%d bytes are no two pieces", len(compact))
	}
	for _, data := range [][]byte{compact, indented, append([]byte("\ufeff \n"), indented...), []byte(`{"stubs":[],"understudy":"v1"}`)} {
		if !sameDecode(t, data) {
			t.Errorf("%.100s was read as a whole", data)
		}
	}
	first, last := []byte(`"id":"stub-0"`), []byte(`"id":"stub-999"`)
	for _, mutant := range []string{
		`"id":"stub-7"`, `"id":"-"`, `"id":7`, `"ids":"x"`, `"id":"stub-999","id":"b"`, `"id":"stub-999",`, `"id":`, `"times":-1`, `"id":"stub-999","collaborator":"é/"`, "\"id\":\"a\x01\"", "\"id\":\"\xff\"", `"id":"x"}]},{"name":"y"`,
	} {
		sameDecode(t, bytes.Replace(compact, first, []byte(mutant), 1))
		sameDecode(t, bytes.Replace(compact, last, []byte(mutant), 1))
	}
	// Faults in several pieces, and more than are told, with and without one of the
	// syntax behind them.
	for _, each := range []string{`"id":7`, `"times":-1`, `"id":"twice"`} {
		for _, most := range []int{2, 99, 100, 101, -1} {
			faulty := bytes.Replace(compact, []byte(`"id":"stub-999"`), []byte(each), 1)
			faulty = regexp.MustCompile(`"id":"stub-\d*[05]"`).ReplaceAllFunc(faulty, func(id []byte) []byte {
				if most--; most == -1 {
					return id
				}
				return []byte(each)
			})
			sameDecode(t, faulty)
			sameDecode(t, bytes.Replace(faulty, []byte(`"name":"many"`), []byte(`"name":"-"`), 1))
			sameDecode(t, append(faulty, 'x'))
		}
	}
	sameDecode(t, bytes.Replace(compact, []byte(`"name":"many"`), []byte(`"name":"-"`), 1))
	sameDecode(t, bytes.Replace(compact, []byte(`"understudy":"v1"`), []byte(`"understudy":"v2"`), 1))
	sameDecode(t, append(bytes.TrimSuffix(compact, []byte("}")), `,"collections":{"stub-999":{"path":"/x"}}}`...))
	examples, _ := filepath.Glob("examples/*")
	for _, name := range examples {
		if data, err := os.ReadFile(name); err == nil { // no folder
			sameDecode(t, data)
		}
	}
}

func TestDecodeApartOdd(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	apart := 0
	for range 800 {
		doc := &Document{Understudy: Version}
		for range 1 + r.IntN(3) {
			doc.Stubs = append(doc.Stubs, oddStub(r))
		}
		if sameDecode(t, doc.Value().AppendJSON(nil)) {
			apart++
		}
	}
	if apart < 40 {
		t.Errorf("%d were decoded piece by piece", apart)
	}
}
