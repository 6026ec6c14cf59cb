package matchers

import (
	"math/rand/v2"
	"testing"
)

// TestWindow: a window that has moved has the hash of a new one, and pieces that are
// not the same have another.
func TestWindow(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, 3000)
	for i := range text {
		text[i] = byte(rnd.IntN(3)) // zero bytes and repetitions, too
	}
	of := map[uint64]string{}
	for _, length := range []int{1, 2, 7, 16, 64} {
		from := 0
		eachWindow(string(text), length, &scope{}, func(h uint64) {
			piece := string(text[from : from+length])
			if want := newWindow(piece, length).hash(); h != want {
				t.Fatalf("%x has the hash %x after moves, %x at once", piece, h, want)
			}
			if other, known := of[h]; known && other != piece {
				t.Fatalf("%x and %x have one hash", piece, other)
			}
			of[h] = piece
			from++
		})
		if from != len(text)-length+1 {
			t.Errorf("%d pieces of %d bytes", from, length)
		}
	}
}
