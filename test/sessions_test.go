package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

// session gets one by the API.
func (d *double) session(id string) (info simulations.SessionInfo) {
	d.t.Helper()
	if res := d.call("GET", "/sessions/"+id, "", &info); res.StatusCode != http.StatusOK {
		d.t.Fatalf("session %s: %s %s", id, res.Status, text(res))
	}
	return info
}

// edit asks the API for an edit that answers with nothing.
func (d *double) edit(method, path, body string) {
	d.t.Helper()
	if res := d.call(method, path, body, nil); res.StatusCode != http.StatusNoContent {
		d.t.Errorf("%s %s: %s %s", method, path, res.Status, text(res))
	}
}

const remembering = `{"understudy":"v1","stubs":[
	{"id":"twice","priority":1,"times":2,"request":{"path":"/a"},"response":{"text":"first"}},
	{"id":"then","request":{"path":"/a"},"response":{"text":"{{state.who}}","template":true}},
	{"id":"door","request":{"path":"/door"},"scenario":{"name":"door","requires":"started","sets":"shut"},"response":{"text":"open"}},
	{"id":"code","request":{"path":"/code"},"state":{"sets":{"code":"{{request.query.c}}"},"ttl":"1h"},"response":{"text":"kept","template":true}},
	{"id":"dice","request":{"path":"/dice"},"order":"random","responses":[{"text":"1"},{"text":"2"},{"text":"3"},{"text":"4"},{"text":"5"},{"text":"6"}]}
	],"collections":{"things":{"path":"/things","items":[{"id":1}]}}}`

// TestSessionsByHand: what the API does to a session shows in the next answer,
// and is there after a kill.
func TestSessionsByHand(t *testing.T) {
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.put("memory", remembering)
	a := shop{t, d, "a"}
	for _, want := range []string{"first", "first", ""} {
		a.want("GET", "/a", "", 200, want)
	}
	a.want("GET", "/door", "", 200, "open")
	a.want("GET", "/door", "", 501, "")
	a.want("GET", "/code?c=42", "", 200, "kept")
	a.want("POST", "/things", `{}`, 201, `"id":2`)
	info := d.session("a")
	if info.Answers["memory/twice"] != 2 || info.Scenarios["door"] != "shut" || info.Values["code"] != "42" || info.Collections["memory/things"] != 1 || info.Bytes < 300 {
		t.Errorf("%+v", info)
	}
	if left := time.Until(info.Expires.Values["code"]); left < 50*time.Minute || left > time.Hour {
		t.Errorf("the code expires in %s", left)
	}
	d.edit("PUT", "/sessions/a/values/who", `{"value":"ada"}`)
	a.want("GET", "/a", "", 200, "ada")
	d.edit("PUT", "/sessions/a/scenarios/door", `{"state":"started","ttl":"1h"}`)
	a.want("GET", "/door", "", 200, "open")
	d.edit("DELETE", "/sessions/a/values/code", "")
	d.edit("PUT", "/sessions/b/values/who", `{"value":"grace","ttl":"1h"}`)
	d.edit("PUT", "/sessions/c/values/who", `{"value":"edsger"}`)
	d.edit("POST", "/sessions/c/reset", "")
	d.kill()

	d = start(t, "--data", dir)
	a.d = d
	if info := d.session("a"); info.Values["who"] != "ada" || info.Values["code"] != "" || info.Answers["memory/twice"] != 2 {
		t.Errorf("after a kill: %+v", info)
	}
	b := d.session("b")
	if left := time.Until(b.Expires.Values["who"]); b.Values["who"] != "grace" || left < 50*time.Minute || left > time.Hour {
		t.Errorf("after a kill: %+v", b)
	}
	if res := d.call("GET", "/sessions/c", "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("a session with nothing in it is kept: %s", res.Status)
	}
	var dice string
	for range 20 {
		_, face, _ := a.ask("GET", "/dice", "")
		dice += face
	}
	d.edit("POST", "/sessions/a/reset", "")
	a.want("GET", "/a", "", 200, "first")
	a.want("GET", "/things/2", "", 404, "")
	if info := d.session("a"); len(info.Scenarios)+len(info.Values) != 0 || info.Answers["memory/twice"] != 1 {
		t.Errorf("after a reset: %+v", info)
	}
	var again string
	for range 20 {
		_, face, _ := a.ask("GET", "/dice", "")
		again += face
	}
	if dice != again {
		t.Errorf("the dice fell %s, and after a reset %s", dice, again)
	}
	d.stop()

	// What a request claimed just before an orderly stop is there.
	d = start(t, "--data", dir)
	if info := d.session("a"); info.Answers["memory/dice"] != 20 || info.Answers["memory/twice"] != 1 {
		t.Errorf("after a stop: %+v", info.Answers)
	}
}

// TestSessionListHasPages: the list comes in pages and by filters, and the command
// line puts them together.
func TestSessionListHasPages(t *testing.T) {
	d := start(t)
	for _, id := range []string{"run-1", "run-2", "run-3", "x"} {
		d.edit("PUT", "/sessions/"+id+"/values/k", `{"value":"`+strings.Repeat("v", 1000)+`"}`)
	}
	var ids []string
	next := ""
	for range 5 {
		var page struct {
			Sessions []simulations.SessionInfo `json:"sessions"`
			Next     string                    `json:"next"`
		}
		d.call("GET", "/sessions?limit=2&id=run*&cursor="+next, "", &page)
		for _, s := range page.Sessions {
			ids = append(ids, s.ID)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	if got := strings.Join(ids, " "); got != "run-1 run-2 run-3" {
		t.Errorf("the pages list %s", got)
	}
}

// TestFullSession: an answer that the session has no room to remember is 507, not
// given and not counted, and after a reset it is given.
func TestFullSession(t *testing.T) {
	d := start(t)
	large := strings.Repeat("v", 32<<10)
	d.put("memory", `{"understudy":"v1","stubs":[{"id":"keeps","times":1,"request":{"path":"/keep"},"state":{"sets":{"one":"`+large+`","two":"`+large+`"}},"response":{"text":"kept"}}]}`)
	var b strings.Builder
	b.WriteString(`{"fixture":"v1","values":{"k":""`)
	for i := range 2040 { // of 64 MiB, 55 KiB are left
		fmt.Fprintf(&b, `,"%d":"%s"`, i, large)
	}
	b.WriteString("}}")
	if res := d.call("PUT", "/fixtures/full", b.String(), nil); res.StatusCode != http.StatusCreated {
		t.Fatal(res.Status)
	}
	d.restore("a", "full")
	a := shop{t, d, "a"}
	a.want("GET", "/keep", "", 507, `"type":"urn:understudy:problem:session"`)
	a.want("GET", "/keep", "", 507, "64 MiB")
	if info := d.session("a"); len(info.Answers) > 0 || info.Values["one"] != "" {
		t.Errorf("what was refused is remembered: %v", info.Answers)
	}
	shop{t, d, "b"}.want("GET", "/keep", "", 200, "kept")
	d.edit("POST", "/sessions/a/reset", "")
	a.want("GET", "/keep", "", 200, "kept")
	a.want("GET", "/keep", "", 501, "")
}
