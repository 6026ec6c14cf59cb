package matchers

import (
	"fmt"
	"slices"
	"strings"
)

// template is a path template: segments between '/', each of them literal, a
// parameter, or a parameter between a literal prefix and suffix.
type template struct {
	segments []segment
	// rest names the parameter of a last segment {name...}, which takes one
	// character or more, '/' among them.
	rest    string
	hasRest bool
	// literals counts the literal segments, params the parameters.
	literals, params int
}

type segment struct {
	// literal is the text in match form; of a parameter the prefix.
	literal string
	param   string // "" for a literal segment
	suffix  string
}

// parseTemplate reads "/users/{id}/files/v{n}.json" and "/files/{path...}".
func parseTemplate(s string) (*template, error) {
	if !strings.HasPrefix(s, "/") {
		return nil, fmt.Errorf("a template begins with '/'")
	}
	t := &template{segments: make([]segment, 0, strings.Count(s, "/"))}
	seen := map[string]bool{}
	rest, more := s[1:], true
	for more {
		var p string
		p, rest, more = strings.Cut(rest, "/")
		open := strings.IndexByte(p, '{')
		if open < 0 {
			if strings.Contains(p, "}") {
				return nil, fmt.Errorf("'}' without '{' in segment %q: write a literal brace as %%7D", p)
			}
			t.segments = append(t.segments, segment{literal: matchForm(p)})
			t.literals++
			continue
		}
		length := strings.IndexByte(p[open:], '}')
		if length < 0 {
			return nil, fmt.Errorf("'{' without '}' in segment %q: write a literal brace as %%7B", p)
		}
		name, prefix, suffix := p[open+1:open+length], p[:open], p[open+length+1:]
		if strings.ContainsAny(suffix, "{}") || strings.Contains(prefix, "}") {
			return nil, fmt.Errorf("segment %q has more than one parameter: a segment holds one", p)
		}
		name, takesRest := strings.CutSuffix(name, "...")
		if !validParam(name) {
			return nil, fmt.Errorf("%q is no name of a parameter: it has letters, digits, '_', '-' and '.', such as {id}", name)
		}
		if seen[name] {
			return nil, fmt.Errorf("the parameter %q stands twice", name)
		}
		seen[name] = true
		t.params++
		if takesRest {
			if more || prefix != "" || suffix != "" {
				return nil, fmt.Errorf("{%s...} takes the rest of the path: it is the whole of the last segment", name)
			}
			t.rest, t.hasRest = name, true
			continue
		}
		t.segments = append(t.segments, segment{literal: matchForm(prefix), param: name, suffix: matchForm(suffix)})
	}
	return t, nil
}

func validParam(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// match reports whether path, in match form, fits.
func (t *template) match(path string) bool {
	return t.walk(path, nil)
}

// names reports whether the template has the parameter.
func (t *template) names(param string) bool {
	return t.rest == param && t.hasRest || slices.ContainsFunc(t.segments, func(s segment) bool { return s.param == param })
}

// capture returns the parameters of path, which fits, percent-decoded.
func (t *template) capture(path string) map[string]string {
	out := make(map[string]string, t.params)
	t.walk(path, out)
	return out
}

func (t *template) walk(path string, out map[string]string) bool {
	if !strings.HasPrefix(path, "/") {
		return false
	}
	path = path[1:]
	for i := range t.segments {
		sg := &t.segments[i]
		part, after, more := strings.Cut(path, "/")
		if !sg.fits(part) {
			return false
		}
		if out != nil && sg.param != "" {
			out[sg.param] = unescape(part[len(sg.literal):len(part)-len(sg.suffix)], false)
		}
		if last := i == len(t.segments)-1 && !t.hasRest; last == more {
			return false
		}
		path = after
	}
	if t.hasRest {
		if path == "" {
			return false
		}
		if out != nil {
			out[t.rest] = unescape(path, false)
		}
	}
	return true
}

// fits reports whether one segment of a path fits; a parameter is not empty.
func (sg *segment) fits(part string) bool {
	if sg.param == "" {
		return part == sg.literal
	}
	return len(part) > len(sg.literal)+len(sg.suffix) &&
		strings.HasPrefix(part, sg.literal) && strings.HasSuffix(part, sg.suffix)
}
