package test

import (
	"encoding/json"
	"regexp"
	"testing"
)

// TestTemplates: the contract's own example, and what goes with it.
func TestTemplates(t *testing.T) {
	d := start(t)
	d.put("payments", `
understudy: v1
stubs:
  - id: charge
    request: {method: POST, path: /v1/charges}
    response:
      status: 201
      headers: {Location: "/v1/charges/{{request.body.id}}"}
      json: {id: "{{uuid}}", status: paid, echo: "{{json request.body.items}}", big: 9007199254740993}
      template: true
  - id: greet
    request: {path: {template: "/hello/{name}"}}
    response: {text: "hello {{request.pathParams.name}}, {{request.query.q}}", template: true}
  - id: count
    request: {path: /count}
    response: {text: "{{counter 'visits'}}", template: true}
`)
	res, b := d.ask("POST", "/v1/charges", "", `{"id": 7, "items": [1, {"a": 2.50}]}`, "Content-Type", "application/json")
	var out map[string]json.RawMessage
	if err := json.Unmarshal([]byte(b), &out); err != nil || res.StatusCode != 201 {
		t.Fatalf("%s %s %v", res.Status, b, err)
	}
	if got := res.Header.Get("Location"); got != "/v1/charges/7" {
		t.Errorf("Location %q", got)
	}
	if !regexp.MustCompile(`^"[0-9a-f-]{36}"$`).Match(out["id"]) || string(out["echo"]) != `[1,{"a":2.50}]` || string(out["big"]) != "9007199254740993" {
		t.Errorf("%s", b)
	}
	if _, b := d.ask("GET", "/hello/J%C3%BCrgen%2F?q=a+b", "", ""); b != "hello Jürgen/, a b" {
		t.Errorf("%q", b)
	}
	for _, c := range [][2]string{{"a", "1"}, {"a", "2"}, {"b", "1"}, {"a", "3"}} {
		if _, b := d.ask("GET", "/count", c[0], ""); b != c[1] {
			t.Errorf("session %s counts %q, want %s", c[0], b, c[1])
		}
	}
	refused := d.call("PUT", "/simulations/broken", `{"understudy":"v1","stubs":[{"request":{},"response":{"template":true,"headers":{"X":"{{nope 1}}"},"json":{"a":["{{#if}}"]}}}]}`, nil)
	if body := text(refused); refused.StatusCode != 400 || !regexp.MustCompile(`/stubs/0/response/headers/X`).MatchString(body) || !regexp.MustCompile(`/stubs/0/response/json/a/0`).MatchString(body) {
		t.Errorf("%s %s", refused.Status, body)
	}
}
