package simulations

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestConforms: what is said of a document that was made is what is said of it
// once it is written and read.
func TestConforms(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	conforming, refused := 0, 0
	for range 1500 {
		doc := &Document{Understudy: Version, Collaborator: []string{"", "pay", "pay", "-pay"}[r.IntN(4)]}
		for range r.IntN(4) {
			s := oddStub(r)
			if s.ID = fmt.Sprint(s.ID, r.IntN(20)); r.IntN(4) == 0 {
				s.ID = ""
			}
			doc.Stubs = append(doc.Stubs, s)
		}
		if r.IntN(8) == 0 {
			doc.Tables = map[string]*Table{[]string{"t", "-t"}[r.IntN(2)]: {}}
		}
		_, want := DecodeValue(doc.Value())
		got := doc.Conforms()
		if want == nil {
			conforming++
		} else {
			refused++
		}
		if !reflect.DeepEqual(fieldsWithout(want), fieldsWithout(got)) {
			t.Fatalf("%s\n got %v\nwant %v", doc.Value(), got, want)
		}
	}
	if conforming < 150 || refused < 150 {
		t.Errorf("%d conform, %d are refused: the test tests little", conforming, refused)
	}
}

// TestConformsMany has a fault in each piece of a long document in turn.
func TestConformsMany(t *testing.T) {
	doc := manyStubs()
	if err := doc.Conforms(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(doc.Stubs); i += 111 {
		right := doc.Stubs[i]
		wrong := *right
		wrong.Times = -1
		doc.Stubs[i] = &wrong
		want := []FieldError{{Pointer: fmt.Sprintf("/stubs/%d/times", i), Detail: "times counts answers: 1 or more, absent for no limit"}}
		if got := fieldsWithout(doc.Conforms()); !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		doc.Stubs[i] = right
	}
}

// fieldsWithout are the faults of an error, sorted, without their places in a text.
func fieldsWithout(err error) []FieldError {
	fields := sorted(err)
	for i := range fields {
		fields[i].Line, fields[i].Column = 0, 0
	}
	return fields
}
