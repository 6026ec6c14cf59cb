package jsonpath

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// decode reads a value as Get takes it.
func decode(data []byte) (any, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err == nil
}

// FuzzGetText holds reading a path in the text equal to decoding the whole.
func FuzzGetText(f *testing.F) {
	for _, text := range []string{
		`{"a":{"b":[1,{"c":"x"}]}}`, ` { "a" : { "b" : [ 1 , { "c" : 1.50e3 } ] } , "a" : 2 } `, `[[],{},"]",{"a":"}\"{"}]`, `{"\u0061":1,"a\\":2,"":3}`,
		`{"a":{"a":{"a":null}},"b":true}`, `"a"`, `-0`, ` 7 `, `{}`, `[]`, `{"a":"\ud800"}`, `{"\ud800":1}`, `[1,[2,[3]]]`,
	} {
		for _, path := range []string{"$", "$.a", "$.a.b[1].c", "$[0]", "$[3].a", "$['']", "$['a\\\\']", "$.a.a.a", "$[1][1][0]", "$['\ufffd']", "$[-1]", "$[*]"} {
			f.Add(path, []byte(text))
		}
	}
	f.Fuzz(func(t *testing.T, query string, text []byte) {
		p, err := Compile(query)
		if err != nil || !json.Valid(text) || !utf8.Valid(text) {
			return
		}
		root, _ := decode(text)
		got, found, ok := p.GetText(text)
		if !ok {
			return
		}
		want, there := p.Get(root)
		if found != there {
			t.Fatalf("%s in %s: found %v, want %v", query, text, found, there)
		}
		if !found {
			return
		}
		if v, valid := decode(got); !valid || !reflect.DeepEqual(v, want) {
			t.Fatalf("%s in %s: %s, want %v", query, text, got, want)
		}
	})
}
