package postman

import (
	"testing"

	"understudy/simulations"
)

// FuzzDecode reads anything: it gives a document that the strict codec takes,
// or an error with places, and never panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"info":{},"variable":[{"key":"a","value":"b"}],"item":[{"item":[{"request":"http://{{a}}/:x/{{y}}?q={{z}}","response":[{"code":200,"header":"A: b","body":"{{a}}"}]}]}]}`,
		`{"info":{},"item":[{"request":{"url":{"path":["a",{"value":":b"}],"query":[{"key":"c"}]},"body":{"mode":"raw","raw":"{\"a\":1}"}},"response":[{"body":"x","header":[{"key":"A","value":"b"}]}]}]}`,
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
