package simulations

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Apart is a JSON document of which one list is not in memory, but read piece by
// piece: of a large document that list is nearly all, and what is made of its
// items is smaller by far. It belongs to one goroutine.
type Apart struct {
	// Root is the document, List the list in it: of that it has the place, and no
	// items.
	Root, List *Value
	list       *listText
	path       []string
	// right says that the list was read to its end; wrong is why it could not be.
	right bool
	wrong error
}

// ParseApart is Parse for a JSON text with a list at the path of those names; where
// there is none, List is nil, and Root the whole. It returns nil for a text that is
// no JSON, or is wrong outside of the list: what that is says Parse. The error is of
// a text that has more outside of the list than is read as a whole. The text is read
// again by [Apart.Each]; do not change it meanwhile.
func ParseApart(data []byte, path ...string) (*Apart, error) {
	return parseApart(data, pieceBytes, path)
}

// pieceBytes is how much of a list's text is read in one go, to the end of an item.
const pieceBytes = 256 << 10

func parseApart(data []byte, piece int, path []string) (*Apart, error) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if !utf8.Valid(data) {
		return nil, nil
	}
	s := jsonScanner{data: data, line: 1, most: maxValues, apart: path, piece: piece}
	root, ok := s.value(0)
	if s.full {
		if err := Check(data); err != nil { // which is more to the point
			return nil, err
		}
		return nil, s.tooMany("")
	}
	if s.space(); !ok || s.at < len(data) || root.Kind < Array {
		return nil, nil
	}
	if s.list == nil {
		return &Apart{Root: &root, right: true}, nil
	}
	list := &root
	for _, name := range path {
		list = list.Get(name)
	}
	return &Apart{Root: &root, List: list, list: s.list, path: path}, nil
}

// Each hands the items of the list to take, in order, until that returns false; it
// reads ahead, on all processors. Where the list is not right take has had some of
// the items before, and [Apart.Wrong] says what is wrong.
func (a *Apart) Each(take func(i int, item *Value) bool) {
	type piece struct {
		items []*Value
		err   error
	}
	i := 0
	eachPiece(a, func(n int) (p piece) {
		p.items, p.err = a.list.read(n)
		return p
	}, func(p piece) (more bool, err error) {
		for _, item := range p.items {
			if !take(i, item) {
				return false, nil
			}
			i++
		}
		return true, p.err
	})
}

// eachPiece hands what one makes of each piece of the list to take, in order, until
// that wants no more, or has an error of the text.
func eachPiece[T any](a *Apart, one func(piece int) T, take func(T) (more bool, err error)) {
	a.right, a.wrong = true, nil
	inOrder(len(a.list.starts), one, func(made T) bool {
		var more bool
		more, a.wrong = take(made)
		a.right = more && a.wrong == nil
		return a.right
	})
}

// Wrong says what is wrong with the text. Where the list was not read to its end it
// goes through the text for that, and builds nothing.
func (a *Apart) Wrong() error {
	if a.right {
		return nil
	}
	if err := Check(a.list.data); err != nil {
		return err
	}
	if e, ok := errors.AsType[*Error](a.wrong); ok && len(e.Fields) > 0 {
		e.Fields[0].Pointer = a.pointer()
	}
	return a.wrong
}

// pointer leads to the list.
func (a *Apart) pointer() string {
	var at trail
	for _, name := range a.path {
		at.push(name, -1)
	}
	return at.pointer()
}

// Locate is [Value.Locate] for the document. It reads the list as far as it has to.
func (a *Apart) Locate(fields []FieldError) []FieldError {
	if a.List == nil {
		return a.Root.Locate(fields)
	}
	list := a.pointer() + "/"
	in := make(map[int][]int) // by the number of an item, the fields that are in it
	last := -1
	for f := range fields {
		below, ok := strings.CutPrefix(fields[f].Pointer, list)
		number, _, _ := strings.Cut(below, "/")
		if i, err := strconv.Atoi(number); ok && err == nil && fields[f].Line == 0 {
			in[i], last = append(in[i], f), max(last, i)
		}
	}
	if last >= 0 {
		a.Each(func(i int, item *Value) bool {
			for _, f := range in[i] {
				at := item.At(strings.TrimPrefix(fields[f].Pointer, list+strconv.Itoa(i)))
				fields[f].Line, fields[f].Column = int(at.Line), int(at.Column)
			}
			return i < last
		})
	}
	return a.Root.Locate(fields)
}

// locateIn is [Value.Locate] for what a text holds, which has a list at the path
// that may be a long one.
func locateIn(text []byte, list []string, fields []FieldError) []FieldError {
	apart, err := ParseApart(text, list...)
	switch {
	case err != nil:
		return fields
	case apart != nil:
		return apart.Locate(fields)
	}
	v, err := Parse(text)
	if err != nil {
		return fields
	}
	return v.Locate(fields)
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

// errPiece is the error of a piece that is not right; what it is says Check.
var errPiece = Errorf(CodeInvalid, "not valid JSON")

// read reads the items of a piece.
func (l *listText) read(piece int) ([]*Value, error) {
	from, to, last := l.starts[piece], l.end, piece == len(l.starts)-1
	if !last {
		to = l.starts[piece+1].at
	}
	s := jsonScanner{data: l.data[:to], at: from.at, line: from.line, lineAt: from.lineAt, wide: from.wide, most: maxPieceValues}
	var items []*Value
	for {
		s.held = 0 // of the item
		item, ok := s.value(l.depth)
		switch {
		case s.full:
			return nil, s.tooMany("")
		case !ok:
			return nil, errPiece
		}
		if s.values = append(s.values, item); len(s.values) == maxTogether {
			items = append(items, s.take(0)...)
		}
		comma := s.next() == ','
		if comma {
			s.at++
			s.space()
		}
		switch {
		case s.at == to && comma != last:
			return append(items, s.take(0)...), nil
		case !comma || s.at == to:
			return nil, errPiece
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
