package matchers

import (
	"strings"
	"unicode/utf8"
)

// matchForm brings a path into the form in which paths are compared: every
// percent-escape is decoded but %2F and %25, which stay (in upper case), and
// those of bytes that are not UTF-8, which stay in upper case too. A '%' that
// begins no escape becomes %25, the only way a request can send it. So "/a%20b"
// and "/a b" are one path, "/a%2Fb" and "/a/b" are two. The match form of a
// match form is itself. No segment is cleaned or removed.
func matchForm(s string) string {
	at := strings.IndexByte(s, '%')
	if at < 0 {
		return s
	}
	b := make([]byte, 0, len(s)+8)
	b = append(b, s[:at]...)
	var run []byte // the bytes of consecutive escapes
	for at < len(s) {
		if !isEscape(s[at:]) {
			if s[at] == '%' {
				b = append(b, "%25"...)
			} else {
				b = append(b, s[at])
			}
			at++
			continue
		}
		run = run[:0]
		for ; isEscape(s[at:]); at += 3 {
			run = append(run, unhex(s[at+1])<<4|unhex(s[at+2]))
		}
		b = appendDecoded(b, run)
	}
	return string(b)
}

const upperHex = "0123456789ABCDEF"

func appendDecoded(b, run []byte) []byte {
	for len(run) > 0 {
		r, n := utf8.DecodeRune(run)
		if r == utf8.RuneError && n == 1 || r == '/' || r == '%' {
			b = append(b, '%', upperHex[run[0]>>4], upperHex[run[0]&15])
		} else {
			b = append(b, run[:n]...)
		}
		run = run[n:]
	}
	return b
}
