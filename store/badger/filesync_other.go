//go:build !linux

package badger

import "os"

// fileSync is not used where Badger syncs every transaction, see syncsFiles.
type fileSync struct{}

func newFileSync() *fileSync { return nil }

func (*fileSync) sync(f *os.File) error { return f.Sync() }
func (*fileSync) close()                {}
