package matchers

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"understudy/simulations"
)

// decodeJSON reads one JSON value (RFC 8259): numbers as json.Number, of
// members of the same name the last one. What is not valid UTF-8, has text
// after the value or is nested deeper than 10,000 is not JSON. A byte order
// mark is passed over, as section 8.1 allows.
func decodeJSON(data []byte) (any, bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, false
	}
	if len(bytes.TrimLeft(data[dec.InputOffset():], " \t\r\n")) > 0 {
		return nil, false
	}
	return v, true
}

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
