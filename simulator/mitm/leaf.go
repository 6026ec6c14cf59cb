package mitm

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net"
	"time"
)

const (
	// leafLife is how long a leaf is valid in all: below the 398 days that
	// Apple's and Chromium's verifiers allow at most.
	leafLife = 397 * 24 * time.Hour
	// renewal is how long before its end a leaf is made anew.
	renewal = 30 * 24 * time.Hour
)

// Certificate returns a certificate for a host: a DNS name, which may be
// international, or an IP address, without port. It is valid from a day ago
// for at most 397 days, never beyond the authority, and names the host alone.
// Certificates are kept for the hosts used last and made anew in good time
// before they end; many callers for one new host make it once and wait for it.
// The result is shared: do not mutate. The error is a *simulations.Error of
// code invalid for a host that no certificate can name.
func (c *CA) Certificate(host string) (*tls.Certificate, error) {
	name, ip, err := normalize(host)
	if err != nil {
		return nil, err
	}
	for {
		e := c.cache.get(name)
		e.once.Do(func() {
			var ipAddress net.IP
			if ip.IsValid() {
				ipAddress = ip.AsSlice()
			}
			e.cert, e.renew, e.err = c.mint(name, ipAddress)
		})
		if e.err == nil && time.Now().Before(e.renew) {
			return e.cert, nil
		}
		c.cache.remove(name, e)
		if e.err != nil {
			return nil, e.err
		}
	}
}

// mint signs a leaf and says when to make the next. That is later than now, so
// that Certificate ends.
func (c *CA) mint(name string, ip net.IP) (cert *tls.Certificate, renew time.Time, err error) {
	serial, err := newSerial()
	if err != nil {
		return nil, renew, err
	}
	now := time.Now()
	notBefore := now.Add(-skew)
	notAfter := notBefore.Add(leafLife)
	if notAfter.After(c.cert.NotAfter) {
		notAfter = c.cert.NotAfter
	}
	if !now.Before(notAfter) {
		return nil, renew, invalid("the certificate authority expired on %s: remove its two files to have a new one made, and trust that", c.cert.NotAfter.Format(time.DateOnly))
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	// The name stands in the subject too where it fits (64 characters, RFC
	// 5280 appendix A.1), for people; verifiers read the alternative names.
	if len(name) <= 64 {
		template.Subject = pkix.Name{CommonName: name}
	}
	if ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, c.leafKey.Public(), c.key)
	if err != nil {
		return nil, renew, internal("signing a certificate", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, renew, internal("reading a certificate back", err)
	}
	// At least half of what is left is used up before the next is made.
	left := notAfter.Sub(now)
	renew = now.Add(max(left-renewal, left/2))
	if !renew.After(now) {
		renew = notAfter
	}
	return &tls.Certificate{
		Certificate: append([][]byte{der}, c.chain...),
		PrivateKey:  c.leafKey,
		Leaf:        leaf,
	}, renew, nil
}

// TLSConfig returns a server's configuration for an intercepted connection: it
// has the certificate of the name that the client asks for (SNI), or of
// defaultHost, without port, where it asks for none, and speaks HTTP/2 and
// HTTP/1.1. All configurations of a CA share their session ticket keys, which
// rotate, so that a client may resume on its next tunnel. The result is the
// caller's.
func (c *CA) TLSConfig(defaultHost string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != "" {
				return c.Certificate(hello.ServerName)
			}
			return c.Certificate(defaultHost)
		},
		WrapSession:   c.tickets.EncryptTicket,
		UnwrapSession: c.tickets.DecryptTicket,
	}
}
