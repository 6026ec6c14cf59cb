package har

import (
	"testing"

	"understudy/simulations"
)

// FuzzDecode reads anything: it gives a document that the strict codec takes,
// or an error with places, and never panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"log":{"version":"1.2","entries":[{"request":{"method":"POST","url":"https://a.example/b?c=d&c=e#f","postData":{"mimeType":"application/json","text":"{\"a\":1}"}},"response":{"status":200,"headers":[{"name":"A","value":"b"}],"content":{"size":3,"text":"eHh4","encoding":"base64"}}}]}}`,
		`{"log":{"entries":[{"request":{"method":"PUT","url":"http://a/","postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"b"},{"name":"a","value":"c"}]}},"response":{"status":204}}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, _, err := Hosts.Decode(data)
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
