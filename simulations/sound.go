package simulations

import (
	"math"
	"net/textproto"
	"slices"
	"unicode/utf8"
)

// Sound reports whether ParseStub reads what AppendStub writes of the stub. It
// looks at the model only, at a small part of the cost of writing and reading,
// and knows the parts that most stubs have; of a stub with any other, or where
// it is not certain, it reports false, and ParseStub has the word.
func (s *Stub) Sound() bool {
	ok := s.Scenario == nil && s.State == nil && soundCounts(s.Priority, s.Specificity, s.Times)
	fault := func(_, _ string) { ok = false }
	s.check(fault)
	s.Request.check(fault)
	responses := s.Responses
	if s.Response != nil {
		responses = append(slices.Clip(responses), s.Response)
	}
	for _, r := range responses {
		ok = ok && r.sound()
	}
	if s.Order != "" && !slices.Contains(s.Order.values(), string(s.Order)) {
		return false
	}
	return ok && s.Request.sound()
}

// sound is Sound for what [Pattern.check] does not look at.
func (p *Pattern) sound() bool {
	if len(p.Any) > 0 || len(p.None) > 0 {
		return false
	}
	for _, one := range []*Predicate{p.Host, p.Authority, p.Path, p.URL, p.Body, p.Session, p.Origin} {
		if one != nil && !soundValue(one.Value, soundDepth) {
			return false
		}
	}
	for _, some := range []map[string]Predicate{p.Params, p.Query, p.Headers, p.Cookies} {
		for name, one := range some {
			if !utf8.ValidString(name) || !soundValue(one.Value, soundDepth) {
				return false
			}
		}
	}
	return true
}

// sound is Sound for a response; nil is not sound.
func (r *Response) sound() bool {
	if r == nil || r.JSON != nil || r.Pace != nil || r.Fault != "" || r.FaultTerms != nil || r.ShiftDates != nil || r.StatusTemplate != "" || r.Files != nil || r.Fallback != "" || len(r.Callbacks) > 0 || r.Stored != nil && r.Stored.ID == "" {
		return false
	}
	if r.Dialect != "" && !slices.Contains(r.Dialect.values(), string(r.Dialect)) {
		return false
	}
	for name, v := range r.Parameters {
		if !utf8.ValidString(name) || !soundValue(v, soundDepth) {
			return false
		}
	}
	for name := range r.Variables {
		if !utf8.ValidString(name) {
			return false
		}
	}
	ok := soundCounts(r.Repeat, r.Weight) && r.Delay.sound() && soundHeaders(r.Headers) && soundHeaders(r.Trailers) && r.Recording.sound()
	r.check(func(_, _ string) { ok = false })
	return ok
}

// sound is Sound for a fixed delay, and for none: nil.
func (d *Delay) sound() bool {
	return d == nil || *d == Delay{Fixed: d.Fixed, Force: d.Force} && d.Fixed >= 0
}

// soundCounts reports whether numbers are of 32 bits, as a document's are.
func soundCounts(numbers ...int) bool {
	for _, n := range numbers {
		if n < math.MinInt32 || n > math.MaxInt32 {
			return false
		}
	}
	return true
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
		if !ValidHeaderName(name) || textproto.CanonicalMIMEHeaderKey(name) != name || slices.ContainsFunc(values, func(v string) bool { return !validHeaderValue(v) }) {
			return false
		}
	}
	return true
}
