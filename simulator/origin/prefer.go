package origin

import "strings"

// rollback reports whether the Prefer lines ask for `tx=rollback`, PostgREST's
// form of a transaction that leaves nothing behind. It follows RFC 7240
// section 2: preferences on all lines make one list, a name is compared
// without case, a value may be quoted, parameters after ';' belong to their
// preference, and of one named twice only the first counts: what the real
// service would obey. The value too is compared without case. A line whose quotes
// do not end can be read in more than one way, and counts where it says rollback
// at all.
func rollback(lines []string) bool {
	for _, line := range lines {
		if !closed(line) && strings.Contains(strings.ToLower(line), "rollback") {
			return true
		}
		for line != "" {
			var preference string
			preference, line = cutUnquoted(line, ',')
			preference, _ = cutUnquoted(preference, ';')
			name, value, _ := strings.Cut(preference, "=")
			if strings.EqualFold(trimOWS(name), "tx") {
				return strings.EqualFold(unquote(trimOWS(value)), "rollback")
			}
		}
	}
	return false
}

// closed reports whether every quoted-string of s ends.
func closed(s string) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted && s[i] == '\\':
			i++
		}
	}
	return !quoted
}

// cutUnquoted cuts s at the first sep outside a quoted-string.
func cutUnquoted(s string, sep byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && c == sep:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// unquote undoes a quoted-string (RFC 9110 section 5.6.4); other text stays.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}
