package export

import (
	"regexp"
	"strings"

	"understudy/simulations"
)

// Document says what of a document no other tool's file carries: collections, tables,
// and what collaborators declare beside their hosts.
func Document(doc *simulations.Document, log *Log, ports bool) {
	for _, name := range Names(doc.Collections) {
		log.At("/collections").Get(name).Warn("data that requests read and write cannot be carried over: the collection was left out; keep the understudy document for it")
	}
	for _, name := range Names(doc.Tables) {
		log.At("/tables").Get(name).Warn("the rows of the table do not go along: set them up in the tool, or keep the understudy document for it")
	}
	for _, name := range Names(doc.Collaborators) {
		c := *doc.Collaborators[name]
		at := log.At("/collaborators").Get(name)
		if c.Listen != "" && !ports {
			at.Get("listen").Warn("the file has no ports: its stubs are found by the host")
		}
		c.Listen, c.Hosts, c.MissStatus = "", nil, 0
		if fields := c.Value(); fields != nil && len(fields.Names) > 0 {
			at.Warn("what the collaborator declares (%s) is left out: set it up in the tool", strings.Join(fields.Names, ", "))
		}
	}
}

// Collaborator is the stub's collaborator, "" for any.
func Collaborator(doc *simulations.Document, s *simulations.Stub) string {
	if s.Collaborator != "" {
		return s.Collaborator
	}
	return doc.Collaborator
}

// Hosts is an expression that the hosts of a collaborator fit, "" for no
// collaborator: those that it declares, else its name and its upstream's host.
func Hosts(doc *simulations.Document, name string) string {
	if name == "" {
		return ""
	}
	hosts := []string{name}
	if c := doc.Collaborators[name]; c != nil {
		if len(c.Hosts) > 0 {
			hosts = c.Hosts
		} else if h := upstreamHost(c.Upstream); h != "" && h != name {
			hosts = append(hosts, h)
		}
	}
	var list []string
	for _, h := range hosts {
		parts := strings.Split(strings.ToLower(h), "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		list = append(list, strings.Join(parts, ".*"))
	}
	if len(list) == 1 {
		return list[0]
	}
	return "(?:" + strings.Join(list, "|") + ")"
}

// port is what may stand behind a host.
const port = `(?::[0-9]+)?`

// HostAndPort is an expression for a whole authority whose host fits expr.
func HostAndPort(expr string) string { return `\A` + expr + port + `\z` }

// Authority turns a predicate on the host into an expression for host and port;
// false where that cannot be said.
func Authority(p *simulations.Predicate, at Place) (string, bool) {
	terms := Terms(p.Value, at)
	if len(terms) != 1 || terms[0].Op == "regex" || terms[0].Op == "any" {
		return "", false
	}
	// Hosts are compared in lower case.
	t := terms[0]
	if t.Arg.Kind == simulations.String {
		t.Arg = simulations.NewString(strings.ToLower(t.Arg.Text))
	}
	expr, ok := t.Expression(false)
	if !ok {
		return "", false
	}
	if body, whole := strings.CutSuffix(expr, `\z`); whole {
		expr = body + port + `\z`
	}
	if terms[0].Op == "contains" {
		expr += `[^:]*` + port + `\z`
	}
	return expr, true
}

func upstreamHost(address string) string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "/")
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		rest = rest[:i]
	}
	return strings.ToLower(rest)
}
