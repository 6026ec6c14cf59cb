package simulator

import (
	"strings"
	"testing"

	"understudy/simulations"
)

// TestCallbackHosts: what the list allows, and that other spellings of a host do
// not get around it.
func TestCallbackHosts(t *testing.T) {
	for _, c := range []struct {
		patterns, url string
		want          bool
	}{
		{"hooks.example", "http://hooks.example/a", true},
		{"hooks.example", "https://HOOKS.Example.:8443/", true},
		{"Hooks.example.", "http://hooks.example", true},
		{"hooks.example", "http://hooks.example.evil.example", false},
		{"hooks.example", "http://xhooks.example", false},
		{"hooks.example", "http://127.0.0.1", false},
		{"*.hooks.example", "http://eu.hooks.example", true},
		{"*.hooks.example", "http://hooks.example", false},
		{"hooks.example:8080", "http://hooks.example:8080", true},
		{"hooks.example:8080", "http://hooks.example", false},
		{"hooks.example:80", "http://hooks.example", true},
		{"hooks.example:443", "https://hooks.example", true},
		{"127.0.0.1", "http://127.0.0.1:1", true},
		{"127.0.0.1", "http://[::ffff:127.0.0.1]", true},
		{"127.0.0.1", "http://[::1]", false},
		{"127.0.0.1", "http://localhost", false},
		{"localhost", "http://127.0.0.1", false},
		{"[::1]:81", "http://[0:0::1]:81", true},
		{"::1", "http://[::1]", true},
		{"10.0.0.0/8", "http://10.9.8.7", true},
		{"10.0.0.0/8", "http://11.0.0.1", false},
		{"10.0.0.0/8", "http://10.example", false},
		{"10.0.0.0/8", "http://[::ffff:10.1.1.1]", true},
		{"*.example", "http://10.0.0.1", false},
		{"*", "http://10.0.0.1", true},
		{"*", "http://anything.example", true},
		{"*:80", "https://anything.example", false},
		{"", "http://hooks.example", false},
	} {
		list, err := ParseCallbackHosts(strings.Fields(c.patterns))
		if err != nil {
			t.Errorf("%s: %v", c.patterns, err)
			continue
		}
		u, err := simulations.ParseCallbackURL(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if got := list.Allow(u); got != c.want {
			t.Errorf("%q allows %s: %v, want %v", c.patterns, c.url, got, c.want)
		}
	}
	for _, p := range []string{"", "10.*", "*.*", "1.2.3", "http://hooks.example", "hooks.example/a", "hooks.example:", "hooks.example:0", "hooks.example:99999", "a b", "höks.example", "fe80::1%eth0", "user@hooks.example", "::ffff:10.0.0.0/104", "0x7f000001"} {
		if _, err := ParseCallbackHosts([]string{p}); err == nil {
			t.Errorf("%q is taken", p)
		}
	}
}

// TestCallbackURL: an address with more than one reading is refused.
func TestCallbackURL(t *testing.T) {
	for _, s := range []string{
		"", "hooks.example", "/a", "//hooks.example/a", "ftp://hooks.example", "http:hooks.example", "http://", "http:///a", "http://:80/",
		"http://allowed.example@evil.example/", "http://hooks.example/#a", "http://2130706433/", "http://0x7f.0.0.1/", "http://0x7f000001/", "http://127.1/",
		"http://0177.0.0.1/", "http://127.0.0.1./", "http://hooks.example..", "http://.hooks.example", "http://[fe80::1%25eth0]/",
		"http://hooks%2eexample/", "http://höks.example/", "http://hooks。example/", "http://hooks.example\\@evil.example/", "http://hooks.example:",
		"http://hooks.example:99999/", "http://hooks.example:port/", " http://hooks.example/", "http://hooks.example/\n", "http://hooks_.exam ple/",
		"http://evil.example%00.hooks.example/", "http://999.999.999.999/",
	} {
		if u, err := simulations.ParseCallbackURL(s); err == nil {
			t.Errorf("%q is taken as %s", s, u)
		}
	}
	for _, s := range []string{"http://hooks.example/a?b=c", "https://[::1]:8443", "http://under_score/", "http://HOOKS.example.:81/%2F"} {
		if _, err := simulations.ParseCallbackURL(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}
