package simulator_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"understudy/simulator"
)

// TestHeavyBodies: large bodies wait for one another, within a bound, and small
// requests pass them by.
func TestHeavyBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngineWith(t, func(o *simulator.Options) { o.Bodies, o.MaxBody = 1<<20, 1<<20 })
		put(t, e, `
understudy: v1
name: bodies
stubs: [{request: {path: /a, body: {jsonPath: {$.n: 1}}}, response: {text: here}}]
`)
		ask := func(body io.Reader) <-chan *httptest.ResponseRecorder {
			done := make(chan *httptest.ResponseRecorder, 1)
			go func() {
				w := httptest.NewRecorder()
				e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/a", body))
				done <- w
			}()
			synctest.Wait()
			return done
		}
		answered := func(name string, done <-chan *httptest.ResponseRecorder, want int) *httptest.ResponseRecorder {
			t.Helper()
			select {
			case w := <-done:
				if w.Code != want {
					t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, want)
				}
				return w
			default:
				t.Fatalf("%s is not answered", name)
				return nil
			}
		}
		large := `{"n": 1, "rest": "` + strings.Repeat("x", 100<<10) + `"}`
		// Of an unknown length, it may become all that there is room for.
		read, write := io.Pipe()
		slow := ask(read)
		if _, err := io.WriteString(write, large[:90<<10]); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		waiting := ask(strings.NewReader(large))
		answered("a small request", ask(strings.NewReader(`{"n": 1}`)), http.StatusOK)
		time.Sleep(29 * time.Second)
		synctest.Wait()
		select {
		case w := <-waiting:
			t.Fatalf("answered before there was room: %d %s", w.Code, w.Body)
		default:
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		busy := answered("one that has waited", waiting, http.StatusServiceUnavailable)
		if busy.Header().Get("Retry-After") != "1" || !strings.Contains(busy.Body.String(), "large bodies") {
			t.Errorf("%v %s", busy.Header(), busy.Body)
		}
		next := ask(strings.NewReader(large))
		if _, err := io.WriteString(write, large[90<<10:]); err != nil {
			t.Fatal(err)
		}
		_ = write.Close()
		synctest.Wait()
		answered("the first", slow, http.StatusOK)
		answered("the one behind it", next, http.StatusOK)
	})
}

// TestHeavyDelays: who waits for its delay keeps nobody from having a large body
// looked into.
func TestHeavyDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngineWith(t, func(o *simulator.Options) { o.Bodies, o.MaxBody = 1<<30, 8<<20 })
		put(t, e, `
understudy: v1
name: bodies
stubs: [{request: {path: /a, body: {jsonPath: {$.n: 1}}}, response: {delay: 10s, text: "{{request.body.n}}", template: true}}]
`)
		body := append([]byte(`{"n": 1}`), bytes.Repeat([]byte(" "), 7<<20)...)
		began, done := time.Now(), make(chan time.Duration)
		const requests = 8 // twice as many as are looked into at once
		for range requests {
			go func() {
				w := httptest.NewRecorder()
				e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/a", bytes.NewReader(body)))
				if w.Code != http.StatusOK || w.Body.String() != "1" {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				done <- time.Since(began)
			}()
		}
		for range requests {
			if took := <-done; took != 10*time.Second {
				t.Errorf("answered after %s, not after its delay", took)
			}
		}
	})
}

// TestHeavyWhenDecoded: a small body that stands for a large one has its share
// of the budget, too.
func TestHeavyWhenDecoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngineWith(t, func(o *simulator.Options) { o.Bodies, o.MaxBody = 4<<20, 2<<20 })
		put(t, e, `
understudy: v1
name: bodies
stubs: [{request: {path: /a, body: {contains: x}}, response: {delay: 10s}}]
`)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(bytes.Repeat([]byte("x"), 1500<<10)) // a buffer takes everything
		_ = z.Close()
		began, done := time.Now(), make(chan time.Duration)
		for range 4 {
			go func() {
				w := httptest.NewRecorder()
				r := httptest.NewRequest(http.MethodPost, "/a", bytes.NewReader(packed.Bytes()))
				r.Header.Set("Content-Encoding", "gzip")
				e.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					t.Errorf("%d %s", w.Code, w.Body)
				}
				done <- time.Since(began)
			}()
		}
		at := map[time.Duration]int{}
		for range 4 {
			at[<-done]++
		}
		if at[10*time.Second] != 2 || at[20*time.Second] != 2 {
			t.Errorf("answered after %v: two of the four have room at once", at)
		}
	})
}
