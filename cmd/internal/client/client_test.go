package client

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"understudy/simulations"
)

func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := New(s.URL+"/", "sesame")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestProblemsBecomeErrors(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]simulations.Code{
		400: simulations.CodeInvalid, 401: simulations.CodeInvalid, 403: simulations.CodeInvalid, 404: simulations.CodeNotFound,
		409: simulations.CodeConflict, 412: simulations.CodeStale, 413: simulations.CodeTooLarge, 429: simulations.CodeUnavailable,
		500: simulations.CodeInternal, 503: simulations.CodeUnavailable,
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"title": "t", "detail": "the mend", "errors": [{"pointer": "/a", "detail": "wrong", "line": 2, "column": 3}], "later": 1}`)
		})
		_, err := c.Simulations(t.Context())
		e, ok := errors.AsType[*simulations.Error](err)
		if !ok || e.Code != want || !strings.HasPrefix(e.Detail, "the mend") || len(e.Fields) != 1 || e.Fields[0].Line != 2 {
			t.Errorf("%d: %#v", status, err)
		}
		if status == 401 && !strings.Contains(e.Detail, "--admin-token") {
			t.Errorf("401 does not say how to go on: %s", e.Detail)
		}
	}
}

func TestWhatIsNoUnderstudyIsSaid(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"another server": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		},
		"a broken problem": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(400)
			_, _ = io.WriteString(w, "{")
		},
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
	} {
		_, err := serve(t, h).Status(t.Context())
		if err == nil || !strings.Contains(err.Error(), "is no understudy") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokenAndAddress(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sesame" || r.URL.EscapedPath() != "/api/v1/simulations/a%2Fb" {
			t.Errorf("%s with %v", r.URL.EscapedPath(), r.Header)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if err := c.DeleteSimulation(t.Context(), "a/b"); err != nil {
		t.Error(err)
	}
	if c, err := New("localhost:8888", ""); err != nil || c.Address() != "http://localhost:8888" {
		t.Errorf("%v, %v", c, err)
	}
	for _, bad := range []string{"", "http://", "ftp://x", "http://u:p@x", "http://x?y", "http://[::1"} {
		if _, err := New(bad, ""); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := New(address, "")
	if err != nil {
		t.Fatal(err)
	}
	err = c.Ready(t.Context())
	if simulations.CodeOf(err) != simulations.CodeUnavailable || !strings.Contains(err.Error(), "understudy serve") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A backup that is cut off is an error, not a short backup.
func TestACutStreamIsAnError(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half of it")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	body, err := c.Backup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if data, err := io.ReadAll(body); err == nil {
		t.Errorf("read %q without an error", data)
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "after=7&collaborator=pay" {
			t.Errorf("asked %q", r.URL.RawQuery)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: missed\ndata: {\"missed\": 3}\n\nevent: later\ndata: x\n\nevent: exchange\ndata: {\"id\": 8}\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	got, gone := uint64(0), uint64(0)
	err := c.Follow(ctx, &Filter{After: 7, Collaborator: "pay"}, func(a Answer[Entry]) error {
		got = a.Value.ID
		cancel()
		return nil
	}, func(n uint64) { gone = n })
	if err != nil || got != 8 || gone != 3 {
		t.Errorf("%d, %d missed, %v", got, gone, err)
	}
}

// TestFollowBeginsWithTheLatest: the stream goes on where the page has ended,
// which is behind what did not fit.
func TestFollowBeginsWithTheLatest(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 2)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path + "?" + r.URL.RawQuery
		if r.URL.Path == "/api/v1/journal" {
			_, _ = io.WriteString(w, `{"entries": [{"id": 5}, {"id": 7, "more": "of it"}], "next": 9}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "event: exchange\ndata: {\"id\": 10}\n\n")
	})
	var got []string
	err := c.Follow(t.Context(), &Filter{Limit: 2, Session: "s"}, func(a Answer[Entry]) error {
		got = append(got, string(a.Raw))
		return nil
	}, nil)
	if simulations.CodeOf(err) != simulations.CodeUnavailable {
		t.Errorf("it ended with %v", err)
	}
	if page, stream := <-asked, <-asked; page != "/api/v1/journal?limit=2&session=s" || stream != "/api/v1/journal/stream?after=9&session=s" {
		t.Errorf("asked %s and %s", page, stream)
	}
	if want := []string{`{"id": 5}`, `{"id": 7, "more": "of it"}`, `{"id": 10}`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	stream := ": comment\n\nevent: exchange\ndata: one\ndata:two\nid: 1\n\ndata\n\nevent: lonely\n\ndata: unfinished"
	var got []string
	err := events(strings.NewReader(stream), func(event string, data []byte) error {
		got = append(got, event+"="+string(data))
		return nil
	})
	if want := "exchange=one\ntwo|message="; strings.Join(got, "|") != want || !errors.Is(err, io.EOF) {
		t.Errorf("%q, %v", got, err)
	}
	stop := errors.New("enough")
	if err := events(strings.NewReader("data: x\n\n"), func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("event: x\r\ndata: y\r\n\r\n")
	f.Add(":\ndata\n\n")
	f.Fuzz(func(t *testing.T, stream string) {
		err := events(strings.NewReader(stream), func(event string, _ []byte) error {
			if event == "" {
				t.Error("an event without a name")
			}
			return nil
		})
		if err == nil {
			t.Error("a stream ended without an error")
		}
	})
}
