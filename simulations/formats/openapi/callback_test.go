package openapi

import (
	"testing"

	"understudy/simulations"
)

// TestCallbacks: what is sent after an answer is made of the description, in
// Microcks' order, and only after success.
func TestCallbacks(t *testing.T) {
	const text = `{"openapi":"3.1.0","paths":{"/a/{id}":{"post":{"parameters":[{"name":"id","in":"path","required":true}],
		"responses":{"202":{"description":""},"400":{"description":""}},"callbacks":{
		"second":{"$request.body#/notify~1url":{"post":{"x-microcks-callback":{"order":2},"requestBody":{"content":{"application/json":{"schema":{"type":"object","required":["n"],"properties":{"n":{"const":7}}}}}},"responses":{"2XX":{"description":""}}}}},
		"first":{"https://shop.example/{$request.path.id}?t={$response.header.X-T}":{"put":{"x-microcks-callback":{"order":1},
			"parameters":[{"name":"X-Event","in":"header","schema":{"const":"done"}},{"name":"Host","in":"header","schema":{"const":"no"}}],
			"requestBody":{"content":{"application/json":{"example":{"n":"{{ request.body/n }}"}}}},"responses":{"204":{"description":""},"410":{"description":""}}}}}}}}}}`
	doc, warnings, err := Format{}.Decode([]byte(text))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %v", err, warnings)
	}
	answer := doc.Stubs[0].Response
	got := simulations.Stub{Response: &simulations.Response{Callbacks: answer.Callbacks}}
	const want = `[{"method":"PUT","url":"https://shop.example/{{request.pathParams.id}}?t={{response.headers.[X-T]}}","headers":{"X-Event":"done"},"json":{"n":"{{request.body.n}}"},"template":true,"expect":204},` +
		`{"method":"POST","url":"{{request.body.[notify/url]}}","json":{"n":7},"template":true,"delay":{"fixed":"100ms"},"expect":"2xx"}]`
	if s := got.Value().Get("response").Get("callbacks").String(); s != want {
		t.Errorf("the callbacks are\n%s, want\n%s", s, want)
	}
	for _, s := range doc.Stubs {
		if s.Response.Status == 400 && len(s.Response.Callbacks) > 0 {
			t.Errorf("%s has callbacks", s.ID)
		}
	}
}

// TestRuntimeExpressions are those that can be made, and those that cannot.
func TestRuntimeExpressions(t *testing.T) {
	for _, c := range []struct{ key, want string }{
		{"{$request.body#/url}", "{{request.body.url}}"},
		{"{$request.body}", "{{request.body}}"},
		{"{$request.body#/a/0/b c}/x", "{{request.body.a.[0].[b c]}}/x"},
		{"$request.query.to", "{{request.query.to}}"},
		{"{$request.header.X-To}", "{{request.headers.[X-To]}}"},
		{"{$response.body#/links/next}", "{{response.body.links.next}}"},
		{"http://a.example/{$statusCode}", ""},
		{"{$url}", ""},
		{"{$response.query.x}", ""},
		{"/relative", ""},
		{"{id}", ""},
		{"{{x}}{$request.query.to}", ""},
		{"{$request.body#/a]}", ""},
	} {
		got, ok := runtimeTemplate(c.key)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %q, %v, want %q", c.key, got, ok, c.want)
		}
	}
}
