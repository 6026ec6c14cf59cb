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
	data = bytes.TrimPrefix(data, byteOrderMark)
	if v, ok := decodeScalar(data); ok {
		return v, true
	}
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

var byteOrderMark = []byte("\xef\xbb\xbf")

// decodeScalar is decodeJSON for the texts that need no decoder: words, whole
// numbers and strings of plain characters. ok is false for all others.
func decodeScalar(data []byte) (v any, ok bool) {
	switch text := string(data); {
	case text == "true":
		return true, true
	case text == "false":
		return false, true
	case text == "null":
		return nil, true
	case len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"':
		for i := 1; i < len(text)-1; i++ {
			if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
				return nil, false
			}
		}
		return text[1 : len(text)-1], true
	case text != "" && (text[0] >= '1' && text[0] <= '9' || text == "0"):
		for i := 1; i < len(text); i++ {
			if text[i] < '0' || text[i] > '9' {
				return nil, false
			}
		}
		return json.Number(text), true
	}
	return nil, false
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
