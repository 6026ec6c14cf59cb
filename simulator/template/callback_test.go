package template

import (
	"strings"
	"testing"
)

// TestCallbackTemplates: a callback sees the answer that it follows, in the
// words of its dialect, and an answer's templates know none of them.
func TestCallbackTemplates(t *testing.T) {
	data := func() *Data {
		return &Data{
			Request: &request{method: "POST"}, Parameters: map[string]any{"kind": "paid"},
			Response: &Response{Status: 202, Header: map[string][]string{"Location": {"/jobs/7"}}, Body: `{"id":"7","items":[1,2.50]}`},
		}
	}
	for _, c := range []struct {
		dialect   Dialect
		src, want string
	}{
		{Native, "{{response.status}} {{response.headers.location}} {{response.body.id}} {{response.body.items.[1]}}", "202 /jobs/7 7 2.50"},
		{Native, "{{response.body}}", `{"id":"7","items":[1,2.50]}`},
		{Native, "{{request.method}} {{parameters.kind}}", "POST paid"},
		{WireMock, "{{originalRequest.method}} {{originalResponse.status}} {{parameters.kind}}", "POST 202 paid"},
		{WireMock, "{{jsonPath originalResponse.body '$.id'}} {{originalResponse.bodyAsBase64}}", "7 eyJpZCI6IjciLCJpdGVtcyI6WzEsMi41MF19"},
		{WireMock, "{{request.method}}", ""},
		{Hoverfly, "{{Request.Method}}", "POST"},
	} {
		tm, err := CompileCallback(c.src, c.dialect)
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		var out []byte
		if err := tm.Execute(t.Context(), &out, data()); err != nil || string(out) != c.want {
			t.Errorf("%s: %q, %v, want %q", c.src, out, err, c.want)
		}
	}
	for src, want := range map[string]string{"{{response.statuz}}": "did you mean status", "{{reponse.status}}": "response"} {
		if _, err := CompileCallback(src, Native); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
	if _, err := Compile("{{response.status}}", Native); err == nil {
		t.Error("an answer's template sees an answer")
	}
}
