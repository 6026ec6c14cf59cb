package origin

import (
	"net/netip"
	"strings"
)

// shadowSuffix is what mirroring proxies append to the Host of a copy: Envoy and
// Istio before the port (`pay-shadow:80`), older ones at the very end
// (`pay:80-shadow`).
const shadowSuffix = "-shadow"

// Host is a Host header, or an authority, taken apart and brought to one form.
type Host struct {
	// Name is the host in lower case (ASCII letters only), without port,
	// trailing dots, brackets and every -shadow suffix. An IPv6 address is in
	// the form of RFC 5952; its zone, if any, is kept.
	Name string
	// Port is what stood after the colon; "" for none.
	Port string
	// Shadow reports whether a -shadow suffix was taken off.
	Shadow bool

	// literal is the name with its suffixes, end how many of them stood after
	// the port, where no declared name can have them.
	literal string
	end     bool
}

// NormalizeHost takes a Host header apart. It never fails: text that is no
// host comes back, in lower case, as a name that nothing declares. It is
// idempotent: the Name of a result is its own Name, and is no shadow.
//
// A suffix counts only behind something: "-shadow" alone is a name.
func NormalizeHost(hostport string) Host {
	s := lowerASCII(hostport)
	var h Host
	// Suffixes behind the port first: what precedes them is where the port is.
	base := s
	for strings.HasSuffix(base, shadowSuffix) {
		base = strings.TrimSuffix(base, shadowSuffix)
	}
	if _, _, hasPort := splitPort(base); hasPort && base != s {
		s, h.Shadow, h.end = base, true, true
	}
	name, port, _ := splitPort(s)
	h.Port = port
	h.literal = strings.TrimRight(name, ".")
	for {
		stripped, ok := stripShadow(name)
		if !ok {
			break
		}
		name, h.Shadow = stripped, true
	}
	name = strings.TrimRight(name, ".")
	var clean bool
	if h.Name, clean = canonicalName(name); !clean && name != s {
		// No host at all, such as "pay:80.-shadow": what was taken off may have
		// uncovered a port. Each round is shorter.
		again := NormalizeHost(name)
		again.Shadow = again.Shadow || h.Shadow
		again.end = again.end || h.Shadow
		if again.Port == "" {
			again.Port = h.Port
		}
		return again
	}
	return h
}

// Resolve decides between a shadow and a collaborator whose declared name ends
// in -shadow. declared reports whether a name is declared as that very host
// (a glob that happens to fit is none). The longest declared name wins, so that
// a mirror of the declared host `pay-shadow` (`pay-shadow-shadow`) is its shadow.
// With none declared the result is Name and Shadow.
func (h Host) Resolve(declared func(name string) bool) (name string, shadow bool) {
	if !h.Shadow {
		return h.Name, false
	}
	name, shadow = h.literal, h.end
	for {
		stripped, ok := stripShadow(name)
		if !ok {
			return h.Name, true
		}
		if declared(strings.TrimRight(name, ".")) {
			return strings.TrimRight(name, "."), shadow
		}
		name, shadow = stripped, true
	}
}

// stripShadow takes one suffix off a name without port.
func stripShadow(name string) (string, bool) {
	base, ok := strings.CutSuffix(strings.TrimRight(name, "."), shadowSuffix)
	if !ok || strings.TrimRight(base, ".") == "" {
		return name, false
	}
	return base, true
}

// splitPort splits a port off: digits, or nothing, after the colon behind a
// bracketed address or after the only colon. Anything else is all name.
func splitPort(s string) (name, port string, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || !digits(s[i+1:]) {
		return s, "", false
	}
	if s[0] == '[' {
		// The address may have a suffix behind its bracket: "[::1]-shadow:80".
		if end := strings.LastIndexByte(s, ']'); end < 0 || end > i || strings.IndexByte(s[end:], ':') != i-end {
			return s, "", false
		}
	} else if strings.IndexByte(s, ':') != i {
		return s, "", false // an IPv6 address without brackets
	}
	return s[:i], s[i+1:], true
}

// canonicalName writes IPv6 addresses alike and takes their brackets off.
// Brackets around anything else stay, so that their inside is not read anew.
// It is not clean when the name holds a colon and is neither of both.
func canonicalName(name string) (_ string, clean bool) {
	if strings.IndexByte(name, ':') < 0 {
		return name, true
	}
	bare := name
	bracketed := name[0] == '[' && name[len(name)-1] == ']'
	if bracketed {
		bare = name[1 : len(name)-1]
		// RFC 6874 section 2: in a URI, and so in Host, the zone's '%' is "%25".
		if before, zone, ok := strings.Cut(bare, "%25"); ok && zone != "" {
			bare = before + "%" + zone
		}
	}
	a, err := netip.ParseAddr(bare)
	if err != nil || strings.TrimRight(a.Zone(), ".-abcdefghijklmnopqrstuvwxyz0123456789_") != "" || strings.HasSuffix(a.Zone(), ".") || strings.HasSuffix(a.Zone(), shadowSuffix) {
		return name, bracketed
	}
	return a.String(), true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// lowerASCII lowers A to Z only and allocates only where there is one.
func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
