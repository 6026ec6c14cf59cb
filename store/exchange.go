package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"understudy/simulations"
)

// recordedJSON is an exchange as it is kept; the sequence number is in its key.
type recordedJSON struct {
	Take     uint64                `json:"take"`
	StubID   string                `json:"stub,omitempty"`
	Answer   string                `json:"answer,omitempty"`
	Exchange *simulations.Exchange `json:"exchange"`
	// Escaped says that some strings are written by escape.
	Escaped bool `json:"escaped,omitempty"`
}

// encodeRecorded writes an exchange so that every byte of it comes back: HTTP
// allows header values and targets that are no UTF-8 (RFC 9110 section 5.5),
// JSON strings do not hold them, so those are escaped.
func encodeRecorded(rec *simulations.Recorded) ([]byte, error) {
	r := recordedJSON{Take: rec.Take, StubID: rec.StubID, Answer: rec.Answer, Exchange: rec.Exchange}
	if v := reflect.ValueOf(r); anyString(v, needsEscape) {
		r = mapStrings(v, escape).Interface().(recordedJSON)
		r.Escaped = true
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&r); err != nil {
		return nil, fmt.Errorf("write an exchange: %w", err)
	}
	return b.Bytes(), nil
}

func decodeRecorded(b []byte) (*simulations.Recorded, error) {
	var r recordedJSON
	if err := json.Unmarshal(b, &r); err != nil || r.Exchange == nil {
		return nil, errMalformed
	}
	if r.Escaped {
		r = mapStrings(reflect.ValueOf(r), unescape).Interface().(recordedJSON)
	}
	return &simulations.Recorded{Take: r.Take, StubID: r.StubID, Answer: r.Answer, Exchange: r.Exchange}, nil
}

// escapeMark begins an escaped string: a noncharacter, whose bytes follow as
// the characters U+0000 to U+00FF. A string that begins with the mark by itself
// is escaped too, so escape is one to one.
const escapeMark = "\uFDD0"

func needsEscape(s string) bool {
	return !utf8.ValidString(s) || strings.HasPrefix(s, escapeMark)
}

func escape(s string) string {
	if !needsEscape(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(escapeMark)
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func unescape(s string) string {
	escaped, ok := strings.CutPrefix(s, escapeMark)
	if !ok {
		return s
	}
	b := make([]byte, 0, len(escaped))
	for _, r := range escaped {
		b = append(b, byte(r))
	}
	return string(b)
}

var timeType = reflect.TypeFor[time.Time]()

// anyString reports whether test holds for any string within v.
func anyString(v reflect.Value, test func(string) bool) bool {
	switch v.Kind() {
	case reflect.String:
		return test(v.String())
	case reflect.Pointer:
		return !v.IsNil() && anyString(v.Elem(), test)
	case reflect.Struct:
		if v.Type() == timeType {
			return false
		}
		for i := range v.NumField() {
			if anyString(v.Field(i), test) {
				return true
			}
		}
	case reflect.Slice:
		if !hasStrings(v.Type().Elem().Kind()) {
			return false
		}
		for i := range v.Len() {
			if anyString(v.Index(i), test) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if anyString(it.Key(), test) || anyString(it.Value(), test) {
				return true
			}
		}
	}
	return false
}

// mapStrings returns a copy of v with f applied to every string within it; it
// shares with v what holds no strings.
func mapStrings(v reflect.Value, f func(string) string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		out := reflect.New(v.Type()).Elem()
		out.SetString(f(v.String()))
		return out
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		out := reflect.New(v.Type().Elem())
		out.Elem().Set(mapStrings(v.Elem(), f))
		return out
	case reflect.Struct:
		if v.Type() == timeType {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			out.Field(i).Set(mapStrings(v.Field(i), f))
		}
		return out
	case reflect.Slice:
		if v.IsNil() || !hasStrings(v.Type().Elem().Kind()) {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(mapStrings(v.Index(i), f))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			out.SetMapIndex(mapStrings(it.Key(), f), mapStrings(it.Value(), f))
		}
		return out
	}
	return v
}

// hasStrings reports whether a value of kind k can hold strings.
func hasStrings(k reflect.Kind) bool {
	switch k {
	case reflect.String, reflect.Pointer, reflect.Struct, reflect.Slice, reflect.Map:
		return true
	}
	return false
}

// exchangeRefs lists the stored bodies of an exchange.
func exchangeRefs(ex *simulations.Exchange) ([]digest, error) {
	return refsOf(ex.Request.Body.Stored, ex.Response.Body.Stored)
}

// stubRefs lists the stored bodies of a stub.
func stubRefs(s *simulations.Stub) ([]digest, error) {
	if s.Response == nil && len(s.Responses) == 0 {
		return nil, nil
	}
	var refs []*simulations.BodyRef
	for _, r := range append(s.Responses[:len(s.Responses):len(s.Responses)], s.Response) {
		if r != nil {
			refs = append(refs, r.Stored)
		}
	}
	return refsOf(refs...)
}

func refsOf(refs ...*simulations.BodyRef) ([]digest, error) {
	var out []digest
	for _, ref := range refs {
		if ref == nil {
			continue
		}
		d, err := bodyDigest(*ref)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}
