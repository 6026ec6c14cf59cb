package jsonpath

import (
	"bytes"
	"encoding/json"
)

// GetText is Get for the text of a JSON value, which has to be valid. It reads
// no more of the text than it must and decodes nothing but names with escapes.
// It returns the text of the value that a singular query names; of members of
// the same name the last one counts. ok is false for a query that it cannot
// follow: one that is not singular, or that counts from an array's end.
func (p *Path) GetText(text []byte) (value []byte, found, ok bool) {
	if !p.singular {
		return nil, false, false
	}
	for i := range p.segments {
		if sel := &p.segments[i].selectors[0]; sel.kind == selectIndex && sel.index < 0 {
			return nil, false, false
		}
	}
	text = text[space(text, 0):]
	for i := range p.segments {
		sel := &p.segments[i].selectors[0]
		if sel.kind == selectIndex {
			text, found = item(text, sel.index)
		} else {
			text, found = member(text, sel.name)
		}
		if !found {
			return nil, false, true
		}
	}
	return text[:end(text, 0)], true, true
}

// member returns the text from an object's member on; text begins with a value.
func member(text []byte, name string) (from []byte, found bool) {
	if text[0] != '{' {
		return nil, false
	}
	for at := space(text, 1); text[at] != '}'; {
		after := end(text, at)
		here := isName(text[at:after], name)
		at = space(text, space(text, after)+1) // behind the colon
		if here {
			from, found = text[at:], true
		}
		if at = space(text, end(text, at)); text[at] == ',' {
			at = space(text, at+1)
		}
	}
	return from, found
}

// isName compares the text of a string, with its quotes, with what it stands for.
func isName(text []byte, name string) bool {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text[1:len(text)-1]) == name
	}
	var s string
	return json.Unmarshal(text, &s) == nil && s == name
}

// item returns the text from an array's element on.
func item(text []byte, index int) (from []byte, found bool) {
	if text[0] != '[' {
		return nil, false
	}
	at := space(text, 1)
	for ; text[at] != ']'; index-- {
		if index == 0 {
			return text[at:], true
		}
		if at = space(text, end(text, at)); text[at] == ',' {
			at = space(text, at+1)
		}
	}
	return nil, false
}

// space returns where the white space at a place ends.
func space(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// end returns where the value at a place ends.
func end(text []byte, at int) int {
	switch text[at] {
	case '"':
		for at++; text[at] != '"'; at++ {
			if text[at] == '\\' {
				at++
			}
		}
		return at + 1
	case '{', '[':
		for depth := 0; ; at++ {
			switch text[at] {
			case '"':
				at = end(text, at) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return at + 1
				}
			}
		}
	}
	for at < len(text) {
		switch text[at] {
		case ' ', '\t', '\n', '\r', ',', ']', '}':
			return at
		}
		at++
	}
	return at
}
