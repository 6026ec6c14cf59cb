package template

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// jwtHelpers make and read JSON Web Tokens (RFC 7519).
var jwtHelpers = group("Tokens", []*helper{
	{
		name: "jwt", signature: "[claims] name=value…", max: 1, anyHash: true, prepare: prepareJWT,
		doc: "A signed token. `alg=` is HS256 (without one), HS384, HS512, RS256, RS384, RS512 or none; `key=` the secret, or the private key in PEM; `kid=` its id. " +
			"`expiresIn='1 hour'` and `notBefore=` are offsets from now, and make `exp`, `nbf` and `iat`. Every other name is a claim, beside those of an object given as the argument.",
		examples: []example{{"{{jwt alg='none' sub='ada'}}", "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZGEifQ."}, {"{{lookup (jwtClaims (jwt key='k' sub='ada' expiresIn='1 hour')) 'exp'}}", "1714982889"}},
		value:    makeJWT,
	},
	{
		name: "jwtClaims", signature: "token", min: 1, max: 1,
		doc:      "The claims of a token, with or without `Bearer` before it. The signature is not looked at.",
		examples: []example{{"{{lookup (jwtClaims request.headers.Authorization) 'sub'}}", "ada"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			_, claims, err := r.readJWT(s)
			return claims, err
		},
	},
})

var signers = map[string]struct {
	hash crypto.Hash
	rsa  bool
}{
	"HS256": {crypto.SHA256, false}, "HS384": {crypto.SHA384, false}, "HS512": {crypto.SHA512, false},
	"RS256": {crypto.SHA256, true}, "RS384": {crypto.SHA384, true}, "RS512": {crypto.SHA512, true},
}

func prepareJWT(c *call) (any, error) {
	alg := "HS256"
	if v, ok := c.literalHash("alg"); ok {
		alg = fmt.Sprint(v)
	}
	if alg == "none" {
		return nil, nil
	}
	s, ok := signers[alg]
	if !ok {
		return nil, fmt.Errorf("there is no alg %s: known are HS256, HS384, HS512, RS256, RS384, RS512, none", show(alg))
	}
	if key, ok := c.literalHash("key"); ok && s.rsa {
		return parseRSA(fmt.Sprint(key))
	}
	return nil, nil
}

func makeJWT(r *run, a args) (any, error) {
	header, claims := newObject(3), newObject(4)
	alg, err := a.namedText(r, "alg", "HS256")
	if err != nil {
		return nil, err
	}
	header.set("alg", alg)
	header.set("typ", "JWT")
	if a.len() > 0 {
		given, err := r.treeObject(a.at(0))
		if err != nil {
			return nil, err
		}
		claims = given.clone()
	}
	for i, h := range a.call.hash {
		switch h.name {
		case "alg", "key":
		case "kid":
			header.set("kid", a.hash[i])
		case "expiresIn", "notBefore":
			offset, err := r.text(a.hash[i])
			if err != nil {
				return nil, err
			}
			at, err := shift(r.now(), offset)
			if err != nil {
				return nil, err
			}
			claims.set(map[string]string{"expiresIn": "exp", "notBefore": "nbf"}[h.name], integer(int(at.Unix())))
			claims.set("iat", integer(int(r.now().Unix())))
		default:
			claims.set(h.name, a.hash[i])
		}
	}
	head, err := r.encode(nil, header, compact, 0)
	if err != nil {
		return nil, err
	}
	body, err := r.encode(nil, claims, compact, 0)
	if err != nil {
		return nil, err
	}
	enc := base64.RawURLEncoding
	signed := enc.EncodeToString(head) + "." + enc.EncodeToString(body)
	signature, err := r.sign(a, alg, signed)
	if err != nil {
		return nil, err
	}
	return signed + "." + enc.EncodeToString(signature), nil
}

func (r *run) sign(a args, alg, signed string) ([]byte, error) {
	if alg == "none" {
		return nil, nil
	}
	s, ok := signers[alg]
	if !ok {
		return nil, fmt.Errorf("there is no alg %s", show(alg))
	}
	key, err := a.namedText(r, "key", "")
	if err != nil {
		return nil, err
	}
	if key == "" {
		return nil, errors.New("key= is missing")
	}
	if !s.rsa {
		mac := hmac.New(s.hash.New, []byte(key))
		mac.Write([]byte(signed))
		return mac.Sum(nil), r.read(len(signed))
	}
	private, ok := a.call.prepared.(*rsa.PrivateKey)
	if !ok {
		if private, err = parseRSA(key); err != nil {
			return nil, err
		}
	}
	if err := r.step(5000); err != nil { // about a millisecond
		return nil, err
	}
	h := s.hash.New()
	h.Write([]byte(signed))
	return rsa.SignPKCS1v15(rand.Reader, private, s.hash, h.Sum(nil))
}

func parseRSA(key string) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return nil, errors.New("key= is no private key in PEM")
	}
	private, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		other, err2 := x509.ParsePKCS8PrivateKey(block.Bytes)
		var ok bool
		if private, ok = other.(*rsa.PrivateKey); err2 != nil || !ok {
			return nil, errors.New("key= is no RSA private key")
		}
	}
	if private.N.BitLen() > 4096 {
		return nil, errors.New("key= has more than 4096 bits")
	}
	return private, nil
}

// readJWT takes a token apart.
func (r *run) readJWT(token string) (header, claims any, err error) {
	token = strings.TrimSpace(token)
	if len(token) > 7 && strings.EqualFold(token[:7], "bearer ") {
		token = strings.TrimSpace(token[7:])
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, errors.New("not a JSON Web Token: it has three parts")
	}
	var out [2]any
	for i := range out {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		if err != nil {
			return nil, nil, errors.New("not a JSON Web Token: a part is no base64")
		}
		if out[i], err = r.parse(string(b)); err != nil {
			return nil, nil, err
		}
	}
	return out[0], out[1], nil
}
