package openapi

import (
	"regexp"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

var (
	mustache = regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`)
	indexed  = regexp.MustCompile(`^request\.(params|headers)\[([^\[\]']+)\]$`)
	named    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	formed   = regexp.MustCompile(`^now\(([^'()]*)\)$`)
)

// expressions makes templates of the expressions of Microcks in an answer, such
// as {{ request.body/user/name }}. An answer with others is given as it is
// written.
func (r *reader) expressions(at convert.Place, out *simulations.Response) {
	found, known := false, true
	render := func(s string) string {
		return mustache.ReplaceAllStringFunc(s, func(m string) string {
			t, ok := handlebars(mustache.FindStringSubmatch(m)[1])
			found, known = true, known && ok
			return t
		})
	}
	text, json := out.Text, out.JSON
	if text != nil {
		s := render(*text)
		text = &s
	}
	if json != nil && r.out.bears(json) {
		json = rendered(json, render)
	}
	switch {
	case !found:
	case !known:
		at.Warn("the answer has {{…}} that are no expressions known here, and is given as it is written, in a callback not at all: make it a template")
	default:
		out.Text, out.JSON, out.Template = text, json, true
	}
}

// rendered is a copy of a value with its texts changed.
func rendered(v *simulations.Value, render func(string) string) *simulations.Value {
	out := *v
	if v.Kind == simulations.String {
		out.Text = render(v.Text)
	}
	out.Items = make([]*simulations.Value, len(v.Items))
	for i, item := range v.Items {
		out.Items[i] = rendered(item, render)
	}
	return &out
}

// handlebars writes an expression of Microcks as a template.
func handlebars(expr string) (string, bool) {
	if rest, ok := strings.CutPrefix(expr, "request.body"); ok && (rest == "" || rest[0] == '/') {
		path := "request.body"
		for token := range strings.SplitSeq(strings.TrimPrefix(rest, "/"), "/") {
			if token != "" {
				path += member(token)
			}
		}
		return "{{" + path + "}}", !strings.ContainsAny(rest, "[]{}@*|><")
	}
	if m := indexed.FindStringSubmatch(expr); m != nil {
		return "{{request." + strings.Replace(m[1], "params", "query", 1) + member(m[2]) + "}}", true
	}
	switch expr {
	case "uuid()", "guid()", "randomUUID()":
		return "{{uuid}}", true
	case "now()", "timestamp()":
		return "{{now format='epoch'}}", true
	}
	if m := formed.FindStringSubmatch(expr); m != nil {
		return "{{now format='" + strings.TrimSpace(m[1]) + "'}}", !strings.Contains(m[1], ",")
	}
	return "", false
}

// member is a step of a template's path.
func member(name string) string {
	if named.MatchString(name) {
		return "." + name
	}
	return ".[" + name + "]"
}
