package simulations

import (
	"errors"
	"slices"
)

// Conforms holds a document that was made of something else to the rules that
// Decode holds a text to. The error is Decode's, with pointers into the document
// and neither lines nor columns.
func (doc *Document) Conforms() error {
	if doc.conforms() {
		return nil
	}
	_, err := DecodeValue(doc.Value())
	if e, ok := errors.AsType[*Error](err); ok {
		for i := range e.Fields {
			e.Fields[i].Line, e.Fields[i].Column = 0, 0 // of no text that anybody has
		}
	}
	return err
}

// conforms writes and reads only what it has to, one stub at a time, on all
// processors; false where something is wrong, for whatever reason.
func (doc *Document) conforms() bool {
	ok := true
	const piece = 256
	inOrder((len(doc.Stubs)+piece-1)/piece, func(i int) bool {
		stubs := doc.Stubs[i*piece : min((i+1)*piece, len(doc.Stubs))]
		return !slices.ContainsFunc(stubs, func(s *Stub) bool { return s == nil || !s.Sound() && !s.readable() })
	}, func(right bool) bool {
		ok = right
		return ok
	})
	if !ok {
		return false
	}
	rest := *doc
	rest.Stubs = nil
	if _, err := DecodeValue(rest.Value()); err != nil {
		return false
	}
	doc.check(func(_, _ string) { ok = false })
	return ok
}

// readable reports whether what is written of the stub can be read.
func (s *Stub) readable() bool {
	_, err := decodeInto[Stub](s.Value(), false)
	return err == nil
}
