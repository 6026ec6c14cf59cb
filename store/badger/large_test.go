package badger

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"understudy/store"
)

func files(t *testing.T, e *engine) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(e.large.dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// TestLargeValuesAgainstMap puts, replaces and deletes values of all sizes and
// holds what is read against a map; files go with the entries that named them.
func TestLargeValuesAgainstMap(t *testing.T) {
	e := openEngine(t)
	want := map[string][]byte{}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		key := string(rune('a' + r.IntN(10)))
		var value []byte
		if r.IntN(4) > 0 {
			value = bytes.Repeat([]byte{byte(r.IntN(256)), 1}, 1+r.IntN(200<<10))
		}
		if err := e.Apply([]store.Op{{Key: []byte(key), Value: value}}, r.IntN(2) == 0); err != nil {
			t.Fatal(err)
		}
		if want[key] = value; value == nil {
			delete(want, key)
		}
	}
	n := 0
	err := e.Scan(nil, nil, func(k, v []byte) error {
		n++
		if !bytes.Equal(v, want[string(k)]) {
			t.Errorf("%s: %d bytes, want %d", k, len(v), len(want[string(k)]))
		}
		return nil
	})
	if err != nil || n != len(want) {
		t.Fatalf("%d entries, want %d: %v", n, len(want), err)
	}
	for k, v := range want {
		if got, err := e.Get([]byte(k)); err != nil || !bytes.Equal(got, v) {
			t.Errorf("%s: %d bytes, want %d: %v", k, len(got), len(v), err)
		}
		if err := e.Apply([]store.Op{{Key: []byte(k)}}, true); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(e.large.unsynced); n != 0 {
		t.Errorf("%d files are not synced", n)
	}
}

// TestLargeGarbage: what a crash, or a smaller value, has left is removed after
// the next open; what is named stays.
func TestLargeGarbage(t *testing.T) {
	dir := t.TempDir()
	e, err := open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	big := bytes.Repeat([]byte("x"), largeValue)
	for _, op := range []store.Op{{Key: []byte("keep"), Value: big}, {Key: []byte("shrink"), Value: big}, {Key: []byte("shrink"), Value: []byte("small")}, {Key: []byte("drop"), Value: big}, {Key: []byte("drop")}} {
		if err := e.Apply([]store.Op{op}, true); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.large.put(big); err != nil { // a crash before its transaction
		t.Fatal(err)
	}
	if n := files(t, e); n != 3 {
		t.Fatalf("%d files", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, err = open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	e.swept.Wait()
	if n := files(t, e); n != 1 {
		t.Errorf("%d files after the sweep", n)
	}
	if v, err := e.Get([]byte("keep")); err != nil || !bytes.Equal(v, big) {
		t.Errorf("%d bytes %v", len(v), err)
	}
	if size := e.large.size.Load(); size != largeValue {
		t.Errorf("%d bytes are counted", size)
	}
	// A file that is gone is an error, not an empty value.
	if err := os.RemoveAll(e.large.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Get([]byte("keep")); err == nil {
		t.Error("a lost file is not noticed")
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLargeValuesGoLate: a file stays until the transaction that forgets it is
// synced and the scans that may see its entry have ended.
func TestLargeValuesGoLate(t *testing.T) {
	e := openEngine(t)
	big := bytes.Repeat([]byte("x"), largeValue)
	apply := func(key string, value []byte, sync bool) {
		t.Helper()
		if err := e.Apply([]store.Op{{Key: []byte(key), Value: value}}, sync); err != nil {
			t.Fatal(err)
		}
	}
	apply("a", big, true)
	apply("b", big, true)
	apply("b", nil, false)
	if n := files(t, e); n != 2 {
		t.Fatalf("%d files before the deletion is synced", n)
	}
	if err := e.Sync(); err != nil {
		t.Fatal(err)
	}
	if n := files(t, e); n != 1 {
		t.Fatalf("%d files after it", n)
	}

	apply("b", big, true)
	apply("c", big, true)
	seen := ""
	err := e.Scan(nil, nil, func(k, v []byte) error {
		if seen == "" { // the scan goes on in its snapshot
			apply("b", nil, true)
			apply("c", []byte("small"), true)
		}
		if seen += string(k); len(v) != largeValue {
			t.Errorf("%s has %d bytes", k, len(v))
		}
		return nil
	})
	if err != nil || seen != "abc" {
		t.Fatalf("the scan saw %q: %v", seen, err)
	}
	if v, err := e.Get([]byte("b")); err != nil || v != nil {
		t.Errorf("%d bytes, %v", len(v), err)
	}
	if n := files(t, e); n > 2 { // c's is swept after the next open
		t.Errorf("%d files after the scan", n)
	}
}
