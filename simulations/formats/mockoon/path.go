package mockoon

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var (
	parameter = regexp.MustCompile(`^:([A-Za-z0-9_]+)(?:\((.+)\))?$`)
	// special is what a segment has that is more than text.
	special = regexp.MustCompile(`[:*?+()\[\]{}|^$\\]`)
)

// pathOf puts the condition on the path into the pattern: an endpoint is a path of
// Express, with `:name` for a segment, `*` for anything, and expressions.
func pathOf(p convert.Place, endpoint string, out *simulations.Pattern) bool {
	segments := strings.Split(endpoint, "/")
	open, plain := false, true
	for n, s := range segments {
		m := parameter.FindStringSubmatch(s)
		switch {
		case m != nil && n > 0:
			if m[2] != "" {
				if _, err := regexp.Compile(m[2]); err != nil {
					p.Refuse("%s", err)
					return false
				}
				if out.Params == nil {
					out.Params = make(map[string]simulations.Predicate)
				}
				out.Params[m[1]] = simulations.Predicate{Value: convert.TextOp("regex", `\A(?:`+m[2]+`)\z`)}
			}
			segments[n], open = "{"+m[1]+"}", true
		case s == "*" && n == len(segments)-1 && n > 1:
			segments[n], open = "{rest...}", true
		case special.MatchString(s):
			plain = false
		default:
			segments[n] = strings.ReplaceAll(s, "#", "%23") // what else a path cannot have is special
		}
	}
	switch {
	case !plain:
		out.Params = nil
		expr, err := expression(endpoint)
		if err != nil {
			p.Refuse("the path is not understood: %s", err)
			return false
		}
		out.Path = convert.Predicate(convert.TextOp("regex", expr))
	case open:
		out.Path = convert.Predicate(convert.TextOp("template", strings.Join(segments, "/")))
	default:
		out.Path = convert.Predicate(simulations.NewString(strings.Join(segments, "/")))
	}
	return true
}

var pieces = regexp.MustCompile(`/?:[A-Za-z0-9_]+(?:\([^()]*\))?[?+*]?|\([^()]*\)[?+*]?|\*|.[?+]?`)

// expression is a path of Express as a regular expression.
func expression(endpoint string) (string, error) {
	var b strings.Builder
	b.WriteString(`\A`)
	for _, piece := range pieces.FindAllString(endpoint, -1) {
		quantifier := ""
		if n := len(piece) - 1; n > 0 && strings.ContainsAny(piece[n:], "?+*") {
			piece, quantifier = piece[:n], piece[n:]
		}
		switch name := strings.TrimPrefix(piece, "/"); {
		case piece == "*":
			b.WriteString(".*")
		case strings.HasPrefix(name, ":"):
			inner := "[^/]+"
			if i := strings.IndexByte(name, '('); i >= 0 {
				inner = name[i:]
			}
			b.WriteString("(?:" + piece[:len(piece)-len(name)] + inner + ")" + quantifier)
		case strings.HasPrefix(piece, "("):
			b.WriteString("(?:" + strings.TrimPrefix(piece, "(") + quantifier)
		default:
			b.WriteString(regexp.QuoteMeta(piece) + quantifier)
		}
	}
	b.WriteString(`\z`)
	_, err := regexp.Compile(b.String())
	return b.String(), err
}

// captures reports whether the path's template has a parameter of that name.
func captures(path *simulations.Predicate, name string) bool {
	if path == nil {
		return false
	}
	t := path.Get("template")
	return t != nil && strings.Contains(t.Text, "{"+name+"}")
}
