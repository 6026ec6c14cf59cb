package origin

import (
	"strings"
	"testing"
)

func TestNormalizeHost(t *testing.T) {
	for _, c := range []struct {
		in, name, port string
		shadow         bool
	}{
		{"pay", "pay", "", false},
		{"pay:80", "pay", "80", false},
		{"pay:", "pay", "", false},
		{"PAY.Example.", "pay.example", "", false},
		{"pay.example.:443", "pay.example", "443", false},
		{"pay..", "pay", "", false},
		{"pay-shadow", "pay", "", true},
		{"pay-shadow:80", "pay", "80", true},
		{"pay:80-shadow", "pay", "80", true},
		{"pay:-shadow", "pay", "", true},
		{"Pay-Shadow:80", "pay", "80", true},
		{"pay.-shadow:80", "pay", "80", true},
		{"pay-shadow.:80", "pay", "80", true},
		{"pay-shadow-shadow", "pay", "", true},
		{"pay-shadow:80-shadow", "pay", "80", true},
		{"pay:80-shadow-shadow", "pay", "80", true},
		{"10.0.0.1-shadow:80", "10.0.0.1", "80", true},
		{"10.0.0.1:8080", "10.0.0.1", "8080", false},
		{"-shadow", "-shadow", "", false},
		{"-shadow:80", "-shadow", "80", false},
		{":80-shadow", "", "80", true},
		{".-shadow", ".-shadow", "", false},
		{"pay-shadowy", "pay-shadowy", "", false},
		{"shadow", "shadow", "", false},
		{"", "", "", false},
		{".", "", "", false},
		{":", "", "", false},
		{":80", "", "80", false},
		{"[::1]", "::1", "", false},
		{"[::1]:8080", "::1", "8080", false},
		{"[::1]-shadow:8080", "::1", "8080", true},
		{"[::1]:8080-shadow", "::1", "8080", true},
		{"[::1]-shadow", "::1", "", true},
		{"::1", "::1", "", false},
		{"::1-shadow", "::1", "", true},
		{"[2001:DB8:0:0:0:0:0:1]:1", "2001:db8::1", "1", false},
		{"[fe80::1%25eth0]:80", "fe80::1%eth0", "80", false},
		{"[fe80::1%Eth0]", "fe80::1%eth0", "", false},
		{"[::1", "[::1", "", false},
		{"[::1:80", "[::1:80", "", false},
		{"[pay:80]", "[pay:80]", "", false},
		{"[pay:80]:90", "[pay:80]", "90", false},
		{"[]", "[]", "", false},
		{"]:80", "]", "80", false},
		{"pay:http", "pay:http", "", false},
		{"a:b:80", "a:b:80", "", false},
		{"pay:80.-shadow", "pay", "80", true},
		{"pay:80.", "pay", "80", false},
		{"bücher.example", "bücher.example", "", false},
	} {
		h := NormalizeHost(c.in)
		if h.Name != c.name || h.Port != c.port || h.Shadow != c.shadow {
			t.Errorf("%q: got %q port %q shadow %v, want %q port %q shadow %v", c.in, h.Name, h.Port, h.Shadow, c.name, c.port, c.shadow)
		}
	}
}

func TestResolve(t *testing.T) {
	for _, c := range []struct {
		in, declared, name string
		shadow             bool
	}{
		{"pay:80", "", "pay", false},
		{"pay-shadow:80", "", "pay", true},
		{"pay-shadow:80", "pay", "pay", true},
		{"pay-shadow:80", "pay-shadow", "pay-shadow", false},
		{"pay-shadow:80", "pay pay-shadow", "pay-shadow", false},
		{"pay-shadow.:80", "pay-shadow", "pay-shadow", false},
		{"PAY-SHADOW", "pay-shadow", "pay-shadow", false},
		{"pay-shadow-shadow", "pay-shadow", "pay-shadow", true},
		{"pay-shadow-shadow", "", "pay", true},
		// What stands behind the port is the mirror's, whoever is declared.
		{"pay:80-shadow", "pay", "pay", true},
		{"pay:80-shadow", "pay pay-shadow", "pay", true},
		{"pay-shadow:80-shadow", "pay-shadow", "pay-shadow", true},
		{"[::1]-shadow:80", "::1", "::1", true},
	} {
		name, shadow := NormalizeHost(c.in).Resolve(func(n string) bool {
			for d := range strings.FieldsSeq(c.declared) {
				if d == n {
					return true
				}
			}
			return false
		})
		if name != c.name || shadow != c.shadow {
			t.Errorf("%q with %q declared: got %q %v, want %q %v", c.in, c.declared, name, shadow, c.name, c.shadow)
		}
	}
}

func FuzzNormalizeHost(f *testing.F) {
	for _, s := range []string{"pay-shadow:80", "pay:80-shadow", "[::1]-shadow:8080", "::1", "[a:80]", "-shadow", ".-shadow.", "a:80-shadow:80", "[fe80::1%25e]", "[fe80::1%2525a]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h := NormalizeHost(s)
		again := NormalizeHost(h.Name)
		if again.Name != h.Name || again.Shadow || again.Port != "" && h.Name != "" {
			t.Fatalf("%q: %+v, and again %+v", s, h, again)
		}
		// The oracle for the common case: letters, digits, dots and hyphens.
		if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" {
			want := s
			for strings.HasSuffix(want, "-shadow") && want != "-shadow" {
				want = strings.TrimSuffix(want, "-shadow")
			}
			if h.Name != want || h.Shadow != (want != s) {
				t.Fatalf("%q: %+v, want %q", s, h, want)
			}
		}
		none := func(string) bool { return false }
		if name, shadow := h.Resolve(none); name != h.Name || shadow != h.Shadow {
			t.Fatalf("%q: resolved to %q %v, but is %+v", s, name, shadow, h)
		}
		all := func(string) bool { return true }
		if name, _ := h.Resolve(all); strings.HasSuffix(name, ".") {
			t.Fatalf("%q: resolved to %q", s, name)
		}
	})
}
