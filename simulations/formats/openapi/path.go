package openapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var (
	pathVariable = regexp.MustCompile(`\{[^{}/]*\}`)
	notInName    = regexp.MustCompile(`[^A-Za-z0-9_.-]`)
)

// route is a path as stubs know it.
type route struct {
	path *simulations.Value
	// query are the pairs of a query that the description writes into the path.
	query map[string]string
	// captured are, by the description's names of parameters, those of the
	// template; a parameter that is not there cannot be looked at.
	captured map[string]string
	// rank orders routes: the first to fit answers.
	rank string
}

// route reads a path with its base.
func (r *reader) route(at convert.Place, base, path string) route {
	out := route{captured: make(map[string]string)}
	path, _, anchored := strings.Cut(path, "#")
	if anchored {
		at.Warn("what stands behind # is never sent: operations that differ in it only are one")
	}
	path, query, _ := strings.Cut(path, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" && !strings.Contains(pair, "{") {
			if out.query == nil {
				out.query = make(map[string]string)
			}
			out.query[name] = value
		}
	}
	segments := strings.Split(base+path, "/")
	shape, variables := make([]byte, len(segments)), 0
	several := false
	for i, segment := range segments {
		found := pathVariable.FindAllString(segment, -1)
		variables += len(found)
		several = several || len(found) > 1
		switch {
		case len(found) == 0:
			shape[i] = 'a'
		case found[0] != segment:
			shape[i] = 'b'
		default:
			shape[i] = 'c'
		}
	}
	out.rank = fmt.Sprintf("%04d %s", variables, shape)
	switch {
	case variables == 0:
		out.path = simulations.NewString(escaped(base + path))
	case several:
		at.Warn("a segment of the path has several parameters: they are not looked at one by one")
		out.path = convert.TextOp("regex", segmentRegex(base+path))
	default:
		out.path = convert.TextOp("template", out.template(segments))
	}
	return out
}

// escaped writes characters that mean something in a URL or a template.
func escaped(s string) string {
	return strings.NewReplacer("?", "%3F", "#", "%23", "{", "%7B", "}", "%7D").Replace(s)
}

// template names the parameters as templates allow it.
func (out *route) template(segments []string) string {
	var used []string
	for i, segment := range segments {
		found := pathVariable.FindStringIndex(segment)
		if found == nil {
			segments[i] = escaped(segment)
			continue
		}
		written := segment[found[0]+1 : found[1]-1]
		name := notInName.ReplaceAllString(written, "-")
		name = strings.ReplaceAll(name[:min(len(name), 80)], "...", "-")
		if name == "" || slices.Contains(used, name) {
			name = fmt.Sprintf("%s-%d", name, i)
		}
		used = append(used, name)
		if _, twice := out.captured[written]; !twice {
			out.captured[written] = name
		}
		segments[i] = escaped(segment[:found[0]]) + "{" + name + "}" + escaped(segment[found[1]:])
	}
	return strings.Join(segments, "/")
}

// segmentRegex is a path whose segments have several parameters each.
func segmentRegex(path string) string {
	var b strings.Builder
	b.WriteString("^")
	from := 0
	for _, at := range pathVariable.FindAllStringIndex(path, -1) {
		b.WriteString(regexp.QuoteMeta(path[from:at[0]]))
		b.WriteString("[^/]+")
		from = at[1]
	}
	b.WriteString(regexp.QuoteMeta(path[from:]) + "$")
	return b.String()
}
