package export

import (
	"net/url"
	"slices"
	"strings"

	"understudy/simulations"
)

// Server is the service that a stub stands in for, as a URL names it.
type Server struct {
	// Scheme is http or https; "" where the document does not tell.
	Scheme string
	// Host is with its port, as far as it is known; "" for any.
	Host string
	// Base is a path that is put before the request's, "" or with a slash at its
	// beginning and none at its end.
	Base string
}

// serverOf is the server that the stub's requests were sent to: the collaborator's
// upstream, unless the stub or the collaborator goes by another host.
func serverOf(doc *simulations.Document, s *simulations.Stub, at Place) Server {
	name := Collaborator(doc, s)
	c := doc.Collaborators[name]
	if c == nil {
		c = &simulations.Collaborator{}
	}
	upstream, err := url.Parse(c.Upstream)
	if err != nil {
		upstream = &url.URL{}
	}
	asked := hostAsked(s, c)
	out := Server{Scheme: upstream.Scheme, Host: asked}
	switch {
	case upstream.Host != "" && (asked == "" || asked == strings.ToLower(upstream.Hostname()) || asked == strings.ToLower(upstream.Host)):
		out.Host, out.Base = strings.ToLower(upstream.Host), strings.TrimRight(upstream.EscapedPath(), "/")
		if out.Base != "" {
			at.log.At("/collaborators").Get(name).Get("upstream").Warn("its path stands in the URLs, as they were called: what is read from the file has it in its requests")
		}
	case asked == "":
		out.Host = name
	}
	switch {
	case out.Scheme != "":
	case strings.HasSuffix(out.Host, ":443"):
		out.Scheme = "https"
	case strings.HasSuffix(out.Host, ":80"):
		out.Scheme = "http"
	}
	return out
}

// hostAsked is the host, with a port where the stub asks for one, that the stub or
// else its collaborator goes by, "" where none is said. Of a collaborator's hosts
// its upstream's comes first.
func hostAsked(s *simulations.Stub, c *simulations.Collaborator) string {
	for _, p := range []*simulations.Predicate{s.Request.Authority, s.Request.Host} {
		if text, ok := Literal(p); ok {
			return strings.ToLower(text)
		}
	}
	hosts := slices.DeleteFunc(slices.Clone(c.Hosts), func(h string) bool { return strings.Contains(h, "*") })
	upstream := upstreamHost(c.Upstream)
	if len(hosts) == 0 || slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, upstream) }) {
		return ""
	}
	return strings.ToLower(hosts[0])
}
