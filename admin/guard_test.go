package admin

import (
	"testing"
)

func TestHosts(t *testing.T) {
	p := start(t, func(o *Options) {
		o.Listen = "Admin.Internal:8888"
		o.AllowedHosts = []string{"understudy.tests.svc.cluster.local", "gate:8443"}
	})
	for _, host := range []string{
		"localhost", "localhost:8888", "LOCALHOST.", "127.0.0.1", "127.8.9.1:1", "[::1]", "[::1]:8888", "10.1.2.3:8888", "[fe80::1%25eth0]:1",
		"admin.internal", "ADMIN.internal:9999", "understudy.tests.svc.cluster.local", "understudy.tests.svc.cluster.local:80", "gate:8443",
	} {
		p.do("GET", "/healthz", "", "Host: "+host).want(200)
	}
	for _, host := range []string{
		"evil.example", "evil.example:8888", "localhost.evil.example", "127.0.0.1.evil.example", "gate", "gate:80", "2130706433", "127.1", "0x7f.1",
		"svc.cluster.local", "evil.localhost:1", "[evil]", "localhost:8888:1",
	} {
		for _, path := range []string{"/healthz", "/api/v1/status", "/nowhere"} {
			p.do("GET", path, "", "Host: "+host).want(403).says("--admin-host")
		}
	}
}

func TestOriginsOfPages(t *testing.T) {
	p := start(t, func(o *Options) { o.AllowedOrigins = []string{"https://Tools.example:443", "http://ui.example:3000"} })
	const host = "Host: localhost:8888"
	for _, origin := range []string{"http://localhost:8888", "https://localhost:8888", "HTTP://LOCALHOST:8888"} {
		p.do("GET", "/api/v1/status", "", host, "Origin: "+origin).want(200).has("Access-Control-Allow-Origin", "")
		p.do("DELETE", "/api/v1/journal", "", host, "Origin: "+origin, "Sec-Fetch-Site: same-origin").want(204)
	}
	p.do("GET", "/api/v1/status", "", "Host: localhost", "Origin: http://localhost").want(200)
	p.do("GET", "/api/v1/status", "", "Host: localhost:80", "Origin: http://localhost").want(200)
	for _, origin := range []string{"https://tools.example", "http://ui.example:3000"} {
		p.do("GET", "/api/v1/status", "", host, "Origin: "+origin).want(200).has("Access-Control-Allow-Origin", origin).has("Vary", "Origin")
		p.do("DELETE", "/api/v1/journal", "", host, "Origin: "+origin, "Sec-Fetch-Site: cross-site").want(204)
		pre := p.do("OPTIONS", "/api/v1/journal", "", host, "Origin: "+origin, "Access-Control-Request-Method: DELETE").want(204).has("Access-Control-Allow-Origin", origin)
		pre.has("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, DELETE")
	}
	for _, origin := range []string{"null", "http://evil.example", "http://localhost", "http://localhost:9999", "http://localhost:8888.evil.example", "http://ui.example", "https://ui.example:3000", "x", "http://"} {
		for _, method := range []string{"GET", "DELETE", "OPTIONS"} {
			p.do(method, "/api/v1/journal", "", host, "Origin: "+origin).want(403).has("Access-Control-Allow-Origin", "")
		}
	}
	p.do("GET", "/api/v1/status", "", host, "Origin: http://localhost:8888", "Origin: http://evil.example").want(403)
	p.do("DELETE", "/api/v1/journal", "", host, "Sec-Fetch-Site: cross-site").want(403)
	p.do("GET", "/api/v1/status", "", host, "Sec-Fetch-Site: cross-site").want(200)
	p.do("DELETE", "/api/v1/journal", "", host, "Sec-Fetch-Site: none").want(204)
}

func TestToken(t *testing.T) {
	p := start(t, func(o *Options) { o.Token = "s3cret"; o.AllowedOrigins = []string{"http://ui.example"} })
	for i := range routes {
		if rt := &routes[i]; !rt.open {
			for _, wrong := range []string{"X: y", "Authorization: Bearer", "Authorization: Bearer s3cre", "Authorization: Bearer s3cret2", "Authorization: Basic s3cret", "Authorization: s3cret"} {
				p.do(rt.method, rt.muxless(), "", wrong).want(401).has("Www-Authenticate", `Bearer realm="understudy"`)
			}
		}
	}
	p.do("GET", "/api/v1/status", "", "Authorization: Bearer s3cret").want(200)
	p.do("GET", "/api/v1/status", "", "Authorization: bearer  s3cret").want(200)
	p.do("GET", "/healthz", "").want(200)
	p.do("GET", "/readyz", "").want(200)
	p.do("OPTIONS", "/api/v1/status", "", "Origin: http://ui.example", "Access-Control-Request-Method: GET").want(204)
}
