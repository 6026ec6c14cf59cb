package store

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"understudy/simulations"
)

// oldRecorded is an exchange as it was written first, in JSON. Strings that are
// no UTF-8, which JSON does not hold, were escaped.
type oldRecorded struct {
	Take     uint64                `json:"take"`
	StubID   string                `json:"stub,omitempty"`
	Answer   string                `json:"answer,omitempty"`
	Exchange *simulations.Exchange `json:"exchange"`
	// Escaped says that some strings are escaped, see unescape.
	Escaped bool `json:"escaped,omitempty"`
}

func decodeRecordedJSON(b []byte) (*simulations.Recorded, error) {
	var r oldRecorded
	if err := json.Unmarshal(b, &r); err != nil || r.Exchange == nil {
		return nil, errMalformed
	}
	if r.Escaped {
		r = mapStrings(reflect.ValueOf(r), unescape).Interface().(oldRecorded)
	}
	return &simulations.Recorded{Take: r.Take, StubID: r.StubID, Answer: r.Answer, Exchange: r.Exchange}, nil
}

// escapeMark begins an escaped string: a noncharacter, whose bytes follow as
// the characters U+0000 to U+00FF. A string that begins with the mark by itself
// is escaped too, so escape is one to one.
const escapeMark = "\uFDD0"

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
