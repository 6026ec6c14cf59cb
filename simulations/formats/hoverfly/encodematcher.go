package hoverfly

import (
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/export"
)

// matcherList is the matchers of one field, which must all hold, and their score.
type matcherList struct {
	list  []*simulations.Value
	score int
}

func (m *matcherList) add(name string, value *simulations.Value) {
	m.list = append(m.list, convert.Object("matcher", simulations.NewString(name), "value", value))
	m.score++
	if name == "exact" {
		m.score++
	}
}

// subject is what a matcher looks at.
type subject uint8

const (
	onText subject = iota
	onPath
	onBody
	// onFound is a value that a path has found, handed on as text.
	onFound
)

func (m *matcherList) terms(list []export.Term, on subject) {
	for _, t := range list {
		m.term(t, on)
	}
}

// bodyMatchers compares a body. The matcher form is alone in having effect.
func bodyMatchers(v *simulations.Value, at export.Place) (out matcherList) {
	terms := export.Terms(v, at)
	if slices.ContainsFunc(terms, func(t export.Term) bool { return t.Op == "form" || t.Op == "formOnly" }) {
		out.form(terms)
		return out
	}
	out.terms(terms, onBody)
	return out
}

// term adds the matchers that say a term.
func (m *matcherList) term(t export.Term, on subject) {
	text, isText := t.Text()
	switch {
	case isText && (on != onPath || t.Op == "equals" || !strings.Contains(text, "%")):
		if on == onFound && t.Op == "equals" && export.OtherKind(text) {
			t.At.Warn("what a path finds is compared as text there: \"1\" and 1 are one")
		}
		m.add("exact", simulations.NewString(text))
	case t.Op == "equals":
		m.scalar(t, on)
	case t.Is("absent", true) && on == onBody:
		m.add("exact", simulations.NewString(""))
	case t.Is("absent", false):
		if on == onBody {
			m.add("regex", simulations.NewString("(?s)."))
		}
	case t.Op == "not":
		m.negated(t)
	case t.Op == "glob" && starsOnly(t.Arg.Text, on == onPath):
		m.add("glob", simulations.NewString(unescaped(t.Arg.Text)))
	case t.Op == "json":
		m.json(t)
	case t.Op == "jsonPath" && t.Arg.Get("lenient") == nil:
		m.paths("jsonPath", t, t.Arg)
	case t.Op == "xpath" && t.Arg.Get("namespaces") == nil && t.Arg.Get("localNames") == nil && t.Arg.Get("asXML") == nil:
		m.paths("xpath", t, t.Arg)
	case t.Op == "jwt":
		m.jwt(t)
	case t.Op == "xml":
		m.xml(t)
	case t.Op == "list":
		m.array(t)
	default:
		m.expression(t, on)
	}
}

// scalar is equality with a number, a word of JSON or null.
func (m *matcherList) scalar(t export.Term, on subject) {
	if t.Arg.Kind == simulations.Number {
		t.At.Warn(export.NumbersAsWritten)
	}
	if on == onBody || on == onFound {
		m.add("json", simulations.NewString(t.Arg.Text+nullText(t.Arg)))
		return
	}
	m.add("exact", simulations.NewString(t.Arg.Text))
}

func nullText(v *simulations.Value) string {
	if v.Kind == simulations.Null {
		return "null"
	}
	return ""
}

// excluded is the text that a `not` excludes; false where it is no text.
func excluded(t export.Term) (string, bool) {
	terms := export.Terms(t.Arg, t.At)
	if len(terms) != 1 {
		return "", false
	}
	return terms[0].Text()
}

func (m *matcherList) negated(t export.Term) {
	if text, ok := excluded(t); ok {
		m.add("negate", simulations.NewString(text))
		return
	}
	t.At.LeaveOut("only a text can be excluded there; write a stub of higher priority for what is excluded")
}

func (m *matcherList) expression(t export.Term, on subject) {
	expr, ok := t.Expression(on == onPath)
	if !ok {
		t.At.LeaveOut("the operator %s, as it stands here, has no equal there", t.Op)
		return
	}
	m.add("regex", simulations.NewString(expr))
	// A pattern that fits the empty text fits an absent body there.
	if re, err := regexp.Compile(expr); err == nil && on == onBody && re.MatchString("") {
		m.add("regex", simulations.NewString("(?s)."))
	}
}

// starsOnly reports whether a glob has no wildcard but one that passes over
// anything, and no star that is meant as one.
func starsOnly(glob string, path bool) bool {
	if path {
		if strings.Contains(strings.ReplaceAll(glob, "**", ""), "*") {
			return false
		}
		glob = strings.ReplaceAll(glob, "**", "")
	}
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '\\':
			if i++; i < len(glob) && glob[i] == '*' {
				return false
			}
		case c == '?', c == '[' && path:
			return false
		}
	}
	return !path || !strings.Contains(glob, "%")
}

// unescaped is such a glob as Hoverfly writes it.
func unescaped(glob string) string {
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		if glob[i] == '\\' && i+1 < len(glob) {
			i++
		} else if strings.HasPrefix(glob[i:], "**") {
			continue
		}
		b.WriteByte(glob[i])
	}
	return b.String()
}

func (m *matcherList) json(t export.Term) {
	value, options := export.Options(t.Arg, export.JSONOptions...)
	has := func(names ...string) bool {
		slices.Sort(options)
		return slices.Equal(options, names)
	}
	switch {
	case has("sameDigits"):
	case has():
		if export.HasNumber(value) {
			t.At.Warn(export.NumbersAsWritten)
		}
	case has("anywhere", "ignoreCount", "ignoreExtra") && (value.Kind == simulations.Object || value.Kind == simulations.Array):
		m.add("jsonPartial", simulations.NewString(value.String()))
		return
	default:
		t.At.LeaveOut("JSON is compared as a whole, or as a part with ignoreExtra, ignoreCount and anywhere, not with %s", strings.Join(options, ", "))
		return
	}
	m.add("json", simulations.NewString(value.String()))
}

// paths says an operator that takes paths, a matcher for each.
func (m *matcherList) paths(name string, t export.Term, of *simulations.Value) {
	if of.Kind == simulations.String {
		m.add(name, of)
		return
	}
	for i, path := range of.Names {
		m.path(name, path, export.Terms(of.Items[i], t.At.Get(path)), t.At.Get(path))
	}
}

// path says one path; what it finds is handed on to a matcher.
func (m *matcherList) path(name, path string, found []export.Term, at export.Place) {
	next := handedOn(found, at)
	if len(found) > 1 && convert.FindsSeveral(path) {
		at.LeaveOut("of several values that the path finds each condition may be met by another; write a path for each")
	}
	m.add(name, simulations.NewString(path))
	if next != nil {
		m.list[len(m.list)-1].Set("doMatch", next)
	}
}

// handedOn is the matcher for what a path finds: the conditions, one after the
// other.
func handedOn(found []export.Term, at export.Place) *simulations.Value {
	var m matcherList
	present := false
	for _, t := range found {
		present = present || t.Op != "not" && !t.Is("absent", true)
	}
	for _, t := range found {
		switch {
		case t.Is("absent", true), t.Op == "not" && !present:
			t.At.LeaveOut("that a path finds nothing cannot be said there")
		case !t.Is("absent", false):
			m.term(t, onFound)
		}
	}
	for i := len(m.list) - 1; i > 0; i-- {
		if m.list[i-1].Get("doMatch") != nil {
			at.LeaveOut("conditions on what a path finds go with another path one level deep only")
			return nil
		}
		m.list[i-1].Set("doMatch", m.list[i])
	}
	if len(m.list) == 0 {
		return nil
	}
	return m.list[0]
}

// jwt says paths into the parts of a token.
func (m *matcherList) jwt(t export.Term) {
	parts := map[string]string{"claims": "$.payload", "header": "$.header"}
	of := t.Arg
	if of.Get("claims") == nil && of.Get("header") == nil {
		of = convert.Object("claims", of)
	}
	for i, part := range of.Names {
		if of.Items[i].Kind != simulations.Object || parts[part] == "" {
			t.At.LeaveOut("a token is compared by paths there")
			return
		}
		for j, path := range of.Items[i].Names {
			at := t.At.Get(part).Get(path)
			if !strings.HasPrefix(path, "$.") {
				at.LeaveOut("a path into a token begins with `$.` there")
				continue
			}
			m.path("jwtJsonPath", parts[part]+path[1:], export.Terms(of.Items[i].Items[j], at), at)
		}
	}
}

var placeholder = regexp.MustCompile(`\$\{xmlunit\.([A-Za-z]+)(?:\(\(\?s:\.\*\)\(\?:(.*?)\)\(\?s:\.\*\)\))?\}`)

func (m *matcherList) xml(t export.Term) {
	value, options := export.Options(t.Arg, export.XMLOptions...)
	slices.Sort(options)
	switch {
	case len(options) == 0:
		m.add("xml", simulations.NewString(value.Text))
	case slices.Equal(options, []string{"ignoreAttributes", "ignoreOrder", "namespaces", "placeholders"}) && t.Arg.Get("namespaces").Text == "ignore":
		ok := true
		text := placeholder.ReplaceAllStringFunc(value.Text, func(s string) string {
			switch sub := placeholder.FindStringSubmatch(s); {
			case sub[1] == "ignore":
				return "{{ ignore }}"
			case sub[1] == "matchesRegex" && sub[2] != "":
				return "{{ regex:" + sub[2] + "}}"
			}
			ok = false
			return s
		})
		if !ok || strings.Contains(placeholder.ReplaceAllString(value.Text, ""), "${xmlunit.") {
			t.At.LeaveOut("the placeholders ignore and matchesRegex are known there only")
		}
		m.add("xmlTemplated", simulations.NewString(text))
	default:
		t.At.LeaveOut("XML is compared there without options, or with placeholders, ignoreOrder, ignoreAttributes and namespaces: ignore together")
	}
}

// array says a list that is split at semicolons.
func (m *matcherList) array(t export.Term) {
	items, separator := t.Arg.Get("items"), t.Arg.Get("separator")
	if items == nil || separator == nil || separator.Text != ";" {
		t.At.LeaveOut("lists are split at `;` there; write the separator, or a regex")
		return
	}
	config := &simulations.Value{Kind: simulations.Object}
	for name, there := range map[string]string{"ignoreExtra": "ignoreUnknown", "ignoreOrder": "ignoreOrder", "ignoreCount": "ignoreOccurrences"} {
		if o := t.Arg.Get(name); o != nil && o.Text == "true" {
			config.Set(there, convert.Flag())
		}
	}
	out := convert.Object("matcher", simulations.NewString("array"), "value", items)
	if m.score++; len(config.Names) > 0 {
		out.Set("config", config.Canonical())
	} else {
		m.score++
	}
	m.list = append(m.list, out)
}

// form says fields of a form; the first value of each is compared there.
func (m *matcherList) form(terms []export.Term) {
	fields := &simulations.Value{Kind: simulations.Object}
	for _, t := range terms {
		switch {
		case t.Op == "formOnly":
			t.At.Warn("a form with further fields fits, too, there")
		case t.Op != "form":
			t.At.LeaveOut("beside fields of a form nothing else of the body is compared there")
		default:
			for i, name := range t.Arg.Names {
				at := t.At.Get(name)
				one := export.Terms(t.Arg.Items[i], at)
				if len(one) == 1 && one[0].Op == "first" {
					one = export.Terms(one[0].Arg, one[0].At)
				} else {
					at.Warn("of a field of a form that stands several times the first value is compared there")
				}
				value := matcherList{}
				value.formField(one)
				fields.Set(name, simulations.NewArray(value.list...))
			}
		}
	}
	m.add("form", fields)
}

func (m *matcherList) formField(terms []export.Term) {
	for _, t := range terms {
		if t.Is("absent", true) || t.Op == "not" && len(terms) == 1 {
			t.At.LeaveOut("that a field is absent cannot be said there")
		} else if !t.Is("absent", false) {
			m.term(t, onText)
		}
	}
}

func isRegistered(method string) bool { return slices.Contains(registered, method) }
