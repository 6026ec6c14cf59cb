package badger_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"math/rand/v2"
	"sync/atomic"

	"understudy/simulations"
	"understudy/store/badger"
)

func mem() string {
	st, _ := os.ReadFile("/proc/self/status")
	var out []string
	for _, l := range strings.Split(string(st), "\n") { if strings.HasPrefix(l, "Rss") || strings.HasPrefix(l, "VmHWM")  { out = append(out, strings.Join(strings.Fields(l), " ")) } }
	var m runtime.MemStats; runtime.ReadMemStats(&m)
	return fmt.Sprint(out, " heapsys ", m.HeapSys>>20, " inuse ", m.HeapInuse>>20, " alloc ", m.HeapAlloc>>20, " idle-released ", (m.HeapIdle-m.HeapReleased)>>20)
}

func TestZZPerf(t *testing.T) {
	ctx := context.Background()
	s, err := badger.Open(t.TempDir(), nil)
	if err != nil { t.Fatal(err) }
	t.Log(mem())
	take, _ := s.BeginTake(ctx, "pay", "rec", time.Now())
	for _, n := range []int{1, 16, 128} {
		var count atomic.Int64
		startT := time.Now()
		var w sync.WaitGroup
		for i := range n {
			w.Go(func() {
				for j := 0; time.Since(startT) < 2*time.Second; j++ {
					id := fmt.Sprintf("s%d-%d", i, j%100)
					if err := s.Append(ctx, recorded(take.ID, id, "/123456789"), &simulations.Change{Simulation: "rec", PutStubs: []*simulations.StoredStub{stub(id, "x")}}, false); err != nil { t.Error(err); return }
					count.Add(1)
				}
			})
		}
		w.Wait()
		t.Log(n, count.Load(), mem())
	}
	b := s.NewBody(ctx)
	buf := make([]byte, 1<<20)
	startT := time.Now()
	r := rand.NewChaCha8([32]byte{})
	for i := range 1024 {
		_, _ = r.Read(buf)
		if _, err := b.Write(buf); err != nil { t.Fatal(err) }
		if i%128==0 { t.Log(mem()) }
	}
	_, err = b.Commit()
	if err != nil { t.Fatal(err) }
	t.Logf("1 GiB written in %v, size on disk %d MiB", time.Since(startT), s.Stats().Bytes>>20)
	t.Log(mem())
	_ = s.Close(ctx)
}
