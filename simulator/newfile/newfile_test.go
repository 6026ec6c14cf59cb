package newfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"understudy/simulator/newfile"
)

// TestWrite: of those that write a name at once one does, and what it wrote is
// there whole, with nothing beside it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	var wrote atomic.Pointer[string]
	var writers sync.WaitGroup
	for _, text := range []string{"one", "two", "three", "four"} {
		writers.Go(func() {
			switch err := newfile.Write(dir, "key", []byte(text), 0o640); {
			case err == nil && !wrote.CompareAndSwap(nil, &text):
				t.Errorf("%s was written too", text)
			case err != nil && !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	writers.Wait()
	got, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil || wrote.Load() == nil || string(got) != *wrote.Load() {
		t.Errorf("%q, %v", got, err)
	}
	there, err := os.ReadDir(dir)
	if err != nil || len(there) != 1 {
		t.Fatal(there, err)
	}
	if info, err := there[0].Info(); err != nil || info.Mode() != 0o640 {
		t.Error(info.Mode(), err)
	}
	if err := newfile.Write(filepath.Join(dir, "none"), "key", nil, 0o600); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
