package matchers

import "strings"

// Pair is a name with a value of a query, or of a form.
type Pair struct{ Name, Value string }

// ParseQuery reads a query as predicates see it, and the form of
// application/x-www-form-urlencoded (WHATWG URL section 5.1): pairs are split
// at '&' only, '+' is a space, an escape that is none stays as it is, a name
// without '=' has the value "".
func ParseQuery(raw string) []Pair {
	var out []Pair
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		out = append(out, Pair{unescape(name, true), unescape(value, true)})
	}
	return out
}

// pairs are names with their values, in order of the first of each name.
type pairs struct {
	names  []string
	values map[string][]string
}

func (p *pairs) add(name, value string) {
	if _, ok := p.values[name]; !ok {
		p.names = append(p.names, name)
	}
	p.values[name] = append(p.values[name], value)
}

func parseQuery(raw string) *pairs {
	p := &pairs{values: map[string][]string{}}
	for _, pair := range ParseQuery(raw) {
		p.add(pair.Name, pair.Value)
	}
	return p
}

// parseCookies reads Cookie lines as servers do, leniently: pairs are split at
// ';', spaces and one pair of quotes around a value go.
func parseCookies(lines []string) *pairs {
	p := &pairs{values: map[string][]string{}}
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			name, value, _ := strings.Cut(pair, "=")
			name, value = strings.TrimSpace(name), strings.TrimSpace(value)
			if name == "" && value == "" {
				continue
			}
			if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
				value = value[1 : len(value)-1]
			}
			p.add(name, value)
		}
	}
	return p
}

// unescape decodes every percent-escape of s and leaves what is none.
func unescape(s string, plus bool) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			b = append(b, ' ')
		case s[i] == '%' && isEscape(s[i:]):
			b = append(b, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			b = append(b, s[i])
		}
	}
	return string(b)
}

// isEscape reports whether s begins with a percent-escape.
func isEscape(s string) bool {
	return len(s) >= 3 && s[0] == '%' && ishex(s[1]) && ishex(s[2])
}

func ishex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}
