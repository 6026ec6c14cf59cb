package simulator_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"understudy/simulations"
	"understudy/simulator"
)

// gated is a store whose appends wait.
type gated struct {
	simulator.Store
	asked, release chan struct{}
}

func (g *gated) Append(ctx context.Context, rec *simulations.Recorded, edit *simulations.Change, relaxed bool) error {
	g.asked <- struct{}{}
	<-g.release
	return g.Store.Append(ctx, rec, edit, relaxed)
}

// TestEndWaitsForTheRecording: the end of an answer, of each of the three
// kinds, does not reach the client before its exchange is durable.
func TestEndWaitsForTheRecording(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			_, _ = io.WriteString(w, long)
		case "/stream":
			_, _ = io.WriteString(w, "event")
			w.(http.Flusher).Flush()
		default:
			_, _ = io.WriteString(w, "small")
		}
	}))
	defer up.Close()
	g := &gated{asked: make(chan struct{}), release: make(chan struct{})}
	e := newEngineOn(t, func(s simulator.Store) simulator.Store { g.Store = s; return g })
	if _, _, err := e.PutCollaborator(t.Context(), "api", &simulations.Collaborator{Upstream: up.URL, Mode: simulations.ModeRecord}, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(e)
	defer front.Close()
	for path, before := range map[string]int{"/small": 0, "/long": len(long) - 1, "/stream": len("event")} {
		t.Run(path, func(t *testing.T) {
			read, ended := make(chan int, 1000), make(chan error, 1)
			go func() {
				res, err := http.Get(front.URL + path)
				if err != nil {
					ended <- err
					return
				}
				defer res.Body.Close()
				for buf := make([]byte, 32<<10); ; {
					n, err := res.Body.Read(buf)
					read <- n
					if err != nil {
						ended <- err
						return
					}
				}
			}()
			<-g.asked
			got, timeout := 0, time.After(500*time.Millisecond)
			for waiting := true; waiting; {
				select {
				case n := <-read:
					got += n
				case err := <-ended:
					t.Errorf("the answer ended before the recording: %v", err)
					g.release <- struct{}{}
					return
				case <-timeout:
					waiting = false
				}
			}
			if got > before {
				t.Errorf("%d bytes came before the recording, at most %d may", got, before)
			}
			g.release <- struct{}{}
			if err := <-ended; err != io.EOF {
				t.Errorf("then it ends with %v", err)
			}
		})
	}
}
