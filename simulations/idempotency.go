package simulations

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
)

// DefaultIdempotencyKey is the header of draft-ietf-httpapi-idempotency-key-header.
const DefaultIdempotencyKey = "Idempotency-Key"

// IdempotencyKey says that a collection knows repeated requests by a key; written
// as true, as the header's name, or with what it asks for. The zero value is off.
type IdempotencyKey struct {
	// Header is the request header with the key; "" is [DefaultIdempotencyKey].
	// A decoded one that is on always has it.
	Header string `doc:"header"`
	// Required refuses a POST or PATCH without a key (400).
	Required bool `doc:"required"`
}

// idempotencyForm is IdempotencyKey without its short forms.
type idempotencyForm IdempotencyKey

func (x *IdempotencyKey) decodeDoc(d *decoder, v *Value) {
	switch v.Kind {
	case Bool:
		if v.Text != "true" {
			return
		}
	case String:
		if x.Header = v.Text; x.Header == "" {
			d.fail(v, "%q is no header name", x.Header)
			return
		}
	default:
		d.decode(v, reflectValueOf((*idempotencyForm)(x)), planOf(reflect.TypeFor[idempotencyForm]()))
	}
	if x.Header == "" {
		x.Header = DefaultIdempotencyKey
	}
	if !ValidHeaderName(x.Header) {
		d.fail(v, "%q is no header name", x.Header)
	}
	x.Header = http.CanonicalHeaderKey(x.Header)
}

func (x IdempotencyKey) encodeDoc() *Value {
	switch {
	case x.Header == "":
		return nil
	case x.Required:
		return encode(reflectValueOf((*idempotencyForm)(&x)), planOf(reflect.TypeFor[idempotencyForm]()), false)
	case x.Header == DefaultIdempotencyKey:
		return NewBool(true)
	}
	return NewString(x.Header)
}

// Bounds of what a collection remembers of keys.
const (
	// MaxIdempotencyKey bounds a key, in bytes.
	MaxIdempotencyKey = 255
	// MaxKeptAnswer bounds an answer that is kept under a key, header and body
	// together, in bytes.
	MaxKeptAnswer = 60 << 10
)

// sha256Text is a SHA-256 in hexadecimal digits.
var sha256Text = regexp.MustCompile(`^[0-9a-f]{64}$`)

// FrozenAnswer is the answer that a session keeps under an idempotency key.
type FrozenAnswer struct {
	Key string `doc:"key,required"`
	// Request is the SHA-256, in hexadecimal digits, of the request that it answers:
	// its method, target and body, each behind its length as a varint.
	Request string `doc:"request,required"`
	// TTL is how long the key stays from the restoring on; 0 is as long as a new one.
	TTL Duration `doc:"ttl"`
	// Status is the answer's; 0 says that the answer was too large to be kept.
	Status   int     `doc:"status"`
	Headers  Headers `doc:"headers"`
	Trailers Headers `doc:"trailers"`
	// Text is the body, Base64 one that is no UTF-8.
	Text   string `doc:"text"`
	Base64 *Bytes `doc:"base64"`
}

func (a *FrozenAnswer) check(report func(pointer, detail string)) {
	if a.Key == "" || len(a.Key) > MaxIdempotencyKey {
		report("/key", fmt.Sprintf("an idempotency key has 1 to %d bytes", MaxIdempotencyKey))
	}
	if !sha256Text.MatchString(a.Request) {
		report("/request", "a request is named by the 64 hexadecimal digits of its SHA-256")
	}
	if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
		report("/status", "a status is 200 to 599")
	}
	checkHeaders(a.Headers, report)
	if a.TTL < 0 {
		report("/ttl", "the time that is left is 0 or more")
	}
	if a.Text != "" && a.Base64 != nil {
		report("/base64", "a body is text or base64")
	}
}
