package simulations

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"unicode/utf8"
)

// JSONReader reads a JSON text that is too large to be held: it goes through
// objects and lists, and reads the values in them one at a time. It is as strict
// as [Parse], and gives values the same lines and columns. It holds the value
// that is being read, and little else.
//
// Every method blocks as the reader does. Errors are the reader's own, or an
// *[Error] that says where the text is wrong; after one the reader is of no use.
type JSONReader struct {
	from io.Reader
	// admit is that of from, nil for one that does not ask for it.
	admit func(text []byte) error
	// most is how many bytes a value has that is read as a whole.
	most int

	// window is what was read and not passed yet, in room; line and column are
	// those of its first byte.
	window, room []byte
	line, column int
	// begun says that the mark of UTF-8 was passed, if there is one, ended that the
	// window has the rest.
	begun, ended bool

	path trail
	// taken counts the values that were begun, so that one that nobody wanted is
	// seen.
	taken int
}

const (
	// readRoom is how much is read at a time, keptRoom the most that is kept for
	// it after a large value.
	readRoom = 64 << 10
	keptRoom = 8 << 20
	// maxMembers bounds the names of an object that is gone through: they are
	// held, to see that none stands twice.
	maxMembers = 10_000
	// maxPieceValues bounds the values in one that is read as a whole, and the
	// names that are held of one that is passed.
	maxPieceValues = 1_000_000
	// maxNothing is how often in turn a reader may give nothing.
	maxNothing = 100
)

// Admitter is a reader that bounds what is made of its text. Who makes values of it
// calls Admit before, each time with the text of one; Admit may block until there
// is memory for them, and its error ends the reading. What was made before is out
// of use by the next call of Admit or Read.
type Admitter interface {
	io.Reader
	Admit(text []byte) error
}

// NewJSONReader reads from r, and asks it where it is an [Admitter]; a value that is read as a whole has at most most
// bytes and a million values in it, and a larger one is CodeTooLarge.
func NewJSONReader(r io.Reader, most int) *JSONReader {
	out := &JSONReader{from: r, most: most, line: 1, column: 1}
	if a, ok := r.(Admitter); ok {
		out.admit = a.Admit
	}
	return out
}

// Next tells what the next value is, and where it begins, without what is in it.
// It is not passed.
func (r *JSONReader) Next() (Value, error) {
	c, err := r.peek()
	if err != nil {
		return Value{}, err
	}
	v := Value{Line: place(r.line), Column: place(r.column)}
	switch c {
	case '"':
		v.Kind = String
	case '{':
		v.Kind = Object
	case '[':
		v.Kind = Array
	case 't', 'f':
		v.Kind = Bool
	case 'n':
		v.Kind = Null
	default:
		v.Kind = Number // or nothing, which reading it says
	}
	return v, nil
}

// place is a line or a column as values have it.
func place(n int) int32 { return int32(min(n, math.MaxInt32)) }

// Value reads the next value whole.
func (r *JSONReader) Value() (*Value, error) { return r.read(false) }

// Pass passes over the next value. It sees that it is right, and builds nothing
// of it.
func (r *JSONReader) Pass() error {
	_, err := r.read(true)
	return err
}

// read reads the next value, or passes over it and returns nil.
func (r *JSONReader) read(passing bool) (*Value, error) {
	if _, err := r.peek(); err != nil {
		return nil, err
	}
	r.taken++
	n, err := r.cut()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, r.fail("not valid JSON: a value was expected")
	}
	if r.admit != nil && !passing {
		if err := r.admit(r.window[:n]); err != nil {
			return nil, err
		}
	}
	v, err := r.parse(r.window[:n], passing)
	if err != nil {
		return nil, err
	}
	r.pass(n)
	return v, nil
}

// Object goes through the next value, which is an object, and calls member for
// each name, to read its value. One that member leaves is passed over.
func (r *JSONReader) Object(member func(name string) error) error {
	seen := make(map[string]bool)
	return r.container('{', '}', func(int) error {
		line, column := r.line, r.column
		if c, err := r.peek(); err != nil {
			return err
		} else if c != '"' {
			return r.fail("not valid JSON: a name was expected")
		}
		name, err := r.Value()
		if err != nil {
			return err
		}
		r.path.push(name.Text, -1)
		defer r.path.pop()
		switch {
		case seen[name.Text]:
			return Invalid([]FieldError{{Pointer: r.path.pointer(), Detail: "the name stands twice", Line: line, Column: column}})
		case len(seen) == maxMembers:
			return Errorf(CodeTooLarge, "%s: an object has more than %d members here", r.path[:len(r.path)-1].pointer(), maxMembers)
		}
		seen[name.Text] = true
		if c, err := r.peek(); err != nil {
			return err
		} else if c != ':' {
			return r.fail("not valid JSON: a colon was expected")
		}
		r.pass(1)
		return r.within(func() error { return member(name.Text) })
	})
}

// Array goes through the next value, which is a list, and calls item for each
// number from 0 on, to read what stands there. What item leaves is passed over.
func (r *JSONReader) Array(item func(i int) error) error {
	return r.container('[', ']', func(i int) error {
		r.path.push("", i)
		defer r.path.pop()
		return r.within(func() error { return item(i) })
	})
}

// End sees that nothing follows.
func (r *JSONReader) End() error {
	if ended, err := r.space(); ended || err != nil {
		return err
	}
	return r.fail("text after the end of the value: a file holds one document")
}

// container goes through what stands between two brackets, separated by commas.
func (r *JSONReader) container(open, end byte, each func(i int) error) error {
	c, err := r.peek()
	if err != nil {
		return err
	}
	if c != open {
		return r.fail(fmt.Sprintf("not valid JSON: %q was expected", open))
	}
	r.taken++
	r.pass(1)
	for i := 0; ; i++ {
		if c, err = r.peek(); err != nil {
			return err
		}
		if i == 0 && c == end {
			break
		}
		if err := each(i); err != nil {
			return err
		}
		if c, err = r.peek(); err != nil {
			return err
		}
		if c == end {
			break
		}
		if c != ',' {
			return r.fail(fmt.Sprintf("not valid JSON: a comma or %q was expected", end))
		}
		r.pass(1)
	}
	r.pass(1)
	return nil
}

// within calls read for the next value, and passes over what it leaves: a list
// item by item, so that it may be a long one.
func (r *JSONReader) within(read func() error) error {
	before := r.taken
	if err := read(); err != nil || r.taken > before {
		return err
	}
	next, err := r.Next()
	if err != nil {
		return err
	}
	if next.Kind == Array {
		return r.Array(func(int) error { return r.Pass() })
	}
	return r.Pass()
}

// peek passes white space and returns the byte after it.
func (r *JSONReader) peek() (byte, error) {
	ended, err := r.space()
	if err != nil {
		return 0, err
	}
	if ended {
		return 0, r.fail("the text ends in the middle of a value")
	}
	return r.window[0], nil
}

// space passes white space and reports whether nothing follows it.
func (r *JSONReader) space() (ended bool, err error) {
	for !r.begun && len(r.window) < len(byteOrderMark) && !r.ended {
		if err := r.fill(); err != nil {
			return false, err
		}
	}
	if !r.begun {
		r.begun, r.window = true, bytes.TrimPrefix(r.window, byteOrderMark)
	}
	for {
		n := 0
		for n < len(r.window) && (r.window[n] == ' ' || r.window[n] == '\t' || r.window[n] == '\r' || r.window[n] == '\n') {
			n++
		}
		r.pass(n)
		if len(r.window) > 0 || r.ended {
			return len(r.window) == 0, nil
		}
		if err := r.fill(); err != nil {
			return false, err
		}
	}
}

// pass takes the first n bytes of the window away.
func (r *JSONReader) pass(n int) {
	if n == 0 {
		return
	}
	passed := r.window[:n]
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		r.line += bytes.Count(passed, []byte("\n"))
		r.column = 1
		passed = passed[i+1:]
	}
	r.column += utf8.RuneCount(passed)
	r.window = r.window[n:]
}

// fill reads more into the window.
func (r *JSONReader) fill() error {
	if len(r.window) == cap(r.window) { // there is no room behind it
		room := r.room
		switch n := len(r.window); {
		case n > len(room)/2:
			room = make([]byte, max(2*len(room), readRoom))
		case len(room) > keptRoom && n < readRoom, room == nil:
			room = make([]byte, readRoom)
		}
		r.window = room[:copy(room, r.window)]
		r.room = room
	}
	n := len(r.window)
	for range maxNothing {
		got, err := r.from.Read(r.window[n:cap(r.window)])
		r.window = r.window[:n+got]
		switch {
		case errors.Is(err, io.EOF):
			r.ended = true
			return nil
		case err != nil:
			return err
		case got > 0:
			return nil
		}
	}
	return io.ErrNoProgress
}

// cut reads until all of the value at the window's beginning is in it, and
// returns its length. Where the text ends before, that is all there is.
func (r *JSONReader) cut() (int, error) {
	var x extent
	for !x.find(r.window) {
		if len(r.window) > r.most {
			break
		}
		if r.ended {
			return len(r.window), nil
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	if x.at > r.most {
		return 0, Errorf(CodeTooLarge, "%s: is larger than the %d bytes that one value may have", r.path.pointer(), r.most)
	}
	return x.at, nil
}

// extent finds where a value ends that stands at the beginning of a text, of
// which there is more each time. It sees strings and brackets only: what is
// wrong otherwise, reading the value says.
type extent struct {
	at    int // what was looked at
	depth int
	// quote is where the string begins that at is in, where quoted.
	quote  int
	quoted bool
}

func (x *extent) find(text []byte) (found bool) {
	for x.at < len(text) {
		if x.quoted {
			i := bytes.IndexByte(text[x.at:], '"')
			if i < 0 {
				x.at = len(text)
				return false
			}
			end := x.at + i
			escapes := 0
			for end-1-escapes > x.quote && text[end-1-escapes] == '\\' {
				escapes++
			}
			x.at = end + 1
			if escapes%2 == 1 {
				continue
			}
			if x.quoted = false; x.depth == 0 {
				return true
			}
			continue
		}
		switch c := text[x.at]; c {
		case '"':
			x.quoted, x.quote = true, x.at
		case '{', '[':
			x.depth++
		case '}', ']':
			if x.depth--; x.depth < 0 {
				return true // it is not the value's
			} else if x.depth == 0 {
				x.at++
				return true
			}
		case ' ', '\t', '\r', '\n', ',', ':':
			if x.depth == 0 {
				return true
			}
		}
		x.at++
	}
	return false
}

// parse reads the value that data holds, which the window begins with. Passing, it
// checks it only, and returns nil.
func (r *JSONReader) parse(data []byte, passing bool) (*Value, error) {
	if i := invalidUTF8(data); i >= 0 {
		return nil, r.placed(syntaxError(data, i, "", "invalid UTF-8: save the file as UTF-8"), "")
	}
	depth := len(r.path)
	s := &jsonScanner{data: data, line: r.line, lineAt: 1 - r.column, passing: passing, most: maxPieceValues}
	if passing {
		if _, ok := s.value(depth); ok && s.at == len(data) {
			return nil, nil
		}
	} else if v, ok := s.value(depth); ok && s.at == len(data) {
		return &v, nil
	}
	if s.full {
		return nil, s.tooMany(r.path.pointer())
	}
	p := newJSONParser(data, false)
	_, err := p.value(depth)
	if err == nil {
		err = syntaxError(data, int(p.dec.InputOffset()), "", "not valid JSON: a comma or the end was expected")
	}
	return nil, r.placed(err, r.path.pointer())
}

// fail says what is wrong at the window's first byte.
func (r *JSONReader) fail(detail string) error {
	return Invalid([]FieldError{{Pointer: r.path.pointer(), Detail: detail, Line: r.line, Column: r.column}})
}

// placed brings the places of an error about the window's text, and its pointers,
// into the whole.
func (r *JSONReader) placed(err error, pointer string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	for i := range e.Fields {
		f := &e.Fields[i]
		if f.Pointer = pointer + f.Pointer; f.Line == 1 {
			f.Column += r.column - 1
		}
		f.Line += r.line - 1
	}
	return e
}
