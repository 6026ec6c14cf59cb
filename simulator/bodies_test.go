package simulator_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"understudy/simulations"
	"understudy/simulator"
)

// reading counts the bodies that are read from a store.
type reading struct {
	simulator.Store
	opened atomic.Int64
}

func (r *reading) OpenBody(ctx context.Context, ref simulations.BodyRef) (io.ReadCloser, error) {
	r.opened.Add(1)
	return r.Store.OpenBody(ctx, ref)
}

// TestLargeBodies: the large answers of a document lie in the store once each,
// are read once for many requests, and come back whole in answers and exports.
func TestLargeBodies(t *testing.T) {
	r := &reading{}
	e := newEngineOn(t, func(s simulator.Store) simulator.Store { r.Store = s; return r })
	long, small := strings.Repeat("long ", 40_000), strings.Repeat("s", 64<<10)
	binary := simulations.Bytes(strings.Repeat("\xff\x00", 100_000))
	path := func(p string) simulations.Pattern {
		return simulations.Pattern{Path: &simulations.Predicate{Value: simulations.NewString(p)}}
	}
	doc := &simulations.Document{Understudy: simulations.Version, Stubs: []*simulations.Stub{
		{ID: "a", Request: path("/a"), Response: &simulations.Response{Text: &long}},
		{ID: "b", Request: path("/b"), Responses: []*simulations.Response{{Text: &small}, {Text: &long}}},
		{ID: "c", Request: path("/c"), Response: &simulations.Response{Base64: &binary}},
		{ID: "small", Request: path("/small"), Response: &simulations.Response{Text: &small}},
	}}
	if _, err := e.PutDocument(t.Context(), "sim", doc, simulations.Condition{}); err != nil {
		t.Fatal(err)
	}
	put, _, err := e.PutStub(t.Context(), "sim", &simulations.Stub{ID: "d", Request: path("/d"), Response: &simulations.Response{Text: &long}}, simulations.Condition{})
	if err != nil {
		t.Fatal(err)
	}
	if put.Response.Text == nil || *put.Response.Text != long || put.Revision == 0 {
		t.Error("a stub that was put is not given back as it was put")
	}
	front := httptest.NewServer(e)
	defer front.Close()
	for round := range 20 {
		for p, want := range map[string]string{"/a": long, "/b": long, "/c": string(binary), "/d": long, "/small": small} {
			if p == "/b" && round == 0 {
				want = small
			}
			res, err := http.Get(front.URL + p)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil || string(got) != want || res.ContentLength != int64(len(want)) {
				t.Fatalf("%s: %d bytes, %v, want %d", p, len(got), err, len(want))
			}
		}
	}
	// The cache takes a body in a moment after it was read.
	if n := r.opened.Load(); n < 2 || n > 20 {
		t.Errorf("two different bodies were read %d times for 80 requests", n)
	}
	page, more, err := e.Stubs(t.Context(), "sim", "", 10)
	if err != nil || more || len(page) != 5 {
		t.Fatalf("%d stubs, more %v, %v", len(page), more, err)
	}
	for _, s := range page {
		if r := s.Response; r != nil && r.Text == nil && r.Base64 == nil {
			t.Errorf("the list shows %s without its body", s.ID)
		}
	}
	out, _, err := e.Export(t.Context(), "sim")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range out.Stubs {
		switch s.ID {
		case "a", "d":
			if s.Response.Text == nil || *s.Response.Text != long || s.Response.Stored != nil {
				t.Errorf("%s is not exported whole", s.ID)
			}
		case "c":
			if s.Response.Base64 == nil || base64.StdEncoding.EncodeToString(*s.Response.Base64) != base64.StdEncoding.EncodeToString(binary) {
				t.Error("bytes are not exported whole")
			}
		}
	}
	if doc.Stubs[0].Response.Text != &long {
		t.Error("the document that was put has changed")
	}
}
