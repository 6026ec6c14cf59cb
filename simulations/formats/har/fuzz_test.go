package har

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/simulations/formats/internal/decodetest"
)

var seeds = []string{
	`{"log":{"version":"1.2","entries":[{"request":{"method":"POST","url":"https://a.example/b?c=d&c=e#f","postData":{"mimeType":"application/json","text":"{\"a\":1}"}},"response":{"status":200,"headers":[{"name":"A","value":"b"}],"content":{"size":3,"text":"eHh4","encoding":"base64"}}}]}}`,
	`{"log":{"entries":[{"request":{"method":"PUT","url":"http://a/","postData":{"mimeType":"application/x-www-form-urlencoded","params":[{"name":"a","value":"b"},{"name":"a","value":"c"}]}},"response":{"status":204}}]}}`,
	`{"log":{"entries":[{"request":{"method":"GET","url":"http://a/"},"response":{"status":200}},{"request":{"method":"GET","url":"http://a/"},"response":{"status":404}}],"version":"3"},"x":[{}]}`,
	`{"log":{"entries":[]}} and more`,
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, Hosts.Decode, seeds...) }

// FuzzStream holds the reading by entries to the reading of the whole.
func FuzzStream(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if AnyHost.Begins(data) {
			sameAsTree(t, AnyHost, data)
		}
	})
}

// sameAsTree reads an archive by entries and whole, and compares what comes of it.
func sameAsTree(t *testing.T, f *Format, data []byte) {
	t.Helper()
	got, warnings, err := f.Stream(bytes.NewReader(data), nil)
	want, expected, wrong := f.tree(data)
	if (err == nil) != (wrong == nil) {
		t.Fatalf("by entries: %v; whole: %v", err, wrong)
	}
	if err != nil {
		return
	}
	if !slices.Equal(warnings, expected) {
		t.Fatalf("by entries: %v\nwhole: %v", warnings, expected)
	}
	one, other := described(t, got), described(t, want)
	if one != other {
		t.Fatalf("by entries:\n%s\nwhole:\n%s", one, other)
	}
}

// described is a draft as text: the stubs, and what would be said of each.
func described(t *testing.T, d *simulations.Draft) string {
	t.Helper()
	n := d.Len
	doc, err := d.Document()
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Stubs) != n {
		t.Fatalf("%d stubs, %d were announced", len(doc.Stubs), n)
	}
	var b strings.Builder
	for i, s := range doc.Stubs {
		at := doc.Locate([]simulations.FieldError{{Pointer: fmt.Sprintf("/stubs/%d/request", i), Detail: "x"}})
		fmt.Fprintf(&b, "%x %v\n", simulations.AppendPacked(nil, s), at)
	}
	return b.String()
}
