package generalize

import (
	"net/netip"
	"strings"
	"time"
)

// shape is what a value looks like, whatever it is.
type shape string

// The shapes. None is that of a word, which says nothing by itself.
const (
	none    shape = ""
	integer shape = "integer"
	uuid    shape = "uuid"
	hexes   shape = "hex"
	moment  shape = "date"
	address shape = "address"
	email   shape = "email"
	token   shape = "token"
	// word is a word that varies in a place where the answers name it.
	word shape = "word"
)

// patterns are the regular expressions that hold a path's parameter to its shape.
var patterns = map[shape]string{
	integer: `^-?[0-9]{1,19}$`,
	uuid:    `^[0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12}$`,
	hexes:   `^[0-9A-Fa-f]{16,}$`,
	moment:  `^[0-9]{4}-[0-9]{2}-[0-9]{2}`,
	address: `^[0-9A-Fa-f.:]+$`,
	email:   `^[^@]+@[^@]+$`,
	token:   `^[0-9A-Za-z._~:-]{10,}$`,
	word:    `.`,
}

// shapeOf tells the shape of a text.
func shapeOf(s string) shape {
	switch {
	case s == "" || len(s) > 512:
		return none
	case isInteger(s):
		return integer
	case isUUID(s):
		return uuid
	case len(s) >= 10 && s[4] == '-' && layoutOf(s) != "":
		return moment
	case isHex(s):
		return hexes
	case isAddress(s):
		return address
	case isEmail(s):
		return email
	case isToken(s):
		return token
	}
	return none
}

func isInteger(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s == "" || len(s) > 19 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isUUID takes 8-4-4-4-12 hexadecimal digits, of which a dash may be left out,
// as some services write them.
func isUUID(s string) bool {
	return len(s) >= 33 && len(s) <= 36 && strings.Contains(s, "-") && len(strings.ReplaceAll(s, "-", "")) == 32 && allHex(strings.ReplaceAll(s, "-", ""))
}

func isHex(s string) bool {
	return len(s) >= 16 && allHex(s) && strings.ContainsAny(s, "0123456789")
}

func allHex(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isAddress(s string) bool {
	if len(s) > 45 || !strings.ContainsAny(s, ".:") {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

func isEmail(s string) bool {
	name, host, ok := strings.Cut(s, "@")
	return ok && name != "" && strings.Contains(host, ".") && !strings.ContainsAny(s, " /@"[:2]) && !strings.Contains(host, "@")
}

// isToken takes what ends in a run of ten letters and digits or more, three of
// them digits, such as ch_3NxBk2eZvKYlo2C1: words are not like that.
func isToken(s string) bool {
	run := s[strings.LastIndexAny(s, "_-.:")+1:]
	if len(run) < 10 {
		return false
	}
	digits, letters := 0, 0
	for i := range len(run) {
		switch c := run[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		default:
			return false
		}
	}
	if letters == 0 { // a prefix and a long number
		return digits >= 10
	}
	return digits >= 3 && !strings.ContainsAny(s, " /")
}

// layouts are the forms of dates that are known, as package time writes them.
// A fraction of a second is read by each, and written where it stood.
var layouts = []string{
	time.RFC3339, "2006-01-02T15:04:05-07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02", time.RFC1123,
}

// layoutOf is the layout that writes the text again, "" where none does.
func layoutOf(s string) string {
	if len(s) < 10 || len(s) > 40 {
		return ""
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if t.Format(layout) == s {
			return layout
		}
		if _, fraction, ok := strings.Cut(s, "."); ok {
			digits := len(fraction) - len(strings.TrimLeft(fraction, "0123456789"))
			with := strings.Replace(layout, "05", "05."+strings.Repeat("0", digits), 1)
			if t.Format(with) == s {
				return with
			}
		}
	}
	return ""
}
