package template

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// request is a Request out of plain fields.
type request struct {
	id, method, scheme, host, path, rawQuery, body, clientIP string

	header     http.Header
	cookies    map[string][]string
	pathParams map[string]string
}

func (q *request) ID() string                    { return q.id }
func (q *request) Method() string                { return q.method }
func (q *request) Scheme() string                { return q.scheme }
func (q *request) Host() string                  { return q.host }
func (q *request) Path() string                  { return q.path }
func (q *request) RawQuery() string              { return q.rawQuery }
func (q *request) PathParams() map[string]string { return q.pathParams }
func (q *request) Query() map[string][]string {
	v, _ := url.ParseQuery(q.rawQuery)
	return v
}
func (q *request) Cookies() map[string][]string { return q.cookies }
func (q *request) Form() map[string][]string {
	v, _ := url.ParseQuery(q.body)
	return v
}
func (q *request) Header() map[string][]string { return q.header }
func (q *request) Body() string                { return q.body }
func (q *request) ClientIP() string            { return q.clientIP }

func (q *request) JSON() (any, bool) {
	dec := json.NewDecoder(strings.NewReader(q.body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return nil, false
	}
	return v, true
}

// state is a State in memory.
type state struct {
	mu       sync.Mutex
	values   map[string]string
	counters map[string]int64
}

func (s *state) Get(key string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[key]
	return v, ok
}

func (s *state) Set(key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) >= 100 {
		return errors.New("the session holds 100 values already")
	}
	s.values[key] = value
	return nil
}

func (s *state) Add(counter string, by int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters[counter] += by
	return s.counters[counter], nil
}

// tables are Tables in memory.
type tables map[string][][]string

func (t tables) Rows(name string) ([][]string, bool) {
	rows, ok := t[name]
	return rows, ok
}

func (t tables) Add(name string, row []string) error {
	t[name] = append(t[name][:len(t[name]):len(t[name])], row)
	return nil
}

func (t tables) Change(name string, change func([]string) []string) (int, error) {
	n, out := 0, t[name][:1:1]
	for _, row := range t[name][1:] {
		next := change(row)
		if !slices.Equal(row, next) {
			n++
		}
		if next != nil {
			out = append(out, next)
		}
	}
	t[name] = out
	return n, nil
}

// journal is a Journal in memory, the latest exchange first.
type journal []*Past

func (j journal) Back(read func(int) error, show func(*Past) (bool, error)) error {
	for _, p := range j {
		if err := read(len(p.Body())); err != nil {
			return err
		}
		if more, err := show(p); err != nil || !more {
			return err
		}
	}
	return nil
}

// past is an exchange of a journal.
func past(query, asked, answered string) *Past {
	return &Past{
		Request: &request{id: "0", method: "GET", path: "/pets", rawQuery: query, body: asked, host: "shop.example"},
		Status:  200, Header: http.Header{"X-Kind": {"pet"}}, Body: func() string { return answered }, Outcome: "stub", Stub: "pets/one",
		Time: time.Date(2024, 5, 6, 7, 0, 0, 0, time.UTC),
	}
}

const sampleBody = `{"customer":{"name":"Ada"},"items":[{"sku":"A-1","qty":1},{"sku":"B-2","qty":3}],"tags":["new","hot"],"amount":12.50}`

// sample is what the examples of the reference see.
func sample() *Data {
	return &Data{
		Request: &request{
			id: "88e75c94-1a65-4e84-ac63-c464896dd1f4", method: "POST", scheme: "https", host: "shop.example:8443",
			path: "/v1/orders/42", rawQuery: "page=2&tag=a&tag=b", body: sampleBody, clientIP: "10.1.2.3",
			header: http.Header{
				"X-Request-Id": {"r-1"}, "Content-Type": {"application/json"}, "Accept": {"text/html", "text/plain"},
				"Authorization": {"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJyb2xlcyI6WyJ4IiwieSJdfQ."},
			},
			cookies:    map[string][]string{"session": {"s-1"}},
			pathParams: map[string]string{"id": "42"},
		},
		State:   &state{values: map[string]string{"cart": "c-9"}, counters: map[string]int64{}},
		Session: "default",
		Rand:    rand.New(rand.NewPCG(1, 2)),
		Now:     func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) },
		Tables: tables{
			"pets":  {{"id", "name"}, {"1", "Rex"}, {"2", "Tom"}},
			"marks": {{"id", "name", "mark"}, {"1", "A", "55"}, {"2", "B", "56"}, {"*", "-", "none"}},
		},
		Journal:    journal{past("id=1", `{"id":1}`, `{"name":"Rex"}`)},
		Answer:     &Answer{},
		Parameters: map[string]any{"variable": "some.value"},
	}
}

// render compiles and executes.
func render(tb testing.TB, d Dialect, src string, data *Data) (string, error) {
	tb.Helper()
	t, err := Compile(src, d)
	if err != nil {
		return "", err
	}
	var out []byte
	err = t.Execute(context.Background(), &out, data)
	return string(out), err
}

func (q *request) clone() *request {
	c := *q
	c.header = maps.Clone(q.header)
	return &c
}
