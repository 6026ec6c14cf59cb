package test

import (
	"strings"
	"testing"
)

// TestJournalInTemplates: templates find earlier exchanges of their session, as
// the journal keeps them.
func TestJournalInTemplates(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.put("past", `
understudy: v1
collaborators:
  pay: {hosts: [pay], redact: [{jsonPath: $.card}]}
stubs:
  - {id: create, request: {method: POST, path: /orders}, response: {status: 201, template: true, json: {id: "{{json request.body.id}}", total: 12.50}}}
  - {id: latest, request: {path: /latest}, response: {template: true, text: "{{#with (journal)}}{{request.method}} {{request.url}} {{response.status}} {{stub}} {{outcome}}{{else}}none{{/with}}"}}
  - {id: order, request: {path: {template: "/orders/{id}"}}, response: {template: true, text: "{{#with (journal 'request.body.id' request.path.id)}}{{response.body.total}} {{request.body.card}} {{request.headers.authorization}}{{else}}never{{/with}}"}}
  - {id: all, request: {path: /all}, response: {template: true, text: "{{#each (journal 'request.method' 'POST' count=10)}}{{request.body.id}};{{/each}}"}}
  - {id: hoverfly, request: {path: /hoverfly}, response: {template: true, dialect: hoverfly, text: "{{journal \"Request.Body 'jsonpath' '$.id'\" '7' 'response' 'jsonpath' '$.total'}} {{journal 'Request.QueryParam.x' '1' 'response' 'jsonpath' '$.a'}} {{#if (hasJournalKey 'Request.Method' 'POST')}}yes{{else}}no{{/if}}"}}
`)
	expect := func(session, path, want string) {
		t.Helper()
		if res, b := d.ask("GET", path, session, "", "Host", "pay"); res.StatusCode != 200 || b != want {
			t.Errorf("%s of %s: %s %q, want %q", path, session, res.Status, b, want)
		}
	}
	expect("a", "/latest", "none")
	for _, body := range []string{`{"id": 7, "card": "4111"}`, `{"id": 8, "card": "4222"}`} {
		if res, b := d.ask("POST", "/orders", "a", body, "Host", "pay", "Content-Type", "application/json", "Authorization", "Bearer secret"); res.StatusCode != 201 {
			t.Fatalf("%s %s", res.Status, b)
		}
	}
	expect("a", "/latest", "POST /orders 201 past/create stub")
	expect("a", "/orders/7", "12.50 REDACTED Bearer REDACTED")
	expect("a", "/orders/9", "never")
	expect("b", "/orders/7", "never")
	expect("a", "/all", "8;7;")
	expect("b", "/all", "")
	expect("a", "/hoverfly", "12.50 {{ journal Request.QueryParam.x 1 response jsonpath $.a }} yes")

	for source, want := range map[string]string{
		"{{journal request.query.a '1'}}": "stands in the template, in quotes",
		"{{journal 'request.nope' '1'}}":  "a request has no nope",
		"{{journal 'a b {{' '1'}}":        "is no expression about a request",
		"{{journal 'a' '1' limit=3}}":     "it has no argument limit=",
	} {
		res := d.call("PUT", "/simulations/refused", `{"understudy": "v1", "stubs": [{"request": {}, "response": {"template": true, "text": "`+source+`"}}]}`, nil)
		if b := text(res); res.StatusCode != 400 || !strings.Contains(b, `"/stubs/0/response/text"`) || !strings.Contains(b, want) {
			t.Errorf("%s: %s %s", source, res.Status, b)
		}
	}
}

// TestRandomValuesRepeat: what templates draw follows from the seed and the
// session's name: a session that begins anew draws the same, a request that is
// undone draws nothing, and a restart goes on.
func TestRandomValuesRepeat(t *testing.T) {
	t.Parallel()
	const doc = `
understudy: v1
stubs:
  - id: random
    request: {path: /random}
    response:
      template: true
      headers: {X-A: "{{randomInt 0 1000000}}", X-B: "{{randomString 8}}"}
      variables: {name: "{{faker 'name'}}"}
      text: "{{variables.name}} {{uuid}} {{faker 'email'}}"
  - {id: wiremock, request: {path: /wiremock}, response: {template: true, dialect: wiremock, text: "{{randomValue type='UUID'}}"}}
`
	data := t.TempDir()
	draw := func(d *double, session string, header ...string) string {
		t.Helper()
		res, b := d.ask("GET", "/random", session, "", header...)
		if res.StatusCode != 200 {
			t.Fatalf("%s %s", res.Status, b)
		}
		_, w := d.ask("GET", "/wiremock", session, "", header...)
		return strings.Join([]string{res.Header.Get("X-A"), res.Header.Get("X-B"), b, w}, " ")
	}
	d := start(t, "--data", data)
	d.put("random", doc)
	first, second := draw(d, "a"), draw(d, "a")
	if first == second || draw(d, "b") == first {
		t.Errorf("%q comes again", first)
	}
	undone := draw(d, "a", "Prefer", "tx=rollback")
	third := draw(d, "a")
	if a, b := strings.Fields(undone), strings.Fields(third); a[0] != b[0] || a[1] != b[1] {
		t.Errorf("a request that is undone has drawn: %q, then %q", undone, third)
	}
	d.stop()
	d = start(t, "--data", data)
	fourth := draw(d, "a")
	for _, before := range []string{first, second, third} {
		if fourth == before {
			t.Errorf("%q comes again after a restart", fourth)
		}
	}
	d.call("DELETE", "/sessions/a", "", nil)
	for i, want := range []string{first, second, third, fourth} {
		if got := draw(d, "a"); got != want {
			t.Errorf("number %d is %q, want %q", i, got, want)
		}
	}
	other := start(t)
	other.put("random", doc)
	if got := draw(other, "a"); got != first {
		t.Errorf("another process draws %q, want %q", got, first)
	}
	seeded := start(t, "--seed", "7")
	seeded.put("random", doc)
	if draw(seeded, "a") == first {
		t.Error("the seed does not matter")
	}
}
