package simulator_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulator"
	"understudy/simulator/coding"
)

// asked sends a request with headers, "Name: value", and returns the answer.
func asked(e *simulator.Engine, method, path string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w.Result()
}

func bodyOf(res *http.Response) string {
	var b bytes.Buffer
	_, _ = b.ReadFrom(res.Body) // of a recorder
	return b.String()
}

// TestRangesAgainstServeContent: any ranges of a body, in memory and in the
// store, are answered as net/http does it.
func TestRangesAgainstServeContent(t *testing.T) {
	modified := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, size := range []int{1, 10, 1000, 5 << 20} { // the last one is streamed from the store
		content := make([]byte, size)
		r := rand.New(rand.NewPCG(uint64(size), 7))
		for i := range content {
			content[i] = byte(r.Uint32())
		}
		e := newEngine(t)
		put(t, e, fmt.Sprintf(`{"understudy":"v1","name":"ranges","stubs":[{"request":{"path":"/"},"response":{"base64":%q,"headers":{
			"Content-Type":"image/png","Accept-Ranges":"bytes","Etag":"\"one\"","Last-Modified":%q}}}]}`,
			base64.StdEncoding.EncodeToString(content), modified.Format(http.TimeFormat)))
		n := 3000
		if size > 1000 {
			n = 60
		}
		for range n {
			var headers []string
			headers = append(headers, "Range: "+randomRanges(r, size))
			switch r.IntN(8) {
			case 0:
				headers = append(headers, `If-Range: "one"`)
			case 1:
				headers = append(headers, `If-Range: "two"`)
			case 2:
				headers = append(headers, `If-Range: W/"one"`)
			case 3:
				headers = append(headers, "If-Range: "+modified.Add(time.Duration(r.IntN(2))*time.Second).Format(http.TimeFormat))
			}
			q := httptest.NewRequest(http.MethodGet, "/", nil)
			for _, h := range headers {
				name, value, _ := strings.Cut(h, ": ")
				q.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			w.Header().Set("Content-Type", "image/png")
			w.Header().Set("Etag", `"one"`)
			http.ServeContent(w, q, "", modified, bytes.NewReader(content))
			want := w.Result()
			got := asked(e, http.MethodGet, "/", headers...)
			if got.StatusCode != want.StatusCode {
				t.Fatalf("%v of %d bytes: %s, want %s", headers, size, got.Status, want.Status)
			}
			if want.StatusCode == http.StatusRequestedRangeNotSatisfiable {
				if s := fmt.Sprintf("bytes */%d", size); got.Header.Get("Content-Range") != s || bodyOf(got) != "" {
					t.Fatalf("%v: %v", headers, got.Header)
				}
				continue
			}
			g, o := bodyOf(got), bodyOf(want)
			for _, res := range []*http.Response{got, want} { // the boundaries are random
				if kind, b, ok := strings.Cut(res.Header.Get("Content-Type"), "; boundary="); ok {
					g, o = strings.ReplaceAll(g, b, "-"), strings.ReplaceAll(o, b, "-")
					res.Header.Set("Content-Type", kind)
				}
			}
			if g != o {
				t.Fatalf("%v of %d bytes: %d bytes came, want %d", headers, size, len(g), len(o))
			}
			names := []string{"Content-Range", "Content-Type"}
			if want.Header.Get("Content-Type") == "image/png" {
				names = append(names, "Content-Length") // boundaries differ in length
			}
			for _, name := range names {
				if got.Header.Get(name) != want.Header.Get(name) {
					t.Fatalf("%v: %s is %q, want %q", headers, name, got.Header.Get(name), want.Header.Get(name))
				}
			}
		}
	}
}

// randomRanges are ranges of a body of about that size, some of them none.
func randomRanges(r *rand.Rand, size int) string {
	if r.IntN(20) == 0 {
		return []string{"bytes=", "bytes=a-b", "bytes=5", "bytes=3-2", "bytes=--1", "bytes=,", "bytes=1-2,x"}[r.IntN(7)]
	}
	var specs []string
	for range 1 + r.IntN(3)*r.IntN(3) {
		a := r.IntN(size + size/4 + 2)
		switch r.IntN(3) {
		case 0:
			specs = append(specs, fmt.Sprintf("-%d", a+1))
		case 1:
			specs = append(specs, fmt.Sprintf("%d-", a))
		default:
			specs = append(specs, fmt.Sprintf("%d-%d", a, a+r.IntN(size)))
		}
	}
	return "bytes=" + strings.Join(specs, []string{",", ", "}[r.IntN(2)])
}

const bodies = `
understudy: v1
name: bodies
stubs:
  - {request: {method: GET, path: /no-ranges}, response: {text: "0123456789"}}
  - {request: {method: GET, path: /get}, times: 1, response: {text: "0123456789", headers: {X-Own: a}}}
  - {request: {method: HEAD, path: /both}, response: {status: 404}}
  - {request: {method: GET, path: /both}, response: {text: whole}}
  - {request: {path: /posts, method: POST}, response: {text: whole}}
  - {request: {path: /same}, response: {text: whole, conditional: true, headers: {ETag: 'W/"1"', Last-Modified: "Sat, 31 Jan 2026 12:00:00 GMT", Content-Type: text/plain}}}
  - {request: {path: /always}, response: {text: whole, headers: {ETag: '"1"'}}}
  - {request: {path: /gone}, response: {status: 204, headers: {Content-Length: "7"}}}
`

// TestBodiless: answers without a body have no length of one, and HEAD is
// answered as GET would be, without it, and without moving anything on.
func TestBodiless(t *testing.T) {
	e := newEngine(t)
	put(t, e, bodies)
	for range 2 {
		res := asked(e, http.MethodHead, "/get")
		if got := bodyOf(res); res.StatusCode != 200 || got != "" || res.Header.Get("Content-Length") != "10" || res.Header.Get("X-Own") != "a" {
			t.Errorf("HEAD: %s %v %q", res.Status, res.Header, got)
		}
	}
	if res := asked(e, http.MethodGet, "/get"); bodyOf(res) != "0123456789" {
		t.Error("HEAD has used the answer up")
	}
	for path, want := range map[string]int{"/both": 404, "/posts": 501, "/none": 501} {
		if res := asked(e, http.MethodHead, path); res.StatusCode != want {
			t.Errorf("HEAD %s: %s", path, res.Status)
		}
	}
	ex, err := e.Explain(t.Context(), &simulations.Ask{Method: http.MethodHead, URL: "/no-ranges"})
	if err != nil || ex.Stub == "" || ex.Outcome != simulations.OutcomeStub {
		t.Errorf("explain says %+v, %v", ex, err)
	}
	if res := asked(e, http.MethodGet, "/gone"); res.StatusCode != 204 || res.Header.Get("Content-Length") != "" {
		t.Errorf("204: %v", res.Header)
	}
	if res := asked(e, http.MethodGet, "/no-ranges", "Range: bytes=0-1"); res.StatusCode != 200 || bodyOf(res) != "0123456789" {
		t.Errorf("ranges of an answer that has none: %s", res.Status)
	}
}

func TestConditional(t *testing.T) {
	e := newEngine(t)
	put(t, e, bodies)
	const then, before, after = "Sat, 31 Jan 2026 12:00:00 GMT", "Sat, 31 Jan 2026 11:59:59 GMT", "Sat, 31 Jan 2026 12:00:01 GMT"
	for _, c := range []struct {
		method, path string
		headers      []string
		want         int
	}{
		{"GET", "/same", nil, 200},
		{"GET", "/same", []string{`If-None-Match: "1"`}, 304},
		{"GET", "/same", []string{`If-None-Match: "0", W/"1"`}, 304},
		{"GET", "/same", []string{`If-None-Match: *`}, 304},
		{"HEAD", "/same", []string{`If-None-Match: "1"`}, 304},
		{"POST", "/same", []string{`If-None-Match: "1"`}, 200},
		{"GET", "/same", []string{`If-None-Match: "2"`, "If-Modified-Since: " + after}, 200}, // the tag decides
		{"GET", "/same", []string{"If-Modified-Since: " + then}, 304},
		{"GET", "/same", []string{"If-Modified-Since: " + after}, 304},
		{"GET", "/same", []string{"If-Modified-Since: " + before}, 200},
		{"GET", "/same", []string{"If-Modified-Since: then"}, 200},
		{"GET", "/always", []string{`If-None-Match: "1"`}, 200}, // nobody has asked for it
	} {
		res := asked(e, c.method, c.path, c.headers...)
		if res.StatusCode != c.want {
			t.Errorf("%s %s %v: %s", c.method, c.path, c.headers, res.Status)
		}
		if res.StatusCode == 304 && (bodyOf(res) != "" || res.Header.Get("Content-Length") != "" || res.Header.Get("Content-Type") != "" || res.Header.Get("Etag") != `W/"1"`) {
			t.Errorf("%v: %v", c.headers, res.Header)
		}
	}
}

// TestCodingsFit: an answer has its coding where the client takes that, none
// where it does not, whatever else it takes.
func TestCodingsFit(t *testing.T) {
	for _, c := range []string{"gzip", "br", "zstd"} {
		coded, err := coding.Encode(c, []byte("whole"))
		if err != nil {
			t.Fatal(err)
		}
		e := newEngine(t)
		put(t, e, fmt.Sprintf("understudy: v1\nname: coded\nstubs:\n  - {request: {path: /}, response: {base64: %q, headers: {Content-Encoding: %s}}}\n  - {request: {path: /plain}, response: {text: whole}}",
			base64.StdEncoding.EncodeToString(coded), c))
		other := map[string]string{"gzip": "br", "br": "zstd", "zstd": "gzip"}[c]
		for accept, want := range map[string]string{
			c: c, "*": c, other + ", " + c + ";q=0.1": c, "identity;q=0, *": c,
			"": "", other: "", c + ";q=0": "", c + ";q=0, *": "", "*;q=0": "", "identity": "", "*;q=0, " + other: "",
		} {
			res := asked(e, http.MethodGet, "/", "Accept-Encoding: "+accept)
			body := "whole"
			if want != "" {
				body = string(coded)
			}
			if got := bodyOf(res); res.Header.Get("Content-Encoding") != want || got != body || res.Header.Get("Content-Length") != fmt.Sprint(len(body)) {
				t.Errorf("%s for %q: %v %q", c, accept, res.Header, got)
			}
			if res := asked(e, http.MethodGet, "/plain", "Accept-Encoding: "+accept); res.Header.Get("Content-Encoding") != "" || bodyOf(res) != "whole" {
				t.Errorf("a plain answer for %q: %v", accept, res.Header)
			}
		}
	}
}
