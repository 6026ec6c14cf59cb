package badger_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	upstream "github.com/dgraph-io/badger/v4"

	"understudy/simulations"
	"understudy/store/badger"
)

// refused opens a folder that cannot be opened and looks for words in the error.
func refused(t *testing.T, dir string, words ...string) {
	t.Helper()
	s, err := badger.Open(context.Background(), dir, nil)
	if err == nil {
		_ = s.Close(context.Background())
		t.Fatal("it was opened")
	}
	if simulations.CodeOf(err) != simulations.CodeUnavailable && simulations.CodeOf(err) != simulations.CodeInternal {
		t.Errorf("code %s", simulations.CodeOf(err))
	}
	for _, w := range append(words, dir) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has lines", err)
	}
}

func TestFolderInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	c := start(t, "hold", dir)
	if c.line() != "open" {
		t.Fatal(c.err.String())
	}
	refused(t, dir, "in use", fmt.Sprint("pid ", c.cmd.Process.Pid), "stop that understudy")
	manifest := filepath.Join(dir, badger.Folder, "MANIFEST")
	whole, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(manifest, nil, 0o600); err != nil { // as it may look in the midst of a change
		t.Fatal(err)
	}
	refused(t, dir, "in use")
	if err := os.WriteFile(manifest, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	c.kill(t)
	open(t, dir) // a killed process holds nothing

	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestFolderInUseHere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, dir)
	refused(t, dir, "in use", fmt.Sprint("pid ", os.Getpid()))
}

// raw edits the database itself.
func raw(t *testing.T, dir string, edit func(txn *upstream.Txn) error) {
	t.Helper()
	db, err := upstream.Open(upstream.DefaultOptions(filepath.Join(dir, badger.Folder)).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(edit); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestSchemaVersion(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	raw(t, dir, func(txn *upstream.Txn) error { return txn.Set([]byte("ms"), []byte("\x01{\"version\":7}")) })
	refused(t, dir, "version 7", "knows 2", "newer understudy")
	raw(t, dir, func(txn *upstream.Txn) error { return txn.Set([]byte("ms"), []byte("?")) })
	refused(t, dir, "damaged")
	raw(t, dir, func(txn *upstream.Txn) error { return txn.Set([]byte("ms"), []byte("\x01{}")) })
	refused(t, dir, "damaged")
	raw(t, dir, func(txn *upstream.Txn) error { return txn.Set([]byte("ms"), []byte("\x01{\"version\":1}")) })
	s = open(t, dir)
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	raw(t, dir, func(txn *upstream.Txn) error {
		item, err := txn.Get([]byte("ms"))
		if err != nil {
			return err
		}
		return item.Value(func(v []byte) error {
			if !bytes.Contains(v, []byte(`"version":2`)) {
				t.Errorf("a folder that was opened says %s: an older understudy would take it for its own", v)
			}
			return nil
		})
	})
}

func TestForeignFolder(t *testing.T) {
	t.Run("other database", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, badger.Folder), 0o700); err != nil {
			t.Fatal(err)
		}
		raw(t, dir, func(txn *upstream.Txn) error { return txn.Set([]byte("theirs"), []byte("x")) })
		refused(t, dir, "not understudy's", "another folder")
	})
	t.Run("other files", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.MkdirAll(filepath.Join(dir, badger.Folder), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, badger.Folder, "thesis.txt"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "thesis.txt", "another data folder")
	})
	t.Run("a file", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(dir, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, "cannot be made")
	})
	t.Run("files beside", func(t *testing.T) { // a CA, a configuration
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, dir)
	})
}

// TestDamagedFolder damages each kind of file; the folder is refused with a
// sentence, or opened where the database mends itself.
func TestDamagedFolder(t *testing.T) {
	for _, damage := range []struct {
		name string
		do   func(b []byte) []byte
	}{
		{"garbage", func(b []byte) []byte {
			for i := range b {
				b[i] ^= 0x5a
			}
			return b
		}},
		{"empty", func([]byte) []byte { return nil }},
		{"cut", func(b []byte) []byte { return b[:len(b)/2] }},
	} {
		for _, ext := range []string{"MANIFEST", "KEYREGISTRY", ".sst"} {
			t.Run(damage.name+" "+ext, func(t *testing.T) {
				dir := t.TempDir()
				s := open(t, dir)
				if _, err := s.Apply(context.Background(), &simulations.Change{Simulation: "a", PutStubs: []*simulations.StoredStub{stub("x", strings.Repeat("long", 1000))}}); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				done := false
				for _, f := range files(t, dir) {
					if strings.HasSuffix(f, ext) {
						b, err := os.ReadFile(f)
						if err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(f, damage.do(b), 0o600); err != nil {
							t.Fatal(err)
						}
						done = true
					}
				}
				if !done {
					t.Fatal("no such file")
				}
				refused(t, dir)
			})
		}
	}
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	out, err := filepath.Glob(filepath.Join(dir, badger.Folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLog hands what Badger says to slog, warnings as such.
func TestLog(t *testing.T) {
	var out logLines
	s, err := badger.Open(context.Background(), t.TempDir(), slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, `level=DEBUG msg="database: `) || strings.Contains(got, "level=WARN") || strings.Contains(got, `\n`) {
		t.Errorf("logged %s", got)
	}
}

type logLines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
