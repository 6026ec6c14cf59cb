package test

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
)

// restore asks for a fixture in a session and returns its warnings.
func (d *double) restore(session, fixture string) []simulations.Warning {
	d.t.Helper()
	var done simulations.Restored
	if res := d.call("POST", "/sessions/"+session+"/restore", `{"fixture":"`+fixture+`"}`, &done); res.StatusCode != http.StatusOK {
		d.t.Fatalf("restore %s: %s %s", fixture, res.Status, text(res))
	}
	return done.Warnings
}

// TestFixtures: what a session held is frozen and restored into any, after a kill
// and by way of a file too; what it speaks of and nobody declares is said.
func TestFixtures(t *testing.T) {
	dir := t.TempDir()
	d := start(t, "--data", dir)
	d.put("memory", remembering)
	d.put("shop", customers)
	a, b := shop{t, d, "a"}, shop{t, d, "b"}
	crm := func(s shop, method, path, body string, status int, holds string) {
		t.Helper()
		s.want(method, path, body, status, holds)
	}
	a.want("GET", "/a", "", 200, "first")
	a.want("GET", "/a", "", 200, "first")
	a.want("GET", "/door", "", 200, "open")
	a.want("GET", "/code?c=42", "", 200, "kept")
	d.edit("PUT", "/sessions/a/values/who", `{"value":"ada"}`)
	crm(a, "POST", "/customers", `{"name":"Edsger","n":1.10}`, 201, `"id":3`)
	crm(a, "PATCH", "/customers/2", `{"name":"Hopper"}`, 200, "")
	crm(a, "DELETE", "/customers/1", "", 204, "")
	var info simulations.FixtureInfo
	if res := d.call("POST", "/sessions/a/freeze", `{"fixture":"paid"}`, &info); res.StatusCode != http.StatusCreated || info.Items != 3 || info.Scenarios != 1 || info.Session != "a" {
		t.Fatalf("freeze: %s %+v", res.Status, info)
	}
	d.kill()

	d = start(t, "--data", dir)
	a.d, b.d = d, d
	d.edit("POST", "/sessions/a/reset", "")
	crm(b, "POST", "/customers", `{"name":"gone with the restoring"}`, 201, `"id":3`)
	frozen := func(s shop) {
		t.Helper()
		s.want("GET", "/a", "", 200, "ada")
		s.want("GET", "/door", "", 501, "")
		crm(s, "GET", "/customers", "", 200, `[{"id":2,"name":"Hopper"},{"id":3,"name":"Edsger","n":1.10}]`)
		if info := d.session(s.session); info.Answers["memory/twice"] != 2 || info.Values["code"] != "42" || info.Expires.Values["code"].IsZero() {
			t.Errorf("session %s holds %+v", s.session, info)
		}
	}
	for _, s := range []shop{a, b} {
		if w := d.restore(s.session, "paid"); len(w) > 0 {
			t.Errorf("warnings: %v", w)
		}
		frozen(s)
		crm(s, "POST", "/customers", `{}`, 201, `"id":4`) // and it goes on from there
		d.restore(s.session, "paid")
		frozen(s)
	}
	// The session is written before it is answered.
	d.kill()
	d = start(t, "--data", dir)
	a.d, b.d = d, d
	frozen(b)

	// As a file, in another understudy that has another document.
	file := text(d.call("GET", "/fixtures/paid", "", nil))
	other := start(t)
	var kept struct {
		simulations.FixtureInfo
		Warnings []simulations.Warning `json:"warnings"`
	}
	if res := other.call("PUT", "/fixtures/paid", file, &kept); res.StatusCode != http.StatusCreated || len(kept.Warnings) != 2 {
		t.Errorf("%s, warnings %v", res.Status, kept.Warnings)
	}
	if w := other.restore("c", "paid"); len(w) != 2 || w[0].Pointer != "/answers/memory~1twice" || w[1].Pointer != "/collections/shop~1customers" {
		t.Errorf("warnings: %v", w)
	}
	if res := other.call("POST", "/sessions/d/restore", `{"fixture":"paid","strict":true}`, nil); res.StatusCode != http.StatusConflict {
		t.Errorf("strict: %s", res.Status)
	}
	if res := other.call("GET", "/sessions/d", "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("what was refused made a session: %s", res.Status)
	}
	other.put("memory", remembering)
	other.put("shop", customers)
	if w := other.restore("c", "paid"); len(w) > 0 {
		t.Errorf("warnings: %v", w)
	}
	c := shop{t, other, "c"}
	c.want("GET", "/a", "", 200, "ada")
	c.want("GET", "/customers/3", "", 200, "Edsger")

	// It is part of a backup.
	backup := text(d.call("GET", "/backup", "", nil))
	third := start(t)
	if res := third.call("POST", "/restore", backup, nil); res.StatusCode != http.StatusNoContent {
		t.Fatalf("restore a backup: %s", res.Status)
	}
	if again := text(third.call("GET", "/fixtures/paid", "", nil)); again != file {
		t.Errorf("after a backup the fixture is %s, want %s", again, file)
	}
	d.edit("DELETE", "/fixtures/paid", "")
	if res := d.call("POST", "/sessions/a/restore", `{"fixture":"paid"}`, nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("a fixture that was deleted: %s", res.Status)
	}
	frozen(b)
}

// TestFixturesOfTables: what a session wrote to tables goes with its fixture, and
// shows where the table has the content that it was written to.
func TestFixturesOfTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := start(t, "--data", dir)
	doc := "understudy: v1\ntables: {pets: [{id: 1, name: Rex}, {id: 2, name: Tom}]}\n" + petStubs
	d.put("pets", doc)
	d.ask("POST", "/pets", "a", `{"id": 3, "name": "Kit\r\nty"}`)
	d.ask("DELETE", "/pets/1", "a", "")
	d.ask("GET", "/hoverfly?id=2", "c", "") // changes a row
	shows := func(session, want string) {
		t.Helper()
		if _, got := d.ask("GET", "/pets", session, ""); got != want {
			t.Errorf("session %s sees %q, want %q", session, got, want)
		}
	}
	for session, name := range map[string]string{"a": "written", "c": "changed"} {
		var info simulations.FixtureInfo
		if res := d.call("POST", "/sessions/"+session+"/freeze", `{"fixture":"`+name+`"}`, &info); res.StatusCode != http.StatusCreated || info.Tables != 1 || info.Rows == 0 {
			t.Fatalf("freeze: %s %+v", res.Status, info)
		}
	}
	before := d.session("a").Bytes
	d.edit("POST", "/sessions/a/reset", "")
	shows("a", "Rex=1;Tom=2;")
	for _, session := range []string{"a", "b"} {
		if w := d.restore(session, "written"); len(w) > 0 {
			t.Errorf("warnings: %v", w)
		}
		shows(session, "Tom=2;Kit\r\nty=3;")
	}
	if after := d.session("b").Bytes; after != before || after == 0 {
		t.Errorf("the session has %d bytes, and had %d", after, before)
	}
	d.ask("POST", "/pets", "b", `{"id": 4, "name": "Bo"}`)
	d.restore("c", "changed")
	d.kill()
	d = start(t, "--data", dir)
	shows("a", "Tom=2;Kit\r\nty=3;")
	shows("c", "Max=1;Tom=2;")
	d.put("pets", strings.Replace(doc, "Rex", "Rexx", 1))
	if w := d.restore("a", "written"); len(w) != 1 || w[0].Pointer != "/tables/pets~1pets" || !strings.Contains(w[0].Detail, "another content") {
		t.Errorf("warnings: %v", w)
	}
	shows("a", "Rexx=1;Tom=2;")
	d.call("DELETE", "/simulations/pets", "", nil)
	if w := d.restore("a", "written"); len(w) != 1 || !strings.Contains(w[0].Detail, "there is no table") {
		t.Errorf("warnings: %v", w)
	}
}

// TestLargeFixtures: one of many pieces comes back whole, in place of another.
func TestLargeFixtures(t *testing.T) {
	d := start(t)
	value := strings.Repeat("ä\"", 8<<10)
	for n := range 3 {
		var b strings.Builder
		b.WriteString(`{"fixture":"v1","values":{`)
		for i := range 40 + n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"k` + strconv.Itoa(i) + `":` + string(simulations.AppendJSONString(nil, value)))
		}
		b.WriteString(`}}`)
		if res := d.call("PUT", "/fixtures/large", b.String(), nil); res.StatusCode/100 != 2 {
			t.Fatalf("%s %s", res.Status, text(res))
		}
		d.restore("s", "large")
		if info := d.session("s"); len(info.Values) != 40+n || info.Values["k1"] != value {
			t.Errorf("%d values", len(info.Values))
		}
	}
	over := `{"fixture":"v1","collections":{"s/c":{"lists":[{"created":[{"id":"1","item":{"x":"` + strings.Repeat("x", 70<<10) + `"}}]}]}}}`
	if res := d.call("PUT", "/fixtures/over", over, nil); res.StatusCode != http.StatusBadRequest {
		t.Errorf("an item that is too large: %s", res.Status)
	}
}

// TestKillWhileRestoring ends understudy with SIGKILL in the middle of restores,
// again and again over the same folder: the session is what the last restore that
// was answered made of it, or the one that was under way, never a part of one.
func TestKillWhileRestoring(t *testing.T) {
	t.Parallel()
	fixtures := []string{"a", "b", "c"}
	for name, values := range map[string]int{"small": 1, "large": 200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			d := start(t, "--data", dir)
			for _, fixture := range fixtures {
				var b strings.Builder
				b.WriteString(`{"fixture":"v1","scenarios":{"` + fixture + `":{"is":"on"}},"values":{"k0":"` + fixture + `"`)
				for i := range values {
					b.WriteString(`,"` + fixture + strconv.Itoa(i) + `":"` + strings.Repeat(fixture, 10<<10) + `"`)
				}
				b.WriteString(`}}`)
				if res := d.call("PUT", "/fixtures/"+fixture, b.String(), nil); res.StatusCode/100 != 2 {
					t.Fatalf("%s %s", res.Status, text(res))
				}
			}
			d.restore("k", fixtures[0])
			last, answered := 0, 0 // last is the place of the fixture that was restored last
			for range 6 {
				url, client := d.admin+"/sessions/k/restore", plain()
				ended := make(chan int)
				go func() { // restores one after the other until it is killed
					n := 0
					for ; ; n++ {
						body := `{"fixture":"` + fixtures[(last+n+1)%len(fixtures)] + `"}`
						res, err := client.Post(url, "application/json", strings.NewReader(body))
						if err != nil {
							break
						}
						_ = res.Body.Close()
						if res.StatusCode != http.StatusOK {
							break
						}
					}
					ended <- n
				}()
				timer := time.NewTimer(time.Duration(100+rand.IntN(400)) * time.Millisecond)
				<-timer.C
				d.kill()
				n := <-ended
				answered += n
				last = (last + n) % len(fixtures)
				client.CloseIdleConnections()
				d = start(t, "--data", dir)
				info := d.session("k")
				got := info.Values["k0"]
				if len(info.Values) != values+1 || info.Scenarios[got] != "on" || len(info.Scenarios) != 1 {
					t.Fatalf("a session that is torn: %d values, k0 is %q, scenarios %v", len(info.Values), got, info.Scenarios)
				}
				underWay := (last + 1) % len(fixtures)
				switch got {
				case fixtures[last]:
				case fixtures[underWay]:
					last = underWay
				default:
					t.Fatalf("%s was restored last, and the session is that of %q", fixtures[last], got)
				}
			}
			if answered == 0 {
				t.Error("nothing was restored")
			}
			t.Logf("%d restores over 6 kills", answered)
		})
	}
}
