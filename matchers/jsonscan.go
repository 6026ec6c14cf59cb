package matchers

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonScanner reads JSON into the values that encoding/json makes of it, with
// numbers as json.Number. Its texts are parts of the input, and what a list or
// an object holds is gathered aside first, so that each takes what it needs:
// bodies are read in about half of the time that encoding/json takes. That one
// is the oracle of its test.
//
// The input is valid UTF-8.
type jsonScanner struct {
	text string
	at   int
	// values and names are those of the lists and objects that are not complete,
	// the innermost last.
	values []any
	names  []string
}

// maxJSONDepth is how deep lists and objects nest, as in encoding/json.
const maxJSONDepth = 10_000

// scanJSON reads a text that is one JSON value, with white space around it.
func scanJSON(text string) (any, bool) {
	s := jsonScanner{text: text}
	v, ok := s.value(0)
	s.space()
	return v, ok && s.at == len(text)
}

func (s *jsonScanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// next passes white space and returns the byte behind it, 0 at the end.
func (s *jsonScanner) next() byte {
	if s.space(); s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *jsonScanner) value(depth int) (any, bool) {
	switch c := s.next(); c {
	case '"':
		return s.string()
	case '{':
		return s.object(depth + 1)
	case '[':
		return s.list(depth + 1)
	case 't':
		return true, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return nil, s.word("null")
	default:
		return s.number()
	}
}

func (s *jsonScanner) word(w string) bool {
	if !strings.HasPrefix(s.text[s.at:], w) {
		return false
	}
	s.at += len(w)
	return true
}

func (s *jsonScanner) list(depth int) (any, bool) {
	if depth > maxJSONDepth {
		return nil, false
	}
	s.at++
	if s.next() == ']' {
		s.at++
		return []any{}, true
	}
	for first := len(s.values); ; {
		v, ok := s.value(depth)
		if !ok {
			return nil, false
		}
		s.values = append(s.values, v)
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			out := make([]any, len(s.values)-first)
			copy(out, s.values[first:])
			clear(s.values[first:])
			s.values = s.values[:first]
			return out, true
		default:
			return nil, false
		}
	}
}

func (s *jsonScanner) object(depth int) (any, bool) {
	if depth > maxJSONDepth {
		return nil, false
	}
	s.at++
	if s.next() == '}' {
		s.at++
		return map[string]any{}, true
	}
	for first, names := len(s.values), len(s.names); ; {
		if s.next() != '"' {
			return nil, false
		}
		name, ok := s.string()
		if !ok || s.next() != ':' {
			return nil, false
		}
		s.at++
		v, ok := s.value(depth)
		if !ok {
			return nil, false
		}
		s.names, s.values = append(s.names, name), append(s.values, v)
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			out := make(map[string]any, len(s.values)-first)
			for i, v := range s.values[first:] {
				out[s.names[names+i]] = v // of several with one name the last
			}
			clear(s.values[first:])
			s.values, s.names = s.values[:first], s.names[:names]
			return out, true
		default:
			return nil, false
		}
	}
}

// number reads one as RFC 8259 section 6 has it.
func (s *jsonScanner) number() (any, bool) {
	from := s.at
	if s.at < len(s.text) && s.text[s.at] == '-' {
		s.at++
	}
	if s.at < len(s.text) && s.text[s.at] == '0' {
		s.at++
	} else if !s.digits() {
		return nil, false
	}
	if s.at < len(s.text) && s.text[s.at] == '.' {
		if s.at++; !s.digits() {
			return nil, false
		}
	}
	if s.at < len(s.text) && (s.text[s.at] == 'e' || s.text[s.at] == 'E') {
		s.at++
		if s.at < len(s.text) && (s.text[s.at] == '+' || s.text[s.at] == '-') {
			s.at++
		}
		if !s.digits() {
			return nil, false
		}
	}
	if s.at == from+1 {
		return oneDigit[s.text[from]-'0'], true
	}
	return json.Number(s.text[from:s.at]), true
}

// oneDigit are the commonest numbers, made once.
var oneDigit = [10]any{
	json.Number("0"), json.Number("1"), json.Number("2"), json.Number("3"), json.Number("4"),
	json.Number("5"), json.Number("6"), json.Number("7"), json.Number("8"), json.Number("9"),
}

// digits passes digits; false for none.
func (s *jsonScanner) digits() bool {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

// string reads one that begins here.
func (s *jsonScanner) string() (string, bool) {
	s.at++
	for i := s.at; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			out := s.text[s.at:i]
			s.at = i + 1
			return out, true
		case c == '\\':
			return s.escaped(i)
		case c < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped reads the rest of a string whose first escape is at i.
func (s *jsonScanner) escaped(i int) (string, bool) {
	out := append(make([]byte, 0, i-s.at+32), s.text[s.at:i]...)
	for i < len(s.text) {
		c := s.text[i]
		switch {
		case c == '"':
			s.at = i + 1
			return string(out), true
		case c < ' ':
			return "", false
		case c != '\\':
			out = append(out, c)
			i++
			continue
		}
		if i+1 >= len(s.text) {
			return "", false
		}
		c = s.text[i+1]
		if c == 'u' {
			r := unit(s.text[i:])
			if i += 6; utf16.IsSurrogate(r) {
				// Half a pair is no character, and the next escape stays what it is.
				if both := utf16.DecodeRune(r, unit(s.text[min(i, len(s.text)):])); both != utf8.RuneError {
					r = both
					i += 6
				} else {
					r = utf8.RuneError
				}
			}
			if r < 0 {
				return "", false
			}
			out = utf8.AppendRune(out, r)
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, c)
		if at < 0 {
			return "", false
		}
		out = append(out, "\"\\/\b\f\n\r\t"[at])
		i += 2
	}
	return "", false
}

// unit is the UTF-16 unit that a text begins with as an escape, -1 where it does not.
func unit(text string) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return -1
	}
	r := rune(0)
	for _, c := range []byte(text[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
