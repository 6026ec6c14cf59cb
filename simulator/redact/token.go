package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"

	"understudy/simulations"
)

// tokenClass keeps the tokens of values apart from other uses of the key. It is
// one for all places, so that a value in a header and in a body has one token.
const tokenClass = "value"

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// replacement is what an action leaves of a value, which is without the
// encoding of its place. The text needs no encoding in any.
func (x *Rules) replacement(as simulations.RedactAs, value string) string {
	switch as {
	case simulations.RedactDrop:
		return ""
	case simulations.RedactToken:
		mac := hmac.New(sha256.New, x.key)
		mac.Write([]byte(tokenClass + "\x00"))
		mac.Write([]byte(value))
		return "tok_" + base32Lower.EncodeToString(mac.Sum(nil))[:16]
	}
	return simulations.Mask
}
