package instance

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// words are what texts are made of that may be anything.
var words = []string{
	"amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "haven", "indigo", "jade",
	"kite", "lumen", "maple", "north", "ocean", "pearl", "quartz", "river", "stone", "tulip",
}

// text makes a text: of the format, of the pattern, or a word.
func (m *maker) text(r *rules) (*simulations.Value, bool) {
	if r.minLength > maxText || r.maxLength >= 0 && r.minLength > r.maxLength {
		return nil, false
	}
	if s, ok := m.formatted(r.format); ok && m.suits(r, s) {
		return simulations.NewString(s), true
	}
	if len(r.patterns) > 0 {
		return m.patterned(r)
	}
	s := words[m.rand.IntN(len(words))]
	for n := utf8.RuneCountInString(s); n < r.minLength; n = utf8.RuneCountInString(s) {
		s += " " + words[m.rand.IntN(len(words))]
	}
	if longest := max(r.minLength, r.maxLength); r.maxLength >= 0 || len(s) > maxText {
		s = cut(s, longest)
	}
	return simulations.NewString(s), true
}

// cut is the first n characters of a text of ASCII.
func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// suits reports whether a text has the length and fits the patterns.
func (m *maker) suits(r *rules, s string) bool {
	n := utf8.RuneCountInString(s)
	if n < r.minLength || r.maxLength >= 0 && n > r.maxLength {
		return false
	}
	for _, expr := range r.patterns {
		if re := m.set.pattern(expr); re != nil && !re.MatchString(s) {
			return false
		}
	}
	return true
}

// formatted makes a text of a format of JSON Schema or OpenAPI.
func (m *maker) formatted(format string) (string, bool) {
	n := m.rand.IntN(28)
	switch format {
	case "date-time":
		return fmt.Sprintf("2024-05-%02dT09:%02d:00Z", n+1, n), true
	case "date":
		return fmt.Sprintf("2024-05-%02d", n+1), true
	case "time":
		return fmt.Sprintf("09:%02d:00Z", n), true
	case "duration":
		return fmt.Sprintf("P%dD", n+1), true
	case "email", "idn-email":
		return words[n%len(words)] + "@example.com", true
	case "hostname", "idn-hostname":
		return words[n%len(words)] + ".example.com", true
	case "ipv4":
		return fmt.Sprintf("192.0.2.%d", n+1), true
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", n+1), true
	case "uri", "iri", "url":
		return "https://example.com/" + words[n%len(words)], true
	case "uri-reference", "iri-reference":
		return "/" + words[n%len(words)], true
	case "uri-template":
		return "/" + words[n%len(words)] + "/{id}", true
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", m.rand.Uint32(), m.rand.UintN(1<<16), m.rand.UintN(1<<12), m.rand.UintN(1<<12), m.rand.Uint64N(1<<48)), true
	case "byte":
		return base64.StdEncoding.EncodeToString([]byte(words[n%len(words)])), true
	case "regex":
		return "^" + words[n%len(words)] + "$", true
	case "json-pointer":
		return "/" + words[n%len(words)], true
	case "relative-json-pointer":
		return "0/" + words[n%len(words)], true
	case "password":
		return strings.Repeat("*", 8), true
	}
	return "", false
}
