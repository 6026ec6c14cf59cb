package badger_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"understudy/simulations"
	"understudy/store/badger"
)

// smallDisk mounts a disk of its own, or skips the test.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestDiskFull fills a small disk: writing is refused, reading goes on, and when
// there is room again writing does. Nothing acknowledged is lost. A full disk
// kills a process that writes through memory maps, so it is done in a child.
func TestDiskFull(t *testing.T) {
	disk := smallDisk(t, "96m")
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 40<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(disk, "data")
	c := &child{}
	in, out := io.Pipe()
	c = startWith(t, "fill", dir, in)
	var n int
	if _, err := fmt.Sscanf(c.line(), "full %d unavailable", &n); err != nil || n < 20 {
		t.Fatalf("%d appended, %v, %s", n, err, c.err.String())
	}
	for _, want := range []string{"health unavailable", "body unavailable", fmt.Sprint("read ", n)} {
		if got := c.line(); got != want {
			t.Fatalf("%q, want %q; %s", got, want, c.err.String())
		}
	}
	// Another program takes what is left; then there is room.
	taken, _ := os.Create(filepath.Join(disk, "taken"))
	_, err := io.Copy(taken, io.LimitReader(zeros{}, 1<<30))
	if !strings.Contains(fmt.Sprint(err), "no space") {
		t.Fatal(err)
	}
	_ = taken.Close()
	_ = os.Remove(taken.Name())
	_ = os.Remove(ballast)
	if _, err := io.WriteString(out, "room\n"); err != nil {
		t.Fatal(err)
	}
	if got, want := c.line(), fmt.Sprint("again ", n+1); got != want {
		t.Fatalf("%q, want %q; %s", got, want, c.err.String())
	}
	c.kill(t)
	_ = in.Close()

	s := open(t, dir)
	count := 0
	for rec, err := range s.Exchanges(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if count++; rec.Seq != uint64(count) || len(rec.Exchange.Response.Body.Data) != 100<<10 {
			t.Fatalf("exchange %d is number %d", count, rec.Seq)
		}
	}
	if count != n+1 {
		t.Fatalf("%d exchanges, %d were acknowledged", count, n+1)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestDiskFullFromTheStart is refused with what is missing.
func TestDiskFullFromTheStart(t *testing.T) {
	disk := smallDisk(t, "3m")
	_, err := badger.Open(context.Background(), filepath.Join(disk, "data"), nil)
	if simulations.CodeOf(err) != simulations.CodeUnavailable || !strings.Contains(fmt.Sprint(err), "is full") {
		t.Fatal(err)
	}
}
