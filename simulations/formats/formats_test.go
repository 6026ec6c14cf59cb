package formats

import (
	"bytes"
	"strings"
	"testing"

	"understudy/simulations"
)

func TestSniffing(t *testing.T) {
	r := Default()
	for _, c := range []struct{ text, want string }{
		{"understudy: v1\nname: a\n", "understudy-yaml"},
		{"\ufeff# a comment\n---\nname: a\nunderstudy: v1\n", "understudy-yaml"},
		{"  name: a\n  understudy: v1\n", "understudy-yaml"},
		{"'understudy': v1\n", "understudy-yaml"},
		{"\"understudy\" : v1\n", "understudy-yaml"},
		{"understudy: v1\nstubs: [\n", "understudy-yaml"},
		{`{"understudy":"v1"}`, "understudy-json"},
		{` {"stubs":[{"understudy":1},"}"], "understudy" : "v1"}`, "understudy-json"},
		{`{understudy: v1, name: a}`, ""},
		{`{"understudy":"v1", "stubs": [}`, "understudy-json"},
		{"", ""},
		{"{", ""},
		{`{"log":{"understudy":"v1"}}`, ""},
		{`{"a":"\"understudy\":1"}`, ""},
		{`{"a":"understudy"}`, ""},
		{`[{"understudy":"v1"}]`, ""},
		{"log:\n  understudy: v1\n", ""},
		{"log: |\n  x\n understudy: v1\n", ""},
		{"understudybook: v1\n", ""},
		{"openapi: 3.1.0\n", "openapi"},
		{`{"swagger":"2.0"}`, "openapi"},
		{"asyncapi: 3.0.0\n", ""},
		{`{"a":"understudy`, ""},
		{"# mocks\n- request:\n    path: /a\n  response: {}\n", "smocker"},
		{"  - response: {}\n    request: {}\n  - x: y\n", "smocker"},
		{` [ {"request":{},"dynamic_response":{}}, {}]`, "smocker"},
		{"- request: {}\n- response: {}\n", ""},
		{`{"provider":{},"interactions":[],"consumer":{}}`, "pact"},
		{`{"uuid":"x","endpointPrefix":"","routes":[]}`, "mockoon"},
		{`{"provider":{},"interactions":[]}`, ""},
		{"- a: {request: 1, response: 2}\n", ""},
		{"[", ""},
		{"- ", ""},
		{`{"understudy`, ""},
	} {
		f, err := r.Recognise([]byte(c.text))
		got := ""
		if err == nil {
			got = f.Name()
		}
		if got != c.want {
			t.Errorf("%q: recognised as %q, want %q (%v)", c.text, got, c.want, err)
		}
	}
}

func TestUnknownIsSaid(t *testing.T) {
	r := Default()
	_, err := r.Recognise([]byte("asyncapi: 3.0.0\n"))
	if simulations.CodeOf(err) != simulations.CodeInvalid || !strings.Contains(err.Error(), "no known format") || !strings.Contains(err.Error(), "understudy-yaml") {
		t.Errorf("an AsyncAPI document: %v", err)
	}
	_, err = r.Recognise([]byte("{\n \"a\": \"}"))
	if e, ok := asError(err); !ok || len(e.Fields) != 1 || e.Fields[0].Line != 2 {
		t.Errorf("broken JSON of no format: %v", err)
	}
	_, err = r.Lookup("jsn")
	if err == nil || !strings.Contains(err.Error(), `did you mean "json"`) {
		t.Errorf("a name misspelt: %v", err)
	}
	if _, err := NewRegistry(nativeJSON, nativeJSON); err == nil {
		t.Error("two formats of one name were taken")
	}
}

func TestDecodeEncode(t *testing.T) {
	r := Default()
	const text = `{"understudy":"v1","name":"a","stubs":[{"id":"s","request":{"path":"/x"},"response":{"text":"hi"}}]}`
	doc, _, f, err := r.Decode([]byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	if f.Name() != "understudy-json" {
		t.Errorf("taken by %s", f.Name())
	}
	for _, name := range []string{"yaml", "json", "understudy", "YAML"} {
		f, err := r.Encoder(name)
		if err != nil {
			t.Fatal(err)
		}
		var data bytes.Buffer
		if _, err := f.Encode(&data, doc); err != nil {
			t.Fatal(err)
		}
		if want := "application/json"; (name == "json") != (f.MediaType() == want) {
			t.Errorf("%s is written as %s", name, f.MediaType())
		}
		again, _, by, err := r.Decode(data.Bytes(), "")
		if err != nil || by.Name() != f.Name() {
			t.Fatalf("%s: not read back: %v, by %v", name, err, by)
		}
		if got, want := again.Value().String(), doc.Value().String(); got != want {
			t.Errorf("%s: read back as %s, want %s", name, got, want)
		}
	}
	if _, _, _, err := r.Decode([]byte(text), "har"); err == nil {
		t.Error("an unknown format was taken")
	}
}

func TestLocate(t *testing.T) {
	text := []byte("understudy: v1\nstubs:\n  - id: a\n    request: {path: /x}\n    response: {text: hi}\n")
	fields := nativeYAML.Locate(text, []simulations.FieldError{{Pointer: "/stubs/0/request/path", Detail: "no"}})
	if fields[0].Line != 4 || fields[0].Column != 21 {
		t.Errorf("located at %d:%d", fields[0].Line, fields[0].Column)
	}
	if got := nativeYAML.Locate([]byte("{"), fields); got[0].Line != 4 {
		t.Errorf("text that cannot be read changed the fields: %v", got)
	}
}

// FuzzRecognise holds Sniff to what the parser sees: whatever parses to an
// object with the member is recognised, and what parses without it is not.
func FuzzRecognise(f *testing.F) {
	for _, s := range []string{
		"understudy: v1\n", `{"understudy":"v1"}`, `{"a":{"understudy":1}}`, "a: b\nunderstudy: c\n",
		`{"a\"b": "\\", "understudy": 1}`, "# understudy: v1\na: b", "a: |\n  understudy: x\n",
	} {
		f.Add([]byte(s))
	}
	r := Default()
	f.Fuzz(func(t *testing.T, data []byte) {
		format, err := r.Recognise(data)
		v, jsonErr := simulations.ParseJSON(data)
		if jsonErr != nil || v.Kind != simulations.Object {
			return // YAML has too many ways to write a name for an oracle here
		}
		has := false
		for _, name := range v.Names {
			has = has || name == "understudy"
		}
		escaped := strings.Contains(string(data), `\`)
		if has != (err == nil) && !escaped {
			t.Errorf("%q has the member: %v, recognised as %v", data, has, format)
		}
	})
}
