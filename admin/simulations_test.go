package admin

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"understudy/simulations"
)

func TestSimulations(t *testing.T) {
	p := start(t)
	p.do("GET", "/api/v1/simulations", "").want(200).says(`{"simulations":[]}`)
	p.do("GET", "/api/v1/simulations/payments", "").want(404)
	p.do("PUT", "/api/v1/simulations/payments", payments, "Content-Type: application/yaml").want(201).
		has("Etag", `"1"`).has("Location", "/api/v1/simulations/payments").has("Cache-Control", "no-store").
		says(`"name":"payments"`, `"revision":1`, `"stubs":2`, `"collaborators":1`, `"created":true`, `"warnings":[]`)
	p.do("PUT", "/api/v1/simulations/payments", payments).want(200).has("Etag", `"2"`).has("Location", "").says(`"created":false`)
	p.do("GET", "/api/v1/simulations", "").want(200).says(`"collaborators":[]`, `"stubs":2`)
	p.do("PUT", "/api/v1/simulations/other", "understudy: v1\ncollaborator: nobody\n").want(201).says(`"warnings":[{"pointer":"/collaborator"`)
	p.do("DELETE", "/api/v1/simulations/other", "").want(204)

	p.do("GET", "/api/v1/simulations/payments", "").want(200).has("Content-Type", "application/json").has("Etag", `"2"`).says(`"understudy": "v1"`)
	p.do("GET", "/api/v1/simulations/payments", "", "Accept: */*").want(200).has("Content-Type", "application/json")
	p.do("GET", "/api/v1/simulations/payments", "", "Accept: text/yaml").want(200).has("Content-Type", "text/yaml").says("understudy: v1\n")
	p.do("GET", "/api/v1/simulations/payments", "", "Accept: application/json;q=0.1, application/yaml").want(200).has("Content-Type", "application/yaml")
	p.do("GET", "/api/v1/simulations/payments", "", "Accept: text/html, application/xhtml+xml, */*;q=0.8").want(200).has("Content-Type", "application/json")
	p.do("GET", "/api/v1/simulations/payments", "", "Accept: image/png, application/json;q=0").want(406)
	for _, format := range []string{"yaml", "understudy", "understudy-yaml"} {
		p.do("GET", "/api/v1/simulations/payments?format="+format, "", "Accept: image/png").want(200).has("Content-Type", "application/yaml").says("understudy: v1\n")
	}
	p.do("GET", "/api/v1/simulations/payments?format=json", "", "Accept: text/yaml").want(200).has("Content-Type", "application/json")
	p.do("GET", "/api/v1/simulations/payments?format=none", "").want(400).says("understudy-json", "yaml")

	head := p.do("HEAD", "/api/v1/simulations/payments", "").want(200).has("Etag", `"2"`)
	if head.body != "" || head.header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: length %s, body %q", head.header.Get("Content-Length"), head.body)
	}
	p.do("DELETE", "/api/v1/simulations/payments", "").want(204)
	p.do("DELETE", "/api/v1/simulations/payments", "").want(404)
}

func TestExportComesBack(t *testing.T) {
	p := start(t)
	p.do("PUT", "/api/v1/simulations/a", payments).want(201)
	for _, format := range []string{"yaml", "json"} {
		text := p.do("GET", "/api/v1/simulations/a?format="+format, "").want(200).body
		p.do("PUT", "/api/v1/simulations/b", strings.Replace(strings.Replace(text, "name: a\n", "name: b\n", 1), `"name": "a"`, `"name": "b"`, 1))
		again := p.do("GET", "/api/v1/simulations/b?format="+format, "").want(200).body
		if again != strings.Replace(strings.Replace(text, "name: a\n", "name: b\n", 1), `"name": "a"`, `"name": "b"`, 1) {
			t.Errorf("%s came back as\n%s\nnot\n%s", format, again, text)
		}
	}
}

// TestFilesOfOtherTools: recognised, or read as ?format= says; warnings name
// places in the file that was sent.
func TestFilesOfOtherTools(t *testing.T) {
	p := start(t)
	const hoverfly = `{"data":{"pairs":[{"request":{},"response":{"status":204,"body":"x"}}]},"meta":{"schemaVersion":"v5"}}`
	p.do("PUT", "/api/v1/simulations/a", hoverfly).want(201).says("/data/pairs/0/response/body")
	p.do("PUT", "/api/v1/simulations/b?format=hoverfly-first", hoverfly).want(201).says("/data/pairs/0/response/body")
	p.do("GET", "/api/v1/simulations/b?format=go-vcr", "").want(400).says("is read, not written")
	p.do("PUT", "/api/v1/simulations/c?format=hoverfly", strings.Replace(hoverfly, "204", "99", 1)).want(400).
		says(`"pointer":"/data/pairs/0/response/status"`)
}

// TestCompressedFiles: a file that is compressed is read without being announced,
// and a zip archive that holds one document.
func TestCompressedFiles(t *testing.T) {
	p := start(t)
	squeezed := func(text string) string {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		_, err := z.Write([]byte(text))
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	archive := func(names ...string) string {
		return archived(t, "understudy: v1\nstubs: [{id: a, response: {text: hi}}]\n", names...)
	}
	p.do("PUT", "/api/v1/simulations/a", squeezed("understudy: v1\nstubs: [{id: a, response: {text: hi}}]\n")).want(201)
	p.do("PUT", "/api/v1/simulations/a", squeezed("understudy: v1\n")[:20]).want(400)
	p.do("PUT", "/api/v1/simulations/b", archive("folder/x.yaml")).want(201).says(`"stubs":1`)
	p.do("PUT", "/api/v1/simulations/c", archive("x.yaml", "y.yaml")).want(400).says("the archive holds 2 documents")
	p.do("PUT", "/api/v1/simulations/c", archive("../x.yaml")).want(400).says("leads out of the archive")
}

// TestExportWarnings: what a format cannot carry is counted in a header, listed,
// or refused.
func TestExportWarnings(t *testing.T) {
	p := start(t)
	const lossy = "understudy: v1\nstubs:\n- {id: a, request: {path: /a}, response: {text: kept}}\n- {id: b, request: {path: /b}, response: {fault: timeout}}\n"
	p.do("PUT", "/api/v1/simulations/a", lossy).want(201)
	const route = "/api/v1/simulations/a?format=hoverfly"
	out := p.do("GET", route, "").want(200).says(`"schemaVersion": "v5.3"`).says(`"kept"`)
	if got := out.header.Get("Understudy-Warnings"); got != "1" {
		t.Errorf("%q warnings are counted", got)
	}
	if got := out.header.Get("Content-Length"); got != strconv.Itoa(len(out.body)) {
		t.Errorf("announced are %s bytes, %d came", got, len(out.body))
	}
	p.do("GET", route+"&warnings=list", "").want(200).says(`"format":"hoverfly"`).says(`"pointer":"/stubs/1/response/fault"`)
	p.do("GET", route+"&warnings=refuse", "").want(400).says(`"pointer":"/stubs/1/response/fault"`)
	if got := p.do("GET", "/api/v1/simulations/a?format=yaml&warnings=refuse", "").want(200).header.Get("Understudy-Warnings"); got != "" {
		t.Errorf("yaml has %s warnings", got)
	}
}

func TestDocumentsRefused(t *testing.T) {
	p := start(t)
	put := func(body string, headers ...string) *answer {
		t.Helper()
		return p.do("PUT", "/api/v1/simulations/payments", body, headers...)
	}
	put("").want(400).says("no body")
	put("asyncapi: 3.0.0").want(400).says("no known format")
	put(`{"understudy":"v1"`).want(400).says(`"line":1`)
	put("understudy: v1\nstubs:\n  - {request: {pth: /a}, response: {}}\n").want(400).
		says(`"pointer":"/stubs/0/request/pth"`, `"line":3`, `did you mean \"path\"`)
	put("understudy: v1\nname: other\n").want(400).says(`"pointer":"/name"`, `"line":2`, `"column":7`)
	put("understudy: v1\nstubs:\n  - request: {path: {regex: \"(\"}}\n    response: {}\n").want(400).
		says(`"pointer":"/stubs/0/request/path/regex"`, `"line":3`, `missing closing`)
	put(payments, "Content-Type: image/png").want(415)
	put(payments, "Content-Encoding: br").want(415).has("Accept-Encoding", "gzip")
	p.do("PUT", "/api/v1/simulations/payments?format=none", payments).want(400).says("there is no format")
	p.do("PUT", "/api/v1/simulations/-payments", payments).want(400).says("is no name")
	p.do("PUT", "/api/v1/simulations/a%2Fb", payments).want(400).says("is no name")
	if n := len(p.engine.simulations); n != 0 {
		t.Errorf("%d simulations were put", n)
	}
	for _, mediaType := range []string{"application/json", "text/yaml; charset=utf-8", "application/vnd.x+json", "application/x-www-form-urlencoded", "application/octet-stream"} {
		put(payments, "Content-Type: "+mediaType).want(map[bool]int{true: 201, false: 200}[mediaType == "application/json"])
	}
	p.do("PUT", "/api/v1/simulations/named?format=YAML", "understudy: v1\nname: named\n").want(201)
}

func TestConditions(t *testing.T) {
	p := start(t)
	for _, c := range []struct{ path, body string }{
		{"/api/v1/simulations/s", payments},
		{"/api/v1/simulations/s/stubs/x", `{"request":{"path":"/a"},"response":{"text":"hi"}}`},
		{"/api/v1/collaborators/c", `{"hosts":["c"]}`},
	} {
		put := func(headers ...string) *answer { t.Helper(); return p.do("PUT", c.path, c.body, headers...) }
		put(`If-Match: *`).want(412)
		put(`If-Match: "1", "2"`).want(412)
		put(`If-Match: "1"`).want(412)
		put(`If-None-Match: *`).want(201)
		put(`If-None-Match: *`).want(412)
		tag := p.do("GET", c.path, "").want(200).header.Get("Etag")
		p.do("GET", c.path, "", "If-None-Match: "+tag).want(304)
		p.do("GET", c.path, "", "If-None-Match: \"nothing\", W/"+tag).want(304)
		p.do("GET", c.path, "", "If-None-Match: *").want(304)
		p.do("GET", c.path, "", `If-None-Match: "999"`).want(200)
		p.do("GET", c.path, "", `If-None-Match: 999`).want(400)
		tag2 := put("If-Match: " + tag).want(200).header.Get("Etag")
		if tag2 == tag {
			t.Errorf("%s: the tag %s did not change", c.path, tag)
		}
		put("If-Match: " + tag).want(412)
		put("If-Match: W/" + tag2).want(412)
		put(`If-Match: "abc"`).want(412)
		put(`If-Match: "0` + tag2[1:]).want(412)
		put("If-Match: *", "If-None-Match: *").want(412)
		put("If-Match: "+tag, "If-Match: "+tag2).want(200)
		put("If-Match: *").want(200)
		for _, bad := range []string{"1", `"1`, `"1" "2"`, "", ",", `"a b"`, `w/"1"`, `*, "1"`} {
			put("If-Match: " + bad).want(400)
		}
		put(`If-None-Match: "1"`).want(400)
		p.do("DELETE", c.path, "", `If-Match: "1"`).want(412)
		now := p.do("GET", c.path, "").want(200).header.Get("Etag")
		p.do("DELETE", c.path, "", "If-Match: "+now).want(204)
		p.do("DELETE", c.path, "", "If-Match: *").want(412)
		p.do("DELETE", c.path, "").want(404)
	}
	p.do("PUT", "/api/v1/collaborators/c", `{"hosts":["c"],"upstream":"http://c"}`).want(201)
	p.do("PUT", "/api/v1/collaborators/c/mode", `{"mode":"spy"}`, `If-Match: *`).want(400).says("takes no conditions")
}

// TestAnyRevision: `If-Match: *` holds for whatever is there, also when it
// changes between the look and the edit.
func TestAnyRevision(t *testing.T) {
	p := start(t)
	const stub = `{"request":{"path":"/a"},"response":{"text":"hi"}}`
	p.do("PUT", "/api/v1/simulations/s/stubs/x", stub).want(201)
	races := 0
	p.engine.beforePut = func() {
		if races++; races <= 3 {
			p.engine.mu.Lock()
			p.engine.revision++
			p.engine.simulations["s"].stubs["x"].Revision = p.engine.revision
			p.engine.mu.Unlock()
		}
	}
	p.do("PUT", "/api/v1/simulations/s/stubs/x", stub, "If-Match: *").want(200)
	if races != 4 {
		t.Errorf("%d attempts", races)
	}
	races = -1000
	p.do("PUT", "/api/v1/simulations/s/stubs/x", stub, "If-Match: *").want(409)
	if races != -1000+maxAttempts {
		t.Errorf("%d attempts", races+1000)
	}
}

// archived is a zip archive that has a text under each name.
func archived(t *testing.T, text string, names ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range names {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func zipped(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBodies(t *testing.T) {
	const most = 2 << 20
	p := start(t, func(o *Options) { o.MaxBody = most })
	put := func(body string, headers ...string) *answer {
		t.Helper()
		return p.do("PUT", "/api/v1/simulations/s", body, headers...)
	}
	fill := func(n int) string { return payments + "#" + strings.Repeat("x", n-len(payments)-2) + "\n" }
	put(fill(most)).want(201)
	put(fill(most + 1)).want(413)
	put(zipped(t, []byte(fill(most))), "Content-Encoding: gzip").want(200)
	put(zipped(t, []byte(fill(most))), "Content-Encoding: X-Gzip").want(200)
	put(zipped(t, []byte(fill(most+1))), "Content-Encoding: gzip").want(413)
	put(zipped(t, bytes.Repeat([]byte{'x'}, 50<<20)), "Content-Encoding: gzip").want(413)
	put(zipped(t, []byte(payments))[:100], "Content-Encoding: gzip").want(400)
	put(payments, "Content-Encoding: gzip").want(400)
	put(zipped(t, nil), "Content-Encoding: gzip").want(400).says("no body")
	if left := p.server.bodies.left.Load(); left != 2*most {
		t.Errorf("%d bytes of the bodies' budget are left, want %d", left, 2*most)
	}
	p.server.bodies.take(2 * most)
	put(fill(ownShare+1)).want(503).has("Retry-After", "1")
	put(fill(ownShare - 1)).want(200) // a small one goes on beside large ones
	p.server.bodies.give(2 * most)
	put(payments).want(200)
}

// TestGrowth: what is held is in proportion to what has come, whatever was
// announced, and what comes as announced is copied a few times only.
func TestGrowth(t *testing.T) {
	for _, announced := range []int64{-1, 0, 1, 4 << 10, 4<<10 + 1, 100_000, 78 << 20, 1 << 40} {
		come := max(announced, 100<<20)
		if announced > 0 && announced < 1<<40 {
			come = announced
		}
		size, copied := 4<<10, 0
		for int64(size) <= come {
			grow := growth(size, announced)
			if grow < 1 || grow > max(size, 3*size+1) {
				t.Fatalf("%d announced: %d bytes grow by %d", announced, size, grow)
			}
			copied += size
			if size += grow; size > 200<<20 {
				break
			}
		}
		if announced > 0 && announced < 1<<40 && int64(copied) > announced {
			t.Errorf("%d announced: %d bytes are copied", announced, copied)
		}
	}
}

func TestStubs(t *testing.T) {
	p := start(t)
	const list = "/api/v1/simulations/s/stubs"
	p.do("GET", list, "").want(404)
	made := p.do("POST", list, `{"request":{"path":"/a"},"response":{"text":"<&>"}}`).want(201).says(`<&>`)
	if loc := made.header.Get("Location"); !strings.HasPrefix(loc, list+"/made-") {
		t.Errorf("Location %q", loc)
	} else {
		p.do("GET", loc, "").want(200).has("Etag", made.header.Get("Etag")).says(`"path":"/a"`)
	}
	p.do("POST", list, `{"id":"one","request":{"path":"/a"},"response":{}}`).want(201).has("Location", list+"/one")
	p.do("POST", list, `{"id":"one","request":{"path":"/a"},"response":{}}`).want(409)
	p.do("POST", list, `{"id":"two","request":{"path":"/a"},"response":{}}`, `If-None-Match: *`).want(400)
	p.do("POST", list, `{"id":"two","request":{"path":"a"},"response":{}}`).want(400).says(`"pointer":"/request/path"`)
	p.do("PUT", list+"/two", `{"id":"one","request":{"path":"/a"},"response":{}}`).want(400).says(`"pointer":"/id"`, `"line":1`, `"column":7`)
	p.do("PUT", list+"/two", `{"request":{"path":"/a"},"response":{}}`).want(201).has("Location", list+"/two").says(`"id":"two"`)
	p.do("PUT", list+"/-", `{"request":{"path":"/a"},"response":{}}`).want(400)
	p.do("GET", list+"/three", "").want(404)
	p.do("DELETE", list+"/two", "").want(204)
	p.do("DELETE", list+"/two", "").want(404)
}

func TestPages(t *testing.T) {
	p := start(t)
	const n = 257
	doc := "understudy: v1\nstubs:\n"
	for i := range n {
		doc += fmt.Sprintf("  - {id: stub%04d, request: {path: /%d}, response: {}}\n", i, i)
	}
	p.do("PUT", "/api/v1/simulations/s", doc).want(201)
	for _, limit := range []int{1, 7, 100, 256, 257, 1000} {
		seen, pages := map[string]bool{}, 0
		for cursor := ""; ; pages++ {
			page := p.do("GET", fmt.Sprintf("/api/v1/simulations/s/stubs?limit=%d&cursor=%s", limit, cursor), "").want(200).json()
			stubs := page["stubs"].([]any)
			if len(stubs) > limit {
				t.Fatalf("%d stubs on a page of %d", len(stubs), limit)
			}
			for _, s := range stubs {
				id := s.(map[string]any)["id"].(string)
				if seen[id] {
					t.Fatalf("%s came twice", id)
				}
				seen[id] = true
			}
			next, more := page["next"]
			if !more {
				break
			}
			cursor = next.(string)
			if pages == 1 {
				// What a page ended with may go: the next begins after it all the same.
				last := stubs[len(stubs)-1].(map[string]any)["id"].(string)
				p.do("DELETE", "/api/v1/simulations/s/stubs/"+last, "").want(204)
				defer p.do("PUT", "/api/v1/simulations/s/stubs/"+last, `{"request":{"path":"/a"},"response":{}}`).want(201)
			}
		}
		p.do("PUT", "/api/v1/simulations/s", doc).want(200)
		if len(seen) != n {
			t.Errorf("limit %d: %d stubs in %d pages", limit, len(seen), pages)
		}
	}
	if stubs := p.do("GET", "/api/v1/simulations/s/stubs", "").want(200).json()["stubs"].([]any); len(stubs) != 100 {
		t.Errorf("%d stubs by default", len(stubs))
	}
	for _, bad := range []string{"limit=0", "limit=1001", "limit=-1", "limit=a", "limit=", "cursor=%2e", "cursor=AAAA", "limt=1", "limit=1&limit=1", "limit=1;cursor=2", "%zz=1"} {
		p.do("GET", "/api/v1/simulations/s/stubs?"+bad, "").want(400)
	}
	p.do("GET", "/api/v1/simulations/s/stubs?limt=1", "").want(400).says(`limt`, `did you mean \"limit\"`)
}

func TestEngineFailures(t *testing.T) {
	p := start(t)
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{errSecret, 500, "its log says more"},
		{simulations.Errorf(simulations.CodeInternal, "the store said %w", errSecret), 500, "its log says more"},
		{fmt.Errorf("wrapped: %w", simulations.Errorf(simulations.CodeUnavailable, "the disk is full")), 503, "the disk is full"},
		{simulations.Errorf(simulations.CodeConflict, "no"), 409, "no"},
		{simulations.Errorf(simulations.CodeTooLarge, "much"), 413, "much"},
		{simulations.Errorf("unheard-of", "what"), 500, "its log says more"},
	} {
		p.engine.fail = c.err
		p.do("PUT", "/api/v1/simulations/s", payments).want(c.status).says(c.says).has("Etag", "")
		if a := p.do("GET", "/metrics", "").want(c.status); strings.Contains(a.body, "secret") {
			t.Errorf("the cause came out: %s", a.body)
		}
	}
	if !strings.Contains(p.logs.String(), "/dev/secret") {
		t.Error("the cause was not logged")
	}
	p.engine.fail = nil
	p.engine.panics = true
	p.do("GET", "/api/v1/simulations", "").want(500)
	if !strings.Contains(p.logs.String(), "a defect") {
		t.Error("the panic was not logged")
	}
	p.engine.panics = false
	p.do("GET", "/api/v1/simulations", "").want(200)
	if log := p.logs.String(); strings.Contains(log, "charges") || !strings.Contains(log, "route=putSimulation method=PUT status=503") {
		t.Errorf("the access log: %s", log)
	}
}
