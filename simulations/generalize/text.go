package generalize

import (
	"slices"
	"strings"

	"understudy/simulations"
)

// text finds values of the request, of that length and longer, within the texts.
func (s *sample) text(values []*simulations.Value, shortest int) *node {
	for _, v := range values {
		if v.Kind != simulations.String || len(v.Text) > maxText {
			return nil
		}
	}
	found := occurrences(values[0].Text, s.sources[0], shortest)
	if len(found) == 0 {
		return nil
	}
	tries := [][]*source{found}
	if len(found) > 1 {
		for _, f := range found {
			tries = append(tries, []*source{f})
		}
	}
	for _, try := range tries {
		parts := splitText(values[0].Text, try)
		if !writable(parts) {
			continue
		}
		n := &node{kind: textNode, parts: parts, value: values[len(values)-1]}
		fits := true
		for i := 1; i < len(values) && fits; i++ {
			fits = n.holds(values[i], s.sources[i])
		}
		if fits {
			return n
		}
	}
	return nil
}

// occurrences are the values of a request that stand in a text as words of it,
// longest first.
func occurrences(text string, s *sources, shortest int) (found []*source) {
	seen := make(map[string]bool)
	for _, src := range s.list {
		v := src.value
		if v.Kind != simulations.String && v.Kind != simulations.Number || len(v.Text) < shortest || len(v.Text) > len(text) || seen[v.Text] {
			continue
		}
		if wordIn(text, v.Text) >= 0 {
			seen[v.Text] = true
			found = append(found, src)
			if len(found) == maxOccurrences {
				break
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *source) int { return len(b.value.Text) - len(a.value.Text) })
	return found
}

// wordIn is where a text holds a word: not within a run of letters and digits.
func wordIn(text, word string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		at := from + i
		if (at == 0 || !alphanumeric(text[at-1]) || !alphanumeric(word[0])) &&
			(at+len(word) == len(text) || !alphanumeric(text[at+len(word)]) || !alphanumeric(word[len(word)-1])) {
			return at
		}
		from = at + 1
	}
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func splitText(text string, found []*source) []part {
	parts := []part{{literal: text}}
	for _, src := range found {
		var next []part
		for _, p := range parts {
			rest := p.literal
			for p.expression == "" {
				at := wordIn(rest, src.value.Text)
				if at < 0 {
					break
				}
				if at > 0 {
					next = append(next, part{literal: rest[:at]})
				}
				next = append(next, part{expression: src.expression})
				rest = rest[at+len(src.value.Text):]
			}
			if p.expression != "" {
				next = append(next, p)
			} else if rest != "" {
				next = append(next, part{literal: rest})
			}
		}
		parts = next
	}
	return parts
}

// writable reports whether the literal pieces mean themselves beside tags.
func writable(parts []part) bool {
	return !slices.ContainsFunc(parts, func(p part) bool {
		return p.expression == "" && (tagged(p.literal) || strings.HasSuffix(p.literal, `\`) || strings.HasSuffix(p.literal, "{") || strings.HasPrefix(p.literal, "}"))
	})
}
