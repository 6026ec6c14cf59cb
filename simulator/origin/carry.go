package origin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"understudy/simulations"
)

// Carry gives a request that follows another what tells the other's origin, where
// that is shadow or synthetic, so that whoever gets it tells the same. cause is
// the header of the other and from what was told of it; to is the header of the
// one that follows, and may have markers of its own.
//
// Taken over are the configured headers, the marking members of baggage and
// tracestate, for the latter with Traceparent, without which it says nothing (W3C
// Trace Context section 3.3), and `Prefer: tx=rollback`; never what else these
// headers hold, which was not meant for whoever gets this request. They stand
// before what is there, since the first counts and lists are read to a bound.
// Where the origin was told otherwise, by a host or a default, the member
// [ShadowKey] or [TransactionKey] of baggage tells it, and the first header that
// is configured for it.
func (c *Classifier) Carry(cause http.Header, from Result, to http.Header) {
	if !from.Origin.Contained() {
		return
	}
	if rollback(cause["Prefer"]) {
		lead(to, "Prefer", "tx=rollback")
	}
	for i := range c.headers {
		m := &c.headers[i]
		for _, v := range cause[m.name] {
			if v = trimOWS(v); m.has(v) && m.carried() && !slices.Contains(to[m.name], v) {
				lead(to, m.name, v)
			}
		}
	}
	if marks := c.marks(cause["Baggage"], false); marks != "" {
		lead(to, "Baggage", marks)
	}
	if marks := c.marks(cause["Tracestate"], true); marks != "" {
		lead(to, "Tracestate", marks)
		if parent := cause["Traceparent"]; to["Traceparent"] == nil && len(parent) == 1 {
			to["Traceparent"] = slices.Clone(parent)
		}
	}
	told := c.Classify(&http.Request{Header: to}, false, simulations.OriginUnknown)
	if told.Origin.Contained() {
		return
	}
	key, value := ShadowKey, "1"
	if from.Origin == simulations.OriginSynthetic {
		// What a default told has no transaction.
		if key = TransactionKey; from.Transaction != "" {
			value = from.Transaction
		}
	}
	lead(to, "Baggage", key+"="+url.PathEscape(value))
	if i := slices.IndexFunc(c.headers, func(m headerMarker) bool { return m.origin == from.Origin && m.carried() }); i >= 0 {
		m := &c.headers[i]
		if m.value != "" {
			value = m.value
		}
		lead(to, m.name, value)
	}
}

// carried reports whether the header can be given to another request.
func (m *headerMarker) carried() bool { return simulations.CallbackHeader(m.name) }

// lead puts a line before those that a header has.
func lead(h http.Header, name, line string) {
	h[name] = append([]string{line}, h[name]...)
}

// marks are the members of a list that are markers, as a list.
func (c *Classifier) marks(lines []string, tracestate bool) string {
	var out []string
	for list := (members{lines: lines}); ; {
		key, value, ok := list.next()
		if !ok {
			return strings.Join(out, ",")
		}
		if value != "" && c.rank(key, tracestate, len(c.keys)) < len(c.keys) {
			out = append(out, key+"="+value)
		}
	}
}
