package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A date format is compiled to fields, whichever of three notations it is
// written in, so that one printer and one parser serve all of them.

// dateFormat is a compiled date format. Immutable.
type dateFormat struct {
	fields []dateField
	// goLayout is a layout of Go's, which package time prints and parses.
	goLayout string
	// unit is set for a count since 1970: time.Second or time.Millisecond.
	unit time.Duration
}

// dateField is text, or one field of a date with its least width.
type dateField struct {
	kind  byte // a letter of the table in appendField; 0 for text
	width int
	text  string
}

const maxDateFormat = 200

var namedFormats = map[string]*dateFormat{
	"epoch": {unit: time.Millisecond}, "unix": {unit: time.Second},
	"iso8601": {goLayout: time.RFC3339}, "rfc3339": {goLayout: time.RFC3339}, "rfc3339nano": {goLayout: time.RFC3339Nano},
	"rfc1123": {goLayout: "Mon, 02 Jan 2006 15:04:05 MST"}, "http": {goLayout: "Mon, 02 Jan 2006 15:04:05 GMT"},
	"rfc822": {goLayout: time.RFC822}, "rfc850": {goLayout: time.RFC850}, "ansic": {goLayout: time.ANSIC},
}

// notation is how a date format is written.
type notation uint8

const (
	// anyNotation takes names (unix, epoch, rfc3339 …), strftime where there is
	// a %, Go's layout where there is a digit outside of quotes, and Java's
	// letters else.
	anyNotation notation = iota
	javaNotation
	goNotation
)

func parseDateFormat(s string, n notation) (*dateFormat, error) {
	if len(s) > maxDateFormat {
		return nil, errors.New("the date format is too long")
	}
	if s == "epoch" || s == "unix" {
		return namedFormats[s], nil
	}
	switch {
	case n == goNotation:
		return &dateFormat{goLayout: s}, nil
	case n == javaNotation:
		return javaFormat(s, true)
	}
	if f := namedFormats[strings.ToLower(s)]; f != nil {
		return f, nil
	}
	if strings.Contains(s, "%") {
		return strftime(s)
	}
	quoted := false
	for i := range len(s) {
		if s[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && '0' <= s[i] && s[i] <= '9' {
			return &dateFormat{goLayout: s}, nil
		}
	}
	return javaFormat(s, false)
}

// javaFormat reads the letters of SimpleDateFormat and DateTimeFormatter. They
// differ in S: milliseconds in the former, a fraction of a second in the latter.
func javaFormat(s string, simple bool) (*dateFormat, error) {
	f := &dateFormat{}
	var lit []byte
	flush := func() {
		if len(lit) > 0 {
			f.fields = append(f.fields, dateField{text: string(lit)})
			lit = lit[:0]
		}
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '\'':
			if i+1 < len(s) && s[i+1] == '\'' {
				lit = append(lit, '\'')
				i += 2
				continue
			}
			i++
			for {
				n := strings.IndexByte(s[i:], '\'')
				if n < 0 {
					return nil, fmt.Errorf("a quote is not closed in the date format %s", show(s))
				}
				lit = append(lit, s[i:i+n]...)
				i += n + 1
				if i < len(s) && s[i] == '\'' {
					lit = append(lit, '\'')
					i++
					continue
				}
				break
			}
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			n := 1
			for i+n < len(s) && s[i+n] == c {
				n++
			}
			if strings.IndexByte("GyYuMLwDdEeuaHkKhmsSnzZXxV", c) < 0 {
				return nil, fmt.Errorf("%s has no meaning in the date format %s; put text in single quotes", quote(s[i:i+n], n), show(s))
			}
			flush()
			if c == 'S' && simple {
				c = 'l'
			}
			f.fields = append(f.fields, dateField{kind: c, width: n})
			i += n
		default:
			lit = append(lit, c)
			i++
		}
	}
	flush()
	return f, nil
}

// strftime reads the directives of C and its heirs.
func strftime(s string) (*dateFormat, error) {
	expand := map[byte]string{
		'Y': "yyyy", 'y': "yy", 'm': "MM", 'd': "dd", 'e': "_d", 'H': "HH", 'I': "hh", 'M': "mm", 'S': "ss",
		'L': "SSS", 'f': "SSSSSS", 'N': "SSSSSSSSS", 'j': "DDD", 'a': "EEE", 'A': "EEEE", 'b': "MMM", 'h': "MMM", 'B': "MMMM",
		'p': "a", 'z': "Z", 'Z': "z", 'u': "e", 'V': "ww", 'G': "YYYY", 'k': "_H", 'l': "_h",
		'F': "yyyy-MM-dd", 'T': "HH:mm:ss", 'R': "HH:mm", 'D': "MM/dd/yy", 'c': "EEE MMM _d HH:mm:ss yyyy",
	}
	f := &dateFormat{}
	var lit []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			lit = append(lit, s[i])
			continue
		}
		i++
		if i == len(s) {
			return nil, fmt.Errorf("the date format %s ends with %%", show(s))
		}
		trim := s[i] == '-' && i+1 < len(s)
		if trim {
			i++
		}
		switch c := s[i]; c {
		case '%':
			lit = append(lit, '%')
			continue
		case 'n':
			lit = append(lit, '\n')
			continue
		case 't':
			lit = append(lit, '\t')
			continue
		case 's', 'Q':
			if s == "%s" {
				return namedFormats["unix"], nil
			}
			if s == "%Q" {
				return namedFormats["epoch"], nil
			}
			return nil, fmt.Errorf("%%%c stands alone in a date format", c)
		default:
			pattern, ok := expand[c]
			if !ok {
				return nil, fmt.Errorf("%%%c has no meaning in the date format %s", c, show(s))
			}
			if len(lit) > 0 {
				f.fields = append(f.fields, dateField{text: string(lit)})
				lit = lit[:0]
			}
			for j := 0; j < len(pattern); {
				k := pattern[j]
				switch {
				case k == '_': // padded with a space
					f.fields = append(f.fields, dateField{kind: pattern[j+1], width: -2})
					j += 2
				case 'a' <= k && k <= 'z' || 'A' <= k && k <= 'Z':
					n := 1
					for j+n < len(pattern) && pattern[j+n] == k {
						n++
					}
					w := n
					if trim && strings.IndexByte("MdHhmsD", k) >= 0 && n <= 3 && !(k == 'M' && n == 3) {
						w = 1
					}
					f.fields = append(f.fields, dateField{kind: k, width: w})
					j += n
				default:
					f.fields = append(f.fields, dateField{text: string(k)})
					j++
				}
			}
		}
	}
	if len(lit) > 0 {
		f.fields = append(f.fields, dateField{text: string(lit)})
	}
	return f, nil
}

// append prints a time.
func (f *dateFormat) append(b []byte, t time.Time) []byte {
	switch {
	case f.unit == time.Second:
		return strconv.AppendInt(b, t.Unix(), 10)
	case f.unit == time.Millisecond:
		return strconv.AppendInt(b, t.UnixMilli(), 10)
	case f.goLayout != "":
		if strings.HasSuffix(f.goLayout, "GMT") {
			t = t.UTC()
		}
		return t.AppendFormat(b, f.goLayout)
	}
	for _, field := range f.fields {
		if field.kind == 0 {
			b = append(b, field.text...)
			continue
		}
		b = appendField(b, t, field.kind, field.width)
	}
	return b
}

func appendField(b []byte, t time.Time, kind byte, n int) []byte {
	switch kind {
	case 'G':
		return append(b, "AD"...)
	case 'y', 'u', 'Y':
		year := t.Year()
		if kind == 'Y' {
			year, _ = t.ISOWeek()
		}
		if n == 2 {
			return padded(b, year%100, 2)
		}
		return padded(b, year, n)
	case 'M', 'L':
		switch {
		case n >= 4:
			return append(b, t.Month().String()...)
		case n == 3:
			return append(b, t.Month().String()[:3]...)
		}
		return padded(b, int(t.Month()), n)
	case 'w':
		_, week := t.ISOWeek()
		return padded(b, week, n)
	case 'D':
		return padded(b, t.YearDay(), n)
	case 'd':
		return padded(b, t.Day(), n)
	case 'E':
		if n >= 4 {
			return append(b, t.Weekday().String()...)
		}
		return append(b, t.Weekday().String()[:3]...)
	case 'e':
		return padded(b, (int(t.Weekday())+6)%7+1, n)
	case 'a':
		if t.Hour() < 12 {
			return append(b, "AM"...)
		}
		return append(b, "PM"...)
	case 'H':
		return padded(b, t.Hour(), n)
	case 'k':
		return padded(b, (t.Hour()+23)%24+1, n)
	case 'K':
		return padded(b, t.Hour()%12, n)
	case 'h':
		return padded(b, (t.Hour()+11)%12+1, n)
	case 'm':
		return padded(b, t.Minute(), n)
	case 's':
		return padded(b, t.Second(), n)
	case 'l':
		return padded(b, t.Nanosecond()/1e6, n)
	case 'n':
		return padded(b, t.Nanosecond(), n)
	case 'S':
		digits := fmt.Sprintf("%09d", t.Nanosecond())
		for len(digits) < n {
			digits += "0"
		}
		return append(b, digits[:n]...)
	case 'z':
		name, _ := t.Zone()
		if name == "" {
			return t.AppendFormat(b, "-07:00")
		}
		return append(b, name...)
	case 'V':
		return append(b, t.Location().String()...)
	case 'Z':
		return t.AppendFormat(b, "-0700")
	}
	return appendOffset(b, t, kind, n) // X, x
}

func appendOffset(b []byte, t time.Time, kind byte, n int) []byte {
	_, offset := t.Zone()
	if kind == 'X' && offset == 0 {
		return append(b, 'Z')
	}
	switch n {
	case 1:
		return t.AppendFormat(b, "-07")
	case 2:
		return t.AppendFormat(b, "-0700")
	}
	return t.AppendFormat(b, "-07:00")
}

// padded appends a number with at least n digits, or n places filled with
// spaces where n is negative.
func padded(b []byte, v, n int) []byte {
	fill := byte('0')
	if n < 0 {
		n, fill = -n, ' '
	}
	if v < 0 {
		b, v = append(b, '-'), -v
	}
	s := strconv.Itoa(v)
	for range n - len(s) {
		b = append(b, fill)
	}
	return append(b, s...)
}
