package simulations_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"understudy/simulations"
)

const full = `
understudy: v1
name: payments
collaborator: payments
collaborators:
  payments:
    hosts: [payments, payments.prod.svc.cluster.local, "*.pay.example"]
    listen: ":9001"
    upstream: https://payments.internal:8443
    preserveHost: false
    origin: unknown
    mode: simulate
    routes:
      - {methods: [GET, HEAD], path: {glob: /v1/rates/*}, mode: spy}
    redact: [{header: Authorization}, {jsonPath: $.card.number, as: token}]
stubs:
  - id: charge-card
    collaborator: payments
    priority: 10
    labels: [checkout]
    request:
      method: POST
      path: /v1/charges
      query: {expand: customer}
      headers: {Content-Type: {glob: "application/json*"}}
      body: {jsonPath: {$.currency: EUR, $.amount: {number: {gt: 0}}}}
      session: {}
    response:
      status: 201
      headers: {Location: "/v1/charges/{{request.body.id}}", X-Number: 5}
      json: {id: "{{uuid}}", status: paid, big: 9007199254740993, f: 1.50}
      template: true
      delay: {lognormal: {median: 20ms, p99: 200ms}}
    scenario: {name: checkout, requires: started, sets: paid}
    times: 3
  - request: {method: [GET, HEAD]}
    order: cycle
    responses:
      - {text: "", delay: 1s, repeat: 3}
      - {base64: aGVsbG8=}
      - {fault: connection-reset}
      - {json: null}
  - specificity: 2
    request:
      authority: pay.example:8080
      path: {template: "/v1/{id}"}
      params: {id: {regex: "^[0-9]+$"}}
      any: [{method: GET}, {headers: {Accept: x}, none: [{url: /a}]}]
      none: [{}]
    response: {text: "", template: true, dialect: wiremock, parameters: {a: null}, variables: {u: "", v: x}}
    state: {requires: {lock: {absent: true}}, sets: {by: "", lock: held}, removes: [old]}
  - {response: {}, state: {}}
`

func TestCanonicalIdentity(t *testing.T) {
	doc, err := simulations.Decode([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	for _, syntax := range []simulations.Syntax{simulations.YAML, simulations.JSON} {
		out, err := simulations.Encode(doc, syntax)
		if err != nil {
			t.Fatal(err)
		}
		again, err := simulations.Decode(out)
		if err != nil {
			t.Fatalf("%s: %v\n%s", syntax, err, out)
		}
		out2, _ := simulations.Encode(again, syntax)
		if string(out) != string(out2) {
			t.Errorf("%s: not the identity:\n%s\n---\n%s", syntax, out, out2)
		}
		strip(reflect.ValueOf(doc))
		strip(reflect.ValueOf(again))
		if !reflect.DeepEqual(doc.Stubs, again.Stubs) || !reflect.DeepEqual(doc.Collaborators, again.Collaborators) || doc.Name != again.Name {
			t.Errorf("%s: models differ", syntax)
		}
	}
}

// strip takes the positions away, which a rewriting moves.
func strip(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if val, ok := v.Interface().(*simulations.Value); ok {
			val.Line, val.Column = 0, 0
		}
		strip(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				strip(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			strip(v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			strip(v.MapIndex(k))
		}
	}
}

// FuzzAppendJSONString compares with encoding/json.
func FuzzAppendJSONString(f *testing.F) {
	for c := range 256 {
		f.Add("a" + string([]byte{byte(c)}) + "b")
	}
	for _, s := range []string{"", "é漢😀", "\u2028\u2029\u202a", "<&>", "\xed\xa0\x80", "\ufffd", "a\xe2\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := simulations.AppendJSONString(nil, s); string(got)+"\n" != want.String() {
			t.Fatalf("%q is written %s, encoding/json writes %s", s, got, want.String())
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(full))
	files, _ := filepath.Glob("testdata/invalid/*")
	examples, _ := filepath.Glob("examples/*")
	for _, name := range append(files, examples...) {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := simulations.Decode(data)
		if err != nil {
			if simulations.CodeOf(err) != simulations.CodeInvalid {
				t.Fatalf("code %s: %v", simulations.CodeOf(err), err)
			}
			return
		}
		for _, syntax := range []simulations.Syntax{simulations.YAML, simulations.JSON} {
			out, err := simulations.Encode(doc, syntax)
			if err != nil {
				t.Fatal(err)
			}
			again, err := simulations.Decode(out)
			if err != nil {
				t.Fatalf("%s reads not back: %v\n%s", syntax, err, out)
			}
			out2, _ := simulations.Encode(again, syntax)
			if string(out) != string(out2) {
				t.Fatalf("%s is not the identity:\n%q\n%q", syntax, out, out2)
			}
		}
	})
}

// TestCanonical: equal values have one canonical text, the value itself stays as
// it was, and what is canonical already is not copied.
func TestCanonical(t *testing.T) {
	const want = `{"a":[1,{"b":null,"c":"x"},true],"b":{"a":-2.5,"b":[]},"c":{}}`
	for _, in := range []string{
		want,
		`{"c":{},"a":[1.0,{"c":"x","b":null},true],"b":{"b":[],"a":-25e-1}}`,
		`{"a":[1,{"c":"\u0078","b":null},true],"b":{"a":-2.50,"b":[]},"c":{}}`,
		`{"a":[10e-1,{"b":null,"c":"x"},true],"c":{},"b":{"a":-2.5,"b":[]}}`,
	} {
		v, err := simulations.ParseJSON([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		before := v.String()
		got := v.Canonical()
		if got.String() != want {
			t.Errorf("%s is %s", in, got)
		}
		if v.String() != before {
			t.Errorf("%s has become %s", before, v)
		}
		if got.Canonical() != got || in == want && got != v {
			t.Errorf("%s is copied", in)
		}
	}
}

func TestCanonicalNumber(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0.0e9": "0", "1": "1", "1.0": "1", "1.50": "1.5", "100": "100", "1e2": "100",
		"12E-1": "1.2", "0.001": "0.001", "1e-3": "0.001", "9007199254740993": "9007199254740993", "-1.10": "-1.1",
		"1e1000000": "1e1000000", "10e999999": "1e1000000", "1E+05": "100000",
	} {
		if got := simulations.CanonicalNumber(in); got != want {
			t.Errorf("CanonicalNumber(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestPositions: line and column of every place, in JSON and in YAML, also
// behind characters of several bytes.
func TestPositions(t *testing.T) {
	for _, c := range []struct {
		text, pointer string
		line, column  int
	}{
		{"{\"understudy\": \"v1\",\n  \"nüme\": 1}", "/nüme", 2, 11},
		{"{\"understudy\":\"v1\",\"ü\":[],\"x\":1}", "/x", 1, 31},
		{"understudy: v1\nstubs:\n  - request: {üü: 1, x: 2}\n", "/stubs/0/request/x", 3, 25},
	} {
		_, err := simulations.Decode([]byte(c.text))
		se, ok := err.(*simulations.Error)
		if !ok {
			t.Fatalf("%s: %v", c.text, err)
		}
		found := false
		for _, f := range se.Fields {
			if f.Pointer == c.pointer {
				found = true
				if f.Line != c.line || f.Column != c.column {
					t.Errorf("%s: %s is at %d:%d, want %d:%d", c.text, c.pointer, f.Line, f.Column, c.line, c.column)
				}
			}
		}
		if !found {
			t.Errorf("%s: no fault at %s: %v", c.text, c.pointer, se.Fields)
		}
	}
}

// BenchmarkDecode reads stubs on one line, as programs write them.
func BenchmarkDecode(b *testing.B) {
	var doc bytes.Buffer
	doc.WriteString(`{"understudy":"v1","stubs":[`)
	for i := range 20_000 {
		if i > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, `{"id":"s%d","request":{"method":"GET","path":"/x/%d"},"response":{"status":200,"headers":{"Content-Type":"text/plain"},"text":"%0600d"}}`, i, i, i)
	}
	doc.WriteString(`]}`)
	b.SetBytes(int64(doc.Len()))
	for b.Loop() {
		if _, err := simulations.Decode(doc.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
