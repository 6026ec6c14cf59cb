package mountebank

import (
	"testing"

	"understudy/simulations"
)

// FuzzDecode reads anything: it gives a document that the strict codec takes,
// or an error with places, and never panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"imposters":[{"protocol":"http","port":4545,"defaultResponse":{"statusCode":400},"stubs":[{"predicates":[{"equals":{"method":"GET","query":{"a":["b","c"]}},"except":"[0-9]"},{"not":{"exists":{"body":true}}},{"or":[{"matches":{"path":"^/a"}},{"deepEquals":{"body":{"a":[1]}},"caseSensitive":true}]}],"responses":[{"is":{"body":{"a":1}},"repeat":2},{"fault":"CONNECTION_RESET_BY_PEER"}]}]}]}`,
		`{"protocol":"https","stubs":[{"predicates":[{"equals":{"body":"x"},"jsonpath":{"selector":"$.a"}},{"contains":{"body":"x"},"xpath":{"selector":"//a","ns":{"n":"u"}}}],"responses":[{"is":{"_mode":"binary","body":"eHk="},"_behaviors":{"wait":5}}]}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, _, err := Format{}.Decode(data)
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
