package matchers

import "hash/maphash"

// window is a piece of a text that moves through it byte by byte: the hash of the next
// one is made of that of the one before.
type window struct {
	length     int
	sum, power uint64
}

// windowBase is the process's, as seed is: the sum of a window is the number that its
// bytes, each plus one, write to this base.
var windowBase = maphash.String(seed, "window") | 1

// newWindow is at the first bytes of the text, of which there are as many.
func newWindow(text string, length int) window {
	w := window{length: length, power: 1}
	for i := range length {
		w.sum = w.sum*windowBase + uint64(text[i]) + 1
		w.power *= windowBase
	}
	return w
}

// move takes a byte in, and the first one out.
func (w *window) move(in, out byte) {
	w.sum = w.sum*windowBase + uint64(in) + 1 - (uint64(out)+1)*w.power
}

// hash spreads the sum over all bits.
func (w window) hash() uint64 {
	h := w.sum ^ uint64(w.length)<<56
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
