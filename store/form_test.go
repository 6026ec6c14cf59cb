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
