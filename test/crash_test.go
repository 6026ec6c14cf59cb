package test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKillWhileRecording ends understudy with SIGKILL in the middle of
// recording at full rate, again and again over the same folder. Every exchange
// whose last byte the client had is played back afterwards, wholly.
func TestKillWhileRecording(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	upstream, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Path", r.URL.Path)
		answer := fmt.Sprintf("%s got %s%s", r.URL.Path, body, padding(r.URL.Path))
		if !strings.HasPrefix(r.URL.Path, "/stream/") {
			w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		}
		w.WriteHeader(201)
		_, _ = io.WriteString(w, answer[:len(answer)/2])
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, answer[len(answer)/2:])
	}))
	dir := t.TempDir()
	var mu sync.Mutex
	acknowledged := map[string]bool{}
	d := start(t, "--data", dir)
	d.collaborator("api", fmt.Sprintf(`{"upstream":%q,"mode":"record"}`, upstream))
	for round := range rounds {
		var clients sync.WaitGroup
		client := plain()
		killed := make(chan struct{})
		for c := range 32 {
			clients.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-killed:
						return
					default:
					}
					path := fmt.Sprintf("/%s/%d/%d/%d", []string{"small", "long", "stream"}[i%3], round, c, i)
					res, err := client.Post(d.url+path, "text/plain", strings.NewReader("body"+path))
					if err != nil {
						return
					}
					b, err := io.ReadAll(res.Body)
					_ = res.Body.Close()
					if err != nil || res.StatusCode != 201 {
						return
					}
					if got := string(b); got != expected(path) {
						t.Errorf("recording %s: %q", path, got)
					}
					if o := res.Header.Get("Understudy-Outcome"); o != "recorded" {
						t.Errorf("recording %s: outcome %s", path, o)
					}
					mu.Lock()
					acknowledged[path] = true
					mu.Unlock()
				}
			})
		}
		timer := time.NewTimer(time.Duration(50+rand.IntN(400)) * time.Millisecond)
		<-timer.C
		d.kill()
		close(killed)
		clients.Wait()
		client.CloseIdleConnections()
		d = start(t, "--data", dir)
	}
	d.mode("api", "simulate")
	client := plain()
	for path := range acknowledged {
		res, err := client.Post(d.url+path, "text/plain", strings.NewReader("body"+path))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != 201 || string(b) != expected(path) || res.Header.Get("X-Path") != path {
			t.Fatalf("%s was acknowledged and is now %s %.200q %v", path, res.Status, b, err)
		}
	}
	t.Logf("%d exchanges over %d kills, none lost", len(acknowledged), rounds)
	if len(acknowledged) < rounds {
		t.Errorf("only %d exchanges were recorded", len(acknowledged))
	}

	var takes struct {
		Takes []struct {
			ID        int
			Exchanges int
			Current   bool
		}
	}
	d.call("GET", "/takes", "", &takes)
	if len(takes.Takes) != 1 {
		t.Errorf("a restart goes on with its take, but there are %+v", takes.Takes)
	} else if got := takes.Takes[0].Exchanges; got < len(acknowledged) {
		t.Errorf("the take counts %d exchanges of %d", got, len(acknowledged))
	}
}

func expected(path string) string {
	return fmt.Sprintf("%s got body%s%s", path, path, padding(path))
}

// padding makes the three kinds of answers whose end is held back in different
// ways: small ones whole, long ones of known length by their last byte, streams
// by their end.
func padding(path string) string {
	if strings.HasPrefix(path, "/long/") {
		return strings.Repeat("0123456789", 8<<10)
	}
	return strings.Repeat(".", 500)
}
