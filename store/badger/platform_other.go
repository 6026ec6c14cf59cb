//go:build !linux && !darwin && !freebsd

package badger

import "io/fs"

// syncsFiles: Badger syncs every transaction.
const syncsFiles = false

// freeSpace is not known here; a full disk is not seen in time.
func freeSpace(string) (bytes int64, known bool) { return 0, false }

func sizeOnDisk(info fs.FileInfo) int64 { return info.Size() }

// inUse is not known here; Badger says it.
func inUse(string) bool { return false }
