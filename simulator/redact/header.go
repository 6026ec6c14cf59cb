package redact

import (
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"understudy/simulations"
)

// header redacts the values of a header or trailer section, with the built-in
// rules or without. The section given is not written: where something changes
// the result is another map.
func (x *Rules) header(h http.Header, builtin bool) (out http.Header, changed bool) {
	for name, values := range h {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		as, own := x.headerAction(canonical)
		if !own && (!builtin || !secret(canonical)) && !x.looksInto(canonical) {
			continue
		}
		var redacted []string // nil as long as all values are as they were
		for i, v := range values {
			to, keep, did := v, true, false
			if own && as == simulations.RedactDrop {
				keep, did = false, true
			} else {
				to, keep, did = x.headerValue(canonical, v, as, own, builtin)
			}
			if did && redacted == nil {
				redacted = append(make([]string, 0, len(values)), values[:i]...)
			}
			if redacted != nil && keep {
				redacted = append(redacted, to)
			}
		}
		if redacted == nil {
			continue
		}
		if !changed {
			out, changed = maps.Clone(h), true
		}
		if len(redacted) == 0 {
			delete(out, name)
		} else {
			out[name] = redacted
		}
	}
	if !changed {
		return h, false
	}
	return out, true
}

// headerAction is what the collaborator's own header rules want.
func (x *Rules) headerAction(canonical string) (simulations.RedactAs, bool) {
	if len(x.headers) == 0 {
		return "", false
	}
	return find(x.headers, strings.ToLower(canonical))
}

// secret reports whether the built-in rules have something to do with a header.
func secret(canonical string) bool {
	switch canonical {
	case "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie":
		return true
	}
	return secretHeaders[canonical]
}

// looksInto reports whether rules of other kinds look into a header.
func (x *Rules) looksInto(canonical string) bool {
	switch {
	case canonical == "Content-Length": // a number of bytes, set anew where it changes
		return false
	case len(x.regexes) > 0:
		return true
	}
	switch canonical {
	case "Cookie", "Set-Cookie":
		return len(x.cookies) > 0
	case "Location", "Content-Location", "Referer":
		return len(x.queries) > 0
	}
	return false
}

// headerValue redacts one field line. With own, as is the action of the rule
// for the whole header, and never drop; keep is false where the line goes.
func (x *Rules) headerValue(canonical, v string, as simulations.RedactAs, own, builtin bool) (out string, keep, changed bool) {
	var e edits
	keep = true
	switch canonical {
	case "Cookie":
		x.cookiePairs(&e, v, as, own, builtin)
	case "Set-Cookie":
		keep = x.setCookie(&e, v, as, own, builtin)
	default:
		switch {
		case own, builtin && secret(canonical):
			from := 0
			if canonical == "Authorization" || canonical == "Proxy-Authorization" {
				from = credentials(v)
			}
			e.put(edit{from, len(v), x.replacement(as, v[from:]), !own})
		case canonical == "Location", canonical == "Content-Location", canonical == "Referer":
			x.url(&e, v)
		}
	}
	if !keep {
		return "", false, true
	}
	if !own {
		x.searchEncoded(&e, plain(v, 0, len(v)))
	}
	out, changed = e.value(v)
	return out, true, changed
}

// url redacts the query, and the fragment where it is made of pairs too (OAuth
// puts tokens there), of a URL in a header.
func (x *Rules) url(e *edits, v string) {
	if len(x.queries) == 0 && len(x.regexes) == 0 {
		return
	}
	hash := len(v)
	if i := strings.IndexByte(v, '#'); i >= 0 {
		hash = i
		x.pairs(e, v, i+1, len(v), x.queries)
	}
	if i := strings.IndexByte(v[:hash], '?'); i >= 0 {
		x.pairs(e, v, i+1, hash, x.queries)
	}
}

// cookieAction is what is done to a cookie's value: by a rule for the cookie,
// by one for the whole header, or, weakly, by the built-in rule.
func (x *Rules) cookieAction(name string, as simulations.RedactAs, own, builtin bool) (_ simulations.RedactAs, weak, ok bool) {
	if as, ok := find(x.cookies, name); ok {
		return as, false, true
	}
	if own {
		return as, false, true
	}
	return simulations.RedactMask, true, builtin
}

// cookiePairs redacts a Cookie line (RFC 6265 section 4.2.1, read leniently).
func (x *Rules) cookiePairs(e *edits, v string, as simulations.RedactAs, own, builtin bool) {
	items := dropper{edits: e}
	for at := 0; at <= len(v); {
		stop, next := len(v), -1
		if i := strings.IndexByte(v[at:], ';'); i >= 0 {
			stop = at + i
			next = len(v) - len(strings.TrimLeft(v[stop+1:], " \t"))
		}
		name, from := cookieValue(v[at:stop])
		as, weak, ok := x.cookieAction(name, as, own, builtin)
		drop := ok && as == simulations.RedactDrop
		items.item(at, stop, next, drop)
		if ok && !drop {
			e.put(edit{at + from, stop, x.replacement(as, v[at+from:stop]), weak})
		}
		if next < 0 {
			break
		}
		at = next
	}
}

// setCookie redacts a Set-Cookie line; it reports whether the line stays.
func (x *Rules) setCookie(e *edits, v string, as simulations.RedactAs, own, builtin bool) (keep bool) {
	pair, _, _ := strings.Cut(v, ";")
	name, from := cookieValue(pair)
	as, weak, ok := x.cookieAction(name, as, own, builtin)
	if ok && as == simulations.RedactDrop {
		return false
	}
	if ok {
		e.put(edit{from, len(pair), x.replacement(as, pair[from:]), weak})
	}
	return true
}

// cookieValue returns a pair's name and where its value begins; without '=' all
// is value, as browsers have it (RFC 6265bis section 5.6).
func cookieValue(pair string) (name string, from int) {
	i := strings.IndexByte(pair, '=')
	if i < 0 {
		return "", 0
	}
	return strings.Trim(pair[:i], " \t"), i + 1
}

// withoutDigests takes out what vouched for a body that is not there any more.
func withoutDigests(h http.Header) http.Header {
	gone := func(name string, _ []string) bool {
		return slices.Contains(digests, textproto.CanonicalMIMEHeaderKey(name))
	}
	for name := range h {
		if gone(name, nil) {
			h = maps.Clone(h)
			maps.DeleteFunc(h, gone)
			return h
		}
	}
	return h
}
