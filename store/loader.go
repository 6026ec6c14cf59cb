package store

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"understudy/simulations"
)

// stubLoader decodes stubs on all processors while the scan goes on; decoding
// is what loading a large catalog takes its time for.
type stubLoader struct {
	db      *db
	jobs    chan []loadJob
	batch   []loadJob
	workers sync.WaitGroup
	touched map[*simulations.Simulation]bool

	mu  sync.Mutex // guards err and the Stubs of all simulations
	err error
}

type loadJob struct {
	to     *simulations.Simulation
	header *header
	id     string
	value  []byte
}

// loadBatch is how many stubs go to a worker at once.
const loadBatch = 128

func newStubLoader(d *db) *stubLoader {
	l := &stubLoader{db: d, jobs: make(chan []loadJob, 4), touched: make(map[*simulations.Simulation]bool)}
	for range runtime.GOMAXPROCS(0) {
		l.workers.Go(l.work)
	}
	return l
}

func (l *stubLoader) work() {
	for batch := range l.jobs {
		for _, j := range batch {
			s, err := l.db.loadStub(j.header, j.id, j.value)
			l.mu.Lock()
			if err == nil {
				j.to.Stubs = append(j.to.Stubs, s)
			} else if l.err == nil {
				l.err = damaged(fmt.Sprintf("stub %s/%s", j.to.Name, j.id), err)
			}
			l.mu.Unlock()
		}
	}
}

// add copies value. It returns the first error that a worker has met by then.
func (l *stubLoader) add(to *simulations.Simulation, h *header, id string, value []byte) error {
	l.touched[to] = true
	l.batch = append(l.batch, loadJob{to, h, id, slices.Clone(value)})
	if len(l.batch) < loadBatch {
		return nil
	}
	l.send()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *stubLoader) send() {
	l.jobs <- l.batch
	l.batch = nil
}

// wait ends the work and puts the stubs in order of age.
func (l *stubLoader) wait() error {
	l.send()
	l.stop()
	for s := range l.touched {
		slices.SortFunc(s.Stubs, func(a, b *simulations.StoredStub) int {
			return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Position, b.Position))
		})
	}
	return l.err
}

// stop ends the workers; it may be called twice.
func (l *stubLoader) stop() {
	if l.jobs != nil {
		close(l.jobs)
		l.workers.Wait()
		l.jobs = nil
	}
}
