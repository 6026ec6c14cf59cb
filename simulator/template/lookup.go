package template

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// eval finds the value of a path; nil where there is none.
func (p *path) eval(r *run) (any, error) {
	if p.data {
		return r.dataValue(p), nil
	}
	f := r.frame
	for range p.up {
		f = r.outer(f)
	}
	if p.this {
		v := r.context(f)
		return r.follow(v, p.names), nil
	}
	v, ok := r.find(f, p.names[0])
	if !ok {
		return nil, nil
	}
	return r.follow(v, p.names[1:]), nil
}

// outer is the frame that ../ leads to: the next one with a context of its own.
func (r *run) outer(f *frame) *frame {
	for f != nil && f.this == keepContext {
		f = f.parent
	}
	if f != nil {
		f = f.parent
	}
	return f
}

// keepContext is the context of a frame that adds names only.
var keepContext any = &struct{ _ byte }{}

// context is what {{this}} is in a frame.
func (r *run) context(f *frame) any {
	for ; f != nil; f = f.parent {
		if f.this != keepContext {
			return f.this
		}
	}
	return r.rootValue()
}

// find looks a name up: block parameters and members of the contexts, from the
// innermost outwards, then variables, then the names at the root.
func (r *run) find(f *frame, name string) (any, bool) {
	for ; f != nil; f = f.parent {
		if i := slices.Index(f.params, name); i >= 0 {
			return f.values[i], true
		}
		if f.this != keepContext {
			if v, ok := r.member(f.this, name); ok {
				return v, true
			}
		}
	}
	if v, ok := r.vars[name]; ok {
		return v, true
	}
	return r.manners.root(r, name)
}

func (r *run) follow(v any, names []string) any {
	for _, name := range names {
		var ok bool
		if v, ok = r.member(v, name); !ok {
			return nil
		}
	}
	return v
}

// dataValue is @index and its like.
func (r *run) dataValue(p *path) any {
	f := r.frame
	for range p.up {
		f = r.outer(f)
	}
	var v any
	switch name := p.names[0]; name {
	case "root":
		v = r.rootValue()
	default:
		for f != nil && f.loop == nil {
			f = f.parent
		}
		if f == nil {
			v = r.vars[name] // what Handlebars.java calls data
			break
		}
		l := f.loop
		switch name {
		case "index":
			v = integer(l.index)
		case "key":
			v = l.key
		case "value":
			v = l.value
		case "first":
			v = l.index == 0
		case "last":
			v = l.index == l.count-1
		case "odd":
			v = l.index%2 == 1
		case "even":
			v = l.index%2 == 0
		default:
			v = r.vars[name]
		}
	}
	return r.follow(v, p.names[1:])
}

// rootValue is the value that has the names at the root as its members.
func (r *run) rootValue() any { return (*rootView)(r) }

// member returns a member of an object, or an item of a list by its number.
func (r *run) member(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		m, ok := v[name]
		return m, ok
	case *object:
		return v.get(name)
	case viewer:
		return v.get(name)
	case rawJSON:
		return r.member(v.value, name)
	case javaJSON:
		return r.member(v.value, name)
	case string:
		if name == "length" && r.read(len(v)) == nil {
			return integer(utf8.RuneCountInString(v)), true
		}
		return nil, false
	case nil, bool, json.Number:
		return nil, false
	}
	if list, ok := r.list(v); ok {
		return r.item(list, v, name)
	}
	return nil, false
}

// item returns an item of a list: by its number, from the end by a negative
// one, or by the words first, last, length and size.
func (r *run) item(list list, v any, name string) (any, bool) {
	n := list.len()
	switch name {
	case "length", "size":
		return integer(n), true
	case "first":
		name = "0"
	case "last":
		name = "-1"
		if _, ok := v.(texts); ok && r.t.dialect == WireMock {
			name = "-0"
		}
	}
	i, ok := smallInt(name)
	if !ok {
		return nil, false
	}
	if strings.HasPrefix(name, "-") {
		if r.t.dialect == WireMock {
			// There [-1] is the last but one (observed: ListOrSingle counts
			// back from the last).
			i = n - 1 + i
		} else {
			i += n
		}
	}
	if i < 0 || i >= n {
		return nil, false
	}
	return list.at(i), true
}
