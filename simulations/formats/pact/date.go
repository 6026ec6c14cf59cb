package pact

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// isoFormats are those of matchers and generators that name none.
var isoFormats = map[string]string{
	"date": "yyyy-MM-dd", "time": "HH:mm:ss", "timestamp": "yyyy-MM-dd'T'HH:mm:ss", "datetime": "yyyy-MM-dd'T'HH:mm:ss",
}

const (
	months     = "January|February|March|April|May|June|July|August|September|October|November|December"
	shortMonth = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
	days       = "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday"
	shortDay   = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
)

// formatExpression is a regular expression of the texts that a pattern of Java's
// DateTimeFormatter writes. It reports false for one with letters that it does
// not know.
func formatExpression(pattern string) (string, bool) {
	var b strings.Builder
	for len(pattern) > 0 {
		c := pattern[0]
		switch {
		case c == '\'':
			text, rest, ok := literal(pattern)
			if !ok {
				return "", false
			}
			b.WriteString(regexp.QuoteMeta(text))
			pattern = rest
		case c == '[':
			b.WriteString("(?:")
			pattern = pattern[1:]
		case c == ']':
			b.WriteString(")?")
			pattern = pattern[1:]
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			n := len(pattern) - len(strings.TrimLeft(pattern, string(c)))
			expr := letters(c, n)
			if expr == "" {
				return "", false
			}
			b.WriteString("(?:" + expr + ")")
			pattern = pattern[n:]
		default:
			_, size := utf8.DecodeRuneInString(pattern)
			b.WriteString(regexp.QuoteMeta(pattern[:size]))
			pattern = pattern[size:]
		}
	}
	_, err := regexp.Compile(b.String())
	return b.String(), err == nil
}

// literal is the text in quotes that the pattern begins with; two quotes are one.
func literal(pattern string) (text, rest string, ok bool) {
	if rest, ok = strings.CutPrefix(pattern, "''"); ok {
		return "'", rest, true
	}
	for pattern = pattern[1:]; ; {
		part, rest, ok := strings.Cut(pattern, "'")
		if !ok {
			return "", "", false
		}
		text += part
		if pattern, ok = strings.CutPrefix(rest, "'"); !ok {
			return text, rest, true
		}
		text += "'"
	}
}

// letters is the expression of one letter, n times; "" where it is not known.
func letters(c byte, n int) string {
	if n > 9 {
		return ""
	}
	padded := func(two, one string) string {
		if n == 1 {
			return one
		}
		return two
	}
	switch c {
	case 'y', 'u':
		if n == 1 {
			return "[0-9]{1,9}"
		}
		return fmt.Sprintf("[0-9]{%d}", n)
	case 'M', 'L':
		switch n {
		case 3:
			return shortMonth
		case 4:
			return months
		}
		return padded("0[1-9]|1[0-2]", "1[0-2]|[1-9]")
	case 'd':
		return padded("0[1-9]|[12][0-9]|3[01]", "[12][0-9]|3[01]|[1-9]")
	case 'D':
		return "[0-9]{1,3}"
	case 'E':
		if n == 4 {
			return days
		}
		return shortDay
	case 'a':
		return "AM|PM|am|pm"
	case 'H':
		return padded("[01][0-9]|2[0-3]", "1[0-9]|2[0-3]|[0-9]")
	case 'k':
		return padded("0[1-9]|1[0-9]|2[0-4]", "1[0-9]|2[0-4]|[1-9]")
	case 'h':
		return padded("0[1-9]|1[0-2]", "1[0-2]|[1-9]")
	case 'K':
		return padded("0[0-9]|1[01]", "1[01]|[0-9]")
	case 'm', 's':
		return padded("[0-5][0-9]", "[1-5][0-9]|[0-9]")
	case 'S':
		return fmt.Sprintf("[0-9]{%d}", n)
	case 'n':
		return "[0-9]{1,9}"
	case 'z', 'V':
		return "[A-Za-z][A-Za-z0-9_+/-]*"
	case 'Z':
		switch {
		case n == 4:
			return "GMT(?:[-+][0-9]{2}:[0-9]{2})?"
		case n > 4:
			return "Z|[-+][0-9]{2}:[0-9]{2}"
		}
		return "[-+][0-9]{4}"
	case 'X', 'x':
		zone := []string{"[-+][0-9]{2}(?:[0-9]{2})?", "[-+][0-9]{4}", "[-+][0-9]{2}:[0-9]{2}"}[min(n, 3)-1]
		if c == 'X' {
			return "Z|" + zone
		}
		return zone
	}
	return ""
}
