package export

import (
	"bytes"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// Body returns the content of a response. A template in JSON is no text that
// can be carried, unless it has no templates in it. It is an error of the
// caller to ask for a body that lies in a file or in the store.
func Body(r *simulations.Response) []byte {
	switch {
	case r.Text != nil:
		return []byte(*r.Text)
	case r.JSON != nil:
		return r.JSON.AppendJSON(nil)
	case r.Base64 != nil:
		return *r.Base64
	}
	return nil
}

// Encoded returns a body as a text: as it is, or in base64 where it is no
// UTF-8.
func Encoded(body []byte) (text string, inBase64 bool) {
	if utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

// gzipMagic is what gzip files begin with (RFC 1952 section 2.3.1).
var gzipMagic = []byte{0x1f, 0x8b}

// Headers returns the headers of a response as they are to be sent: with the
// Content-Type that JSON brings, and without the coding of a body that is kept
// decoded, which understudy applies when it answers.
func Headers(r *simulations.Response, at Place) simulations.Headers {
	out := maps.Clone(r.Headers)
	if r.JSON != nil && out["Content-Type"] == nil {
		if out == nil {
			out = make(simulations.Headers)
		}
		out["Content-Type"] = []string{"application/json"}
	}
	if enc := out["Content-Encoding"]; len(enc) > 0 && !strings.EqualFold(enc[0], "identity") && !(r.Base64 != nil && bytes.HasPrefix(*r.Base64, gzipMagic)) {
		at.Get("headers").Get("Content-Encoding").Warn("the body is sent without a content coding there: the header was left out")
		delete(out, "Content-Encoding")
	}
	return out
}

// Trailing puts trailers among the headers, announced by Trailer, as tools do
// that have no field of their own for them.
func Trailing(headers, trailers simulations.Headers) simulations.Headers {
	if len(trailers) == 0 {
		return headers
	}
	out := maps.Clone(headers)
	if out == nil {
		out = make(simulations.Headers)
	}
	out["Trailer"] = []string{strings.Join(Names(trailers), ", ")}
	maps.Copy(out, trailers)
	return out
}

// Names lists the keys of a map, sorted.
func Names[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Members makes an object of what is not nil.
type Members struct{ v simulations.Value }

// Set adds a member, unless the value is nil.
func (m *Members) Set(name string, v *simulations.Value) {
	if v != nil {
		m.v.Names, m.v.Items = append(m.v.Names, name), append(m.v.Items, v)
	}
}

// Text adds a text, unless it is empty.
func (m *Members) Text(name, text string) {
	if text != "" {
		m.Set(name, simulations.NewString(text))
	}
}

// Int adds a number, unless it is 0.
func (m *Members) Int(name string, n int64) {
	if n != 0 {
		m.Set(name, simulations.NewInt(n))
	}
}

// Clip makes members that are added to a copy of m its own.
func (m *Members) Clip() {
	m.v.Names, m.v.Items = slices.Clip(m.v.Names), slices.Clip(m.v.Items)
}

// Get returns the member of that name, nil for none.
func (m *Members) Get(name string) *simulations.Value { return m.Value().Get(name) }

// Value returns the object, which may be empty.
func (m *Members) Value() *simulations.Value {
	m.v.Kind = simulations.Object
	return &m.v
}

// Some returns the object, nil for an empty one.
func (m *Members) Some() *simulations.Value {
	if len(m.v.Names) == 0 {
		return nil
	}
	return m.Value()
}
