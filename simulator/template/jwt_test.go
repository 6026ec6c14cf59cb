package template

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
)

// A token signed with a private key, given literally or by the data, is one that
// the public key verifies.
func TestRSAToken(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"PKCS 1": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)},
		"PKCS 8": {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		text := string(pem.EncodeToMemory(block))
		d := sample()
		d.Parameters = map[string]any{"key": text}
		for _, source := range []string{"{{jwt alg='RS256' kid='k1' sub='ada' key='" + text + "'}}", "{{jwt alg='RS256' kid='k1' sub='ada' key=parameters.key}}"} {
			token, err := render(t, Native, source, d)
			if err != nil {
				t.Fatal(name, err)
			}
			i := strings.LastIndexByte(token, '.')
			signature, err := base64.RawURLEncoding.DecodeString(token[i+1:])
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256([]byte(token[:i]))
			if err := rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !strings.HasPrefix(token, base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT","kid":"k1"}`))+".") {
				t.Errorf("%s: %s", name, token)
			}
		}
	}
	for _, source := range []string{"{{jwt alg='RS256' key='nonsense'}}", "{{jwt sub='x'}}", "{{jwt alg=session key='x'}}"} {
		if out, err := render(t, Native, source, sample()); err == nil {
			t.Errorf("%s: %q", source, out)
		}
	}
}
