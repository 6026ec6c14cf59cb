package redact

import (
	"strings"

	"understudy/simulations"
)

// search notes what the regex rules find in a view. accept, where it is not
// nil, may turn a match down by its offsets in the text.
func (x *Rules) search(e *edits, v view, accept func(start, end int) bool) {
	if v.text == "" || e.full {
		return
	}
	for i := range x.regexes {
		r := &x.regexes[i]
		// One more than can be noted, to know that there are too many.
		for _, m := range r.re.FindAllStringSubmatchIndex(v.text, maxEdits+1) {
			if accept != nil {
				if start, end := v.span(m[0], m[1]); !accept(start, end) {
					continue
				}
			}
			// A group that took no part in the match names nothing smaller
			// than the match.
			from, to := m[0], m[1]
			if len(m) > 2 && m[2] >= 0 {
				from, to = m[2], m[3]
			}
			start, end := v.span(from, to)
			e.add(start, end, x.replacement(r.as, v.text[from:to]))
		}
	}
}

// searchEncoded searches a view as it stands, and, where it has
// percent-encoding, as it is meant.
func (x *Rules) searchEncoded(e *edits, v view) {
	if len(x.regexes) == 0 {
		return
	}
	x.search(e, v, nil)
	if strings.IndexByte(v.text, '%') >= 0 {
		x.search(e, v.percent(false), nil)
	}
}

// path redacts a path as sent.
func (x *Rules) path(s string) (string, bool) {
	var e edits
	x.searchEncoded(&e, plain(s, 0, len(s)))
	return e.value(s)
}

// query redacts a raw query.
func (x *Rules) query(s string) (string, bool) {
	if s == "" || len(x.queries) == 0 && len(x.regexes) == 0 {
		return s, false
	}
	var e edits
	x.pairs(&e, s, 0, len(s), x.queries)
	x.searchEncoded(&e, plain(s, 0, len(s)))
	return e.value(s)
}

// pairs redacts name=value pairs between start and end of a text, in the form
// of application/x-www-form-urlencoded: by name, and by what the regex rules
// find in each name and value by itself.
func (x *Rules) pairs(e *edits, s string, start, end int, rules []nameRule) {
	items := dropper{edits: e}
	for at := start; at <= end; {
		stop, next := end, -1
		if i := strings.IndexByte(s[at:end], '&'); i >= 0 {
			stop, next = at+i, at+i+1
		}
		eq, value := stop, stop
		if i := strings.IndexByte(s[at:stop], '='); i >= 0 {
			eq, value = at+i, at+i+1
		}
		name := plain(s, at, eq).percent(true)
		as, ok := find(rules, name.text)
		drop := ok && as == simulations.RedactDrop
		items.item(at, stop, next, drop)
		switch {
		case drop:
		case ok:
			e.add(value, stop, x.replacement(as, plain(s, value, stop).percent(true).text))
		case len(x.regexes) > 0:
			x.search(e, name, nil)
			x.search(e, plain(s, value, stop).percent(true), nil)
		}
		at = stop + 1
	}
}
