package simulations

import (
	"bytes"
	"unicode/utf8"
)

// Apart is a JSON document of which one list is not in memory, but read piece by
// piece: of a large document that list is nearly all, and what is made of its
// items is smaller by far.
type Apart struct {
	// Root is the document, List the list in it: of that it has the place, and no
	// items.
	Root, List *Value
	list       *listText
}

// ParseApart is Parse for a JSON text with a list at the path of those names. It
// returns nil for a text that is no JSON, has no such list, or is wrong outside of
// it: what that is says Parse. The text is read again by [Apart.Each]; do not
// change it meanwhile.
func ParseApart(data []byte, path ...string) *Apart {
	return parseApart(data, pieceBytes, path)
}

// pieceBytes is how much of a list's text is read in one go, to the end of an item.
const pieceBytes = 256 << 10

func parseApart(data []byte, piece int, path []string) *Apart {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if !utf8.Valid(data) {
		return nil
	}
	s := jsonScanner{data: data, line: 1, most: maxValues, apart: path, piece: piece}
	root, ok := s.value(0)
	if s.space(); !ok || s.at < len(data) || s.list == nil {
		return nil
	}
	list := &root
	for _, name := range path {
		list = list.Get(name)
	}
	return &Apart{Root: &root, List: list, list: s.list}
}

// Each hands the items of the list to take, in order, until that returns false; it
// reads ahead, on all processors. It returns false where the list is not right:
// then take has had some of the items before, and Parse says what is wrong.
func (a *Apart) Each(take func(i int, item *Value) bool) bool {
	i, right := 0, true
	inOrder(len(a.list.starts), a.list.read, func(items []*Value) bool {
		right = items != nil
		for _, item := range items {
			if !take(i, item) {
				return false
			}
			i++
		}
		return right
	})
	return right
}

// listText is a list in a text, and where it can be read from.
type listText struct {
	data []byte
	// depth is that of the items.
	depth int
	// starts are the places of the items that pieces begin with, end is where the
	// list ends.
	starts []textPlace
	end    int
}

// textPlace is an offset in a text and, as in jsonScanner, where that is.
type textPlace struct{ at, line, lineAt, wide int }

// read reads the items of a piece; nil where one of them is not right.
func (l *listText) read(piece int) []*Value {
	from, to, last := l.starts[piece], l.end, piece == len(l.starts)-1
	if !last {
		to = l.starts[piece+1].at
	}
	s := jsonScanner{data: l.data[:to], at: from.at, line: from.line, lineAt: from.lineAt, wide: from.wide, most: maxValues}
	for {
		item, ok := s.value(l.depth)
		if !ok {
			return nil
		}
		s.values = append(s.values, item)
		comma := s.next() == ','
		if comma {
			s.at++
			s.space()
		}
		switch {
		case s.at == to && comma != last:
			return s.take(0)
		case !comma || s.at == to:
			return nil
		}
	}
}

// passList passes the list that begins here and notes where it can be read from.
func (s *jsonScanner) passList(depth int) bool {
	l := &listText{data: s.data, depth: depth + 1}
	s.at++
	if s.next() == ']' {
		l.end = s.at
	}
	for l.end == 0 {
		if n := len(l.starts); n == 0 || s.at-l.starts[n-1].at >= s.piece {
			l.starts = append(l.starts, textPlace{s.at, s.line, s.lineAt, s.wide})
		}
		if !s.pass() {
			return false
		}
		switch s.next() {
		case ',':
			s.at++
			s.space()
		case ']':
			l.end = s.at
		default:
			return false
		}
	}
	s.at++
	s.list = l
	return true
}

// pass passes a value by its brackets and quotes alone; whether it is right sees
// who reads it.
func (s *jsonScanner) pass() bool {
	open := 0
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case '{', '[':
			open++
		case '}', ']':
			if open == 0 {
				return true
			}
			open--
		case ',':
			if open == 0 {
				return true
			}
		case '\n':
			s.line++
			s.lineAt, s.wide = s.at+1, 0
		case '"':
			if !s.passText() {
				return false
			}
		}
	}
	return false
}

// passText passes a string from its first quote to its last.
func (s *jsonScanner) passText() bool {
	for s.at = afterPlain(s.data, s.at+1); s.at < len(s.data); s.at = afterPlain(s.data, s.at) {
		switch c := s.data[s.at]; {
		case c == '"':
			return true
		case c == '\\':
			s.at += 2
		case c < ' ':
			return false
		default:
			s.passWide()
		}
	}
	return false
}
