package simulator

import (
	"fmt"
	"net/http"
	"testing"

	"understudy/simulations"
)

// TestContain holds containment, over every combination, against the contract's
// sentences written out a second time as a table of what may leave.
func TestContain(t *testing.T) {
	// What a mode may forward at all: everything, or safe methods only.
	all := map[simulations.Mode]bool{simulations.ModeRecord: true, simulations.ModeForward: true, simulations.ModeDiff: true}
	safeOnly := map[simulations.Mode]bool{simulations.ModeSpy: true, simulations.ModeLearn: true}
	marked := map[simulations.Origin]bool{simulations.OriginShadow: true, simulations.OriginSynthetic: true}
	modes := append(simulations.Modes(), "unheard-of")
	n, passed := 0, 0
	for _, mode := range modes {
		for _, origin := range simulations.Origins() {
			for _, mutating := range []bool{false, true} {
				for _, declared := range []bool{false, true} {
					for _, upstream := range []bool{false, true} {
						leaves := passage{host: "pay", collaborator: "pay", mode: simulations.Mode(mode), mutating: mutating, origin: simulations.Origin(origin), upstream: true, leavesBase: true}
						if contain(leaves) == allowed {
							t.Errorf("%+v is allowed", leaves)
						}
						p := passage{host: "pay", mode: simulations.Mode(mode), mutating: mutating, origin: simulations.Origin(origin), upstream: upstream}
						if declared {
							p.collaborator = "pay"
						}
						want := declared && upstream && (all[p.mode] || safeOnly[p.mode] && !mutating) && !(mutating && marked[p.origin])
						refused := contain(p)
						got := refused == allowed
						if got != want || got == (p.why(refused) != "") {
							t.Errorf("%+v: allowed %v, want %v (%s)", p, got, want, p.why(refused))
						}
						n++
						if got {
							passed++
						}
					}
				}
			}
		}
	}
	// Counted by hand: 5 forwarding modes x 4 origins for safe methods, 3 modes
	// x 2 origins for mutating ones.
	if n != 7*4*8 || passed != 5*4+3*2 {
		t.Errorf("%d of %d combinations are allowed", passed, n)
	}
}

// TestContainCallbacks holds containment of callbacks, over every combination,
// against the same sentences written out a second time. Mode and method decide
// nothing.
func TestContainCallbacks(t *testing.T) {
	marked := map[simulations.Origin]bool{simulations.OriginShadow: true, simulations.OriginSynthetic: true}
	both := []bool{false, true}
	n, passed := 0, 0
	for _, mode := range append(simulations.Modes(), "") {
		for _, origin := range simulations.Origins() {
			for i := range 1 << 7 {
				bit := func(k int) bool { return both[i>>k&1] }
				p := passage{
					callback: true, host: "shop", mode: simulations.Mode(mode), origin: simulations.Origin(origin), mutating: bit(0),
					upstream: bit(1), leavesBase: bit(2), listed: bit(3), copies: bit(4),
				}
				if bit(5) {
					p.collaborator = "shop"
				}
				if bit(6) {
					p.hops = maxHops
				}
				want := (p.listed || p.collaborator != "" && p.upstream && !p.leavesBase) && (!marked[p.origin] || p.copies) && p.hops < maxHops
				refused := contain(p)
				if got := refused == allowed; got != want || got == (p.why(refused) != "") {
					t.Errorf("%+v: allowed %v, want %v (%s)", p, got, want, p.why(refused))
				}
				n++
				if refused == allowed {
					passed++
				}
			}
		}
	}
	// Counted by hand, for each mode and method: 9 of the 16 combinations of what
	// the host is, by 6 of the 8 of origin and setting.
	if n != 7*4*128 || passed != 7*2*9*6 {
		t.Errorf("%d of %d combinations are allowed", passed, n)
	}
}

// TestCleaned: how a lenient server may read a path.
func TestCleaned(t *testing.T) {
	for path, want := range map[string]string{
		"/": "/", "/a/b": "/a/b", "/a/b/": "/a/b/", "*": "*", "/a%20b": "/a%20b", "/a.b/..c": "/a.b/..c",
		"//a": "/a", "/./a": "/a", "/x/../a": "/a", "/a/..": "/", "/v1/%2e%2E/a": "/a", "/x%2f..%2Fa": "/a", `/x\..\a`: "/a", "/a%5cb": "/a/b",
		"/x/..;/a": "/a", "/x/..;a=b/a": "/a", "/a;v=1/b": "/a/b", "/x/..%3ba/b": "/b", "/..;/a": "/a up",
		"/../a": "/a up", "/a/../../b": "/b up", "/..%2f..": "/ up",
	} {
		got, up := cleaned(path)
		if up {
			got += " up"
		}
		if got != want {
			t.Errorf("%s is cleaned to %s, want %s", path, got, want)
		}
	}
}

func TestMutating(t *testing.T) {
	for _, c := range []struct {
		method, header, value string
		want                  bool
	}{
		{"GET", "", "", false},
		{"HEAD", "", "", false},
		{"OPTIONS", "", "", false},
		{"TRACE", "", "", false},
		{"POST", "", "", true},
		{"PUT", "", "", true},
		{"PATCH", "", "", true},
		{"DELETE", "", "", true},
		{"get", "", "", true},
		{"PROPFIND", "", "", true},
		{"QUERY", "", "", true},
		{"GET", "X-Http-Method-Override", "delete", true},
		{"GET", "X_http_method_override", "DELETE", true},
		{"GET", "X_http-Method", "put", true},
		{"GET", "X-Method-Override", "GET", false},
		{"HEAD", "X-Http-Method", " PUT ", true},
		{"GET", "Upgrade", "websocket", true},
		{"GET", "Upgrade", "h2c", false},
	} {
		r := &http.Request{Method: c.method, Header: http.Header{}}
		if c.header != "" {
			r.Header[c.header] = []string{c.value}
		}
		if got := mutating(r); got != c.want {
			t.Errorf("%s %s %q: mutating %v", c.method, c.header, c.value, got)
		}
	}
}

// TestResolve is who a request is for: by port, by host, or the only one there is.
func TestResolve(t *testing.T) {
	declare := func(configs map[string]*simulations.Collaborator) *directory {
		all := map[string]*collaborator{}
		for name, config := range configs {
			c, faults := compileCollaborator(name, 1, config, Options{RedactionKey: make([]byte, 32)})
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			all[name] = c
		}
		d, faults := newDirectory(all)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		return d
	}
	two := declare(map[string]*simulations.Collaborator{
		"pay":    {Hosts: []string{"pay", "Pay.Example", "*.pay.example", "really-shadow"}, Upstream: "http://127.0.0.1:1"},
		"orders": {Upstream: "http://orders.internal:1"},
	})
	one := declare(map[string]*simulations.Collaborator{"pay": {Hosts: []string{"pay"}, Upstream: "http://127.0.0.1:1"}})
	hostless := declare(map[string]*simulations.Collaborator{"pay": {Upstream: "http://127.0.0.1:1"}})
	none := declare(nil)
	for _, c := range []struct {
		name    string
		d       *directory
		own     string
		host    string
		proxied bool
		want    string
	}{
		{"host", two, "", "pay", false, "pay"},
		{"port and case", two, "", "PAY:8500", false, "pay"},
		{"declared in capitals", two, "", "pay.example", false, "pay"},
		{"glob", two, "", "eu.pay.example:80", true, "pay"},
		{"shadow before the port", two, "", "pay-shadow:80", false, "pay shadow"},
		{"shadow at the end", two, "", "pay:80-shadow", false, "pay shadow"},
		{"a host declared with -shadow", two, "", "really-shadow", false, "pay"},
		{"its shadow", two, "", "really-shadow-shadow", false, "pay shadow"},
		{"by name, without hosts", two, "", "orders", false, "orders"},
		{"by the upstream's host", two, "", "orders.internal", false, "orders"},
		{"undeclared", two, "", "evil.example", false, "foreign"},
		{"undeclared shadow", two, "", "evil.example-shadow", false, "foreign shadow"},
		{"our own address, two to choose from", two, "", "127.0.0.1:8500", false, ""},
		{"our own address, the only one", one, "", "127.0.0.1:8500", false, "pay"},
		{"our own address as shadow", one, "", "127.0.0.1-shadow:8500", false, "pay shadow"},
		{"localhost", one, "", "localhost", false, "pay"},
		{"no host", one, "", "", false, "pay"},
		{"another name, the only one", one, "", "evil.example", false, "foreign"},
		{"another name, the only one without hosts", hostless, "", "whatever", false, "pay"},
		{"another name by a proxy request", hostless, "", "whatever", true, "foreign"},
		{"our address by a proxy request", one, "", "127.0.0.1:8500", true, "foreign"},
		{"own port", two, "orders", "evil.example", false, "orders"},
		{"own port, shadow", two, "orders", "pay-shadow", false, "orders shadow"},
		{"own port, tunnel", two, "orders", "evil.example:443", true, "orders"},
		{"nothing declared", none, "", "pay", false, "foreign"},
		{"nothing declared, our own address", none, "", "[::1]:80", false, ""},
	} {
		a := c.d.resolve(c.d.byName[c.own], c.host, c.proxied)
		got := ""
		if a.collaborator != nil {
			got = a.collaborator.name
		}
		if a.foreign {
			got += "foreign"
		}
		if a.shadow {
			got = fmt.Sprintf("%s shadow", got)
		}
		if got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.name, c.host, got, c.want)
		}
	}
	_, faults := newDirectory(map[string]*collaborator{
		"a": {name: "a", config: &simulations.Collaborator{Hosts: []string{"x"}}},
		"b": {name: "b", config: &simulations.Collaborator{Hosts: []string{"X."}}},
	})
	if len(faults) != 1 || faults[0].Pointer != "/collaborators/b/hosts/0" {
		t.Errorf("a host of two collaborators: %v", faults)
	}
}
