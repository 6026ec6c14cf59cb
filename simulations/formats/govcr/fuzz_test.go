package govcr

import (
	"testing"

	"understudy/simulations"
)

// FuzzDecode reads anything: it gives a document that the strict codec takes,
// or an error with places, and never panics.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"version: 1\ninteractions:\n- request: {url: 'https://a.example/b?c=d', method: GET}\n  response: {body: x, code: 200, status: 200 OK, duration: 3ms, headers: {A: [b]}, trailer: {T: [u]}}\n",
		`{"version":2,"interactions":[{"request":{"url":"http://a:1/"},"response":{"status":"404 Not Found","body":"\u001f\u008b"}}]}`,
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
