package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"understudy/simulations"
)

// The kinds of keys; the package comment says what each holds.
const (
	kindCounters     = "ca"
	kindCollaborator = "ck"
	kindDeclared     = "cl"
	kindSimulation   = "cn"
	kindStub         = "cs"
	kindRestoring    = "mr"
	kindSchema       = "ms"
	kindChunk        = "bc"
	kindChunkMark    = "bk"
	kindBody         = "bm"
	kindState        = "vs"
	kindExchange     = "xe"
	kindOfTake       = "xi"
	kindRequest      = "xq"
	kindTake         = "xt"
	kindCurrent      = "xu"
)

// digest is a SHA-256.
type digest [sha256.Size]byte

func (d digest) String() string { return hex.EncodeToString(d[:]) }

func key(kind, name string) []byte {
	return append(append(make([]byte, 0, len(kind)+len(name)), kind...), name...)
}

func numberKey(kind string, n ...uint64) []byte {
	k := append(make([]byte, 0, len(kind)+8*len(n)), kind...)
	for _, i := range n {
		k = binary.BigEndian.AppendUint64(k, i)
	}
	return k
}

func digestKey(kind string, d digest) []byte {
	return append(append(make([]byte, 0, len(kind)+len(d)), kind...), d[:]...)
}

// generation is where the stubs of a simulation are; the length before the name
// keeps "a" from being a prefix of "ab".
type generation struct {
	name   string
	number uint64
}

func (g generation) prefix() []byte {
	k := append(make([]byte, 0, 12+len(g.name)+32), kindStub...)
	k = binary.BigEndian.AppendUint16(k, uint16(len(g.name)))
	k = append(k, g.name...)
	return binary.BigEndian.AppendUint64(k, g.number)
}

func (g generation) stubKey(id string) []byte { return append(g.prefix(), id...) }

// parseStubKey is the inverse of stubKey.
func parseStubKey(k []byte) (g generation, id string, ok bool) {
	k, ok = bytesAfter(k, kindStub)
	if !ok || len(k) < 2 {
		return g, "", false
	}
	n := int(binary.BigEndian.Uint16(k))
	if k = k[2:]; len(k) < n+8 {
		return g, "", false
	}
	g = generation{string(k[:n]), binary.BigEndian.Uint64(k[n:])}
	return g, string(k[n+8:]), true
}

// parseNumbers reads the numbers of a key that holds n of them and nothing else.
func parseNumbers(k []byte, kind string, n int) ([2]uint64, bool) {
	var out [2]uint64
	k, ok := bytesAfter(k, kind)
	if !ok || len(k) != 8*n {
		return out, false
	}
	for i := range n {
		out[i] = binary.BigEndian.Uint64(k[8*i:])
	}
	return out, true
}

// parseDigest reads the hash of a key.
func parseDigest(k []byte, kind string) (d digest, ok bool) {
	k, ok = bytesAfter(k, kind)
	if !ok || len(k) != len(d) {
		return d, false
	}
	return digest(k), true
}

func bytesAfter(k []byte, kind string) ([]byte, bool) {
	if len(k) < len(kind) || string(k[:len(kind)]) != kind {
		return nil, false
	}
	return k[len(kind):], true
}

// after is the smallest key above all that begin with prefix; nil for none.
func after(prefix []byte) []byte {
	k := slices.Clone(prefix)
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			return k[:i+1]
		}
	}
	return nil
}

// bodyDigest reads the name of a body.
func bodyDigest(ref simulations.BodyRef) (d digest, err error) {
	raw, err := hex.DecodeString(ref.ID)
	if err != nil || len(raw) != len(d) {
		return d, simulations.Errorf(simulations.CodeNotFound, "there is no stored body %.80q: an id has 64 hexadecimal digits", ref.ID)
	}
	return digest(raw), nil
}
