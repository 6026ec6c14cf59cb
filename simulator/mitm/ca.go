// Package mitm is the certificate authority for TLS interception: it makes, on
// the fly, a certificate for each host that a client asks the proxy to tunnel
// to. Clients that shall be intercepted are told to trust [CA.PEM]. The
// authority is made on first use and belongs to one data folder; none is shipped.
package mitm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"understudy/simulations"
)

const (
	// caYears is how long an authority lasts.
	caYears = 10
	// skew is how far back certificates begin, for clients whose clock is slow.
	skew = 24 * time.Hour
)

// CA is a certificate authority with the certificates that it has made. Any
// number of goroutines may use it.
type CA struct {
	cert *x509.Certificate
	key  crypto.Signer
	pem  []byte
	// chain is the authority as it goes behind a leaf: its certificate, and
	// what else its file held.
	chain [][]byte
	// leafKey is the key of every leaf: a leaf proves nothing that the
	// authority's key, beside it in the same process, could not.
	leafKey *ecdsa.PrivateKey
	cache   cache
	// tickets holds, and rotates, the session ticket keys for all configurations.
	tickets *tls.Config
}

// New makes an authority that lives in memory only: an ECDSA P-256 key and a
// certificate for ten years, without name constraints, that may sign leaves
// but no further authority.
func New() (*CA, error) {
	certPEM, keyPEM, err := generate()
	if err != nil {
		return nil, err
	}
	return load(certPEM, keyPEM, "certificate", "key")
}

// generate makes an authority's two files.
func generate() (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, internal("making a key", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	// The name ends in a part of the serial number: browsers take two
	// authorities of one name for one.
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: "understudy CA " + hex.EncodeToString(serial.Bytes()[:4]), Organization: []string{"understudy"}},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.AddDate(caYears, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, internal("signing the authority", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, internal("writing the key", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// load makes a CA of its two files; their names are for errors.
func load(certPEM, keyPEM []byte, certName, keyName string) (*CA, error) {
	certs, err := parseCerts(certPEM, certName)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(keyPEM, keyName)
	if err != nil {
		return nil, err
	}
	ca := certs[0]
	switch now := time.Now(); {
	case !ca.IsCA || !ca.BasicConstraintsValid || ca.KeyUsage != 0 && ca.KeyUsage&x509.KeyUsageCertSign == 0:
		return nil, invalid("%s: the first certificate may not sign others: put an authority's there", certName)
	case now.After(ca.NotAfter):
		return nil, invalid("%s: the authority expired on %s: remove it and %s to have a new one made, and trust that", certName, ca.NotAfter.Format(time.DateOnly), keyName)
	case now.Before(ca.NotBefore):
		return nil, invalid("%s: the authority is not valid before %s: mend this machine's clock", certName, ca.NotBefore.Format(time.RFC3339))
	}
	if pub, ok := ca.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(key.Public()) {
		return nil, invalid("%s does not fit %s: put back the one of the pair that was changed, or remove both to have a new pair made", keyName, certName)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, internal("making a key", err)
	}
	c := &CA{
		cert: ca, key: key, leafKey: leafKey, tickets: &tls.Config{},
		pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}),
	}
	for _, cert := range certs {
		c.chain = append(c.chain, cert.Raw)
	}
	return c, nil
}

func parseCerts(data []byte, name string) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, invalid("%s: a certificate that cannot be read: %w", name, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, invalid("%s holds no PEM certificate: put it back from a copy, or remove it and its key to have a new pair made", name)
	}
	return certs, nil
}

// parseKey reads the PEM forms that openssl writes.
func parseKey(data []byte, name string) (crypto.Signer, error) {
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			return nil, invalid("%s holds no PEM private key: put it back from a copy, or remove it and its certificate to have a new pair made", name)
		}
		var key any
		var err error
		switch block.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil, invalid("%s is encrypted: store it without a passphrase", name)
		default:
			continue // such as EC PARAMETERS
		}
		if err != nil {
			return nil, invalid("%s: a key that cannot be read: %w", name, err)
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, invalid("%s: a key of type %T cannot sign", name, key)
		}
		return signer, nil
	}
}

// PEM returns the authority's certificate, for clients to trust. The slice is
// the caller's.
func (c *CA) PEM() []byte { return append([]byte(nil), c.pem...) }

// newSerial draws 127 random bits, never 0 in front: RFC 5280 section 4.1.2.2
// wants a positive number of at most 20 octets.
func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, internal("drawing a serial number", err)
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b), nil
}

func invalid(format string, args ...any) error {
	return simulations.Errorf(simulations.CodeInvalid, format, args...)
}

func internal(what string, err error) error {
	return fmt.Errorf("mitm: %s: %w", what, err)
}
