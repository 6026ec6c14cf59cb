package export

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"understudy/simulations"
)

// Expression says a term about a text as a regular expression (RE2) that is
// searched in it; false where that cannot be said. On a path it is about the
// form in which paths are compared, with what is percent-encoded decoded.
func (t Term) Expression(path bool) (string, bool) {
	if text, ok := t.Text(); ok {
		quoted, ok := quoted(text, path && t.Op == "equals")
		return `\A` + quoted + `\z`, ok
	}
	if t.Op == "any" && t.Arg.Kind == simulations.Array {
		return t.alternatives(path)
	}
	if t.Arg.Kind != simulations.String {
		return "", false
	}
	text := t.Arg.Text
	quote := regexp.QuoteMeta(text)
	switch t.Op {
	case "equalsIgnoreCase":
		return `(?i)\A` + quote + `\z`, true
	case "contains":
		return quote, true
	case "startsWith":
		return `\A` + quote, true
	case "endsWith":
		return quote + `\z`, true
	case "regex":
		return text, true
	case "glob":
		return globExpression(text, path)
	case "template":
		return TemplateExpression(text, nil)
	}
	return "", false
}

// alternatives says `any` of texts.
func (t Term) alternatives(path bool) (string, bool) {
	var list []string
	for i, item := range t.Arg.Items {
		terms := Terms(item, t.At.Item(i))
		if len(terms) != 1 {
			return "", false
		}
		expr, ok := terms[0].Expression(path)
		if !ok {
			return "", false
		}
		list = append(list, "(?:"+expr+")")
	}
	return strings.Join(list, "|"), len(list) > 0
}

// quoted is a text as an expression; a literal path is brought into the form in
// which paths are compared.
func quoted(text string, path bool) (string, bool) {
	if path {
		var ok bool
		if text, ok = PathForm(text); !ok {
			return "", false
		}
	}
	return regexp.QuoteMeta(text), true
}

// PathForm decodes what is percent-encoded in a path, as paths are compared;
// false for one in which an escape stays one.
func PathForm(path string) (string, bool) {
	if !strings.Contains(path, "%") {
		return path, true
	}
	lower := strings.ToLower(path)
	text, err := url.PathUnescape(path)
	return text, err == nil && !strings.Contains(lower, "%2f") && !strings.Contains(lower, "%25") && utf8.ValidString(text)
}

// globExpression says a glob; false for one with a class.
func globExpression(glob string, path bool) (string, bool) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	literal := 0
	flush := func(to int) bool {
		q, ok := quoted(glob[literal:to], path)
		b.WriteString(q)
		return ok
	}
	ok := true
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '\\' && i+1 < len(glob):
			ok = ok && flush(i)
			literal = i + 1
			i++
		case c == '[' && path:
			return "", false
		case c == '?', c == '*':
			ok = ok && flush(i)
			wild := "."
			if path && !strings.HasPrefix(glob[i:], "**") {
				wild = "[^/]"
			}
			if c == '*' {
				wild += "*"
			}
			if path && strings.HasPrefix(glob[i:], "**") {
				i++
			}
			b.WriteString(wild)
			literal = i + 1
		}
	}
	ok = ok && flush(len(glob))
	b.WriteString(`\z`)
	return b.String(), ok
}

// Segment is one segment of a path's template.
type Segment struct {
	// Literal is the text, or what stands before the parameter.
	Literal string
	// Param is the parameter's name, "" for a literal segment; Suffix stands
	// behind it.
	Param, Suffix string
	// Rest says that the parameter takes the rest of the path.
	Rest bool
}

// Segments takes a template apart.
func Segments(template string) []Segment {
	var out []Segment
	for part := range strings.SplitSeq(strings.TrimPrefix(template, "/"), "/") {
		prefix, rest, isParam := strings.Cut(part, "{")
		if !isParam {
			out = append(out, Segment{Literal: part})
			continue
		}
		name, suffix, _ := strings.Cut(rest, "}")
		s := Segment{Literal: prefix, Param: strings.TrimSuffix(name, "..."), Suffix: suffix}
		s.Rest = s.Param != name
		out = append(out, s)
	}
	return out
}

// TemplateExpression says a path's template, whose parameters may be fixed to
// texts; false where that cannot be said.
func TemplateExpression(template string, params map[string]string) (string, bool) {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for _, s := range Segments(template) {
		before, ok := quoted(s.Literal, true)
		after, ok2 := quoted(s.Suffix, true)
		if !ok || !ok2 {
			return "", false
		}
		wild := ""
		switch {
		case s.Rest:
			wild = ".+"
		case s.Param != "":
			wild = "[^/]+"
		}
		if text, fixed := params[s.Param]; fixed && s.Param != "" {
			if text == "" || strings.ContainsAny(text, "/%") {
				return "", false
			}
			wild = regexp.QuoteMeta(text)
		}
		b.WriteString("/" + before + wild + after)
	}
	b.WriteString(`\z`)
	return b.String(), true
}
