package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRequests: the load generator and the bare server mean the same stubs.
func TestRequests(t *testing.T) {
	t.Parallel()
	const n = 30
	for _, w := range workloads {
		server := newBareServer(w.set, n)
		bodies := make(map[string]bool)
		for i := range n {
			k := uint64(1)<<40 | uint64(i)
			raw, _ := w.appendRequest(nil, nil, i, k)
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
			if err != nil {
				t.Fatalf("%s: %v\n%s", w.name, err, raw)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil || !json.Valid(body) || bodies[string(body)] {
				t.Errorf("%s: body %s %v", w.name, body, err)
			}
			bodies[string(body)] = true
			r.Body = io.NopCloser(bytes.NewReader(body))
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, r)
			if w.miss {
				if answer.Code != http.StatusNotImplemented {
					t.Errorf("%s %d: %d", w.name, i, answer.Code)
				}
				continue
			}
			if want := w.appendAnswer(nil, i, k); answer.Code != http.StatusOK || !bytes.Equal(answer.Body.Bytes(), want) {
				t.Errorf("%s %d: %d %s, want %s", w.name, i, answer.Code, answer.Body, want)
			}
		}
	}
}

// TestAnswers: they have the size that the comparison names, and no two are alike.
func TestAnswers(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for i := range 20000 {
		answer := appendAnswer(nil, i)
		if len(answer) != answerSize || seen[string(answer)] || !json.Valid(answer) {
			t.Fatalf("%d: %s", i, answer)
		}
		seen[string(answer)] = true
	}
	if longest := appendAnswer(nil, 999_999_999); len(longest) != answerSize {
		t.Errorf("%d bytes", len(longest))
	}
}

// TestDocument: the stream is the JSON that it is meant to be.
func TestDocument(t *testing.T) {
	t.Parallel()
	for _, w := range workloads {
		var doc struct {
			Stubs []struct {
				ID       string         `json:"id"`
				Request  map[string]any `json:"request"`
				Response struct {
					Text string `json:"text"`
				} `json:"response"`
			} `json:"stubs"`
		}
		r := document(w.set, 5, 12)
		if err := json.NewDecoder(r).Decode(&doc); err != nil {
			t.Fatalf("%s: %v", w.set.name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if len(doc.Stubs) != 7 || doc.Stubs[6].ID != "s11" || len(doc.Stubs[0].Request) < 2 || doc.Stubs[0].Response.Text == "" {
			t.Errorf("%s: %+v", w.set.name, doc.Stubs)
		}
	}
}

// TestWrongAnswers: each way in which an answer can be wrong is found.
func TestWrongAnswers(t *testing.T) {
	t.Parallel()
	hit, miss := exactSet.hit(), workloads[1]
	right := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Understudy-Outcome", "stub")
		i, err := strconv.Atoi(strings.Split(r.URL.Path, "/")[4])
		if err != nil {
			w.Header().Set("Understudy-Outcome", "miss")
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		_, _ = w.Write(appendAnswer(nil, i))
	}
	for _, c := range []struct {
		name    string
		w       *workload
		handler http.HandlerFunc
		wrong   bool
	}{
		{"right", hit, right, false},
		{"a right miss", miss, right, false},
		{"another stub's answer", hit, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Understudy-Outcome", "stub")
			_, _ = w.Write(appendAnswer(nil, 8))
		}, true},
		{"one byte more", hit, func(w http.ResponseWriter, r *http.Request) { right(w, r); _, _ = io.WriteString(w, " ") }, true},
		{"another outcome", hit, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(appendAnswer(nil, 7)) }, true},
		{"another status", hit, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusCreated); right(w, r) }, true},
		{"a miss that is answered", miss, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Understudy-Outcome", "miss") }, true},
		{"a broken connection", hit, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true},
	} {
		server := httptest.NewServer(c.handler)
		outcome := "stub"
		if c.w.miss {
			outcome = "miss"
		}
		err := ask(c.w, target{&process{name: "a server", addr: server.Listener.Addr().String()}, outcome}, 7, 1)
		server.Close()
		if (err != nil) != c.wrong {
			t.Errorf("%s: %v", c.name, err)
		}
		if wrong := (*wrongAnswer)(nil); errors.As(err, &wrong) && !strings.Contains(err.Error(), "POST /api/v1/orders/") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestOrders: eachOnce leaves out and repeats nothing, and the same seed draws the same.
func TestOrders(t *testing.T) {
	t.Parallel()
	orders := eachOnce(3, 9)
	a, b := orders(0), orders(1)
	var got []int
	for turn := 0; ; turn++ {
		next := a
		if turn%2 == 1 {
			next = b
		}
		i, more := next()
		if !more {
			break
		}
		got = append(got, i)
	}
	if len(got) != 6 || got[0] != 3 || got[5] != 8 {
		t.Error(got)
	}
	one, two, other := randomly(1, 1000, time.Hour)(4), randomly(1, 1000, time.Hour)(4), randomly(1, 1000, time.Hour)(5)
	same := 0
	for range 50 {
		i, more := one()
		j, _ := two()
		l, _ := other()
		if i != j || !more {
			t.Fatal(i, j, more)
		}
		if i == l {
			same++
		}
	}
	if same > 5 {
		t.Errorf("two connections draw the same")
	}
	if _, more := randomly(1, 10, 0)(0)(); more {
		t.Error("the time is over")
	}
}
