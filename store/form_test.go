package store_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/store"
	"understudy/store/memory"
	"understudy/store/storetest"
)

// TestJSONStubs reads a backup whose stubs are JSON, as they were stored before
// there was a packed form, and a backup made of it, which keeps them so.
func TestJSONStubs(t *testing.T) {
	f, err := os.Open("testdata/json-stubs.backup.gz")
	check(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(t, err)
	s := open(t, memory.New())
	check(t, s.Restore(bg, z))
	testJSONStubs(t, s)

	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(s.Backup(bg, w)) }()
	again := open(t, memory.New())
	check(t, again.Restore(bg, r))
	testJSONStubs(t, again)
}

func testJSONStubs(t *testing.T, s interface {
	Load(ctx context.Context) (*simulations.Contents, error)
},
) {
	t.Helper()
	c, err := s.Load(bg)
	check(t, err)
	x := c.Simulations["former"]
	if x == nil || x.Collaborator != "pay" || c.Collaborators["pay"] == nil {
		t.Fatalf("%+v", c)
	}
	want := []string{
		`1.0 {"id":"stored","request":{"path":"/stored"},"response":{"stored":{"id":"0b38f3d719774148d761d876b0d6aab6c6034fb67b33a74f7fa7e6f24870ea25","size":13}}}`,
		`1.1 {"id":"all","collaborator":"pay","priority":3,"labels":["x"],"request":{"method":["GET","HEAD"],"path":{"template":"/v1/{id}"},"query":{"n":{"number":{"gt":1.50}}},"headers":{"accept":"a"},"body":{"json":{"b":1,"a":[null,true]}}},"responses":[{"status":201,"headers":{"Link":["a","b"]},"json":{"z":1.0,"a":"é"},"delay":{"fixed":"20ms"}},{"base64":"AAE="}],"order":"cycle","scenario":{"name":"s","sets":"t"},"times":2}`,
		`1.2 {"id":"large","response":{"text":"` + strings.Repeat("0123456789", 30_000) + `"}}`,
		`2.0 {"id":"put","request":{"method":"PUT"},"response":{"text":"later"}}`,
	}
	stubs := storetest.ByAge(t, x.Stubs)
	if len(stubs) != len(want) {
		t.Fatalf("%d stubs, want %d", len(stubs), len(want))
	}
	for i, st := range stubs {
		text, err := simulations.AppendStub(nil, st.Stub)
		check(t, err)
		if got := fmt.Sprintf("%d.%d %s", st.Revision, st.Position, text); got != want[i] {
			t.Errorf("got  %.600s\nwant %.600s", got, want[i])
		}
	}
}

// TestTakesOfLayout1 reads takes as they were listed at first, goes on in one and
// drops it: nothing of it stays.
func TestTakesOfLayout1(t *testing.T) {
	f, err := os.Open("testdata/layout1-takes.backup.gz")
	check(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	check(t, err)
	e := memory.New()
	s := open(t, e)
	check(t, s.Restore(bg, z))
	paths := func(takes ...uint64) (out []string) {
		t.Helper()
		for rec, err := range s.Exchanges(bg, 0, takes...) {
			check(t, err)
			out = append(out, rec.Exchange.Request.Path)
		}
		return out
	}
	same := func(what string, got, want any) {
		t.Helper()
		if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
			t.Errorf("%s: %s, want %s", what, g, w)
		}
	}
	same("take 1", paths(1), "[/0 /2 /4 /6 /8]")
	same("take 2", paths(2), "[/1 /3 /5 /7 /9]")
	same("both", paths(2, 1), paths())

	more := func(take uint64, path, stub string, again bool) {
		t.Helper()
		rec := &simulations.Recorded{Take: take, StubID: stub, Again: again, Exchange: &simulations.Exchange{}}
		rec.Exchange.Request.Path = path
		check(t, s.Append(bg, rec, nil, false))
	}
	more(1, "/10", "stub-0", true)
	more(1, "/11", "new", false)
	more(2, "/12", "new", false)
	listed := keys(t, e, "xi")
	same("a record without bodies is listed nowhere else", listed, 10)
	same("take 1", paths(1), "[/0 /2 /4 /6 /8 /10 /11]")
	takes, err := s.Takes(bg)
	check(t, err)
	same("counts", []int{takes[0].Exchanges, takes[0].Requests, takes[1].Exchanges, takes[1].Requests}, "[7 4 6 4]")

	check(t, s.DropTake(bg, 1, nil))
	check(t, store.Sweep(s))
	same("take 2", paths(2), "[/1 /3 /5 /7 /9 /12]")
	same("all", paths(), paths(2))
	same("exchanges, listed, requests, takes", []int{keys(t, e, "xe"), keys(t, e, "xi"), keys(t, e, "xq"), keys(t, e, "xt")}, "[6 5 3 1]")
	check(t, store.Verify(s))
}
