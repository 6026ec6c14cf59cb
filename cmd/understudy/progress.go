package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// meter shows how far long work is: a bar on a terminal, elsewhere a line now
// and then, and none for work that is short. It writes to stderr.
type meter struct {
	label string
	total int64
	w     io.Writer

	bars *mpb.Progress
	bar  *mpb.Bar

	mu    sync.Mutex // guards what follows
	sum   int64
	odd   int
	next  time.Time
	ended bool
}

// lineEvery is how often a meter that is no bar says where it is.
const lineEvery = 2 * time.Second

// meter begins to measure; total is in bytes, 0 or less where it is not known.
func (c *cli) meter(label string, total int64) *meter {
	m := &meter{label: clean(label), total: max(total, 0), w: c.err, next: time.Now().Add(lineEvery)}
	if _, ok := terminal(c.err); ok {
		m.bars = mpb.New(mpb.WithOutput(c.err))
		m.bar = m.bars.AddBar(m.total,
			mpb.PrependDecorators(decor.Name(m.label+" ")),
			mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f"), decor.Name(" "), decor.AverageSpeed(decor.SizeB1024(0), "% .1f")),
			mpb.BarRemoveOnComplete())
	}
	return m
}

// add counts bytes that were dealt with. It may be called by several at once.
func (m *meter) add(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count(n)
}

// half is add for bytes that are dealt with twice.
func (m *meter) half(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.odd += n
	m.count(m.odd / 2)
	m.odd %= 2
}

// count is add with the lock held.
func (m *meter) count(n int) {
	if m.ended { // stdin was left, and is still read
		return
	}
	m.sum += int64(n)
	if m.bar != nil {
		m.bar.IncrBy(n)
		return
	}
	if now := time.Now(); now.After(m.next) {
		m.next = now.Add(lineEvery)
		fmt.Fprintf(m.w, "%s: %s\n", m.label, roughly(m.sum, m.total))
	}
}

// roughly is so many of so many bytes, in the unit that suits the more of them; a
// total of 0 is not known.
func roughly(sum, total int64) string {
	unit, size := "KiB", float64(1<<10)
	for _, larger := range []string{"MiB", "GiB", "TiB"} {
		if most := float64(max(sum, total)); most < size*1024 {
			break
		}
		unit, size = larger, size*1024
	}
	if total > 0 {
		return fmt.Sprintf("%.1f of %.1f %s", float64(sum)/size, float64(total)/size, unit)
	}
	return fmt.Sprintf("%.1f %s", float64(sum)/size, unit)
}

// done is how many bytes were counted.
func (m *meter) done() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sum
}

// end takes the bar away, whether the work is done or has failed.
func (m *meter) end() {
	m.mu.Lock()
	m.ended = true
	m.mu.Unlock()
	if m.bars != nil {
		m.bar.Abort(true)
		m.bars.Wait()
	}
}

// reader measures what is read of r.
func (m *meter) reader(r io.Reader) io.Reader { return &meteredReader{r, m.add} }

// halfReader measures what is read of r and dealt with once more.
func (m *meter) halfReader(r io.Reader) io.Reader { return &meteredReader{r, m.half} }

type meteredReader struct {
	io.Reader
	add func(n int)
}

func (r *meteredReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.add(n)
	return n, err
}
