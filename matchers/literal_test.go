package matchers

import (
	"math/rand/v2"
	"testing"

	"understudy/simulations"
)

// TestHashValue: a document's value hashes as what a request has, whatever the
// order of its members.
func TestHashValue(t *testing.T) {
	w := world{rand.New(rand.NewPCG(1, 2))}
	for range 2000 {
		text := w.pick(w.document(), `{"b":`+w.document()+`,"a":[`+w.document()+`,null]}`, `{"a":`+w.document()+`,"b":[[],{}]}`)
		v, err := simulations.ParseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		n, ok := decodeJSON([]byte(text))
		if !ok || hashValue(v) != hashJSON(n) || hashValue(v) != hashValue(v.Canonical()) {
			t.Fatalf("%s hashes otherwise", text)
		}
	}
}
