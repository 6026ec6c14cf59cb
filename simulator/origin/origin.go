// Package origin tells where a request came from: live users, a mirror
// (shadow), or a synthetic transaction, and which session it belongs to. It
// reads headers only and keeps nothing.
//
// What it answers decides whether a mutating request may be forwarded, so what
// is too long to be read counts as a marker, never as its absence.
package origin

import (
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"understudy/simulations"
)

// TransactionKey is the baggage and tracestate member that makes a request
// synthetic; its value is the transaction.
const TransactionKey = "understudy-tx"

// ShadowKey is the baggage and tracestate member that makes a request shadow.
const ShadowKey = "understudy-shadow"

// shadowKeys mark mirrored or diverted traffic: understudy's own, Signadot's and
// Okteto's.
var shadowKeys = []string{ShadowKey, "sd-routing-key", "okteto-divert"}

// Config says which markers count besides the built-in ones.
type Config struct {
	// Default is the origin of a request without any marker whose caller has
	// no fallback of its own; "" is unknown.
	Default simulations.Origin
	// ShadowHeaders and SyntheticHeaders mark a request by their presence with
	// any value but the empty one ("false" and "0" too), or, written
	// "Name: value", by that value, compared without case. Of both kinds on
	// one request the synthetic wins.
	ShadowHeaders, SyntheticHeaders []string
	// ShadowBaggage are keys, case-sensitive, of baggage and tracestate members.
	ShadowBaggage []string
	// SessionHeader is one more header that may name the session.
	SessionHeader string
}

// Classifier is a compiled Config. It is immutable; any number of goroutines
// may use it.
type Classifier struct {
	fallback      simulations.Origin
	headers       []headerMarker
	keys          []keyMarker
	sessionHeader string
}

type headerMarker struct {
	name, value string // canonical name; value "" is any but the empty one
	origin      simulations.Origin
	by          string
}

// has reports whether a value, trimmed, is one that marks.
func (m *headerMarker) has(value string) bool {
	return value != "" && (m.value == "" || strings.EqualFold(value, m.value))
}

type keyMarker struct {
	key                     string
	origin                  simulations.Origin
	byBaggage, byTracestate string
}

// New compiles a Config. Its error is a *simulations.Error of code invalid
// that names every faulty entry by field, such as "/shadowHeaders/0".
func New(c Config) (*Classifier, error) {
	var faults []simulations.FieldError
	fail := func(pointer, detail string) {
		faults = append(faults, simulations.FieldError{Pointer: pointer, Detail: detail})
	}
	cl := &Classifier{fallback: c.Default}
	if cl.fallback == "" {
		cl.fallback = simulations.OriginUnknown
	} else if !slices.Contains(simulations.Origins(), string(c.Default)) {
		fail("/default", strconv.Quote(string(c.Default))+" is none of "+strings.Join(simulations.Origins(), ", "))
	}
	addHeaders := func(field string, entries []string, o simulations.Origin) {
		for i, entry := range entries {
			name, value, hasValue := strings.Cut(entry, ":")
			name, value = trimOWS(name), trimOWS(value)
			switch {
			case !token(name):
				fail(field+"/"+strconv.Itoa(i), strconv.Quote(name)+" is no header name")
			case hasValue && value == "":
				fail(field+"/"+strconv.Itoa(i), "the value is missing: write \"Name\" for any value, or \"Name: value\"")
			}
			name = textproto.CanonicalMIMEHeaderKey(name)
			cl.headers = append(cl.headers, headerMarker{name: name, value: value, origin: o, by: "header " + name})
		}
	}
	addHeaders("/syntheticHeaders", c.SyntheticHeaders, simulations.OriginSynthetic)
	addHeaders("/shadowHeaders", c.ShadowHeaders, simulations.OriginShadow)

	addKey := func(key string, o simulations.Origin) {
		cl.keys = append(cl.keys, keyMarker{key: key, origin: o, byBaggage: "baggage " + key, byTracestate: "tracestate " + key})
	}
	addKey(TransactionKey, simulations.OriginSynthetic)
	for _, key := range shadowKeys {
		addKey(key, simulations.OriginShadow)
	}
	for i, key := range c.ShadowBaggage {
		if !token(key) {
			fail("/shadowBaggage/"+strconv.Itoa(i), strconv.Quote(key)+" is no baggage key: it is a token, such as tenant or x-shadow")
		}
		addKey(key, simulations.OriginShadow)
	}
	if c.SessionHeader != "" {
		if !token(c.SessionHeader) {
			fail("/sessionHeader", strconv.Quote(c.SessionHeader)+" is no header name")
		}
		cl.sessionHeader = textproto.CanonicalMIMEHeaderKey(c.SessionHeader)
	}
	if len(faults) > 0 {
		return nil, &simulations.Error{Code: simulations.CodeInvalid, Detail: "the origin markers are not valid", Fields: faults}
	}
	return cl, nil
}

// token is RFC 9110's (section 5.6.2).
func token(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// Result is where a request came from.
type Result struct {
	Origin simulations.Origin
	// By names the decider: "prefer tx=rollback", "header X-Shadow",
	// "baggage sd-routing-key", "tracestate understudy-tx", "-shadow host",
	// "baggage over the limits", "default".
	By string
	// Transaction is the synthetic transaction, 1 to 200 printable characters;
	// "" unless Origin is synthetic by a marker.
	Transaction string
	// Rollback says that the request itself asked that nothing stays.
	Rollback bool
}

// Classify tells the origin of r, by the first that fits:
//
//  1. Prefer: tx=rollback: synthetic, in a new transaction of its own.
//  2. A configured header. A synthetic header's value is the transaction.
//  3. Baggage members, in the order understudy-tx (synthetic, its value is the
//     transaction), understudy-shadow, sd-routing-key, okteto-divert,
//     configured ones (shadow).
//  4. The same keys in tracestate; there also as one half of a multi-tenant
//     key, "acme@sd-routing-key" (W3C Trace Context section 3.3.1.3.1).
//  5. shadowHost: the request's host was a -shadow host.
//  6. Baggage or tracestate that is longer than what is read (180 members, 16
//     KiB each): shadow, as a marker may lie in what was not read.
//  7. fallback, the collaborator's or listener's default; "" is the Config's.
//
// A marker with an empty value is none, and so is a list member that cannot be
// read at all; of a key that stands several times the first value that is not
// empty counts. A transaction that is longer than 200 bytes or not printable
// is replaced by a digest of it. Nothing is allocated for a request without
// Prefer, baggage and tracestate.
func (c *Classifier) Classify(r *http.Request, shadowHost bool, fallback simulations.Origin) Result {
	if lines := r.Header["Prefer"]; len(lines) > 0 && rollback(lines) {
		return Result{Origin: simulations.OriginSynthetic, By: "prefer tx=rollback", Transaction: uuid.NewString(), Rollback: true}
	}
	for i := range c.headers {
		m := &c.headers[i]
		for _, v := range r.Header[m.name] {
			if v = trimOWS(v); !m.has(v) {
				continue
			}
			res := Result{Origin: m.origin, By: m.by}
			if m.origin == simulations.OriginSynthetic {
				res.Transaction = boundedID(v)
			}
			return res
		}
	}
	var overBaggage, overState bool
	if lines := r.Header["Baggage"]; len(lines) > 0 {
		m, value, over := c.findKey(lines, false)
		if m != nil {
			res := Result{Origin: m.origin, By: m.byBaggage}
			if m.origin == simulations.OriginSynthetic {
				res.Transaction = boundedID(decodeValue(value))
			}
			return res
		}
		overBaggage = over
	}
	if lines := r.Header["Tracestate"]; len(lines) > 0 {
		m, value, over := c.findKey(lines, true)
		if m != nil {
			res := Result{Origin: m.origin, By: m.byTracestate}
			if m.origin == simulations.OriginSynthetic {
				res.Transaction = boundedID(value)
			}
			return res
		}
		overState = over
	}
	switch {
	case shadowHost:
		return Result{Origin: simulations.OriginShadow, By: "-shadow host"}
	case overBaggage:
		return Result{Origin: simulations.OriginShadow, By: "baggage over the limits"}
	case overState:
		return Result{Origin: simulations.OriginShadow, By: "tracestate over the limits"}
	case fallback != "":
		return Result{Origin: fallback, By: "default"}
	}
	return Result{Origin: c.fallback, By: "default"}
}

// findKey returns the first marker, in the order of c.keys, that has a member
// with a value.
func (c *Classifier) findKey(lines []string, tracestate bool) (best *keyMarker, value string, over bool) {
	rank := len(c.keys)
	list := members{lines: lines}
	for {
		key, v, ok := list.next()
		if !ok {
			break
		}
		if v == "" {
			continue
		}
		if i := c.rank(key, tracestate, rank); i < rank {
			rank, best, value = i, &c.keys[i], v
		}
		if rank == 0 {
			break
		}
	}
	return best, value, list.over
}

// rank is the place in c.keys of the first marker before end that a member's key
// is, end for none.
func (c *Classifier) rank(key string, tracestate bool, end int) int {
	tenant, system := "", ""
	if tracestate {
		tenant, system, _ = strings.Cut(key, "@")
	}
	for i := range end {
		if k := c.keys[i].key; k == key || k == tenant || k == system {
			return i
		}
	}
	return end
}
