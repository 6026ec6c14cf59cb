package badger

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"understudy/simulations"
)

const (
	// spaceMargin is for the small files and for file systems that round up.
	spaceMargin = 4 << 20
	// maxCompaction bounds what compactions that run at the same time rewrite
	// before they remove what they have read.
	maxCompaction = 128 << 20
	// measureEvery is when the folder is looked at again, in bytes and in time.
	measureBytes = 1 << 20
	measureEvery = time.Second
)

// space says whether the disk has room for a transaction and for what follows
// from it:
//
//   - the transaction in the log, and a second time in the table that the log
//     is turned into,
//   - all logs there are, each of which becomes a table before it is removed,
//   - compaction, which writes new tables before it removes the old ones.
//
// What it cannot see is another program that takes the room in the meantime.
type space struct {
	files string
	size  atomic.Int64 // of the folder

	mu       sync.Mutex
	measured time.Time
	logs     int64 // bytes on disk, when measured
	tables   int64
	written  int64 // since then
	refused  int64 // what was last asked for in vain; 0 after a success
}

func newSpace(files string) *space { return &space{files: files} }

// admit reports whether n more bytes may be written: CodeUnavailable if not.
func (s *space) admit(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.check(n)
	if s.refused = 0; err != nil {
		s.refused = n
	} else {
		s.written += n
	}
	return err
}

// health reports whether what was last asked for would be refused now.
func (s *space) health() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.check(s.refused)
}

func (s *space) check(n int64) error {
	if now := time.Now(); s.written+n > measureBytes || now.Sub(s.measured) > measureEvery {
		if err := s.measure(); err != nil {
			return simulations.Errorf(simulations.CodeUnavailable, "the data folder cannot be read: %w", err)
		}
		s.measured, s.written = now, 0
	}
	free, known := freeSpace(s.files)
	need := s.logs + min(s.tables, maxCompaction) + 2*(s.written+n) + spaceMargin
	if known && free < need {
		return simulations.Errorf(simulations.CodeUnavailable, "the disk of %s is full: %d MiB are free, %d MiB are needed to write safely", filepath.Dir(s.files), free>>20, (need>>20)+1)
	}
	return nil
}

func (s *space) measure() error {
	there, err := os.ReadDir(s.files)
	if err != nil {
		return err
	}
	var all int64
	s.logs, s.tables = 0, 0
	for _, f := range there {
		info, err := f.Info()
		if err != nil {
			continue // removed meanwhile
		}
		n := sizeOnDisk(info)
		all += n
		switch filepath.Ext(f.Name()) {
		case ".mem":
			s.logs += n
		case ".sst":
			s.tables += n
		}
	}
	s.size.Store(all)
	return nil
}
