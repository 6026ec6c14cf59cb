package simulator

import (
	"encoding/binary"
	"slices"
	"sort"
	"sync"
)

// journalShard is a part of the journal with a lock of its own. Its entries lie one
// behind the other in chunks of bytes, in the order of their ids. Entries leave
// chunk by chunk, and the buffer of a chunk that left is filled again, so that
// appending makes no garbage.
type journalShard struct {
	mu     sync.Mutex
	chunks []chunk
	// spare is a buffer that waits to be filled again; nil for none.
	spare []byte
	// chunkSize is the size of buffers, but for that of a larger entry.
	chunkSize int
	// held is the memory of all buffers, budget what it may come to: only a
	// single entry that is larger may exceed it. used is what entries take of it.
	held, budget, used int64

	// Shards lie side by side in memory: this keeps two cores that use two
	// shards from fighting for one cache line.
	_ [64]byte
}

// chunk is a buffer of frames. A frame is the id of an entry (8 bytes), the
// length of its form (4 bytes) and the form.
type chunk struct {
	first, last uint64 // ids
	buf         []byte
}

const frameHeader = 8 + 4

// The sizes of buffers, in bytes. The smaller they are the less leaves at once.
const (
	minChunk = 4 << 10
	maxChunk = 256 << 10
)

func (s *journalShard) init(budget int64) {
	s.budget = budget
	s.chunkSize = int(min(max(budget/64, minChunk), maxChunk))
}

// add keeps a form under an id above all that the shard has. oldest is the
// first id that is still shown. evicted is the highest id of those that had to
// make room, 0 for none. The caller holds mu.
func (s *journalShard) add(id uint64, form []byte, oldest uint64) (evicted uint64) {
	n := frameHeader + len(form)
	if last := len(s.chunks) - 1; last < 0 || cap(s.chunks[last].buf)-len(s.chunks[last].buf) < n {
		var buf []byte
		buf, evicted = s.buffer(max(n, s.chunkSize), oldest)
		s.chunks = append(s.chunks, chunk{first: id, buf: buf})
	}
	c := &s.chunks[len(s.chunks)-1]
	c.buf = appendFrame(c.buf, id, form)
	c.last = id
	s.used += int64(n)
	return evicted
}

// buffer makes an empty buffer of this size: one that was used before, or a new
// one. Chunks that are shown no more go first, then, where the budget asks for
// it, the oldest of those that are.
func (s *journalShard) buffer(size int, oldest uint64) (buf []byte, evicted uint64) {
	buf, s.spare = s.spare, nil
	if size != s.chunkSize {
		s.held -= int64(cap(buf))
		buf = nil
	}
	gone := 0
	for _, c := range s.chunks {
		shown := c.last >= oldest
		if shown && (buf != nil || s.held+int64(size) <= s.budget) {
			break
		}
		if shown {
			evicted = c.last
		}
		gone++
		s.used -= int64(len(c.buf))
		switch usual := size == s.chunkSize && cap(c.buf) == size; {
		case usual && buf == nil:
			buf = c.buf[:0]
		case usual && s.spare == nil:
			s.spare = c.buf[:0]
		default:
			s.held -= int64(cap(c.buf))
		}
	}
	s.chunks = slices.Delete(s.chunks, 0, gone)
	if buf == nil {
		buf = make([]byte, 0, size)
		s.held += int64(size)
	}
	return buf, evicted
}

func appendFrame(b []byte, id uint64, form []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, id)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(form)))
	return append(b, form...)
}

// frames calls visit for the frames with from <= id < to, until it says no:
// frame is a part of chunk's buffer that begins at the offset at. The caller
// holds mu.
func (s *journalShard) frames(from, to uint64, visit func(c *chunk, at int, id uint64, form []byte) bool) {
	at := sort.Search(len(s.chunks), func(i int) bool { return s.chunks[i].last >= from })
	for i := at; i < len(s.chunks) && s.chunks[i].first < to; i++ {
		c := &s.chunks[i]
		for at := 0; at < len(c.buf); {
			id := binary.LittleEndian.Uint64(c.buf[at:])
			end := at + frameHeader + int(binary.LittleEndian.Uint32(c.buf[at+8:]))
			if id >= to || id >= from && !visit(c, at, id, c.buf[at+frameHeader:end]) {
				return
			}
			at = end
		}
	}
}

// replace puts another form in an entry's place, if the entry is here. It
// reports the highest id of those that had to make room, as add does. The
// caller holds mu.
func (s *journalShard) replace(id uint64, change func(form []byte) []byte) (found bool, evicted uint64) {
	s.frames(id, id+1, func(c *chunk, at int, _ uint64, form []byte) bool {
		frame := appendFrame(nil, id, change(form))
		end := at + frameHeader + len(form)
		length, room := len(c.buf), cap(c.buf)
		if grown := length - (end - at) + len(frame); grown > room {
			c.buf = append(make([]byte, 0, grown), c.buf...)
		}
		c.buf = slices.Replace(c.buf, at, end, frame...)
		s.used += int64(len(c.buf) - length)
		s.held += int64(cap(c.buf) - room)
		found = true
		return false
	})
	return found, s.shrink()
}

// shrink lets the oldest chunks go until the rest is within the budget; the
// last one stays.
func (s *journalShard) shrink() (evicted uint64) {
	if s.held > s.budget {
		s.held -= int64(cap(s.spare))
		s.spare = nil
	}
	gone := 0
	for ; s.held > s.budget && gone < len(s.chunks)-1; gone++ {
		c := &s.chunks[gone]
		evicted = c.last
		s.held -= int64(cap(c.buf))
		s.used -= int64(len(c.buf))
	}
	s.chunks = slices.Delete(s.chunks, 0, gone)
	return evicted
}

// forget lets go of the entries below oldest, and their memory, as far as they
// share no chunk with later ones.
func (s *journalShard) forget(oldest uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= int64(cap(s.spare))
	s.spare = nil
	gone := 0
	for ; gone < len(s.chunks) && s.chunks[gone].last < oldest; gone++ {
		s.held -= int64(cap(s.chunks[gone].buf))
		s.used -= int64(len(s.chunks[gone].buf))
	}
	s.chunks = slices.Delete(s.chunks, 0, gone)
}

// copyOut puts the forms of the entries with from <= id < from+len(into) where
// their ids belong. The lock is held for copying their bytes only. buf is room
// for those, which is returned to be used again.
func (s *journalShard) copyOut(from uint64, into []string, buf []byte) []byte {
	buf = buf[:0]
	var found [readAhead]struct{ place, end int32 }
	n := 0
	s.mu.Lock()
	s.frames(from, from+uint64(len(into)), func(_ *chunk, _ int, id uint64, form []byte) bool {
		buf = append(buf, form...)
		found[n].place, found[n].end = int32(id-from), int32(len(buf))
		n++
		return n < len(found)
	})
	s.mu.Unlock()
	text, start := string(buf), int32(0)
	for _, f := range found[:n] {
		into[f.place] = text[start:f.end]
		start = f.end
	}
	return buf
}
