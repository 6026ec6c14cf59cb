package simulations

import (
	"bytes"
	"os"
	"testing"
)

// Every example is a document, and stays the same when it is written and read.
func TestExamples(t *testing.T) {
	t.Parallel()
	all, err := LoadAll(os.DirFS("examples"), ReadNative)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 4 {
		t.Errorf("only %d examples", len(all))
	}
	for _, l := range all {
		for _, syntax := range []Syntax{YAML, JSON} {
			text, err := Encode(l.Document, syntax)
			if err != nil {
				t.Fatalf("%s: %v", l.Path, err)
			}
			again, err := Decode(text)
			if err != nil {
				t.Fatalf("%s written as %s: %v", l.Path, syntax, err)
			}
			if second, err := Encode(again, syntax); err != nil || !bytes.Equal(second, text) {
				t.Errorf("%s changes when it is written as %s and read, %v", l.Path, syntax, err)
			}
		}
	}
}
