package template

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object that keeps the order of its members. It is not
// changed once it is shared.
type object struct {
	names  []string
	values map[string]any
}

func newObject(n int) *object {
	return &object{names: make([]string, 0, n), values: make(map[string]any, n)}
}

func (o *object) get(name string) (any, bool) {
	v, ok := o.values[name]
	return v, ok
}

// set puts a member, at the end where it is new. The object must not be shared yet.
func (o *object) set(name string, v any) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = v
}

func (o *object) remove(name string) {
	if _, ok := o.values[name]; ok {
		delete(o.values, name)
		o.names = slices.DeleteFunc(o.names, func(n string) bool { return n == name })
	}
}

func (o *object) clone() *object {
	return &object{names: slices.Clone(o.names), values: maps.Clone(o.values)}
}

// texts are the values of a name that may have several, such as a query
// parameter: a list, and its first value where one text is wanted.
type texts []string

// rawJSON is a value together with its JSON text, which is how it prints. It is
// what json makes, so that a string of a structured body that is only that
// becomes the value.
type rawJSON struct {
	value any
	text  string
}

// javaJSON is an object or list that prints as JSON although its dialect prints
// objects otherwise: what WireMock's jsonPath returns.
type javaJSON struct{ value any }

// viewer is a value whose members are made when they are asked for.
type viewer interface {
	get(name string) (any, bool)
	// memberNames lists the members, for each and size.
	memberNames() []string
}

// texter is a viewer that prints as text.
type texter interface {
	text(r *run) (string, error)
}

// list is what can be indexed.
type list interface {
	len() int
	at(i int) any
}

type anyList []any

func (l anyList) len() int     { return len(l) }
func (l anyList) at(i int) any { return l[i] }
func (l texts) len() int       { return len(l) }
func (l texts) at(i int) any   { return l[i] }

// list returns a value as a list.
func (r *run) list(v any) (list, bool) {
	switch v := v.(type) {
	case []any:
		return anyList(v), true
	case texts:
		return v, true
	case list:
		return v, true
	case rawJSON:
		return r.list(v.value)
	case javaJSON:
		return r.list(v.value)
	case pastBody:
		return r.list(v.value())
	case bodyView:
		if j, ok := v.r.bodyJSON(); ok {
			return r.list(j)
		}
	}
	return nil, false
}

// items returns a value as a slice that must not be written to; false where it
// is no list.
func (r *run) items(v any) ([]any, bool, error) {
	l, ok := r.list(v)
	if !ok {
		return nil, false, nil
	}
	if a, ok := l.(anyList); ok {
		return a, true, r.step(len(a) / 16)
	}
	if err := r.step(l.len()); err != nil {
		return nil, true, err
	}
	out := make([]any, l.len())
	for i := range out {
		out[i] = l.at(i)
	}
	return out, true, nil
}

// memberNames lists the members of an object in order; of one that has no
// order, in that of the names.
func memberNames(v any) ([]string, bool) {
	switch v := v.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(v)), true
	case *object:
		return v.names, true
	case rawJSON:
		return memberNames(v.value)
	case javaJSON:
		return memberNames(v.value)
	case viewer:
		return v.memberNames(), true
	}
	return nil, false
}

// truth is what if and unless look at: false, null, "", 0 and an empty list are
// not true.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case json.Number:
		mantissa, _, _ := strings.Cut(strings.ToLower(string(v)), "e")
		return strings.ContainsAny(mantissa, "123456789")
	case []any:
		return len(v) > 0
	case texts:
		return len(v) > 0 && (len(v) > 1 || v[0] != "")
	case rawJSON:
		return truth(v.value)
	case javaJSON:
		return truth(v.value)
	case list:
		return v.len() > 0
	case bodyView:
		return v.r.body() != ""
	}
	return true
}

// integer is a number.
func integer(n int) json.Number {
	if 0 <= n && n < len(small) {
		return small[n]
	}
	return json.Number(strconv.Itoa(n))
}

var small = func() (out [256]json.Number) {
	for i := range out {
		out[i] = json.Number(strconv.Itoa(i))
	}
	return out
}()

// text returns a value as the dialect prints it.
func (r *run) text(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		return string(v), nil
	case bool:
		return strconv.FormatBool(v), nil
	case rawJSON:
		return v.text, nil
	case bodyView:
		return r.body(), r.read(len(r.body()))
	}
	b, err := r.print(r, nil, v, 0)
	if err != nil {
		return "", err
	}
	return string(b), r.make(len(b))
}

// appendScalar appends what prints alike in every dialect; false where v is
// something else.
func (r *run) appendScalar(b []byte, v any) ([]byte, bool, error) {
	switch v := v.(type) {
	case nil:
		return b, true, nil
	case string:
		return append(b, v...), true, nil
	case json.Number:
		return append(b, v...), true, nil
	case bool:
		return strconv.AppendBool(b, v), true, nil
	case rawJSON:
		return append(b, v.text...), true, nil
	case *date:
		b, err := v.append(b)
		return b, true, err
	case texter:
		s, err := v.text(r)
		return append(b, s...), true, err
	}
	return b, false, nil
}

// appendEscaped appends s with HTML escaped, as raymond does it.
func appendEscaped(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			b = append(b, "&amp;"...)
		case '\'':
			b = append(b, "&apos;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '>':
			b = append(b, "&gt;"...)
		case '"':
			b = append(b, "&quot;"...)
		default:
			b = append(b, s[i])
		}
	}
	return b
}
