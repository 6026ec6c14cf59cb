// Package schedule runs jobs when they fall due, later than whoever has them
// done waits for: so many at once, so many waiting, and none after its end.
package schedule

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Job is something to be done. It belongs to the queue from Add until Run says
// that it is done, or Drop is called; it is never called twice at a time.
type Job interface {
	// Run does the job, or tries to. more asks for another run after a wait; ctx
	// ends when the queue is given up, and Run soon after it.
	Run(ctx context.Context) (wait time.Duration, more bool)
	// Drop is told instead of a run that there will be none any more. It does
	// not block.
	Drop()
}

// Limits bound a queue.
type Limits struct {
	// Jobs and Bytes are how many jobs there may be, and of which size together,
	// those that run included.
	Jobs  int
	Bytes int64
	// Running is how many run at once.
	Running int
}

// Queue keeps jobs until they are due. Those that are due run in that order, as
// far as Limits.Running allows; each in a goroutine of its own, and there is no
// other. Safe for concurrent use.
type Queue struct {
	limits Limits
	// life ends with the queue.
	life context.Context //nolint:containedctx // jobs outlive whoever added them
	end  context.CancelFunc

	mu      sync.Mutex
	waiting waiting
	// timer calls start when the first of waiting is due; nil where none waits.
	timer   *time.Timer
	running int
	bytes   int64
	serial  uint64
	closed  bool
	// deadline, after closed, is when nothing more begins.
	deadline time.Time
	// idle is closed, after closed, when nothing runs and nothing waits.
	idle chan struct{}
}

// New makes an empty queue.
func New(limits Limits) *Queue {
	q := &Queue{limits: limits, idle: make(chan struct{})}
	q.life, q.end = context.WithCancel(context.Background())
	return q
}

// entry is a job that waits.
type entry struct {
	job    Job
	size   int64
	due    time.Time
	serial uint64
}

// Add takes a job of that size, in bytes, to be run after the wait. It reports
// false, and takes nothing, where the queue is full or closed. It never blocks.
func (q *Queue) Add(job Job, size int64, wait time.Duration) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waiting)+q.running >= q.limits.Jobs || q.bytes+size > q.limits.Bytes {
		return false
	}
	q.bytes += size
	q.push(entry{job: job, size: size, due: time.Now().Add(wait)})
	q.startLocked()
	return true
}

// Len is how many jobs wait, and how many run.
func (q *Queue) Len() (waiting, running int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting), q.running
}

// Close takes no more jobs, lets those run that are due before ctx ends, and
// drops the others at once. When ctx ends the jobs that still run are broken
// off. It returns when nothing is left, soon after ctx has ended at the latest.
// Without a deadline ctx stands for one that has no end.
func (q *Queue) Close(ctx context.Context) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		q.deadline, _ = ctx.Deadline()
	}
	late := q.takeLate()
	q.finishLocked()
	q.mu.Unlock()
	drop(late)
	select {
	case <-q.idle:
	case <-ctx.Done():
		q.mu.Lock()
		rest := q.waiting
		q.waiting, q.deadline = nil, time.Now()
		q.finishLocked()
		q.mu.Unlock()
		drop(rest)
		q.end()
		<-q.idle
	}
	q.end()
}

func drop(entries []entry) {
	for _, e := range entries {
		e.job.Drop()
	}
}

// takeLate takes out what is due after the deadline.
func (q *Queue) takeLate() (late []entry) {
	if q.deadline.IsZero() {
		return nil
	}
	kept := q.waiting[:0]
	for _, e := range q.waiting {
		if e.due.After(q.deadline) {
			late = append(late, e)
		} else {
			kept = append(kept, e)
		}
	}
	clear(q.waiting[len(kept):])
	q.waiting = kept
	heap.Init(&q.waiting)
	return late
}

func (q *Queue) push(e entry) {
	q.serial++
	e.serial = q.serial
	heap.Push(&q.waiting, e)
}

func (q *Queue) start() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.startLocked()
}

// startLocked lets what is due run, and sets the timer for what is next.
func (q *Queue) startLocked() {
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
	for len(q.waiting) > 0 && q.running < q.limits.Running {
		if wait := time.Until(q.waiting[0].due); wait > 0 {
			q.timer = time.AfterFunc(wait, q.start)
			return
		}
		q.running++
		go q.run(heap.Pop(&q.waiting).(entry))
	}
}

func (q *Queue) run(e entry) {
	wait, more := e.job.Run(q.life)
	q.mu.Lock()
	q.running--
	e.due = time.Now().Add(wait)
	late := more && (q.life.Err() != nil || q.closed && !q.deadline.IsZero() && e.due.After(q.deadline))
	switch {
	case more && !late:
		q.push(e)
	default:
		q.bytes -= e.size
	}
	if late {
		// Said before the queue counts as empty.
		q.running++
		q.mu.Unlock()
		e.job.Drop()
		q.mu.Lock()
		q.running--
	}
	q.startLocked()
	q.finishLocked()
	q.mu.Unlock()
}

// finishLocked says that a closed queue is empty, once.
func (q *Queue) finishLocked() {
	if !q.closed || q.running > 0 || len(q.waiting) > 0 {
		return
	}
	select {
	case <-q.idle:
	default:
		close(q.idle)
	}
}

// waiting is a heap: what is due first stands first, and of equal ones what was
// added first.
type waiting []entry

func (w waiting) Len() int { return len(w) }

func (w waiting) Less(i, j int) bool {
	if !w[i].due.Equal(w[j].due) {
		return w[i].due.Before(w[j].due)
	}
	return w[i].serial < w[j].serial
}

func (w waiting) Swap(i, j int) { w[i], w[j] = w[j], w[i] }

func (w *waiting) Push(e any) { *w = append(*w, e.(entry)) }

func (w *waiting) Pop() any {
	last := len(*w) - 1
	e := (*w)[last]
	(*w)[last] = entry{}
	*w = (*w)[:last]
	return e
}
