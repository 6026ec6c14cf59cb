package simulator

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"understudy/simulations"
)

// CallbackHosts are the hosts, besides the upstreams of declared collaborators,
// that callbacks may go to. The zero value allows none. Immutable.
//
// What is compared is what is dialled: a name by names, an address by
// addresses. A name is never resolved to be compared, so that another name or
// the address of a host that is allowed is not allowed with it.
type CallbackHosts struct {
	rules []hostRule
}

// hostRule is one of names by a glob or of addresses by a prefix.
type hostRule struct {
	any   bool // every name and every address
	name  string
	addrs netip.Prefix
	port  string // "" for any
}

// ParseCallbackHosts reads patterns: a name or a glob of names, in which '*' is
// any run of characters; an IP address or a prefix such as 10.0.0.0/8; or "*"
// for all; each but a prefix with a port, or for all ports. The error names the
// pattern that is none of these.
func ParseCallbackHosts(patterns []string) (CallbackHosts, error) {
	var out CallbackHosts
	for _, p := range patterns {
		r, err := parseHostRule(p)
		if err != nil {
			return CallbackHosts{}, err
		}
		out.rules = append(out.rules, r)
	}
	return out, nil
}

func parseHostRule(pattern string) (r hostRule, err error) {
	if prefix, err := netip.ParsePrefix(pattern); err == nil {
		if prefix.Addr().Is4In6() {
			return r, fmt.Errorf("%q is a prefix of IPv4 written as of IPv6: write it as of IPv4", pattern)
		}
		return hostRule{addrs: prefix.Masked()}, nil
	}
	host := pattern
	if h, port, err := net.SplitHostPort(pattern); err == nil {
		host, r.port = h, port
		if !validPort(port) {
			return r, fmt.Errorf("%q has no port from 1 to 65535", pattern)
		}
	} else {
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if addr, ok := simulations.HostAddress(host); ok {
		r.addrs = netip.PrefixFrom(addr, addr.BitLen())
		return r, nil
	}
	if host == "*" {
		r.any = true
		return r, nil
	}
	// A glob has to be one of names: 10.* would also be that of 10.example.
	if !simulations.PlainHost(strings.ReplaceAll(host, "*", "x")) || strings.Trim(host, "0123456789.*") == "" {
		return r, fmt.Errorf("%q is no host: give a name such as hooks.example or *.hooks.example, an address, a prefix such as 10.0.0.0/8, with :port behind it or not, or *", pattern)
	}
	r.name = plainName(host)
	return r, nil
}

func validPort(s string) bool {
	_, err := netip.ParseAddrPort("0.0.0.0:" + s)
	return err == nil && s != "0"
}

// plainName is a host name as it is compared.
func plainName(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// Allow reports whether callbacks may go to the host of a URL, which
// simulations.ParseCallbackURL has read.
func (c CallbackHosts) Allow(u *url.URL) bool {
	host, port := u.Hostname(), portOf(u)
	addr, isAddr := simulations.HostAddress(host)
	for _, r := range c.rules {
		switch {
		case r.port != "" && r.port != port:
		case r.any, isAddr && r.addrs.IsValid() && r.addrs.Contains(addr), !isAddr && r.name != "" && globMatch(r.name, plainName(host)):
			return true
		}
	}
	return false
}

// portOf is the port that a URL's scheme stands for where it names none.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// sameServer reports whether two URLs lead to the same scheme, host and port.
func sameServer(a, b *url.URL) bool {
	if a.Scheme != b.Scheme || portOf(a) != portOf(b) {
		return false
	}
	x, isAddr := simulations.HostAddress(a.Hostname())
	y, both := simulations.HostAddress(b.Hostname())
	if isAddr || both {
		return isAddr && both && x == y
	}
	return plainName(a.Hostname()) == plainName(b.Hostname())
}
