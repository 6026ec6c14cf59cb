package badger

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/store"
)

func openEngine(t *testing.T) *engine {
	t.Helper()
	e, err := open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.db.Close() })
	return e
}

// TestErrorsShowNoData: Badger's own errors dump the key or the value.
func TestErrorsShowNoData(t *testing.T) {
	e := openEngine(t)
	secret := bytes.Repeat([]byte("secret"), 20_000)
	for what, op := range map[string]store.Op{
		"key":   {Key: secret, Value: []byte("x")},
		"value": {Key: []byte("k"), Value: bytes.Repeat(secret, 200)},
	} {
		err := e.Apply([]store.Op{op}, true)
		if err == nil || simulations.CodeOf(err) != simulations.CodeTooLarge {
			t.Fatalf("%s: %v", what, err)
		}
		if text := err.Error(); strings.Contains(text, "secret") || strings.Contains(text, "73 65 63") || strings.Contains(text, "\n") || len(text) > 300 {
			t.Errorf("%s: %s", what, text)
		}
	}
	// Such an error is the transaction's, not the disk's.
	if err := e.Apply([]store.Op{{Key: []byte("k"), Value: []byte("v")}}, true); err != nil {
		t.Fatal(err)
	}
}

// TestLimitsAreTaken applies as much as the limits allow.
func TestLimitsAreTaken(t *testing.T) {
	e := openEngine(t)
	l := e.Limits()
	var many, large []store.Op
	for i := range l.Ops {
		many = append(many, store.Op{Key: []byte{byte(i), byte(i >> 8)}, Value: []byte("v")})
	}
	for i := 0; (i+1)*(l.Value+64) <= l.Bytes; i++ {
		large = append(large, store.Op{Key: []byte{'l', byte(i)}, Value: make([]byte, l.Value)})
	}
	for _, ops := range [][]store.Op{many, large} {
		if err := e.Apply(ops, false); err != nil {
			t.Fatalf("%d records: %v", len(ops), err)
		}
	}
	if !e.unsynced {
		t.Error("nothing is left to sync")
	}
	if err := e.Sync(); err != nil || e.unsynced {
		t.Error(err)
	}
	logs, err := filepath.Glob(filepath.Join(e.files, "*.vlog"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	if info, err := os.Stat(logs[0]); err != nil || sizeOnDisk(info) > 1<<16 {
		t.Errorf("the value log holds %d bytes: %v", sizeOnDisk(info), err)
	}
}

// TestFailedWrites: after a failed write the engine reads and writes no more.
func TestFailedWrites(t *testing.T) {
	e := openEngine(t)
	if err := e.Apply([]store.Op{{Key: []byte("k"), Value: []byte("v")}}, true); err != nil {
		t.Fatal(err)
	}
	_ = e.fail(errors.New("input/output error\n00000000  73 65 63 72 65 74"))
	for what, err := range map[string]error{
		"apply": e.Apply([]store.Op{{Key: []byte("k"), Value: []byte("w")}}, true), "sync": e.Sync(), "health": e.Health(), "close": e.Close(),
	} {
		if simulations.CodeOf(err) != simulations.CodeUnavailable || !strings.Contains(err.Error(), "input/output error") || strings.Contains(err.Error(), "73 65") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if v, err := e.Get([]byte("k")); err != nil || string(v) != "v" {
		t.Errorf("%q, %v", v, err)
	}
}
