package simulations

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonScanner reads JSON that is right, in one pass and with few allocations.
// What it does not take, for whatever reason, is read again by [jsonParser],
// which words the error; that one is also the oracle of its test. The input is
// valid UTF-8.
//
// A Value is kept as long as anything of a document is, a collaborator's route
// for example. So that it does not keep the whole document with it, values
// share memory with their siblings only, and texts with at most textRegion
// bytes of the texts around them.
type jsonScanner struct {
	data []byte
	// at is the offset of the next byte.
	at int
	// line counts from 1; lineAt is the offset where it begins, wide how many
	// bytes since then are no beginning of a character.
	line, lineAt, wide int
	// region is what texts are copied to, one after the other.
	region strings.Builder
	// values and names are those of the containers that are not complete, the
	// innermost last.
	values []Value
	names  []string
	// known are names that were read lately: most objects have those of others.
	known [32]string
	// scratch is where escapes are resolved.
	scratch []byte
	// canonical asks for values as [Value.Canonical] makes them.
	canonical bool
	// passing asks that values are checked only: they have no texts and nothing in
	// them, and are not to be used.
	passing bool
	// held counts the values that were read, and while passing the members of the
	// objects that are not complete, whose names are held to see that none stands
	// twice. Beyond most the scanner gives up, and full says that this is why.
	held, most int
	full       bool
	// apart is the path of names to a list that is passed instead of read, and
	// within how many of them the scanner is. list is what there is to know of the
	// list, once it was passed, and piece how much of it is read in one go.
	apart  []string
	within int
	list   *listText
	piece  int
	// shelf is where containers are put first, one behind the other.
	shelf shelf
}

// shelf is room for what is in the containers of a small text, taken at once.
type shelf struct {
	values []Value
	items  []*Value
	names  []string
}

// maxShelf bounds the values of a shelf: what is kept of a text keeps all of them.
const maxShelf = 64

// newShelf has room for all that is in the containers of a text, or for nothing.
// Every value in a container but its first stands behind a comma.
func newShelf(data []byte) shelf {
	n := bytes.Count(data, []byte(",")) + bytes.Count(data, []byte("[")) + bytes.Count(data, []byte("{"))
	if n > maxShelf {
		return shelf{}
	}
	return shelf{make([]Value, 0, n), make([]*Value, 0, n), make([]string, 0, n)}
}

// shelved is room for n more on a shelf, or, where that is full, beside it.
func shelved[T any](shelf *[]T, n int) []T {
	from := len(*shelf)
	if n > cap(*shelf)-from {
		return make([]T, n)
	}
	*shelf = (*shelf)[:from+n]
	return (*shelf)[from : from+n : from+n]
}

// maxTogether is how many items of a list share memory, so that a long one is not
// copied as a whole, twice as large as it is.
const maxTogether = 4096

// textRegion is how much a text keeps in memory, at most, besides itself.
const textRegion = 16 << 10

// tooMany is the error of a scanner that is full, of a text that stands at the
// pointer.
func (s *jsonScanner) tooMany(pointer string) error {
	return &Error{Code: CodeTooLarge, Detail: "the document is too large", Fields: []FieldError{{
		Pointer: pointer, Line: s.line, Column: s.at - s.lineAt - s.wide + 1,
		Detail: fmt.Sprintf("has more than %d values up to here, the most that are read as a whole: split it", s.most),
	}}}
}

// whole reads the input as one value.
func (s *jsonScanner) whole() *Value {
	v, ok := s.value(0)
	if s.space(); !ok || s.at < len(s.data) {
		return nil
	}
	return &v
}

// space passes white space, the only place where a line ends.
func (s *jsonScanner) space() {
	for ; s.at < len(s.data); s.at++ {
		switch s.data[s.at] {
		case ' ', '\t', '\r':
		case '\n':
			s.line++
			s.lineAt, s.wide = s.at+1, 0
		default:
			return
		}
	}
}

// next passes white space and returns the byte after it, 0 at the end.
func (s *jsonScanner) next() byte {
	if s.at < len(s.data) && s.data[s.at] > ' ' {
		return s.data[s.at]
	}
	if s.space(); s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

// value reads one. Values go by value: what a recursive function is given a
// pointer to is on the heap.
func (s *jsonScanner) value(depth int) (v Value, ok bool) {
	c := s.next()
	if s.held++; s.held > s.most {
		s.full = true
		return v, false
	}
	v.Line, v.Column = int32(s.line), int32(s.at-s.lineAt-s.wide+1)
	switch c {
	case '"':
		s.at++
		v.Kind = String
		var text []byte
		if text, ok = s.text(); ok {
			v.Text = s.textOf(text)
		}
	case '{':
		v.Kind = Object
		v.Names, v.Items, ok = s.object(depth)
	case '[':
		v.Kind = Array
		v.Items, ok = s.array(depth)
	case 't':
		v.Kind, v.Text = Bool, "true"
		ok = s.literal("true")
	case 'f':
		v.Kind, v.Text = Bool, "false"
		ok = s.literal("false")
	case 'n':
		v.Kind = Null
		ok = s.literal("null")
	default:
		v.Kind = Number
		var text []byte
		if text, ok = s.number(); ok {
			if v.Text = s.textOf(text); s.canonical {
				v.Text = CanonicalNumber(v.Text)
			}
		}
	}
	return v, ok
}

// textOf is what a value has of a text that was just passed.
func (s *jsonScanner) textOf(text []byte) string {
	if s.passing {
		return ""
	}
	return s.keep(text)
}

func (s *jsonScanner) literal(word string) bool {
	if len(s.data)-s.at < len(word) || string(s.data[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

func (s *jsonScanner) array(depth int) ([]*Value, bool) {
	if depth >= MaxDepth {
		return nil, false
	}
	s.at++
	if s.next() == ']' {
		s.at++
		return nil, true
	}
	first, held := len(s.values), s.held
	var items []*Value // of a long list, those that were taken already
	for {
		item, ok := s.value(depth + 1)
		if !ok {
			return nil, false
		}
		if s.passing {
			s.held = held
		} else if s.values = append(s.values, item); len(s.values)-first == maxTogether {
			items = append(items, s.take(first)...)
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			if items == nil {
				return s.take(first), true
			}
			return append(items, s.take(first)...), true
		default:
			return nil, false
		}
	}
}

func (s *jsonScanner) object(depth int) ([]string, []*Value, bool) {
	if depth >= MaxDepth {
		return nil, nil, false
	}
	s.at++
	if s.next() == '}' {
		s.at++
		return nil, nil, true
	}
	first, firstName, held := len(s.values), len(s.names), s.held
	var seen map[string]bool // of the many names of a large object
	for {
		if s.next() != '"' {
			return nil, nil, false
		}
		s.at++
		text, ok := s.text()
		if !ok || s.next() != ':' {
			return nil, nil, false
		}
		name := s.name(text)
		s.at++
		names := s.names[firstName:]
		if seen == nil && len(names) == 16 {
			seen = make(map[string]bool, 64)
			for _, n := range names {
				seen[n] = true
			}
		}
		if seen[name] || seen == nil && slices.Contains(names, name) {
			return nil, nil, false
		}
		if seen != nil {
			seen[name] = true
		}
		s.names = append(s.names, name)
		item, ok := s.member(name, depth+1)
		if !ok {
			return nil, nil, false
		}
		if !s.passing {
			s.values = append(s.values, item)
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			if s.passing {
				s.names, s.held = s.names[:firstName], held
				return nil, nil, true
			}
			names := shelved(&s.shelf.names, len(s.names)-firstName)
			copy(names, s.names[firstName:])
			s.names = s.names[:firstName]
			items := s.take(first)
			if s.canonical {
				sortMembers(names, items)
			}
			return names, items, true
		default:
			return nil, nil, false
		}
	}
}

// member reads the value of a member.
func (s *jsonScanner) member(name string, depth int) (v Value, ok bool) {
	if s.within >= len(s.apart) || s.within != depth-1 || s.apart[s.within] != name {
		return s.value(depth)
	}
	s.within++
	if s.within == len(s.apart) && s.next() == '[' {
		v = Value{Kind: Array, Line: int32(s.line), Column: int32(s.at - s.lineAt - s.wide + 1)}
		ok = s.passList(depth)
	} else {
		v, ok = s.value(depth)
	}
	s.within--
	return v, ok
}

// sortMembers sorts the members of an object by name. Most objects have few, which
// are in order sooner than a general sort has begun.
func sortMembers(names []string, items []*Value) {
	const few = 12
	if len(names) > few {
		if !slices.IsSorted(names) {
			sort.Sort(&members{names, items})
		}
		return
	}
	for i := range names {
		for j := i; j > 0 && names[j] < names[j-1]; j-- {
			names[j], names[j-1] = names[j-1], names[j]
			items[j], items[j-1] = items[j-1], items[j]
		}
	}
}

// members are those of an object, for a sort by name.
type members struct {
	names []string
	items []*Value
}

func (m *members) Len() int           { return len(m.names) }
func (m *members) Less(i, j int) bool { return m.names[i] < m.names[j] }
func (m *members) Swap(i, j int) {
	m.names[i], m.names[j] = m.names[j], m.names[i]
	m.items[i], m.items[j] = m.items[j], m.items[i]
}

// take takes the values from first on for the items of a container.
func (s *jsonScanner) take(first int) []*Value {
	values := shelved(&s.shelf.values, len(s.values)-first)
	copy(values, s.values[first:])
	s.values = s.values[:first]
	items := shelved(&s.shelf.items, len(values))
	for i := range values {
		items[i] = &values[i]
	}
	return items
}

// number is RFC 8259 section 6.
func (s *jsonScanner) number() ([]byte, bool) {
	from := s.at
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return nil, false
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return nil, false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		if !s.digits() {
			return nil, false
		}
	}
	return s.data[from:s.at], true
}

func (s *jsonScanner) peek() byte {
	if s.at < len(s.data) {
		return s.data[s.at]
	}
	return 0
}

// digits passes one or more.
func (s *jsonScanner) digits() bool {
	from := s.at
	for s.at < len(s.data) && '0' <= s.data[s.at] && s.data[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

// text reads a string whose first quote is passed. It is valid until the next one
// is read.
func (s *jsonScanner) text() ([]byte, bool) {
	from := s.at
	for s.at = afterPlain(s.data, from); s.at < len(s.data); s.at = afterPlain(s.data, s.at) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			return s.data[from : s.at-1], true
		case c == '\\':
			return s.escaped(from)
		case c < ' ':
			return nil, false
		default:
			s.passWide()
		}
	}
	return nil, false
}

// passWide passes characters of several bytes.
func (s *jsonScanner) passWide() {
	for ; s.at < len(s.data) && s.data[s.at] >= utf8.RuneSelf; s.at++ {
		if !utf8.RuneStart(s.data[s.at]) {
			s.wide++
		}
	}
}

// escaped reads a string from its first escape on.
func (s *jsonScanner) escaped(from int) ([]byte, bool) {
	b := append(s.scratch[:0], s.data[from:s.at]...)
	for s.at < len(s.data) {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			s.scratch = b
			return b, true
		case c == '\\':
			var ok bool
			if b, ok = s.escape(b); !ok {
				return nil, false
			}
		case c < ' ':
			return nil, false
		default:
			from = s.at
			if s.passWide(); s.at == from {
				s.at = afterPlain(s.data, from)
			}
			b = append(b, s.data[from:s.at]...)
		}
	}
	return nil, false
}

// escape reads one, of RFC 8259 section 7, and appends what it stands for. Half
// of a surrogate pair becomes U+FFFD, as in encoding/json.
func (s *jsonScanner) escape(b []byte) ([]byte, bool) {
	if len(s.data)-s.at < 2 {
		return b, false
	}
	c := s.data[s.at+1]
	s.at += 2
	switch c {
	case '"', '\\', '/':
		return append(b, c), true
	case 'b':
		return append(b, '\b'), true
	case 'f':
		return append(b, '\f'), true
	case 'n':
		return append(b, '\n'), true
	case 'r':
		return append(b, '\r'), true
	case 't':
		return append(b, '\t'), true
	case 'u':
		r, ok := s.hex4(s.at)
		if !ok {
			return b, false
		}
		s.at += 4
		if utf16.IsSurrogate(r) {
			second, ok := rune(-1), false
			if len(s.data)-s.at >= 2 && s.data[s.at] == '\\' && s.data[s.at+1] == 'u' {
				second, ok = s.hex4(s.at + 2)
			}
			if r = utf16.DecodeRune(r, second); ok && r != utf8.RuneError {
				s.at += 6
			}
		}
		return utf8.AppendRune(b, r), true
	}
	return b, false
}

// hex4 reads four hexadecimal digits.
func (s *jsonScanner) hex4(at int) (r rune, ok bool) {
	if len(s.data)-at < 4 {
		return 0, false
	}
	for _, c := range s.data[at : at+4] {
		switch lower := c | 0x20; {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= lower && lower <= 'f':
			r = r<<4 | rune(lower-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// name is keep for the name of a member.
func (s *jsonScanner) name(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	at := &s.known[(len(text)<<2+int(text[0])+int(text[len(text)-1]))%len(s.known)]
	if *at != string(text) {
		*at = s.keep(text)
	}
	return *at
}

// keep returns a copy of a text that was just passed.
func (s *jsonScanner) keep(text []byte) string {
	if len(text) > s.region.Cap()-s.region.Len() {
		if len(text) >= textRegion/4 {
			return string(text)
		}
		s.region.Reset() // the texts have the one before
		// No text is longer than what it was written as.
		s.region.Grow(min(textRegion, len(text)+len(s.data)-s.at))
	}
	from := s.region.Len()
	s.region.Write(text)
	return s.region.String()[from:]
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// afterPlain returns the offset of the first byte, from at on, that is a quote,
// a backslash, a control character or part of a character of several bytes. It
// looks at eight bytes at a time.
func afterPlain(data []byte, at int) int {
	for ; len(data)-at >= 8; at += 8 {
		x := binary.LittleEndian.Uint64(data[at:])
		quote, backslash := x^'"'*everyByte, x^'\\'*everyByte
		// The lowest bit that is set is that of the first such byte: a borrow
		// reaches only bytes above one that was found.
		found := ((x-' '*everyByte)&^x | (quote-everyByte)&^quote | (backslash-everyByte)&^backslash | x) & highBits
		if found != 0 {
			return at + bits.TrailingZeros64(found)/8
		}
	}
	for ; at < len(data); at++ {
		if c := data[at]; c == '"' || c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			break
		}
	}
	return at
}
