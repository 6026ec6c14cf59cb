package template

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/url"
	"strings"
)

// encodeHelpers encode, hash and sign.
var encodeHelpers = group("Encodings", []*helper{
	{
		name: "base64", signature: "text", min: 1, max: 1, hash: []string{"decode", "urlSafe", "padding"}, block: bodyIsArg,
		doc:      "In base64. `decode=true` undoes it, `urlSafe=true` takes - and _, `padding=false` leaves = away.",
		examples: []example{{"{{base64 'hello'}}", "aGVsbG8="}, {"{{base64 'aGVsbG8' decode=true}}", "hello"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			if a.namedBool("decode", false) {
				return decodeBase64(s)
			}
			return encodeBase64(s, a.namedBool("urlSafe", false), a.namedBool("padding", true)), nil
		},
	},
	{
		name: "urlEncode", signature: "text", min: 1, max: 1, hash: []string{"decode"}, block: bodyIsArg,
		doc:      "Encoded for a query: a space becomes +. `decode=true` undoes it.",
		examples: []example{{"{{urlEncode 'a b&c'}}", "a+b%26c"}, {"{{urlEncode 'a+b%26c' decode=true}}", "a b&c"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			if a.namedBool("decode", false) {
				return url.QueryUnescape(s)
			}
			return url.QueryEscape(s), nil
		},
	},
	{
		name: "hex", signature: "text", min: 1, max: 1, hash: []string{"decode"},
		doc: "Its bytes in hexadecimal digits. `decode=true` undoes it.", examples: []example{{"{{hex 'AZ'}}", "415a"}, {"{{hex '415a' decode=true}}", "AZ"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			if a.namedBool("decode", false) {
				b, err := hex.DecodeString(s)
				return string(b), err
			}
			return hex.EncodeToString([]byte(s)), nil
		},
	},
	{
		name: "escapeHtml", signature: "text", min: 1, max: 1, block: bodyIsArg,
		doc: "With &, <, > and quotes escaped for HTML and XML.", examples: []example{{"{{escapeHtml '<a&b>'}}", "&lt;a&amp;b&gt;"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			return string(appendEscaped(nil, s)), err
		},
	},
	{
		name: "escapeJson", signature: "text", min: 1, max: 1, block: bodyIsArg,
		doc: "Escaped for the inside of a JSON string.", examples: []example{{`{{escapeJson 'say "hi"'}}`, `say \"hi\"`}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			b, err := r.encode(nil, s, compact, 0)
			if err != nil {
				return nil, err
			}
			return string(b[1 : len(b)-1]), nil
		},
	},
	{
		name: "hash", signature: "algorithm text", min: 2, max: 2, hash: []string{"encoding"}, block: bodyIsLast, prepare: prepareHash,
		doc:      "The hash of a text: md5, sha1, sha256 or sha512. `encoding=` is hex, base64 or base64url.",
		examples: []example{{"{{hash 'md5' 'hello'}}", "5d41402abc4b2a76b9719d911017c592"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			return r.digest(a, s, func(of func() hash.Hash) hash.Hash { return of() })
		},
	},
	{
		name: "hmac", signature: "algorithm key text", min: 3, max: 3, hash: []string{"encoding"}, block: bodyIsLast, prepare: prepareHash,
		doc:      "The HMAC of a text under a key, as `hash` writes it.",
		examples: []example{{"{{hmac 'sha256' 'key' 'hello' encoding='base64'}}", "kwezuRXvtRcf8U2MtV+8x5jGwO8UVtZt7RpqpyOli3s="}},
		value: func(r *run, a args) (any, error) {
			key, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			s, err := a.text(r, 2)
			if err != nil {
				return nil, err
			}
			return r.digest(a, s, func(of func() hash.Hash) hash.Hash { return hmac.New(of, []byte(key)) })
		},
	},
})

var hashes = map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

func findHash(name string) (func() hash.Hash, error) {
	if of := hashes[strings.ToLower(strings.ReplaceAll(name, "-", ""))]; of != nil {
		return of, nil
	}
	return nil, fmt.Errorf("there is no hash %s: known are md5, sha1, sha256, sha384, sha512", show(name))
}

func prepareHash(c *call) (any, error) {
	if v, ok := c.literalArg(0); ok {
		if _, err := findHash(fmt.Sprint(v)); err != nil {
			return nil, err
		}
	}
	if v, ok := c.literalHash("encoding"); ok {
		if _, err := encodeBytes(nil, fmt.Sprint(v)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (r *run) digest(a args, s string, with func(func() hash.Hash) hash.Hash) (any, error) {
	name, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	of, err := findHash(name)
	if err != nil {
		return nil, err
	}
	encoding, err := a.namedText(r, "encoding", "hex")
	if err != nil {
		return nil, err
	}
	if err := r.step(4); err != nil {
		return nil, err
	}
	h := with(of)
	h.Write([]byte(s))
	return encodeBytes(h.Sum(nil), encoding)
}

func encodeBytes(b []byte, encoding string) (string, error) {
	switch encoding {
	case "hex":
		return hex.EncodeToString(b), nil
	case "base64":
		return base64.StdEncoding.EncodeToString(b), nil
	case "base64url":
		return base64.RawURLEncoding.EncodeToString(b), nil
	}
	return "", fmt.Errorf("there is no encoding %s: known are hex, base64, base64url", show(encoding))
}

func encodeBase64(s string, urlSafe, padding bool) string {
	enc := base64.StdEncoding
	if urlSafe {
		enc = base64.URLEncoding
	}
	if !padding {
		enc = enc.WithPadding(base64.NoPadding)
	}
	return enc.EncodeToString([]byte(s))
}

// decodeBase64 takes either alphabet, with or without padding.
func decodeBase64(s string) (string, error) {
	s = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "").Replace(strings.TrimSpace(s)), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return "", errors.New("the text is no base64")
	}
	return string(b), nil
}
