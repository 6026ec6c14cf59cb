package simulations

import (
	"net/textproto"
	"slices"
	"unicode/utf8"
)

// Sound reports whether ParseStub reads what AppendStub writes of the stub. It
// looks at the model only, at a small part of the cost of writing and reading,
// and knows the parts of which recording makes stubs; of a stub with any other,
// or where it is not certain, it reports false, and ParseStub has the word.
func (s *Stub) Sound() bool {
	ok := true
	fault := func(_, _ string) { ok = false }
	if s.Scenario != nil {
		return false
	}
	s.check(fault)
	s.Request.check(fault)
	responses := s.Responses
	if s.Response != nil {
		responses = append(slices.Clip(responses), s.Response)
	}
	for _, r := range responses {
		if r == nil || r.JSON != nil || r.Delay != nil || r.Pace != nil || r.Fault != "" || r.FaultTerms != nil || r.ShiftDates != nil || r.StatusTemplate != "" || r.Files != nil || r.Fallback != "" || len(r.Callbacks) > 0 || r.Stored != nil && r.Stored.ID == "" {
			return false
		}
		r.check(fault)
		ok = ok && soundHeaders(r.Headers) && soundHeaders(r.Trailers) && r.Recording.sound()
	}
	if s.Order != "" && !slices.Contains(s.Order.values(), string(s.Order)) {
		return false
	}
	p := &s.Request
	for _, one := range []*Predicate{p.Host, p.Path, p.Body, p.Session, p.Origin} {
		ok = ok && (one == nil || soundValue(one.Value, soundDepth))
	}
	for _, some := range []map[string]Predicate{p.Query, p.Headers, p.Cookies} {
		for name, one := range some {
			ok = ok && utf8.ValidString(name) && soundValue(one.Value, soundDepth)
		}
	}
	return ok
}

// sound reports it for what recording knows of an exchange; nil is sound.
func (r *Recording) sound() bool {
	if r == nil {
		return true
	}
	ok := r.At >= 0 && r.At.Time().Year() < 10000 && r.Latency >= 0 && (len(r.Pieces) == 0 || r.Pieces[0].After >= 0)
	r.check(func(_, _ string) { ok = false })
	return ok
}

// soundDepth leaves room for what stands around a predicate in a stub.
const soundDepth = MaxDepth - 8

// soundValue reports whether a predicate's value can be written and read:
// nothing is missing, no name stands twice, and it is not nested too deep.
func soundValue(v *Value, depth int) bool {
	if v == nil || depth == 0 {
		return false
	}
	if v.Kind == Object && !distinct(v.Names) {
		return false
	}
	for _, item := range v.Items {
		if !soundValue(item, depth-1) {
			return false
		}
	}
	return true
}

// distinct reports whether no two names are written alike. Most lists are short
// or sorted; of a long one that is neither it reports false.
func distinct(names []string) bool {
	sorted := true
	for i, name := range names {
		if !utf8.ValidString(name) { // what replaces its bytes may be another's name
			return false
		}
		if sorted = sorted && (i == 0 || names[i-1] < name); sorted {
			continue
		}
		if i > 16 || slices.Contains(names[:i], name) {
			return false
		}
	}
	return true
}

func soundHeaders(h Headers) bool {
	for name, values := range h {
		if !validHeaderName(name) || textproto.CanonicalMIMEHeaderKey(name) != name || slices.ContainsFunc(values, func(v string) bool { return !validHeaderValue(v) }) {
			return false
		}
	}
	return true
}
