package pact

import (
	"strconv"
	"strings"
)

// token is one step of a path: of a matching rule, or to a value.
type token struct {
	kind  tokenKind
	name  string
	index int
}

type tokenKind uint8

const (
	named    tokenKind = iota // .name
	indexed                   // [0]
	anyName                   // .*, which stands for an item, too
	anyIndex                  // [*]
	// A value's step may be one that no rule names: to a further member or item.
	furtherName
	furtherIndex
)

// steps reads a path such as $.a['b'][0].*[*], and reports whether it is one.
func steps(path string) ([]token, bool) {
	rest, ok := strings.CutPrefix(path, "$")
	if !ok {
		return nil, false
	}
	var out []token
	for rest != "" {
		var t token
		switch {
		case strings.HasPrefix(rest, "['"), strings.HasPrefix(rest, `["`):
			end := strings.Index(rest[2:], rest[1:2]+"]")
			if end < 0 {
				return nil, false
			}
			t, rest = token{kind: named, name: rest[2 : 2+end]}, rest[2+end+2:]
		case rest[0] == '[':
			end := strings.IndexByte(rest, ']')
			if end < 0 {
				return nil, false
			}
			if rest[1:end] == "*" {
				t.kind = anyIndex
			} else {
				n, err := strconv.Atoi(rest[1:end])
				if err != nil || n < 0 {
					return nil, false
				}
				t = token{kind: indexed, index: n}
			}
			rest = rest[end+1:]
		case rest[0] == '.':
			rest = rest[1:]
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return nil, false
			}
			if t = (token{kind: named, name: rest[:end]}); t.name == "*" {
				t.kind = anyName
			}
			rest = rest[end:]
		default:
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}

// weight is how well a rule's step fits one to a value: 2 for the very one, 1
// for any, 0 for another.
func (t token) weight(to token) int {
	switch t.kind {
	case named:
		if to.kind == named && to.name == t.name {
			return 2
		}
	case indexed:
		if to.kind == indexed && to.index == t.index {
			return 2
		}
	case anyIndex:
		if to.kind == indexed || to.kind == furtherIndex {
			return 1
		}
	case anyName:
		return 1
	}
	return 0
}
