package test

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"understudy/simulations"
)

// payments asks for keys, under a name of its own in one of its collections.
const payments = `{"understudy":"v1","collaborator":"crm","collaborators":{"crm":{"hosts":["crm"]}},
"collections":{
  "payments":{"path":"/payments","idempotencyKey":true,"template":true,"stamps":{"at":"{{uuid}}"},"unique":["/ref"],
    "actions":{"capture":{"set":{"captured":true},"response":{"status":202,"headers":{"X-Trace":"{{uuid}}"},"text":"{{uuid}}","template":true}},
      "break":{"set":{"broken":true},"response":{"template":true,"text":"{{table request.query.t}}"}}}},
  "orders":{"path":"/orders","idempotencyKey":{"header":"x-request-key","required":true},"errors":{"422":{"status":409,"json":{"code":"key_reused"}}}}}}`

// repeated asks twice and reports whether the second answer is the first again.
func (s shop) repeated(method, path, body string, header ...string) bool {
	s.t.Helper()
	status, text, h := s.ask(method, path, body, header...)
	again, textAgain, hAgain := s.ask(method, path, body, header...)
	h.Del("Date")
	hAgain.Del("Date")
	return status == again && text == textAgain && reflect.DeepEqual(h, hAgain)
}

// TestIdempotencyKeys: a repeated request with its key gets its first answer, byte
// for byte, and does nothing; with another request the key is refused.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.put("shop", payments)
	a, b := shop{t, d, "a"}, shop{t, d, "b"}
	key := func(k string) []string { return []string{"Idempotency-Key", k} }
	keyed := func(s shop, method, path, body, k string, status int, holds string) string {
		t.Helper()
		got, text, _ := s.ask(method, path, body, key(k)...)
		if got != status || !strings.Contains(text, holds) {
			t.Errorf("%s %s with the key %s: %d %s, want %d with %q", method, path, k, got, text, status, holds)
		}
		return text
	}
	for i, c := range []struct{ method, path, body string }{
		{"POST", "/payments", `{"ref":"one"}`},
		{"POST", "/payments", `{"ref":"one"}`}, // refused, and so refused again
		{"POST", "/payments", `no JSON`},
		{"PATCH", "/payments/1", `{"n":1}`},
		{"POST", "/payments/1/capture", ``},
		{"POST", "/payments/7/capture", ``},
	} {
		k := c.method + c.path + c.body + strconv.Itoa(i)
		if !a.repeated(c.method, c.path, c.body, key(k)...) {
			t.Errorf("%s %s is not answered alike", c.method, c.path)
		}
	}
	a.want("GET", "/payments", "", 200, `"ref":"one"`)
	if _, list, _ := a.ask("GET", "/payments", ""); strings.Count(list, `"id"`) != 1 {
		t.Errorf("there are %s", list)
	}
	if a.repeated("POST", "/payments", `{}`) {
		t.Error("without a key nothing is repeated")
	}
	first := keyed(a, "POST", "/payments", `{"n":5}`, "k", 201, `"n":5`)
	keyed(a, "POST", "/payments", `{"n":6}`, "k", 422, "another request")
	keyed(a, "POST", "/payments/1/capture", `{"n":5}`, "k", 422, "another request")
	keyed(a, "POST", "/payments", `{}`, strings.Repeat("k", 256), 400, "1 to 255 bytes")
	// What was done and has no answer is not done twice.
	keyed(a, "POST", "/payments/1/break", ``, "broken", 500, "")
	keyed(a, "POST", "/payments/1/break", ``, "broken", 409, "is not known")
	// Each session has its own keys, each collection too.
	if other := keyed(b, "POST", "/payments", `{"n":5}`, "k", 201, `"n":5`); other == first {
		t.Error("a key of another session was known")
	}
	if got, text, _ := b.ask("POST", "/orders", `{}`); got != 400 || !strings.Contains(text, "X-Request-Key") {
		t.Errorf("without the key that is asked for: %d %s", got, text)
	}
	if !b.repeated("POST", "/orders", `{}`, "X-Request-Key", "k") {
		t.Error("a key under another name is not known")
	}
	if got, text, _ := b.ask("POST", "/orders", `{"n":1}`, "X-Request-Key", "k"); got != 409 || text != `{"code":"key_reused"}` {
		t.Errorf("the declared answer to 422 is %d %s", got, text)
	}
	// A request that does nothing keeps nothing, and is answered by what is kept.
	if got, text, _ := a.ask("POST", "/payments", `{"n":7}`, "Idempotency-Key", "dry", "Prefer", "tx=rollback"); got != 201 {
		t.Errorf("a request that does nothing gets %d %s", got, text)
	}
	keyed(a, "POST", "/payments", `{"n":8}`, "dry", 201, `"n":8`)
	if got, text, _ := a.ask("POST", "/payments", `{"n":5}`, "Idempotency-Key", "k", "Prefer", "tx=rollback"); got != 201 || text != first {
		t.Errorf("a request that does nothing gets %d %s, want %s", got, text, first)
	}

	// At once: one does it, and nobody gets another answer.
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := map[string]int{}
	for range 16 {
		all.Go(func() {
			status, text, _ := b.ask("POST", "/payments", `{"at":"once"}`, key("once")...)
			mu.Lock()
			defer mu.Unlock()
			if status != http.StatusConflict {
				answers[text]++
			}
		})
	}
	all.Wait()
	if len(answers) != 1 {
		t.Errorf("the answers are %v", answers)
	}

	// By way of a fixture and over a restart; a reset forgets.
	if res := d.call("POST", "/sessions/a/freeze", `{"fixture":"keys"}`, nil); res.StatusCode != http.StatusCreated {
		t.Fatalf("freeze: %s", res.Status)
	}
	file := text(d.call("GET", "/fixtures/keys", "", nil))
	if !strings.Contains(file, `"key":"k"`) {
		t.Errorf("the fixture is %s", file)
	}
	d.stop()
	d = start(t, "--data", dir)
	a.d, b.d = d, d
	if again := keyed(a, "POST", "/payments", `{"n":5}`, "k", 201, ""); again != first {
		t.Errorf("after a restart it is %s, want %s", again, first)
	}
	d.restore("b", "keys")
	if again := keyed(b, "POST", "/payments", `{"n":5}`, "k", 201, ""); again != first {
		t.Errorf("restored it is %s, want %s", again, first)
	}
	var info simulations.SessionInfo
	if d.call("GET", "/sessions/b", "", &info); info.Bytes == 0 {
		t.Error("keys weigh nothing")
	}
	d.edit("POST", "/sessions/b/reset", "")
	if again := keyed(b, "POST", "/payments", `{"n":5}`, "k", 201, ""); again == first {
		t.Error("a reset has not forgotten the key")
	}
}
