package badger

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"

	"understudy/simulations"
)

// checkLogs looks into the logs that Badger will replay at open. Badger ends
// the replay of a log at the first entry that is not whole, and forgets what
// stands behind: right for the torn end that a crash leaves, wrong for damage in
// the middle, behind which lies what was acknowledged. So where a whole entry
// follows behind one that is not, the store is not opened. A crash of the
// process leaves at most one entry in part, at the end.
func checkLogs(files string) error {
	logs, err := filepath.Glob(filepath.Join(files, "*.mem"))
	if err != nil {
		return err
	}
	for _, name := range logs {
		log, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		at, behind := damage(log)
		if behind > 0 {
			return simulations.Errorf(simulations.CodeUnavailable, "%s is damaged at byte %d, and %d bytes of records stand behind the damage: restore a backup into another data folder, or give those up with `truncate -s %d %s`", name, at, behind, at, name)
		}
	}
	return nil
}

// logHeader is what a log begins with: the id of a key and a nonce.
const logHeader = 20

// removeEmptyLogs removes the logs of no length that a kill leaves between the
// making of a file and its first byte. They hold nothing, and Badger refuses
// to open a database that has one.
func removeEmptyLogs(files string) error {
	there, err := os.ReadDir(files)
	if err != nil {
		return err
	}
	for _, f := range there {
		if ext := filepath.Ext(f.Name()); ext != ".mem" && ext != ".vlog" {
			continue
		}
		info, err := f.Info()
		if err != nil {
			return err
		}
		if info.Size() > 0 {
			continue
		}
		if err := os.Remove(filepath.Join(files, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// damage finds where the entries of a log end, and how many bytes there are
// from the next whole entry behind that to the end; 0 for none.
func damage(log []byte) (at, behind int) {
	log = bytes.TrimRight(log, "\x00") // logs are made larger than what they hold
	at = min(logHeader, len(log))
	for at < len(log) {
		n := entry(log[at:])
		if n == 0 {
			break
		}
		at += n
	}
	// The checksum of the last entry may itself end in zeros.
	if len(log)-at < crc32.Size {
		return at, 0
	}
	for i := at + 1; i < len(log); i++ {
		if plausible(log[i:]) && entry(log[i:]) > 0 {
			return at, len(log) - i
		}
	}
	return at, 0
}

// entry returns the length of the whole entry that b begins with, 0 for none.
// Its form is Badger's: meta, user meta, and the lengths of key and value and
// the expiry as varints, then key, value and a CRC-32C of all that.
func entry(b []byte) int {
	key, value, head := lengths(b)
	if head == 0 || key == 0 || key > 1<<16 || value > uint64(len(b)) {
		return 0
	}
	size := head + int(key) + int(value)
	if len(b) < size {
		return 0
	}
	// The file's zeros were cut off, so that a checksum may lack its last bytes.
	var sum [crc32.Size]byte
	copy(sum[:], b[size:])
	if binary.BigEndian.Uint32(sum[:]) != crc32.Checksum(b[:size], castagnoli) {
		return 0
	}
	return min(size+crc32.Size, len(b))
}

func lengths(b []byte) (key, value uint64, head int) {
	if len(b) < 3 {
		return 0, 0, 0
	}
	head = 2
	var numbers [3]uint64
	for i := range numbers {
		v, n := binary.Uvarint(b[head:])
		if n <= 0 {
			return 0, 0, 0
		}
		numbers[i] = v
		head += n
	}
	return numbers[0], numbers[1], head
}

// plausible tells most places that begin no entry by their first bytes, so that
// a search does not compute a checksum at every byte: understudy's keys begin
// with two small letters, Badger's own with "!badger!", and nothing expires.
func plausible(b []byte) bool {
	key, _, head := lengths(b)
	if head == 0 || b[head-1] != 0 || key < 10 || key > 4096 || len(b) < head+2 {
		return false
	}
	k := b[head:]
	letter := func(c byte) bool { return c >= 'a' && c <= 'z' }
	return letter(k[0]) && letter(k[1]) || k[0] == '!'
}
