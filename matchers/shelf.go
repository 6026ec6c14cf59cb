package matchers

import "strings"

// shelf keeps texts that hold no pointers, many to a piece of memory, so that a
// million of them cost the garbage collector as much as a thousand. It only
// grows, and is immutable once its index is built.
type shelf struct {
	pieces []string
	spans  []span
}

// span is where a text lies.
type span struct{ piece, at, len uint32 }

// put adds texts, which may be let go then, and returns them as they lie on the
// shelf.
func (s *shelf) put(texts []string) []string {
	var b strings.Builder
	size := 0
	for _, t := range texts {
		size += len(t)
	}
	b.Grow(size)
	for _, t := range texts {
		s.spans = append(s.spans, span{uint32(len(s.pieces)), uint32(b.Len()), uint32(len(t))})
		b.WriteString(t)
	}
	piece := b.String()
	s.pieces = append(s.pieces, piece)
	out := make([]string, len(texts))
	for i, sp := range s.spans[len(s.spans)-len(texts):] {
		out[i] = piece[sp.at : sp.at+sp.len]
	}
	return out
}

// get returns text number i; it shares the shelf's memory.
func (s *shelf) get(i uint32) string {
	sp := s.spans[i]
	return s.pieces[sp.piece][sp.at : sp.at+sp.len]
}

// reorder puts text order[i] in place i.
func (s *shelf) reorder(order []uint32) {
	spans := make([]span, len(order))
	for i, from := range order {
		spans[i] = s.spans[from]
	}
	s.spans = spans
}

// share adds some of another shelf's texts without copying them.
func (s *shelf) share(from *shelf, numbers []uint32) {
	first := uint32(len(s.pieces))
	s.pieces = append(s.pieces, from.pieces...)
	for _, n := range numbers {
		sp := from.spans[n]
		sp.piece += first
		s.spans = append(s.spans, sp)
	}
}

// bytes is what the shelf holds, used or not.
func (s *shelf) bytes() int {
	n := 0
	for _, p := range s.pieces {
		n += len(p)
	}
	return n
}

// used is how much of it some of the texts take.
func (s *shelf) used(numbers []uint32) int {
	n := 0
	for _, i := range numbers {
		n += int(s.spans[i].len)
	}
	return n
}
