package simulator

import (
	"net"
	"net/url"
	"testing"

	"understudy/simulations"
)

// bound is a listener of which only the address is looked at.
type bound struct {
	net.Listener
	at *net.TCPAddr
}

func (b bound) Addr() net.Addr { return b.at }

// TestOwnPortOf: the port of a URL that is asked about says whose it is, unless its
// host is a name that somebody declares.
func TestOwnPortOf(t *testing.T) {
	e := &Engine{plane: &plane{own: make(map[string]*port)}}
	all := make(map[string]*collaborator)
	for name, c := range map[string]*simulations.Collaborator{
		"bank":      {},
		"card":      {},
		"plain":     {},
		"secure":    {},
		"shop":      {Hosts: []string{"shop.example", "*.shop.example"}},
		"127.0.0.1": {},
	} {
		all[name] = &collaborator{name: name, config: c}
	}
	for name, at := range map[string]*net.TCPAddr{
		"bank":   {IP: net.IPv6unspecified, Port: 9711},
		"card":   {IP: net.IPv4(127, 0, 0, 1), Port: 9712},
		"plain":  {IP: net.IPv4zero, Port: 80},
		"secure": {IP: net.IPv4zero, Port: 443},
	} {
		e.plane.own[name] = &port{listener: bound{at: at}}
	}
	d, faults := newDirectory(all)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	e.snapshot.Store(&snapshot{directory: d})
	for text, want := range map[string]string{
		"http://127.0.0.1:9711/x":           "bank",
		"http://localhost:9711/x":           "bank",
		"http://LOCALHOST-shadow:9711/x":    "bank",
		"http://[::1]:9711/x":               "bank",
		"http://192.0.2.7:9711/x":           "bank",
		"http://understudy:9711/x":          "bank",
		"http://bank:9711/x":                "", // by its name
		"http://127.0.0.1:9712/x":           "card",
		"http://localhost:9712/x":           "card",
		"http://understudy:9712/x":          "card",
		"http://[::1]:9712/x":               "",
		"http://192.0.2.7:9712/x":           "",
		"http://shop.example:9711/x":        "",
		"http://a.shop.example:9711/x":      "",
		"http://shop.example-shadow:9711/x": "",
		"http://127.0.0.1/x":                "plain",
		"https://127.0.0.1/x":               "secure",
		"http://127.0.0.1:443/x":            "secure",
		"ftp://127.0.0.1/x":                 "",
		"http://127.0.0.1:9713/x":           "",
		"http://127.0.0.1:99999/x":          "",
		"//127.0.0.1:9711/x":                "bank",
		"//127.0.0.1/x":                     "",
		"/x":                                "",
		"http:///x":                         "",
	} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := e.ownPortOf(u); got != want {
			t.Errorf("%s leads to %q, want %q", text, got, want)
		}
	}
}
