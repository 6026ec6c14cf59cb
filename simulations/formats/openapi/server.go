package openapi

import (
	"net/url"
	"regexp"
	"strings"

	"understudy/simulations/formats/internal/convert"
)

// maxBases is how many different base paths are served.
const maxBases = 8

var serverVariable = regexp.MustCompile(`\{([^{}]*)\}`)

// bases are the paths, without a slash at the end, that operations below p
// stand under: those of its servers, or Swagger's basePath. Hosts are left out:
// which service is meant is said by who asks.
func (r *reader) bases(p convert.Place) []string {
	if r.edition == swagger2 {
		return []string{strings.TrimRight(p.Get("basePath").Text(), "/")}
	}
	var out []string
	seen := make(map[string]bool)
	for server := range p.Get("servers").Items() {
		base := basePath(server)
		if seen[base] {
			continue
		}
		if len(out) == maxBases {
			server.Warn("more than %d servers with paths of their own: this one was left out", maxBases)
			continue
		}
		seen[base] = true
		out = append(out, base)
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// basePath is the path of a server's URL, its variables filled in.
func basePath(server convert.Place) string {
	at := server.Get("url")
	variables := server.Get("variables")
	text := serverVariable.ReplaceAllStringFunc(at.Text(), func(m string) string {
		return variables.Get(m[1 : len(m)-1]).Get("default").Text()
	})
	u, err := url.Parse(text)
	if err != nil {
		at.Warn("%q is no URL: the operations stand under /", text)
		return ""
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if path != "" && path[0] != '/' { // relative to where the description was
		path = "/" + strings.TrimPrefix(path, "./")
	}
	return path
}
