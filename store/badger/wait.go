package badger

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// A killed process keeps the lock of its folder until the system has taken its
// memory apart, which for gigabytes is noticeable: a start straight after it finds
// the folder in use. lockWait is how long such a start waits, and lockPoll how
// often it looks; the system tells nobody.
const (
	lockWait = 2 * time.Second
	lockPoll = 20 * time.Millisecond
)

var errHeld = errors.New("another process holds the lock")

// openFree opens the database as soon as no other process has it. It blocks for
// lockWait at most and ends with ctx, whose error it returns then.
func openFree(ctx context.Context, files string, logger *slog.Logger) (*badger.DB, error) {
	db, err := openOnce(files, logger)
	if !held(files, err) {
		return db, err
	}
	logger.Info("the data folder is in use: waiting for it", "folder", files, "by", holder(files), "at most", lockWait)
	end := time.NewTimer(lockWait)
	defer end.Stop()
	look := time.NewTicker(lockPoll)
	defer look.Stop()
	for held(files, err) {
		select {
		case <-look.C:
			db, err = openOnce(files, logger)
		case <-end.C:
			return nil, err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return db, err
}

// openOnce opens the database if no other process has it.
func openOnce(files string, logger *slog.Logger) (*badger.DB, error) {
	if inUse(files) { // and being written: what is there says nothing
		return nil, errHeld
	}
	if err := checkLogs(files); err != nil {
		return nil, err
	}
	if err := removeEmptyLogs(files); err != nil {
		return nil, err
	}
	return openBadger(badgerOptions(files, logger))
}

// held reports whether an error of openOnce came of another process. Files may look
// damaged while that changes them.
func held(files string, err error) bool {
	return err != nil && (errors.Is(err, errHeld) || strings.Contains(err.Error(), "Another process is using this Badger database") || inUse(files))
}

// holder names the process that has the database.
func holder(files string) string {
	if pid, err := os.ReadFile(filepath.Join(files, "LOCK")); err == nil && len(pid) < 20 {
		return "another process (pid " + strings.TrimSpace(string(pid)) + ")"
	}
	return "another process"
}
