package simulator

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"understudy/matchers"
	"understudy/matchers/jsonpath"
	"understudy/simulations"
	"understudy/simulator/origin"
	"understudy/simulator/redact"
)

// collaborator is a declared one, compiled. Immutable.
type collaborator struct {
	name     string
	revision uint64
	config   *simulations.Collaborator
	mode     simulations.Mode
	routes   []route
	rules    *redact.Rules
	upstream *upstream // nil without one
	// simulation is where recorded stubs land.
	simulation string
	missStatus int
	// dates is the DateShift of answers that have none; nil for none.
	dates *dateShift
	// noise is what mode diff leaves out.
	noise noise
}

// route overrides the mode.
type route struct {
	methods map[string]bool // nil is any
	pattern *matchers.Pattern
	mode    simulations.Mode
}

// compileCollaborator makes a collaborator ready, or names everything that is
// wrong with it, pointers relative to it.
func compileCollaborator(name string, revision uint64, c *simulations.Collaborator, opts Options) (*collaborator, []simulations.FieldError) {
	out := &collaborator{name: name, revision: revision, config: c, mode: c.Mode, simulation: c.RecordInto, missStatus: c.MissStatus}
	if out.mode == "" {
		out.mode = simulations.ModeSimulate
	}
	if out.simulation == "" {
		out.simulation = name + "-recorded"
	}
	if out.missStatus == 0 {
		out.missStatus = opts.MissStatus
	}
	var faults []simulations.FieldError
	for i, r := range c.Routes {
		compiled := route{mode: r.Mode}
		if len(r.Methods) > 0 {
			compiled.methods = make(map[string]bool, len(r.Methods))
			for _, m := range r.Methods {
				compiled.methods[m] = true
			}
		}
		p, fs := matchers.CompilePattern(&simulations.Pattern{Path: r.Path, Query: r.Query, Headers: r.Headers})
		for _, f := range fs {
			f.Pointer = fmt.Sprintf("/routes/%d%s", i, f.Pointer)
			faults = append(faults, f)
		}
		compiled.pattern = p
		out.routes = append(out.routes, compiled)
	}
	dates, fs := compileDateShift(c.ShiftDates)
	faults = append(faults, prefix("/shiftDates", fs)...)
	out.dates = dates
	rules, fs := redact.Compile(c.Redact, opts.RedactionKey)
	faults = append(faults, prefix("/redact", fs)...)
	out.rules = rules
	if c.Diff != nil {
		for i, p := range c.Diff.IgnorePaths {
			compiled, err := jsonpath.Compile(p)
			if err != nil {
				faults = append(faults, simulations.FieldError{Pointer: fmt.Sprintf("/diff/ignorePaths/%d", i), Detail: err.Error()})
			}
			out.noise.paths = append(out.noise.paths, compiled)
		}
		for _, h := range c.Diff.IgnoreHeaders {
			if out.noise.headers == nil {
				out.noise.headers = make(map[string]bool)
			}
			out.noise.headers[http.CanonicalHeaderKey(h)] = true
		}
	}
	if c.Upstream != "" {
		up, err := newUpstream(c, opts)
		if err != nil {
			faults = append(faults, *err)
		}
		out.upstream = up
	}
	return out, faults
}

func prefix(at string, fs []simulations.FieldError) []simulations.FieldError {
	for i := range fs {
		fs[i].Pointer = at + fs[i].Pointer
	}
	return fs
}

// modeFor is the mode of a request: that of the first route that fits, or else
// the collaborator's.
func (c *collaborator) modeFor(r *matchers.Request) simulations.Mode {
	for i := range c.routes {
		rt := &c.routes[i]
		if (rt.methods == nil || rt.methods[r.Method]) && rt.pattern.Match(r) {
			return rt.mode
		}
	}
	return c.mode
}

// directory finds the collaborator that a request is for. Immutable.
type directory struct {
	byName map[string]*collaborator
	byHost map[string]*collaborator
	globs  []hostGlob
	only   *collaborator // the only one there is, or nil
}

type hostGlob struct {
	pattern string
	to      *collaborator
}

// maxSuggested bounds among how many hosts the one that was meant is looked for.
const maxSuggested = 200

// suggest asks whether a host was meant that is much like this one, or says nothing.
func (d *directory) suggest(host string) string {
	if len(d.byHost) > maxSuggested {
		return ""
	}
	return simulations.Suggest(host, slices.Sorted(maps.Keys(d.byHost)))
}

// newDirectory indexes the collaborators by host. A host that two declare is a fault.
func newDirectory(all map[string]*collaborator) (*directory, []simulations.FieldError) {
	d := &directory{byName: all, byHost: make(map[string]*collaborator)}
	var faults []simulations.FieldError
	listens := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		for i, h := range c.config.Hosts {
			h = strings.ToLower(strings.TrimSuffix(h, "."))
			if strings.Contains(h, "*") {
				d.globs = append(d.globs, hostGlob{h, c})
				continue
			}
			h = strings.Trim(h, "[]")
			if other := d.byHost[h]; other != nil && other != c {
				faults = append(faults, simulations.FieldError{
					Pointer: fmt.Sprintf("/collaborators/%s/hosts/%d", simulations.PointerToken(name), i),
					Detail:  fmt.Sprintf("the host %q is collaborator %s's already", h, other.name),
				})
			}
			d.byHost[h] = c
		}
		if l := c.config.Listen; l != "" && !strings.HasSuffix(l, ":0") {
			if other, ok := listens[l]; ok {
				faults = append(faults, simulations.FieldError{
					Pointer: fmt.Sprintf("/collaborators/%s/listen", simulations.PointerToken(name)),
					Detail:  fmt.Sprintf("%s is collaborator %s's port already", l, other),
				})
			}
			listens[l] = name
		}
	}
	// A collaborator that declares no host goes by its own name and by its
	// upstream's, unless somebody declares those.
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := all[name]
		if len(c.config.Hosts) > 0 {
			continue
		}
		implied := []string{strings.ToLower(name)}
		if c.upstream != nil {
			if h := strings.ToLower(c.upstream.url.Hostname()); !ownAddress(h) {
				implied = append(implied, h)
			}
		}
		for _, h := range implied {
			if d.byHost[h] == nil {
				d.byHost[h] = c
			}
		}
	}
	// The longest pattern is the most particular; equal ones go by text, so
	// that the choice never depends on a map's order.
	slices.SortFunc(d.globs, func(a, b hostGlob) int {
		if n := len(b.pattern) - len(a.pattern); n != 0 {
			return n
		}
		return strings.Compare(a.pattern, b.pattern)
	})
	if len(all) == 1 {
		for _, c := range all {
			d.only = c
		}
	}
	return d, faults
}

func (d *directory) byHostName(host string) *collaborator {
	if c := d.byHost[host]; c != nil {
		return c
	}
	for _, g := range d.globs {
		if globMatch(g.pattern, host) {
			return g.to
		}
	}
	return nil
}

// byUpstream finds the collaborator whose upstream a URL leads to, nil for none.
// outside tells that it leads to that server, but not below the upstream's path.
func (d *directory) byUpstream(u *url.URL) (c *collaborator, outside bool) {
	path, up := cleaned(u.EscapedPath())
	for _, name := range slices.Sorted(maps.Keys(d.byName)) {
		next := d.byName[name]
		if next.upstream == nil || !sameServer(next.upstream.url, u) {
			continue
		}
		base := strings.TrimSuffix(next.upstream.url.EscapedPath(), "/")
		if base == "" || !up && (path == base || strings.HasPrefix(path, base+"/")) {
			return next, false
		}
		c = next
	}
	return c, c != nil
}

// globMatch matches '*' as any run of characters, in time linear in practice
// and quadratic at worst.
func globMatch(pattern, s string) bool {
	star, mark, p, i := -1, 0, 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// addressee is whom a request is for.
type addressee struct {
	collaborator *collaborator // nil for a host that none declares
	// host is lower case, without port and without -shadow.
	host string
	// port is as the request names it, "" for none.
	port   string
	shadow bool
	// foreign is a host that names somebody else than understudy itself and is
	// nobody's that is declared.
	foreign bool
}

// resolve finds the collaborator: the listener's own, then by host, then the
// only one there is. The last holds for a request that was addressed to
// understudy itself (an address, localhost, this machine's name) or when that
// one declares no hosts; a proxy's request (an absolute URI, a tunnel) always
// means the host that it names.
func (d *directory) resolve(own *collaborator, authority string, proxied bool) addressee {
	asked := origin.NormalizeHost(authority)
	name, shadow := asked.Resolve(func(host string) bool { return d.byHost[host] != nil })
	a := addressee{host: name, port: asked.Port, shadow: shadow, collaborator: own}
	if own != nil {
		return a
	}
	if a.collaborator = d.byHostName(name); a.collaborator != nil {
		return a
	}
	self := ownAddress(name)
	if d.only != nil && !proxied && (self || len(d.only.config.Hosts) == 0) {
		a.collaborator = d.only
		return a
	}
	a.foreign = proxied || !self
	return a
}

var machine, _ = os.Hostname() // "" where it is not known

// ownAddress reports whether a host can only mean the machine that was asked.
func ownAddress(host string) bool {
	return host == "" || host == "localhost" || strings.EqualFold(host, machine) || net.ParseIP(host) != nil
}

// hostAndPort are those of a Host header, as matchers see them.
func hostAndPort(authority string) (host, port string) {
	h := origin.NormalizeHost(authority)
	return h.Name, h.Port
}
