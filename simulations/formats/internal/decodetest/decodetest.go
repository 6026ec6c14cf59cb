// Package decodetest holds what every reader of another tool's files is held to.
package decodetest

import (
	"testing"

	"understudy/simulations"
)

// Decode is the Decode of a format.
type Decode func(data []byte) (*simulations.Document, []simulations.Warning, error)

// Fuzz lets decode read anything, beginning with the seeds: it gives a document
// that the strict codec takes, or an error that is not its own, and never panics.
func Fuzz(f *testing.F, decode Decode, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, _, err := decode(data)
		if err != nil {
			if simulations.CodeOf(err) == simulations.CodeInternal {
				t.Fatal(err)
			}
			return
		}
		text, err := simulations.Encode(doc, simulations.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := simulations.Decode(text); err != nil {
			t.Fatalf("the document is none: %v\n%s", err, text)
		}
	})
}
