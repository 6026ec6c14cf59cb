package main

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"understudy/cmd/internal/app"
	"understudy/simulations"
)

// Bounds of the search for something to try.
const (
	trySimulations = 20
	tryStubs       = 200
)

// tryNext is a curl line that the first simple stub answers, "" where there is
// none among the first few.
func tryNext(engine app.Engine, addr string) string {
	collaborators := make(map[string]simulations.CollaboratorInfo)
	for _, info := range engine.Collaborators() {
		collaborators[info.Name] = info
	}
	for i, s := range engine.Simulations() {
		if i == trySimulations {
			break
		}
		stubs, _, err := engine.Stubs(context.Background(), s.Name, "", tryStubs)
		if err != nil {
			continue // a hint is not worth an error
		}
		for _, stub := range stubs {
			info, known := collaborators[stub.Collaborator]
			if line := curl(stub.Stub, info, known, addr); line != "" {
				return line
			}
		}
	}
	return ""
}

// curl makes the call that a stub answers where it is a plain GET of one path.
func curl(s *simulations.Stub, to simulations.CollaboratorInfo, known bool, addr string) string {
	p := &s.Request
	get := len(p.Method) == 0 || slices.Contains(p.Method, http.MethodGet)
	first := s.Scenario == nil || s.Scenario.Requires == "" || s.Scenario.Requires == simulations.ScenarioStart
	if !get || !first || !addressOnly(*p) || p.Path == nil || p.Path.Kind != simulations.String || s.State != nil && len(s.State.Requires) > 0 {
		return ""
	}
	if s.Response == nil || s.Response.Terms() != nil || s.Collaborator != "" && !known || modeOf(to.Mode) != simulations.ModeSimulate {
		return ""
	}
	path, err := url.PathUnescape(p.Path.Text)
	if err != nil {
		return ""
	}
	query := url.Values{}
	for name, want := range p.Query {
		if want.Value == nil || want.Kind != simulations.String {
			return ""
		}
		query.Set(name, want.Text)
	}
	host, plain := askedHost(p)
	switch {
	case !plain:
		return ""
	case to.Address != "":
		addr = to.Address
	case s.Collaborator == "":
	case host == "":
		if host = plainHost(to.Config); host == "" {
			return ""
		}
	case to.Config == nil || !slices.Contains(to.Config.Hosts, host):
		return ""
	}
	target := "http://" + reachable(addr) + (&url.URL{Path: path, RawPath: p.Path.Text}).EscapedPath()
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	line := "curl -i "
	if host != "" {
		line += "-H " + quote("Host: "+host) + " "
	}
	return line + quote(target)
}

// addressOnly reports whether a pattern asks for a method and an address only.
func addressOnly(p simulations.Pattern) bool {
	p.Method, p.Host, p.Authority, p.Path, p.Query = nil, nil, nil, nil, nil
	p.ExactQuery, p.FoldQuery, p.Join, p.Redacted = false, false, "", false
	return reflect.DeepEqual(p, simulations.Pattern{})
}

// askedHost is what a pattern wants for a Host, "" where that may be any; false
// where it is no text.
func askedHost(p *simulations.Pattern) (host string, plain bool) {
	want := p.Authority
	if want == nil {
		want = p.Host
	} else if p.Host != nil {
		return "", false
	}
	switch {
	case want == nil:
		return "", true
	case want.Value == nil || want.Kind != simulations.String:
		return "", false
	}
	return want.Text, true
}

// plainHost is the first of the hosts that is no glob.
func plainHost(c *simulations.Collaborator) string {
	if c != nil {
		for _, h := range c.Hosts {
			if !strings.Contains(h, "*") {
				return h
			}
		}
	}
	return ""
}

// quote makes s one word of a POSIX shell.
func quote(s string) string {
	plain := !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/:.-_~@%+,", r))
	})
	if plain && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(clean(s), "'", `'\''`) + "'"
}
