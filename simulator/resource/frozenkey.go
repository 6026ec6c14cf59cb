package resource

import (
	"encoding/hex"
	"net/http"
	"time"
	"unicode/utf8"

	"understudy/simulations"
)

// freeze describes what a key stands for, with what is left of its time.
func (k *keptKey) freeze(key string, now int64) simulations.FrozenAnswer {
	out := simulations.FrozenAnswer{
		Key: key, Request: hex.EncodeToString(k.request[:]), TTL: simulations.Duration(k.until - now),
		Status: k.Status, Headers: simulations.Headers(k.Header), Trailers: simulations.Headers(k.Trailer),
	}
	if utf8.Valid(k.Body) {
		out.Text = string(k.Body)
	} else {
		body := simulations.Bytes(k.Body)
		out.Base64 = &body
	}
	return out
}

// thawKey is the inverse of freeze. No key stays longer than a new one.
func thawKey(f *simulations.FrozenAnswer, now int64) *keptKey {
	left := time.Duration(f.TTL)
	if left == 0 || left > keyLife {
		left = keyLife
	}
	k := &keptKey{
		Kept:  &Kept{Status: f.Status, Header: http.Header(f.Headers), Trailer: http.Header(f.Trailers), Body: []byte(f.Text)},
		until: now + int64(left),
	}
	if f.Base64 != nil {
		k.Body = *f.Base64
	}
	_, _ = hex.Decode(k.request[:], []byte(f.Request)) // the fixture's check has passed it
	return k
}
