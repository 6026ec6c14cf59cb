package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// lexer reads the small things of a query. JSONPath is so regular that the
// parser needs no tokens, only the next byte.
type lexer struct {
	s   string
	pos int
}

func (l *lexer) fail(format string, args ...any) error {
	return l.failAt(l.pos, format, args...)
}

func (l *lexer) failAt(pos int, format string, args ...any) error {
	return &SyntaxError{Query: l.s, Offset: pos, Detail: fmt.Sprintf(format, args...)}
}

// peek returns the next byte, 0 at the end.
func (l *lexer) peek() byte {
	if l.pos < len(l.s) {
		return l.s[l.pos]
	}
	return 0
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.s[l.pos:], prefix) }

// take passes over prefix if it is next.
func (l *lexer) take(prefix string) bool {
	if l.has(prefix) {
		l.pos += len(prefix)
		return true
	}
	return false
}

// space passes over S, the blank space of RFC 9535 section 2.1.1.
func (l *lexer) space() {
	for l.pos < len(l.s) && strings.IndexByte(" \t\n\r", l.s[l.pos]) >= 0 {
		l.pos++
	}
}

// next describes what comes next, for errors.
func (l *lexer) next() string {
	if l.pos >= len(l.s) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(l.s[l.pos:])
	return strconv.QuoteRune(r)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// name reads a member-name-shorthand.
func (l *lexer) name() (string, error) {
	start := l.pos
	for l.pos < len(l.s) {
		c := l.s[l.pos]
		switch {
		case c >= utf8.RuneSelf:
			_, n := utf8.DecodeRuneInString(l.s[l.pos:])
			l.pos += n
			continue
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_', isDigit(c) && l.pos > start:
			l.pos++
			continue
		}
		break
	}
	if l.pos == start {
		return "", l.fail("a name must follow, not %s", l.next())
	}
	return l.s[start:l.pos], nil
}

// maxIndex is the largest integer of I-JSON, RFC 9535 section 2.1.
const maxIndex = 1<<53 - 1

// integer reads an int: no leading zero, no "-0".
func (l *lexer) integer() (int, error) {
	start := l.pos
	l.take("-")
	digits := l.pos
	for isDigit(l.peek()) {
		l.pos++
	}
	text := l.s[start:l.pos]
	switch {
	case l.pos == digits:
		return 0, l.fail("a number must follow, not %s", l.next())
	case l.s[digits] == '0' && len(text) > 1:
		return 0, l.failAt(start, "%s is no integer: it has a zero in front", text)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > maxIndex || n < -maxIndex {
		return 0, l.failAt(start, "%s is out of range", text)
	}
	return int(n), nil
}

// number reads a number literal and returns its text.
func (l *lexer) number() (string, error) {
	start := l.pos
	l.take("-")
	digits := l.pos
	for isDigit(l.peek()) {
		l.pos++
	}
	if l.pos == digits || l.s[digits] == '0' && l.pos > digits+1 {
		return "", l.failAt(start, "not a number")
	}
	if l.take(".") {
		frac := l.pos
		for isDigit(l.peek()) {
			l.pos++
		}
		if l.pos == frac {
			return "", l.fail("a digit must follow the point")
		}
	}
	if c := l.peek(); c == 'e' || c == 'E' {
		l.pos++
		if c := l.peek(); c == '+' || c == '-' {
			l.pos++
		}
		exp := l.pos
		for isDigit(l.peek()) {
			l.pos++
		}
		if l.pos == exp {
			return "", l.fail("a digit must follow the exponent")
		}
	}
	return l.s[start:l.pos], nil
}

// str reads a string literal, in either kind of quotes.
func (l *lexer) str() (string, error) {
	start, quote := l.pos, l.peek()
	l.pos++
	var b strings.Builder
	for {
		if l.pos >= len(l.s) {
			return "", l.failAt(start, "the string has no end")
		}
		c := l.s[l.pos]
		switch {
		case c == quote:
			l.pos++
			return b.String(), nil
		case c < 0x20:
			return "", l.fail("a control character in a string must be escaped")
		case c != '\\':
			b.WriteByte(c)
			l.pos++
		default:
			r, err := l.escape(quote)
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
		}
	}
}

func (l *lexer) escape(quote byte) (rune, error) {
	l.pos++
	c := l.peek()
	if i := strings.IndexByte(`bfnrt/\`, c); i >= 0 && c != 0 {
		l.pos++
		return rune("\b\f\n\r\t/\\"[i]), nil
	}
	switch {
	case c == quote:
		l.pos++
		return rune(c), nil
	case c != 'u':
		return 0, l.fail("%s cannot be escaped", l.next())
	}
	start := l.pos - 1
	r, ok := l.hex4()
	if ok && utf16.IsSurrogate(r) {
		low := rune(-1)
		if l.take(`\`) && l.peek() == 'u' {
			low, ok = l.hex4()
		}
		r = utf16.DecodeRune(r, low)
		ok = ok && r != utf8.RuneError
	}
	if !ok {
		return 0, l.failAt(start, "not an escape of a character: it is \\u and four hexadecimal digits, of a surrogate two in a row")
	}
	return r, nil
}

// hex4 reads "uXXXX".
func (l *lexer) hex4() (rune, bool) {
	if l.pos+5 > len(l.s) {
		return 0, false
	}
	n, err := strconv.ParseUint(l.s[l.pos+1:l.pos+5], 16, 16)
	if err != nil || l.s[l.pos+1] == '+' {
		return 0, false
	}
	l.pos += 5
	return rune(n), true
}
