package simulator

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// drawing is the source of what the templates of one answer draw at random. It
// follows from the seed, the session's name and how many answers of the session
// have drawn before, so that a session that begins anew under the same name
// sees the same again. It is made when something is drawn: most answers draw
// nothing, and count nothing.
type drawing struct {
	sessions *sessions
	session  string
	dry      bool
	source   *rand.PCG
}

// Uint64 implements rand.Source.
func (d *drawing) Uint64() uint64 {
	if d.source == nil {
		d.source = drawingSource(d.sessions.options.seed, d.session, d.sessions.draw(d.session, d.dry))
	}
	return d.source.Uint64()
}

func drawingSource(seed uint64, session string, number int) *rand.PCG {
	b := binary.BigEndian.AppendUint64([]byte("template\x00"), seed)
	b = binary.BigEndian.AppendUint64(b, uint64(number))
	sum := sha256.Sum256(append(b, session...))
	return rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:]))
}

// draw counts an answer of a session that draws, unless it is dry.
func (s *sessions) draw(id string, dry bool) (number int) {
	defer s.trim()
	sh := s.shard(id)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	se := sh.byID[id]
	if dry && se == nil {
		return 1
	}
	if dry {
		return se.draws + 1
	}
	se = s.use(sh, id)
	se.draws++
	se.dirty[memo{memoDraws, ""}] = struct{}{}
	return se.draws
}
