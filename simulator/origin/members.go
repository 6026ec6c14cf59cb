package origin

import "strings"

// Bounds of a list header (baggage, tracestate) as far as it is read. W3C
// Baggage asks for 64 members and 8192 bytes at least; these are its former
// upper bounds, doubled in bytes, and more than tracestate's 32 members.
const (
	maxMembers   = 180
	maxListBytes = 16 << 10
)

// members walks the list-members of a header that may stand on several lines,
// in order. It allocates nothing. What lies beyond the bounds is not read, and
// over says so.
type members struct {
	lines []string
	rest  string
	line  int
	seen  int
	bytes int
	over  bool
}

// next returns the following member's key and raw value, without white space
// and without properties. Members that are none (no '=', no key) are passed
// over, as W3C Baggage section 3.4 lets a parser do.
func (m *members) next() (key, value string, ok bool) {
	for {
		if m.rest == "" {
			if m.line == len(m.lines) {
				return "", "", false
			}
			m.rest = m.lines[m.line]
			m.line++
			continue
		}
		member, rest, _ := strings.Cut(m.rest, ",")
		m.rest = rest
		m.bytes += len(member) + 1
		if member = trimOWS(member); member != "" {
			m.seen++
		}
		if m.seen > maxMembers || m.bytes-1 > maxListBytes { // the last one has no comma
			m.over = true
			return "", "", false
		}
		member, _, _ = strings.Cut(member, ";")
		key, value, ok = strings.Cut(member, "=")
		if key = trimOWS(key); ok && key != "" {
			return key, trimOWS(value), true
		}
	}
}

// trimOWS trims RFC 9110's optional white space.
func trimOWS(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// decodeValue undoes the percent-encoding of a baggage value (W3C Baggage
// section 3.3.1.3). An escape that is none stays as it stands; bytes that make
// no UTF-8 become U+FFFD, as that section demands. '+' is itself.
func decodeValue(s string) string {
	if strings.IndexByte(s, '%') >= 0 {
		b := make([]byte, 0, len(s))
		for i := 0; i < len(s); i++ {
			if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
				b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
				i += 2
			} else {
				b = append(b, s[i])
			}
		}
		s = string(b)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}
