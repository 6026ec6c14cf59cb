package origin

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"unicode"
	"unicode/utf8"
)

// How a session is named.
const (
	// SessionHeader is the header that names the session.
	SessionHeader = "Understudy-Session"
	// SessionKey is the baggage member that names it.
	SessionKey = "understudy-session"
	// DefaultSession is the session of a request that names none.
	DefaultSession = "default"
)

// Session returns the session that r names: the first of the header
// Understudy-Session, the baggage member understudy-session and the configured
// header that has a value, else [DefaultSession]. A session is 1 to 200
// printable characters. One that is longer, or not printable, is replaced by a
// digest of it, "sha256-" and 32 hex digits, so that a request is never refused
// for it and two such sessions stay apart.
func (c *Classifier) Session(r *http.Request) string {
	if id := firstValue(r, SessionHeader); id != "" {
		return boundedID(id)
	}
	if lines := r.Header["Baggage"]; len(lines) > 0 {
		list := members{lines: lines}
		for {
			key, v, ok := list.next()
			if !ok {
				break
			}
			if key == SessionKey && v != "" {
				return boundedID(decodeValue(v))
			}
		}
	}
	if c.sessionHeader != "" {
		if id := firstValue(r, c.sessionHeader); id != "" {
			return boundedID(id)
		}
	}
	return DefaultSession
}

func firstValue(r *http.Request, name string) string {
	for _, v := range r.Header[name] {
		if v = trimOWS(v); v != "" {
			return v
		}
	}
	return ""
}

// maxID bounds sessions and transactions, in bytes.
const maxID = 200

// boundedID returns id if it is short and printable, else a digest of it.
func boundedID(id string) string {
	ok := len(id) <= maxID
	for i := 0; ok && i < len(id); {
		r, n := utf8.DecodeRuneInString(id[i:])
		ok = unicode.IsPrint(r) && (r != utf8.RuneError || n > 1)
		i += n
	}
	if ok {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256-" + hex.EncodeToString(sum[:16])
}
