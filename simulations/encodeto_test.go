package simulations

import (
	"bytes"
	"errors"
	"testing"
)

// TestEncodeTo: a document that is written stub by stub is the text that it is
// as a whole, in each way of writing.
func TestEncodeTo(t *testing.T) {
	text := []byte("understudy: v1\nname: a\ncollaborators: {c: {hosts: [x.example]}}\n" +
		"stubs:\n- request: {path: /a}\n  response: {text: \"one\\n\\n  two\\nthree\\n\", headers: {A: \"1\", B: [x, y]}}\n" +
		"- labels: [\"- x\", \"a: b\"]\n  response: {json: {a: [1, {b: null}], c: \"x\\ny\"}}\n- response: {text: \"  \\n\"}\n" +
		"collections:\n  items: {path: /items, items: [{id: 1}]}\ntables:\n  names: [{a: b}]\n")
	full, err := Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	plain := *full
	plain.Collections, plain.Collaborators, plain.Tables = nil, nil, nil
	for _, doc := range []*Document{full, &plain, {Understudy: Version}} {
		for _, syntax := range []Syntax{YAML, JSON} {
			want, err := EncodeValue(doc.Value(), syntax)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := EncodeTo(&got, doc, syntax); err != nil || got.String() != string(want) {
				t.Errorf("%s: %v\n%s\nwant\n%s", syntax, err, got.String(), want)
			}
		}
	}
	for _, doc := range []*Document{full, &plain, {Understudy: Version}, {}, {Stubs: []*Stub{{}}}} {
		if got, want := string(doc.AppendJSON([]byte("x"))), "x"+doc.Value().String(); got != want {
			t.Errorf("AppendJSON:\n%s\nwant\n%s", got, want)
		}
	}
	if err := EncodeTo(brokenWriter{}, full, YAML); !errors.Is(err, errBroken) {
		t.Errorf("the writer's error is lost: %v", err)
	}
}

var errBroken = errors.New("broken")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }
