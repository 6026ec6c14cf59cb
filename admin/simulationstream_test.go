package admin

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"understudy/simulations/formats"
)

// archive is an HTTP archive of more than n bytes.
func archive(n int, last string) string {
	var b strings.Builder
	b.WriteString(`{"log":{"version":"1.2","entries":[`)
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, `{"request":{"method":"GET","url":"http://a/%d"},"response":{"status":200,"content":{"text":"%s"}}},`, i, strings.Repeat("x", i%2000))
	}
	return b.String() + last + `]}}`
}

const lastEntry = `{"request":{"method":"get","url":"http://a/last"},"response":{"status":0}}`

// TestPutStream: an archive may be larger than any body that is held, and is read
// as it comes; all of it is put, or nothing.
func TestPutStream(t *testing.T) {
	const most = 3 << 20
	p := start(t, func(o *Options) { o.MaxBody, o.MaxStream = most, 8<<20 })
	put := func(body string, headers ...string) *answer {
		t.Helper()
		return p.do("PUT", "/api/v1/simulations/s", body, headers...)
	}
	idle := func() {
		t.Helper()
		if left := p.server.bodies.left.Load(); left != 2*most {
			t.Errorf("%d bytes of the bodies' budget are left, want %d", left, 2*most)
		}
		if n := p.engine.incoming.Load(); n != 0 {
			t.Errorf("%d that were received are not closed", n)
		}
	}
	whole := archive(5<<20, lastEntry)
	put(archive(5<<20, `{"request":{"method":"GET","url":"nowhere"},"response":{"status":200}}`)).want(400).says("/log/entries/").says("no http or https URL")
	put(whole[:len(whole)-2]).want(400).says("the text ends in the middle of a value")
	put(whole + "x").want(400).says("text after the end of the value")
	put(archive(9<<20, lastEntry)).want(413).says("8388608 bytes")
	put(zipped(t, []byte(archive(9<<20, lastEntry)))).want(413).says("8388608 bytes")
	put(zipped(t, []byte(whole))[:20<<10]).want(400).says("cut off")
	if len(p.engine.simulations) > 0 {
		t.Fatal("something of what failed is there")
	}
	put(whole, "If-Match: *").want(412)
	put(whole).want(201).says("/log/entries/").says("no answer of status")
	if n := len(p.engine.simulations["s"].stubs); n < 4000 {
		t.Errorf("%d stubs", n)
	}
	put(whole, "If-None-Match: *").want(412)
	put(whole, "If-Match: *").want(200)
	put(whole, `If-Match: "99"`).want(412)
	put(zipped(t, []byte(whole))).want(200)
	put(zipped(t, []byte(whole)), "Content-Encoding: gzip").want(200)
	p.do("PUT", "/api/v1/simulations/s?format=har-anyhost", whole).want(200)
	p.do("PUT", "/api/v1/simulations/s?format=hoverfly", whole).want(413) // which is read whole
	put(`{"entries":0,` + whole[1:]).want(200)
	put(strings.Repeat(" ", 2*formats.HeadBytes+1) + whole).want(413) // nothing tells what it is
	idle()

	p.server.bodies.take(2 * most)
	put(whole).want(503)
	p.server.bodies.give(2 * most)
	p.server.bodies.take(2*most - 100<<10) // enough for its beginning
	put(whole).want(503)
	p.server.bodies.give(2*most - 100<<10)
	p.server.bodies.take(2*most - 1<<20)
	put(whole).want(200) // what has gone to the store does not count
	p.server.bodies.give(2*most - 1<<20)
	idle()

	// One that stands still keeps from others what it has sent, and no more.
	p.server.bodies.take(2*most - 1<<20)
	end := make([]func(), 4)
	for i := range end {
		end[i] = p.standing(fmt.Sprint("standing", i), whole[:formats.HeadBytes+100<<10])
	}
	put(whole[:100<<10]).want(400).says("the text ends") // a small body beside them
	p.server.bodies.give(2*most - 1<<20)
	put(whole).want(200)
	for _, e := range end {
		e()
	}
	eventually(t, "no body is held", func() bool { return p.server.bodies.left.Load() == 2*most })
	idle()

	// A client that goes away has changed nothing.
	ctx, leave := context.WithCancel(t.Context())
	from, to := io.Pipe()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, p.url+"/api/v1/simulations/gone", from)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		ended <- err
	}()
	if _, err := io.WriteString(to, whole[:3<<20]); err != nil {
		t.Fatal(err)
	}
	leave()
	_ = to.CloseWithError(context.Canceled)
	if err := <-ended; err == nil {
		t.Error("there was an answer")
	}
	eventually(t, "no body is held", func() bool { return p.server.bodies.left.Load() == 2*most })
	idle()
	p.do("GET", "/api/v1/simulations/gone", "").want(404)
}

// standing sends a piece of a simulation and stands still, until it is ended. It
// returns once it counts among the bodies.
func (p *plane) standing(name, piece string) (end func()) {
	p.t.Helper()
	before := p.server.bodies.left.Load()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintf(conn, "PUT /api/v1/simulations/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n%s", name, piece); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, "what has come is held", func() bool { return before-p.server.bodies.left.Load() >= int64(len(piece))-ownShare })
	return func() { _ = conn.Close() }
}
