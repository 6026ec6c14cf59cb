package store

import "context"

// Sweep does what the collector does in the background, at once.
func Sweep(s Store) error {
	d := s.(*db)
	return d.guard(func() error {
		if err := d.collect.dropPending(); err != nil {
			return err
		}
		return d.collect.sweepBodies()
	})
}

// Verify sees that whatever a record refers to is there.
func Verify(s Store) error {
	d := s.(*db)
	return d.guard(func() error { return d.verify(context.Background()) })
}

// SetSweepMarks sets how many hashes a sweep remembers, until undo is called.
func SetSweepMarks(n int) (undo func()) {
	old := sweepMarks
	sweepMarks = n
	return func() { sweepMarks = old }
}
