//go:build linux || darwin || freebsd

package badger

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
)

// syncsFiles says that syncing a file also syncs what was written to it through
// a memory map, as Linux does (fsync(2), "all modified in-core data"). Elsewhere
// Badger syncs every transaction.
const syncsFiles = runtime.GOOS == "linux"

// freeSpace is what an ordinary user may still write to the disk of a folder.
func freeSpace(dir string) (bytes int64, known bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}

// sizeOnDisk leaves out the holes: logs are made larger than what they hold.
func sizeOnDisk(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}

// inUse reports whether another open database holds the folder: Badger locks
// the folder itself.
func inUse(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close() // which unlocks
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
