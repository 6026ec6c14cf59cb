package matchers

import (
	"encoding/json"
	"math"
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
func appendJSON(b []byte, n any) []byte { return appendHead(b, n, math.MaxInt/2) }

// appendHead is appendJSON until b has most bytes: then it ends, anywhere, maybe
// within a character. Of what it leaves out it makes nothing.
func appendHead(b []byte, n any, most int) []byte {
	if len(b) >= most {
		return b
	}
	switch n := n.(type) {
	case string:
		return simulations.AppendJSONString(b, head(n, most-len(b)))
	case json.Number:
		return append(b, head(string(n), most-len(b))...)
	case bool:
		if n {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	case []any:
		b = append(b, '[')
		for i, item := range n {
			if len(b) >= most {
				return b
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = appendHead(b, item, most)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, name := range firstKeys(n, 1+(most-len(b))/len(`"":0`)) {
			if len(b) >= most {
				return b
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = simulations.AppendJSONString(b, head(name, most-len(b)))
			b = append(b, ':')
			b = appendHead(b, n[name], most)
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// head is the first n bytes of s.
func head(s string, n int) string { return s[:min(len(s), n)] }
