package badger

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/simulations"
	"understudy/store"
)

// copyFolder is the state that a killed process would leave.
func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	err := os.CopyFS(to, os.DirFS(from))
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(to, Folder, "LOCK"))
	return to
}

// TestDamagedLog: a log that is damaged in the middle is not taken for one that
// ends there; one that a crash has torn at its end opens with all before it.
func TestDamagedLog(t *testing.T) {
	dir := t.TempDir()
	e, err := open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	const n = 200
	for i := range n {
		if err := e.Apply([]store.Op{{Key: []byte(fmt.Sprintf("xe-key-%d", i)), Value: bytes.Repeat([]byte{byte(i)}, 200)}}, true); err != nil {
			t.Fatal(err)
		}
	}
	count := func(e *engine) (n int) {
		_ = e.Scan([]byte("xe-"), nil, func(_, _ []byte) error { n++; return nil })
		return n
	}
	logOf := func(dir string) string {
		logs, err := filepath.Glob(filepath.Join(dir, Folder, "*.mem"))
		if err != nil || len(logs) != 1 {
			t.Fatal(logs, err)
		}
		return logs[0]
	}
	whole, err := os.ReadFile(logOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	if at, behind := damage(whole); behind != 0 || at < n*200 {
		t.Fatalf("a whole log seems damaged at %d, %d behind", at, behind)
	}
	end := len(bytes.TrimRight(whole, "\x00"))
	for _, c := range []struct {
		name   string
		change func(log []byte) []byte
		opens  int // entries; -1 is refused
	}{
		{"as it is", func(log []byte) []byte { return log }, n},
		{"a byte flipped in the middle", func(log []byte) []byte { log[end/2] ^= 1; return log }, -1},
		{"a page of zeros in the middle", func(log []byte) []byte { clear(log[end/2 : end/2+512]); return log }, -1},
		{"four bytes near the beginning", func(log []byte) []byte { copy(log[100:], "\xff\xff\xff\xff"); return log }, -1},
		{"torn at the end", func(log []byte) []byte { clear(log[end-50:]); return log }, n - 1},
		{"garbage at the end", func(log []byte) []byte { copy(log[end-50:], strings.Repeat("\xa5", 50)); return log }, n - 1},
	} {
		copied := copyFolder(t, dir)
		if err := os.WriteFile(logOf(copied), c.change(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := open(t.Context(), copied, slog.New(slog.DiscardHandler))
		if err != nil {
			if c.opens >= 0 || simulations.CodeOf(err) != simulations.CodeUnavailable || !strings.Contains(err.Error(), "truncate -s ") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got := count(e); got != c.opens {
			t.Errorf("%s: %d entries, want %d", c.name, got, c.opens)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
	// The mend that the error names works.
	copied := copyFolder(t, dir)
	whole[end/2] ^= 1
	at, _ := damage(whole)
	if err := os.WriteFile(logOf(copied), whole[:at], 0o600); err != nil {
		t.Fatal(err)
	}
	e, err = open(t.Context(), copied, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if got := count(e); got < n/3 || got >= n {
		t.Errorf("cut at the damage: %d entries", got)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestEmptyLogs: a kill between the making of a log and its first byte leaves a
// file of no length, which Badger would not open.
func TestEmptyLogs(t *testing.T) {
	dir := t.TempDir()
	e, err := open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	if err := e.Apply([]store.Op{{Key: []byte("xe-k"), Value: []byte("v")}}, true); err != nil {
		t.Fatal(err)
	}
	copied := copyFolder(t, dir)
	for _, name := range []string{"00099.mem", "000099.vlog"} {
		if err := os.WriteFile(filepath.Join(copied, Folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := open(t.Context(), copied, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := again.Get([]byte("xe-k")); err != nil || string(v) != "v" {
		t.Errorf("%q %v", v, err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
