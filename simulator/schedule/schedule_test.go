package schedule

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// work is a Job out of functions.
type work struct {
	run     func(ctx context.Context) (time.Duration, bool)
	dropped func()
}

func (w *work) Run(ctx context.Context) (time.Duration, bool) { return w.run(ctx) }
func (w *work) Drop()                                         { w.dropped() }

// log is what happened, and when, since its making.
type log struct {
	mu    sync.Mutex
	since time.Time
	lines []string
}

func (l *log) add(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, time.Since(l.since).String()+" "+what)
}

func (l *log) want(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.lines, want) {
		t.Errorf("%q, want %q", l.lines, want)
	}
}

// job runs as often as waits has items and once more, each run taking a second.
func (l *log) job(name string, waits ...time.Duration) *work {
	n := 0
	return &work{
		run: func(ctx context.Context) (time.Duration, bool) {
			l.add(name)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				l.add(name + " broken off")
				return 0, false
			}
			if n++; n > len(waits) {
				return 0, false
			}
			return waits[n-1], true
		},
		dropped: func() { l.add(name + " dropped") },
	}
}

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &log{since: time.Now()}
		q := New(Limits{Jobs: 10, Bytes: 100, Running: 1})
		q.Add(l.job("late"), 1, 5*time.Second)
		q.Add(l.job("again", 3*time.Second), 1, 0)
		q.Add(l.job("now"), 1, 0)
		q.Add(l.job("soon"), 1, 2*time.Second)
		time.Sleep(time.Minute)
		q.Close(t.Context())
		l.want(t, "0s again", "1s now", "2s soon", "4s again", "5s late")
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &log{since: time.Now()}
		q := New(Limits{Jobs: 3, Bytes: 10, Running: 2})
		for i, c := range []struct {
			size int64
			want bool
		}{{4, true}, {7, false}, {4, true}, {2, true}, {0, false}} {
			if got := q.Add(l.job("x"), c.size, 0); got != c.want {
				t.Errorf("job %d: taken %v, want %v", i, got, c.want)
			}
		}
		synctest.Wait()
		if waiting, running := q.Len(); waiting != 1 || running != 2 {
			t.Errorf("%d wait and %d run", waiting, running)
		}
		time.Sleep(5 * time.Second)
		if !q.Add(l.job("x"), 10, 0) {
			t.Error("what was done still takes room")
		}
		q.Close(t.Context())
		if q.Add(l.job("x"), 1, 0) {
			t.Error("a closed queue takes a job")
		}
	})
}

// TestClose: what is due in time still runs, the rest is dropped at once, and
// what hangs is broken off.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &log{since: time.Now()}
		q := New(Limits{Jobs: 10, Bytes: 100, Running: 5})
		q.Add(l.job("hour"), 1, time.Hour)
		q.Add(l.job("soon"), 1, 2*time.Second)
		q.Add(l.job("again late", time.Hour), 1, 3*time.Second)
		q.Add(l.job("hangs"), 1, 9500*time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		q.Close(ctx)
		l.want(t, "0s hour dropped", "2s soon", "3s again late", "4s again late dropped", "9.5s hangs", "10s hangs broken off")
		q.Close(ctx) // again, without harm
	})
}

// TestCloseAtOnce: a context that has ended leaves no time.
func TestCloseAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &log{since: time.Now()}
		q := New(Limits{Jobs: 10, Bytes: 100, Running: 1})
		q.Add(l.job("runs"), 1, 0)
		q.Add(l.job("waits"), 1, 0)
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		q.Close(ctx)
		l.want(t, "0s runs", "0s waits dropped", "0s runs broken off")
	})
}

// TestMany: ten thousand jobs, never more at once than is allowed.
func TestMany(t *testing.T) {
	const n, atOnce = 10_000, 16
	q := New(Limits{Jobs: n, Bytes: n, Running: atOnce})
	var now, most, done atomic.Int64
	for range n {
		tries := 0
		ok := q.Add(&work{
			run: func(context.Context) (time.Duration, bool) {
				most.Store(max(most.Load(), now.Add(1)))
				defer now.Add(-1)
				if tries++; tries < 3 {
					return time.Duration(tries) * time.Microsecond, true
				}
				done.Add(1)
				return 0, false
			},
			dropped: func() { t.Error("dropped") },
		}, 1, 0)
		if !ok {
			t.Fatal("the queue is full too early")
		}
	}
	q.Close(t.Context())
	if done.Load() != n || most.Load() > atOnce {
		t.Errorf("%d done, %d at once", done.Load(), most.Load())
	}
}
