package mitm

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// names maps what a client may write to what DNS holds (UTS #46), underscores
// allowed: container networks have them.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// normalize brings a host to the form that stands in a certificate: an IP
// address, or a DNS name in lower case ASCII. Brackets and a trailing dot go,
// a port must not be there. It refuses wildcards, zones and whatever
// verifiers would not accept.
func normalize(host string) (name string, ip netip.Addr, err error) {
	h := strings.TrimSuffix(host, ".")
	address := h
	if len(h) > 2 && h[0] == '[' && h[len(h)-1] == ']' {
		address = h[1 : len(h)-1]
	}
	if ip, err := netip.ParseAddr(address); err == nil {
		if ip.Zone() != "" {
			return "", netip.Addr{}, invalid("no certificate for %.300q: an address with a zone is one machine's own", host)
		}
		ip = ip.Unmap()
		return ip.String(), ip, nil
	}
	if !isASCII(h) && utf8.ValidString(h) {
		if h, err = names.ToASCII(h); err != nil {
			return "", netip.Addr{}, invalid("no certificate for %.300q: %w", host, err)
		}
	}
	h = strings.ToLower(h)
	if !validName(h) {
		return "", netip.Addr{}, invalid("no certificate for %.300q: it is no host name", host)
	}
	return h, netip.Addr{}, nil
}

// validName tests for labels of letters, digits, '-' and '_' (RFC 1035 section
// 2.3.4 has the lengths). A last label of digits only would be an address that
// is none (RFC 3696 section 2).
func validName(s string) bool {
	if len(s) > 253 {
		return false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
		last = label
	}
	return strings.Trim(last, "0123456789") != ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
