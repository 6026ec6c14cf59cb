package badger

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"understudy/store"
)

// unsyncedKB is how much of the mapped files whose names end so is not on disk
// yet, as the kernel counts it.
func unsyncedKB(t *testing.T, suffix string) int {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Skip("no smaps here: ", err)
	}
	defer f.Close()
	sum, within := 0, false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.Fields(lines.Text())
		switch {
		case !strings.HasSuffix(line[0], ":"):
			within = strings.HasSuffix(lines.Text(), suffix)
		case within && (line[0] == "Shared_Dirty:" || line[0] == "Private_Dirty:"):
			n, err := strconv.Atoi(line[1])
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
	}
	return sum
}

// mapped is a file in memory that is not what is on disk.
func mapped(t *testing.T) (f *os.File, memory []byte) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "mapped"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if err := f.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	memory, err = unix.Mmap(int(f.Fd()), 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(memory) })
	memory[0] = 1
	if unsyncedKB(t, f.Name()) == 0 {
		t.Skip("the kernel does not count what is not on disk")
	}
	if err := unix.Fdatasync(int(f.Fd())); err != nil {
		t.Fatal(err)
	}
	if unsyncedKB(t, f.Name()) > 0 {
		t.Skip("the folder of temporary files is not on a disk")
	}
	return f, memory
}

// TestFileSync: what was written through a memory map is on disk afterwards,
// whether the kernel can be asked or not.
func TestFileSync(t *testing.T) {
	f, memory := mapped(t)
	asked := newFileSync()
	if asked.context == 0 {
		t.Log("the kernel cannot be asked here")
	}
	deaf := newFileSync()
	if told := deaf.done; told != nil {
		defer told.Close()
		deaf.done, _ = os.Open(os.DevNull)
		_ = deaf.done.Close() // reading it fails
	}
	for name, s := range map[string]*fileSync{"asked": asked, "asked, not told": deaf, "not asked": {control: new(controlBlock)}} {
		t.Run(name, func(t *testing.T) {
			defer s.close()
			for i := range 100 {
				memory[i*5000]++
				if unsyncedKB(t, f.Name()) == 0 {
					t.Fatal("nothing to sync")
				}
				if err := s.sync(f); err != nil {
					t.Fatal(err)
				}
				if n := unsyncedKB(t, f.Name()); n > 0 {
					t.Fatalf("%d KB are not on disk", n)
				}
			}
		})
	}
}

// TestFileSyncFails: an error is the file's, and the next file is synced all the same.
func TestFileSyncFails(t *testing.T) {
	f, _ := mapped(t)
	r, w, err := os.Pipe() // which cannot be synced
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	s := newFileSync()
	defer s.close()
	if err := s.sync(w); err == nil {
		t.Error("a pipe was synced")
	}
	if err := s.sync(f); err != nil {
		t.Error(err)
	}
}

// TestApplySyncs: after a transaction that asks for it nothing of any log is
// unsynced, also where Badger has begun other logs in the meantime and removed
// older ones.
func TestApplySyncs(t *testing.T) {
	mapped(t) // or skips
	e := openEngine(t)
	noise := rand.NewChaCha8([32]byte{})
	random := rand.New(noise)
	number, logs, unsynced := 0, map[int]bool{}, false
	put := func(values, size int, sync bool) {
		var ops []store.Op
		for range values {
			number++
			value := make([]byte, size)
			_, _ = noise.Read(value) // what cannot be made small fills logs
			ops = append(ops, store.Op{Key: fmt.Appendf(nil, "k%d", number), Value: value})
		}
		if err := e.Apply(ops, sync); err != nil {
			t.Fatal(err)
		}
	}
	for range 10 {
		// Enough that Badger begins other logs, and waits for the first of them to be
		// a table: it keeps two.
		if n := random.IntN(30); n > 0 {
			for range n {
				put(15, 100<<10, false)
			}
			unsynced = unsynced || unsyncedKB(t, ".mem") > 0
		}
		for range 10 {
			put(1, 1+random.IntN(100<<10), true)
			if n := unsyncedKB(t, ".mem"); n > 0 {
				t.Fatalf("value %d: %d KB are not on disk", number, n)
			}
			logs[e.log.number] = true
		}
	}
	if len(logs) < 5 || !unsynced {
		t.Errorf("%d logs, unsynced: %t: the test does not reach what it is for", len(logs), unsynced)
	}
}

// TestApplySyncsBesideScan: a scan keeps the log that it reads, while others come
// after it and go. That one is not the newest.
func TestApplySyncsBesideScan(t *testing.T) {
	mapped(t) // or skips
	e := openEngine(t)
	put := func(key string, value []byte, sync bool) {
		t.Helper()
		if err := e.Apply([]store.Op{{Key: []byte(key), Value: value}}, sync); err != nil {
			t.Fatal(err)
		}
	}
	put("a", []byte("b"), true)
	first := e.log.number
	err := e.Scan([]byte("a"), nil, func(_, _ []byte) error {
		noise := rand.NewChaCha8([32]byte{})
		value := make([]byte, 100<<10)
		come := 0
		for i := 0; come < first+3; i++ {
			_, _ = noise.Read(value)
			put(fmt.Sprint("b", i), value, false)
			come = newestLog(t, e)
		}
		for exists(e.log.name(first + 1)) {
			runtime.Gosched() // Badger makes a table of it
		}
		if !exists(e.log.name(first)) {
			t.Error("nothing keeps the log that is read: the test does not reach what it is for")
		}
		put("c", value, true)
		if n := unsyncedKB(t, ".mem"); n > 0 {
			t.Errorf("%d KB are not on disk, log %d is synced of %d", n, e.log.number, newestLog(t, e))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func newestLog(t *testing.T, e *engine) int {
	t.Helper()
	c := &currentLog{files: e.files}
	if err := c.find(); err != nil {
		t.Fatal(err)
	}
	c.lose()
	return c.number
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
