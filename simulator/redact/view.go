package redact

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// view is a piece of a text without its encoding, which remembers where in the
// text each byte came from.
type view struct {
	text string
	// at holds for each byte, and for the end, its offset in the text; nil
	// where the view is the text itself from base on.
	at   []int
	base int
}

// plain is a piece of a text that has no encoding.
func plain(s string, start, end int) view { return view{text: s[start:end], base: start} }

// span is where a part of the view stands in the text.
func (v view) span(start, end int) (int, int) {
	if v.at == nil {
		return v.base + start, v.base + end
	}
	return v.at[start], v.at[end]
}

// percent is the view without percent-encoding, and with a space for '+' where
// plus is set. An escape that is none stays.
func (v view) percent(plus bool) view {
	s := v.text
	if strings.IndexByte(s, '%') < 0 && (!plus || strings.IndexByte(s, '+') < 0) {
		return v
	}
	text := make([]byte, 0, len(s))
	at := make([]int, 0, len(s)+1)
	for i := 0; i < len(s); {
		c, n := s[i], 1
		switch {
		case c == '+' && plus:
			c = ' '
		case c == '%' && i+2 < len(s):
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi < 16 && lo < 16 {
				c, n = hi<<4|lo, 3
			}
		}
		from, _ := v.span(i, i)
		text, at = append(text, c), append(at, from)
		i += n
	}
	end, _ := v.span(len(s), len(s))
	return view{text: string(text), at: append(at, end)}
}

// unhex is a hexadecimal digit's value, 16 or more for any other byte.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// jsonString is what a valid JSON string, quotes and all, says. Half of a
// surrogate pair is U+FFFD, as in encoding/json.
func jsonString(s string, start, end int) view {
	start, end = start+1, end-1
	piece := s[start:end]
	if strings.IndexByte(piece, '\\') < 0 {
		return plain(s, start, end)
	}
	text := make([]byte, 0, len(piece))
	at := make([]int, 0, len(piece)+1)
	for i := 0; i < len(piece); {
		from := start + i
		if piece[i] != '\\' {
			text, at = append(text, piece[i]), append(at, from)
			i++
			continue
		}
		c := piece[i+1]
		i += 2
		if c != 'u' {
			if j := strings.IndexByte("bfnrt", c); j >= 0 {
				c = "\b\f\n\r\t"[j]
			}
			text, at = append(text, c), append(at, from)
			continue
		}
		r := unhex4(piece[i:])
		i += 4
		if utf16.IsSurrogate(r) {
			low := rune(-1)
			if strings.HasPrefix(piece[i:], `\u`) {
				low = unhex4(piece[i+2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				i += 6
			}
		}
		before := len(text)
		text = utf8.AppendRune(text, r)
		for range len(text) - before {
			at = append(at, from)
		}
	}
	return view{text: string(text), at: append(at, end)}
}

// unhex4 reads four hexadecimal digits that the JSON parser has seen.
func unhex4(s string) rune {
	var r rune
	for i := range 4 {
		r = r<<4 | rune(unhex(s[i]))
	}
	return r
}
