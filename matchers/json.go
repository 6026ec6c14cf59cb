package matchers

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// decodeJSON reads one JSON value (RFC 8259): numbers as json.Number, of
// members of the same name the last one. What is not valid UTF-8, has text
// after the value or is nested deeper than 10,000 is not JSON. A byte order
// mark is passed over, as section 8.1 allows.
func decodeJSON(data []byte) (any, bool) { return decodeJSONText(string(data)) }

// decodeJSONText is decodeJSON; the texts of the value are parts of text.
func decodeJSONText(text string) (any, bool) {
	if !utf8.ValidString(text) {
		return nil, false
	}
	return scanJSON(strings.TrimPrefix(text, string(byteOrderMark)))
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// appendJSON appends n as compact JSON, members sorted by name.
func appendJSON(b []byte, n any) []byte {
	switch n := n.(type) {
	case string:
		return simulations.AppendJSONString(b, n)
	case json.Number:
		return append(b, n...)
	case bool:
		if n {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case []any:
		b = append(b, '[')
		for i, item := range n {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, item)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, name := range sortedKeys(n) {
			if i > 0 {
				b = append(b, ',')
			}
			b = simulations.AppendJSONString(b, name)
			b = append(b, ':')
			b = appendJSON(b, n[name])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}
