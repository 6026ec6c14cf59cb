package admin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulations"
)

// largeStub is a stub whose answer has enough values to wait for its turn.
var largeStub = `{"response":{"json":[` + strings.Repeat("0,", 2*freeParse/300) + `0]}}`

// TestParsingWaits: a large body waits for its turn while others are worked on,
// for parseWait at most, and not longer than its client and the server are there;
// small ones pass it by.
func TestParsingWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Engine: newFake()})
		if err != nil {
			t.Fatal(err)
		}
		put := func(ctx context.Context, body string) (status int, took time.Duration) {
			from := time.Now()
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(ctx, http.MethodPut, "http://127.0.0.1/api/v1/simulations/s/stubs/a", strings.NewReader(body))
			s.Handler().ServeHTTP(w, r)
			return w.Code, time.Since(from)
		}
		wants := func(what string, ctx context.Context, body string, status int, took time.Duration) {
			t.Helper()
			if gotStatus, gotTook := put(ctx, body); gotStatus != status || gotTook != took {
				t.Errorf("%s: %d after %s, want %d after %s", what, gotStatus, gotTook, status, took)
			}
		}
		wants("one alone", t.Context(), largeStub, 201, 0)
		if !s.parses.TryAcquire(simulations.MaxParseCost) {
			t.Fatal("it has not given back what it took")
		}
		wants("a small one beside large ones", t.Context(), `{"response":{"text":"a"}}`, 200, 0)
		wants("one too many", t.Context(), largeStub, 503, parseWait)

		ctx, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, took := put(ctx, largeStub); took != time.Second {
			t.Errorf("one whose client leaves: after %s", took)
		}
		time.AfterFunc(time.Second, func() { s.parses.Release(simulations.MaxParseCost) })
		wants("one whose turn comes", t.Context(), largeStub, 200, time.Second)

		if !s.parses.TryAcquire(simulations.MaxParseCost) {
			t.Fatal("it has not given back what it took")
		}
		time.AfterFunc(time.Second, s.stop)
		wants("one at the end", t.Context(), largeStub, 503, time.Second)
		s.parses.Release(simulations.MaxParseCost)
		if s.bodies.left.Load() != 2*s.opts.MaxBody {
			t.Error("bodies are still held")
		}
	})
}

// TestParsingPieces: of what is read piece by piece a large piece waits for its turn,
// and keeps it from nobody while its sender stands still.
func TestParsingPieces(t *testing.T) {
	small := archive(2<<20, lastEntry)
	large := archive(2<<20, `{"x":[`+strings.Repeat("0,", 2*freeParse/300)+`0],`+lastEntry[1:])
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Engine: newFake()})
		if err != nil {
			t.Fatal(err)
		}
		put := func(body string, status int, took time.Duration) {
			t.Helper()
			from := time.Now()
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "http://127.0.0.1/api/v1/simulations/s", strings.NewReader(body)))
			if w.Code != status || time.Since(from) != took {
				t.Errorf("%d after %s, want %d after %s: %.200s", w.Code, time.Since(from), status, took, w.Body)
			}
		}
		if !s.parses.TryAcquire(simulations.MaxParseCost) {
			t.Fatal("it is taken already")
		}
		put(small, 201, 0)
		put(large, 503, parseWait)
		time.AfterFunc(time.Second, func() { s.parses.Release(simulations.MaxParseCost) })
		put(large, 200, time.Second)
		if !s.parses.TryAcquire(simulations.MaxParseCost) {
			t.Fatal("it has not given back what it took")
		}
	})

	p := start(t)
	if !p.server.parses.TryAcquire(simulations.MaxParseCost - 1) {
		t.Fatal("it is taken already")
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "PUT /api/v1/simulations/s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s", len(large), large[:len(large)-2]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the piece waits", p.parseWaits)
	p.server.parses.Release(simulations.MaxParseCost - 1)
	eventually(t, "the rest of it is waited for, and nothing worked on", func() bool {
		if !p.server.parses.TryAcquire(simulations.MaxParseCost) {
			return false
		}
		p.server.parses.Release(simulations.MaxParseCost)
		return true
	})
}

// parseWaits reports whether a body waits for its turn: then nobody else gets in
// before it, however little it takes.
func (p *plane) parseWaits() bool {
	if p.server.parses.TryAcquire(1) {
		p.server.parses.Release(1)
		return false
	}
	return true
}

// TestParsingArchive: a small archive that holds much waits as what it holds does.
func TestParsingArchive(t *testing.T) {
	p := start(t)
	archive := archived(t, `{"understudy":"v1","stubs":[`+largeStub+strings.Repeat(" ", 2<<20)+`]}`, "a.json")
	p.do("PUT", "/api/v1/simulations/s", archive).want(201)
	if !p.server.parses.TryAcquire(simulations.MaxParseCost - 1<<20) {
		t.Fatal("it has not given back what it took")
	}
	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, p.url+"/api/v1/simulations/s", strings.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err == nil {
			_ = res.Body.Close()
		}
		ended <- err
	}()
	eventually(t, "it waits", p.parseWaits)
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	eventually(t, "it waits no more", func() bool { return p.server.parses.TryAcquire(1 << 20) })
}
