package template

import (
	"encoding/json"
	"strconv"

	"understudy/simulations"
)

// appendJSON prints for the native dialect: what is one text as it is, several
// values of one name as the first of them, lists and objects as JSON.
func appendJSON(r *run, b []byte, v any, depth int) ([]byte, error) {
	if b, done, err := r.appendScalar(b, v); done {
		return b, err
	}
	switch v := v.(type) {
	case texts:
		if len(v) > 0 {
			b = append(b, v[0]...)
		}
		return b, nil
	case javaJSON:
		return appendJSON(r, b, v.value, depth)
	}
	return r.encode(b, v, compact, depth)
}

// appendJoined prints for Hoverfly: lists without anything between their items.
func appendJoined(r *run, b []byte, v any, depth int) ([]byte, error) {
	if b, done, err := r.appendScalar(b, v); done {
		return b, err
	}
	l, ok := r.list(v)
	if !ok {
		return r.encode(b, v, compact, depth)
	}
	if depth > maxNesting {
		return b, fatal{ErrDepth}
	}
	for i := range l.len() {
		err := r.printed(b)
		if err == nil {
			b, err = appendJoined(r, b, l.at(i), depth+1)
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

// appendJava prints for WireMock: as toString of Java's collections does.
func appendJava(r *run, b []byte, v any, depth int) ([]byte, error) {
	if depth > 0 && v == nil {
		return append(b, "null"...), nil
	}
	if b, done, err := r.appendScalar(b, v); done {
		return b, err
	}
	if depth > maxNesting {
		return b, fatal{ErrDepth}
	}
	switch v := v.(type) {
	case texts:
		if len(v) > 0 {
			b = append(b, v[0]...)
		}
		return b, nil
	case javaJSON:
		if _, isList := v.value.([]any); isList {
			return r.encode(b, v.value, compact, depth)
		}
		return r.encode(b, v.value, jackson, depth)
	}
	if l, ok := r.list(v); ok {
		b = append(b, '[')
		for i := range l.len() {
			if i > 0 {
				b = append(b, ", "...)
			}
			err := r.printed(b)
			if err == nil {
				b, err = appendJava(r, b, l.at(i), depth+1)
			}
			if err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	}
	names, _ := memberNames(v)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, name...), '=')
		m, _ := r.member(v, name)
		err := r.printed(b)
		if err == nil {
			b, err = appendJava(r, b, m, depth+1)
		}
		if err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

// printed takes the step of an item, and watches what was printed so far.
func (r *run) printed(b []byte) error {
	if len(b) > MaxOutput+r.wrote {
		return fatal{ErrOutput}
	}
	return r.step(1)
}

// layout is how JSON is written.
type layout uint8

const (
	compact layout = iota
	pretty         // two spaces, as encoding/json indents
	jackson        // as Jackson's default pretty printer: lists stay on their line
)

// encode appends a value as JSON.
func (r *run) encode(b []byte, v any, how layout, depth int) ([]byte, error) {
	return r.encodeAt(b, v, how, depth, 0)
}

func (r *run) encodeAt(b []byte, v any, how layout, depth, indent int) ([]byte, error) {
	if depth > maxNesting {
		return b, fatal{ErrDepth}
	}
	if err := r.printed(b); err != nil {
		return b, err
	}
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return simulations.AppendJSONString(b, v), nil
	case json.Number:
		return append(b, v...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case rawJSON:
		return r.encodeAt(b, v.value, how, depth+1, indent)
	case javaJSON:
		return r.encodeAt(b, v.value, how, depth+1, indent)
	case *date:
		s, err := v.append(nil)
		return simulations.AppendJSONString(b, string(s)), err
	case texts:
		if len(v) == 1 {
			return simulations.AppendJSONString(b, v[0]), nil
		}
	case bodyView:
		if j, ok := r.ordered(v); ok {
			return r.encodeAt(b, j, how, depth+1, indent)
		}
		return simulations.AppendJSONString(b, r.body()), nil
	case nodeList:
		if len(v) == 1 {
			return r.encodeAt(b, v[0], how, depth+1, indent)
		}
	case texter:
		s, err := v.text(r)
		return simulations.AppendJSONString(b, s), err
	}
	if l, ok := r.list(v); ok {
		return r.encodeList(b, l, how, depth, indent)
	}
	return r.encodeObject(b, v, how, depth, indent)
}

func (r *run) encodeList(b []byte, l list, how layout, depth, indent int) ([]byte, error) {
	if l.len() == 0 {
		if how == jackson {
			return append(b, "[ ]"...), nil
		}
		return append(b, "[]"...), nil
	}
	b = append(b, '[')
	inner := indent + 1
	if how == jackson {
		inner = indent
	}
	for i := range l.len() {
		if i > 0 {
			b = append(b, ',')
		}
		switch how {
		case pretty:
			b = newline(b, inner)
		case jackson:
			b = append(b, ' ')
		}
		var err error
		if b, err = r.encodeAt(b, l.at(i), how, depth+1, inner); err != nil {
			return b, err
		}
	}
	switch how {
	case pretty:
		b = newline(b, indent)
	case jackson:
		b = append(b, ' ')
	}
	return append(b, ']'), nil
}

func (r *run) encodeObject(b []byte, v any, how layout, depth, indent int) ([]byte, error) {
	names, _ := memberNames(v)
	if len(names) == 0 {
		if how == jackson {
			return append(b, "{ }"...), nil
		}
		return append(b, "{}"...), nil
	}
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		if how != compact {
			b = newline(b, indent+1)
		}
		b = simulations.AppendJSONString(b, name)
		switch how {
		case compact:
			b = append(b, ':')
		case pretty:
			b = append(b, ": "...)
		case jackson:
			b = append(b, " : "...)
		}
		m, _ := r.member(v, name)
		var err error
		if b, err = r.encodeAt(b, m, how, depth+1, indent+1); err != nil {
			return b, err
		}
	}
	if how != compact {
		b = newline(b, indent)
	}
	return append(b, '}'), nil
}

func newline(b []byte, indent int) []byte {
	b = append(b, '\n')
	for range indent {
		b = append(b, "  "...)
	}
	return b
}
