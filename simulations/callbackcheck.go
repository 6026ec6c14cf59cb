package simulations

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// ownHeaders are those that a callback does not say: they belong to the
// connection, or decide who gets the request behind an address that is shared.
var ownHeaders = []string{
	"Host", "Connection", "Proxy-Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding", "Te", "Trailer", "Upgrade",
	"Proxy-Authorization", "Understudy-Hops",
}

// CallbackHeader reports whether a callback may say the header of that name,
// which is canonical.
func CallbackHeader(name string) bool {
	return ValidHeaderName(name) && !slices.Contains(ownHeaders, name)
}

// ValidMethod reports whether a callback may have the method: any token but
// CONNECT, which asks for a tunnel.
func ValidMethod(s string) bool { return ValidHeaderName(s) && s != http.MethodConnect }

func (c *Callback) check(report func(pointer, detail string)) {
	templated := func(s string) bool { return c.Template && strings.Contains(s, "{{") }
	if c.Method != "" && !templated(c.Method) && !ValidMethod(c.Method) {
		report("/method", fmt.Sprintf("%q is no method of a callback", c.Method))
	}
	switch {
	case c.URL == "" && c.Collaborator == "":
		report("", "a callback has a url, or a collaborator with a path")
	case c.URL != "" && (c.Collaborator != "" || c.Path != ""):
		report("/url", "a callback has either a url, or a collaborator with a path")
	case c.URL != "" && !templated(c.URL):
		if _, err := ParseCallbackURL(c.URL); err != nil {
			report("/url", err.Error())
		}
	case c.Collaborator != "" && !ValidName(c.Collaborator):
		report("/collaborator", nameRule)
	case c.Collaborator != "" && !templated(c.Path):
		if _, err := ParseCallbackPath(c.Path); err != nil {
			report("/path", err.Error())
		}
	}
	for name := range c.Headers {
		if !CallbackHeader(name) {
			report("/headers/"+PointerToken(name), name+" is not the callback's to say: it belongs to the connection, or to the address")
		}
	}
	var bodies []string
	for _, b := range []struct {
		name string
		is   bool
	}{{"text", c.Text != nil}, {"json", c.JSON != nil}, {"base64", c.Base64 != nil}} {
		if b.is {
			bodies = append(bodies, b.name)
		}
	}
	if len(bodies) > 1 {
		report("/"+bodies[1], fmt.Sprintf("a callback has one body, here are %s", strings.Join(bodies, " and ")))
	}
	if !c.Template && (c.Dialect != "" || len(c.Parameters) > 0) {
		report("", "dialect and parameters are for templates: write `template: true` beside them")
	}
	if d := c.Delay; d != nil {
		longest := d.Fixed
		if d.Uniform != nil {
			longest += d.Uniform.Max
		}
		switch {
		case longest > Duration(MaxDelay) || longest < 0:
			report("/delay", fmt.Sprintf("a callback waits for %s at most", MaxDelay))
		case d.Recorded != nil:
			report("/delay/recorded", "nothing is recorded of a callback: give fixed, uniform or lognormal")
		case d.Force:
			report("/delay/force", "a callback's delay holds after requests of every origin already")
		case d.FixedTemplate != "" && !c.Template:
			report("/delay", "a delay with a template in it needs `template: true` beside it")
		}
	}
	if c.Timeout > Duration(MaxCallbackTimeout) {
		report("/timeout", fmt.Sprintf("an attempt takes %s at most", MaxCallbackTimeout))
	}
	if slices.Contains(c.Expect, ResultError) {
		report("/expect", "a callback cannot expect that there is no answer: its result is in the journal either way")
	}
}

func (r *Retry) check(report func(pointer, detail string)) {
	if r.Attempts < 2 || r.Attempts > MaxAttempts {
		report("/attempts", fmt.Sprintf("attempts are those in all, the first one included: 2 to %d", MaxAttempts))
	}
	if r.MaxBackoff != 0 && r.Backoff > r.MaxBackoff {
		report("/backoff", "backoff is more than maxBackoff")
	}
	for name, d := range map[string]Duration{"backoff": r.Backoff, "maxBackoff": r.MaxBackoff} {
		if time.Duration(d) > MaxDelay {
			report("/"+name, fmt.Sprintf("a wait is %s at most", MaxDelay))
		}
	}
	if !(r.Jitter >= 0 && r.Jitter <= 1) {
		report("/jitter", "jitter is a part of the wait, 0 to 1")
	}
	if time.Duration(r.Within) > MaxRetryWithin {
		report("/within", fmt.Sprintf("attempts go on for %s at most", MaxRetryWithin))
	}
}

// ParseCallbackURL reads the address of a callback, before or after its
// templates were rendered. It takes what has one meaning only: an http or https
// URL without credentials and without a fragment, whose host is an address or a
// name in ASCII. Other spellings of a host are refused rather than guessed, so
// that none of them gets around a list of hosts.
func ParseCallbackURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is no URL", s)
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "", u.Opaque != "":
		return nil, fmt.Errorf("%q is no http or https URL, such as https://shop.example/hooks", s)
	case u.User != nil:
		return nil, fmt.Errorf("a callback's URL must not hold credentials: send a header Authorization")
	case u.Fragment != "":
		return nil, fmt.Errorf("%q has a fragment, which is never sent", s)
	case !PlainHost(u.Hostname()):
		return nil, fmt.Errorf("%q is neither an address nor a host name of letters, digits, '-', '_' and '.' (write one of other letters as IDNA has it, xn--…)", u.Hostname())
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && !validPort(u.Port()):
		return nil, fmt.Errorf("%q has no port from 0 to 65535", s)
	}
	return u, nil
}

// ParseCallbackPath reads the path, with the query, of a callback to a
// collaborator's upstream.
func ParseCallbackPath(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no path, such as /hooks?kind=paid: it begins with one '/' and has no fragment", s)
	}
	return u, nil
}

// PlainHost reports whether a host, without port and brackets, is written so
// that it means the same to everybody: an IP address as usual, without zone, or
// a name of letters, digits, '-', '_' and '.' whose last label is no number.
// Numbers and octal or hexadecimal parts, which some resolvers take for
// addresses, are none of these.
func PlainHost(host string) bool {
	if _, ok := HostAddress(host); ok {
		return true
	}
	name := strings.TrimSuffix(host, ".")
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	for _, r := range name {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != '.' {
			return false
		}
	}
	last := name[strings.LastIndexByte(name, '.')+1:]
	hex := len(last) > 1 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X')
	return len(name) <= 253 && !hex && strings.Trim(last, "0123456789") != ""
}

// HostAddress reads a host that is an IP address, without port and brackets. One
// of IPv4 that is written as of IPv6 is the one of IPv4, and one with a zone is
// none: it means something on one machine only.
func HostAddress(host string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(host)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, false
	}
	return a.Unmap(), true
}
