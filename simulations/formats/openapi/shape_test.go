package openapi

import (
	"bytes"
	"testing"

	"understudy/simulations"
)

// TestShape: a schema is what all values have in common, in the words of OpenAPI
// 3.0, and each of the values is valid against it.
func TestShape(t *testing.T) {
	for _, c := range []struct {
		want   string
		values []string
	}{
		{`{"type":"integer"}`, []string{"1", "2.0"}},
		{`{"type":"number"}`, []string{"1", "2.5"}},
		{`{"type":"string","nullable":true}`, []string{`"a"`, "null"}},
		{`{"nullable":true}`, []string{"null"}},
		{`{"anyOf":[{"type":"integer"},{"type":"string"}]}`, []string{"1", `"a"`}},
		{`{"type":"array","items":{}}`, []string{"[]"}},
		{`{"type":"array","items":{"type":"integer"}}`, []string{"[]", "[1,2]"}},
		{`{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"}},"required":["a"]}`, []string{`{"a":1,"b":true}`, `{"a":2}`}},
	} {
		var s shape
		for _, text := range c.values {
			v, err := simulations.ParseJSON([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			s.add(v)
		}
		if got := s.schema().String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.values, got, c.want)
		}
	}
}

// TestPathsAreClustered: paths that differ in ids only are one template, and the
// description is read again.
func TestPathsAreClustered(t *testing.T) {
	doc, err := simulations.Decode([]byte(`{"understudy":"v1","stubs":[
		{"id":"a","request":{"method":"GET","path":"/v1/users/7"},"response":{"json":{"id":7}}},
		{"id":"b","request":{"method":"GET","path":"/v1/users/8"},"response":{"json":{"id":8,"name":"x"}}},
		{"id":"c","request":{"method":"GET","path":{"template":"/v1/users/{user}"}},"response":{"status":404,"json":{"error":"none"}}},
		{"id":"d","request":{"method":"GET","path":"/v1/users/me"},"response":{"text":"me"}},
		{"id":"e","request":{"method":"GET","path":"/v1/users/7/orders/ord_1a2"},"response":{"text":"order"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := (Format{}).Encode(&out, doc); err != nil {
		t.Fatal(err)
	}
	v, err := simulations.ParseJSON(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	paths := v.Get("paths")
	for _, path := range []string{"/v1/users/{userId}", "/v1/users/me", "/v1/users/{userId}/orders/{orderId}"} {
		if paths.Get(path) == nil {
			t.Errorf("%s is not there: %v", path, paths.Names)
		}
	}
	get := paths.Get("/v1/users/{userId}").Get("get")
	body := get.Get("responses").Get("200").Get("content").Get("application/json")
	if got := body.Get("schema").Get("required").String(); got != `["id"]` {
		t.Errorf("required is %s", got)
	}
	if got := body.Get("examples").Names; len(got) != 2 || get.Get("responses").Get("404") == nil {
		t.Errorf("%v are examples of\n%s", got, out.String())
	}
	if _, _, err := (Format{}).Decode(out.Bytes()); err != nil {
		t.Errorf("it is not read again: %v", err)
	}
}
