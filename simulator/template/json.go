package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parse reads JSON, keeping the order of members and the digits of numbers.
func (r *run) parse(s string) (any, error) {
	if err := r.make(len(s)); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	v, err := r.parseValue(dec, 0)
	if err != nil {
		return nil, jsonError(err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("text after the JSON value")
	}
	return v, nil
}

func jsonError(err error) error {
	if isFatal(err) {
		return err
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("the JSON ends too soon")
	}
	return fmt.Errorf("not JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func (r *run) parseValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fatal{ErrDepth}
	}
	if err := r.step(1); err != nil {
		return nil, err
	}
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := r.parseValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	case json.Delim('{'):
		o := newObject(4)
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := r.parseValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			o.set(name.(string), v)
		}
		_, err := dec.Token()
		return o, err
	}
	return t, nil
}

// ordered is the request's body as JSON in the order of its members.
func (r *run) ordered(v bodyView) (any, bool) {
	if _, ok := r.bodyJSON(); !ok {
		return nil, false
	}
	j, err := r.parse(v.r.body())
	return j, err == nil
}

// tree is a value as JSON that a helper may take apart: a text is parsed, a
// view resolved.
func (r *run) tree(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return r.parse(v)
	case texts:
		if len(v) == 1 {
			return r.parse(v[0])
		}
	case bodyView:
		return r.parse(r.body())
	case rawJSON:
		return v.value, nil
	case javaJSON:
		return v.value, nil
	}
	return v, nil
}

// plain is a value as encoding/json decodes one.
func (r *run) plain(v any) (any, error) { return r.plainAt(v, 0) }

func (r *run) plainAt(v any, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fatal{ErrDepth}
	}
	if err := r.step(1); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case nil, string, bool, json.Number:
		return v, nil
	case map[string]any:
		return v, nil // only ever made of plain values
	case rawJSON:
		return r.plainAt(v.value, depth+1)
	case javaJSON:
		return r.plainAt(v.value, depth+1)
	case bodyView:
		if j, ok := r.bodyJSON(); ok {
			return j, nil
		}
		return r.body(), nil
	case texts:
		if len(v) == 1 {
			return v[0], nil
		}
	case *date:
		s, err := v.append(nil)
		return string(s), err
	case nodeList:
		if len(v) == 1 {
			return v[0].text(r)
		}
	case texter:
		return v.text(r)
	}
	if l, ok := r.list(v); ok {
		out := make([]any, l.len())
		for i := range out {
			var err error
			if out[i], err = r.plainAt(l.at(i), depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	names, _ := memberNames(v)
	out := make(map[string]any, len(names))
	for _, name := range names {
		m, _ := r.member(v, name)
		var err error
		if out[name], err = r.plainAt(m, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}
