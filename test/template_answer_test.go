package test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestTemplatedStatusAndDelay: status and delay are rendered as the rest is,
// and what they are rendered to must be one.
func TestTemplatedStatusAndDelay(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.put("answers", `
understudy: v1
stubs:
  - id: status
    request: {path: {template: "/status/{code}"}}
    response: {status: "{{request.path.code}}", text: "{{request.path.code}}", template: true}
  - id: delay
    request: {path: /delay}
    response: {delay: "{{request.query.for}}", status: 202, variables: {mark: "{{state.set 'waits' 'yes'}}"}, template: true}
  - id: delay-both
    request: {path: /both}
    response: {delay: {fixed: "{{variables.wait}}s", uniform: {min: 0s, max: 0s}}, variables: {wait: "0"}, text: ok, template: true}
  - id: cut
    request: {path: /cut}
    response: {fault: truncated-body, text: "{{repeat 'ab' 10}}", template: true}
`)
	for code, want := range map[string]int{"200": 200, "%20404": 404, "204": 204, "599": 599} {
		if res, _ := d.ask("GET", "/status/"+code, "", ""); res.StatusCode != want {
			t.Errorf("%s: %s", code, res.Status)
		}
	}
	for path, want := range map[string]string{
		"/status/199":    `the status cannot be rendered: "199" is no status: a status is 200 to 599`,
		"/status/x":      `the status cannot be rendered: "x" is no status`,
		"/delay":         `the delay cannot be rendered: "" is no duration: it is a number with a unit, such as 20ms`,
		"/delay?for=-1s": `the delay cannot be rendered: a delay is 0s to 1h0m0s, not -1s`,
		"/delay?for=2h":  `the delay cannot be rendered: a delay is 0s to 1h0m0s, not 2h`,
	} {
		res, b := d.ask("GET", path, "", "")
		var problem struct{ Type, Detail, Place string }
		if err := json.Unmarshal([]byte(b), &problem); err != nil || res.StatusCode != 500 || res.Header.Get("Content-Type") != "application/problem+json" ||
			problem.Type != "urn:understudy:problem:template" || !strings.Contains(problem.Detail, want) || !strings.HasPrefix(want, problem.Place+" ") {
			t.Errorf("%s: %s %s", path, res.Status, b)
		}
	}
	for path, want := range map[string]int{"/delay?for=0s": 202, "/delay?for=1ms": 202, "/both": 200} {
		if res, b := d.ask("GET", path, "", ""); res.StatusCode != want {
			t.Errorf("%s: %s %s", path, res.Status, b)
		}
	}
	// A client that goes ends the wait at once.
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", d.url+"/delay?for=1h", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Understudy-Session", "leaver")
	left := make(chan error, 1)
	go func() {
		_, err := plain().Do(r)
		left <- err
	}()
	until(t, "the delay begins", func() bool {
		return strings.Contains(text(d.call("GET", "/sessions/leaver", "", nil)), `"waits":"yes"`)
	})
	leave()
	if err := <-left; err == nil {
		t.Error("an hour's delay is over at once")
	}
	until(t, "the delay ends", func() bool {
		return strings.Contains(text(d.call("GET", "/journal?session=leaver", "", nil)), "the client left during the delay")
	})
	// A fault takes its half of what was rendered.
	res, err := plain().Get(d.url + "/cut")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b := text(res); res.ContentLength != 20 || b != "unexpected EOF" {
		t.Errorf("%d bytes, %s", res.ContentLength, b)
	}

	for response, want := range map[string]string{
		`{"status": "{{request.path.code}}"}`:                              "/stubs/0/response/status|template: true",
		`{"delay": {"fixed": "{{x}}"}}`:                                    "/stubs/0/response/delay|template: true",
		`{"status": "abc", "template": true}`:                              "/stubs/0/response/status|must be a number",
		`{"status": "{{nope 1}}", "template": true}`:                       "/stubs/0/response/status|there is no helper nope",
		`{"status": "1{{! note }}99", "template": true}`:                   "/stubs/0/response/status|is no status",
		`{"delay": "{{! note }}20", "template": true}`:                     "/stubs/0/response/delay|is no duration",
		`{"status": "{{x}}", "fault": "empty-response", "template": true}`: "/stubs/0/response/fault|has no answer beside it",
	} {
		res := d.call("PUT", "/simulations/refused", `{"understudy": "v1", "stubs": [{"request": {}, "response": `+response+`}]}`, nil)
		pointer, detail, _ := strings.Cut(want, "|")
		if b := text(res); res.StatusCode != 400 || !strings.Contains(b, `"`+pointer+`"`) || !strings.Contains(b, detail) {
			t.Errorf("%s: %s %s", response, res.Status, b)
		}
	}
}

// TestTemplateErrors: a template that fails answers 500 and says which helper,
// in which part of the answer.
func TestTemplateErrors(t *testing.T) {
	t.Parallel()
	d := start(t)
	fail := `{{divide 1 request.query.by}}`
	d.put("errors", `
understudy: v1
stubs:
  - {request: {path: /variable}, response: {variables: {v: "`+fail+`"}, template: true}}
  - {request: {path: /status}, response: {status: "20`+fail+`", template: true}}
  - {request: {path: /delay}, response: {delay: "`+fail+`", template: true}}
  - {request: {path: /header}, response: {headers: {x-a: "1", X-B: ["a", "`+fail+`"]}, template: true}}
  - {request: {path: /trailer}, response: {trailers: {X-T: "`+fail+`"}, template: true}}
  - {request: {path: /text}, response: {text: "a\nbc `+fail+`", template: true}}
  - {request: {path: /json}, response: {json: {a: [1, {"b/c": "`+fail+`"}]}, template: true}}
  - {request: {path: /base64}, response: {base64: e3tkaXZpZGUgMSAwfX0=, template: true}}
  - {request: {path: /sets}, state: {sets: {k: "`+fail+`"}}, response: {template: true}}
  - {request: {path: /broken-off}, response: {fault: truncated-body, text: "`+fail+`", template: true}}
`)
	for path, want := range map[string]struct {
		place        string
		line, column int
	}{
		"/variable":   {"the variable v", 1, 3},
		"/status":     {"the status", 1, 5},
		"/delay":      {"the delay", 1, 3},
		"/header":     {"the header X-B", 1, 3},
		"/trailer":    {"the trailer X-T", 1, 3},
		"/text":       {"the body", 2, 6},
		"/json":       {"the body at /json/a/1/b~1c", 1, 3},
		"/base64":     {"the body", 1, 3},
		"/sets":       {"the state's value k", 1, 3},
		"/broken-off": {"the body", 1, 3},
	} {
		res, b := d.ask("GET", path+"?by=0", "", "")
		var problem struct {
			Detail, Place, Helper string
			Line, Column          int
		}
		if err := json.Unmarshal([]byte(b), &problem); err != nil || res.StatusCode != 500 || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %s", path, res.Status, b)
			continue
		}
		if problem.Place != want.place || problem.Helper != "divide" || problem.Line != want.line || problem.Column != want.column ||
			!strings.Contains(problem.Detail, want.place+" cannot be rendered: template, line ") {
			t.Errorf("%s: %+v", path, problem)
		}
		if res.Header.Get("Understudy-Outcome") != "stub" || !strings.HasPrefix(res.Header.Get("Understudy-Stub"), "errors/") {
			t.Errorf("%s: %v", path, res.Header)
		}
	}
}

// until waits for a state, and fails the test where it does not come.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come that %s", what)
		}
	}
}
