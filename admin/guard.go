package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard keeps out what a foreign web page can make a browser send, and whoever
// has no token.
//
//   - The Host header must be a loopback name, an IP address, the listener's own
//     name or an allowed one. A page whose name was rebound to 127.0.0.1 by its
//     own DNS server still sends its own name (DNS rebinding).
//   - An Origin header must name the same origin or an allowed one. Browsers
//     send it with every request that changes something, and programs do not.
//   - Sec-Fetch-Site: cross-site is refused for requests that change something.
//
// Nothing is readable from another origin, since no CORS headers are sent,
// except to the origins that are allowed.
type guard struct {
	hosts   map[string]bool
	origins []string
	token   *[sha256.Size]byte
}

func newGuard(o Options) *guard {
	g := &guard{hosts: make(map[string]bool)}
	if host, _, err := net.SplitHostPort(o.Listen); err == nil && host != "" {
		g.hosts[normalName(host)] = true
	}
	for _, h := range o.AllowedHosts {
		host, port, _ := splitAuthority(h)
		if port != "" {
			host += ":" + port
		}
		g.hosts[host] = true
	}
	for _, origin := range o.AllowedOrigins {
		g.origins = append(g.origins, normalOrigin(origin))
	}
	if o.Token != "" {
		sum := sha256.Sum256([]byte(o.Token))
		g.token = &sum
	}
	return g
}

// admit returns why a request is refused, or nil. It may set CORS headers, and
// reports a preflight request that it has thereby answered.
func (g *guard) admit(h http.Header, r *http.Request) (preflight bool, err error) {
	if !g.hostAllowed(r.Host) {
		return false, refuse(http.StatusForbidden, "requests for the host %q are refused, because a web page could send them under a name of its own: "+
			"ask by IP address or localhost, or allow the name with --admin-host", cut(r.Host))
	}
	foreign, err := g.checkOrigin(r)
	if err != nil {
		return false, err
	}
	if !foreign {
		return false, nil
	}
	h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
	h.Set("Access-Control-Expose-Headers", "ETag, Location")
	h.Add("Vary", "Origin")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false, nil
	}
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, Last-Event-ID")
	h.Set("Access-Control-Max-Age", "600")
	return true, nil
}

func (g *guard) hostAllowed(authority string) bool {
	if authority == "" {
		return true // HTTP/1.0 without a Host: no browser
	}
	host, port, ok := splitAuthority(authority)
	if !ok {
		return false
	}
	if host == "localhost" || g.hosts[host] || port != "" && g.hosts[host+":"+port] {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// checkOrigin reports whether r comes from an allowed page of another origin.
func (g *guard) checkOrigin(r *http.Request) (foreign bool, err error) {
	values := r.Header.Values("Origin")
	if len(values) == 0 {
		if !safe(r.Method) && r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			return false, refuse(http.StatusForbidden, "a request that changes something is refused when another site's page sends it (Sec-Fetch-Site: cross-site)")
		}
		return false, nil
	}
	origin := normalOrigin(values[0])
	if len(values) == 1 {
		// The scheme is not compared: behind a proxy that ends TLS a page of the
		// same origin says https.
		if u, err := url.Parse(origin); err == nil && u.Host != "" && sameAuthority(u, r.Host) {
			return false, nil
		}
		if slices.Contains(g.origins, origin) {
			return true, nil
		}
	}
	return false, refuse(http.StatusForbidden, "requests of web pages of the origin %q are refused: only pages of the same origin and of allowed ones may use the admin API", cut(strings.Join(values, ", ")))
}

// authorized checks the bearer token in constant time.
func (g *guard) authorized(r *http.Request) error {
	if g.token == nil {
		return nil
	}
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(credentials)))
	if subtle.ConstantTimeCompare(sum[:], g.token[:]) == 1 && strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return refuse(http.StatusUnauthorized, "this admin API wants a token: send `Authorization: Bearer <token>`").
		with("WWW-Authenticate", `Bearer realm="understudy"`)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// splitAuthority splits "host", "host:port", "[v6]" and "[v6]:port"; the host
// comes in normal form, without brackets.
func splitAuthority(s string) (host, port string, ok bool) {
	if s == "" {
		return "", "", false
	}
	host = s
	if h, p, err := net.SplitHostPort(s); err == nil {
		host, port = h, p
	} else if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		host = s[1 : len(s)-1]
	} else if strings.Contains(s, ":") {
		return "", "", false
	}
	host = normalName(host)
	return host, port, host != "" && !strings.ContainsAny(host, "[]@/ ")
}

func normalName(host string) string { return strings.TrimSuffix(strings.ToLower(host), ".") }

var defaultPorts = map[string]string{"http": "80", "https": "443"}

// normalOrigin writes an origin as RFC 6454 section 6.2 does: lower case,
// without the scheme's own port.
func normalOrigin(origin string) string {
	origin = strings.ToLower(origin)
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return origin
	}
	if p := u.Port(); p != "" && p == defaultPorts[u.Scheme] {
		return fmt.Sprintf("%s://%s", u.Scheme, strings.TrimSuffix(u.Host, ":"+p))
	}
	return u.Scheme + "://" + u.Host
}

// sameAuthority compares an origin's host and port with a Host header, a port
// that is left out counting as the scheme's.
func sameAuthority(origin *url.URL, authority string) bool {
	host, port, ok := splitAuthority(authority)
	if !ok || normalName(origin.Hostname()) != host {
		return false
	}
	own := defaultPorts[origin.Scheme]
	if origin.Port() == "" {
		return port == "" || port == own
	}
	return origin.Port() == port
}

// cut keeps what a stranger sent short in messages.
func cut(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}
