package hoverfly

import (
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// extracting is the predicate of a matcher that hands on what it finds.
func (m *matcher) extracting() *simulations.Value {
	if m.name == "jwt" {
		return m.jwt()
	}
	text, ok := m.text()
	if !ok {
		return nil
	}
	next := convert.Present()
	if m.next != nil {
		if next = m.found(); next == nil {
			return nil
		}
	}
	switch m.name {
	case "xpath":
		if m.next == nil {
			return convert.TextOp("xpath", text)
		}
		return convert.Op("xpath", convert.Object(text, next))
	case "jwtjsonpath":
		part, path := tokenPath(strings.TrimSpace(text))
		path, ok = m.path(path)
		if !ok {
			return nil
		}
		return convert.Op("jwt", convert.Object(part, convert.Object(path, next)))
	}
	path, ok := m.path(text)
	if !ok {
		return nil
	}
	if m.next != nil && convert.FindsSeveral(path) {
		m.value.Warn("where the path finds several values Hoverfly hands on a list of them; here one of them has to fit")
	}
	return convert.Op("jsonPath", convert.Object(path, next))
}

// found is what the value that was found must be like. Hoverfly hands it on as
// text: a string as it is, anything else as JSON.
func (m *matcher) found() *simulations.Value {
	if m.next.name == "exact" && m.next.value.Kind() == simulations.String {
		v := convert.TextOp("text", m.next.value.Value().Text)
		if m.next.next == nil {
			return v
		}
		rest := m.next.found()
		if rest == nil {
			return nil
		}
		return convert.All(v, rest)
	}
	if m.next.name == "negate" {
		if text := m.next.value; text.Kind() == simulations.String {
			return convert.Object("absent", simulations.NewBool(false), "not", convert.TextOp("text", text.Value().Text))
		}
	}
	return m.next.predicate(false)
}

// path brings a JSONPath of Kubernetes' dialect into the form of RFC 9535:
// braces around it go, and what begins at the root says so.
func (m *matcher) path(text string) (string, bool) {
	s := strings.TrimSpace(text)
	if strings.HasPrefix(s, "{") && strings.HasSuffix(s, "}") {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	if strings.ContainsAny(s, "{}") {
		m.value.Refuse("a template of several paths, or of text and paths, is not understood: write one matcher for each path")
		return "", false
	}
	s = strings.TrimPrefix(s, "@")
	switch {
	case s == "":
		m.value.Refuse("the path is empty")
		return "", false
	case strings.HasPrefix(s, "$"):
	case strings.HasPrefix(s, "."), strings.HasPrefix(s, "["):
		s = "$" + s
	default:
		m.value.Refuse("a JSONPath begins with `$`")
		return "", false
	}
	if strings.Contains(s, "?(") && m.next == nil {
		m.value.Warn("Hoverfly takes a filter that finds nothing for a match; here it has to find something")
	}
	return s, true
}

// tokenPath says which part of a token a path is about, and where in it.
func tokenPath(path string) (part, rest string) {
	lower := strings.ToLower(path)
	switch {
	case strings.HasPrefix(lower, "$.header."):
		return "header", "$" + path[len("$.header"):]
	case strings.HasPrefix(lower, "$.payload."):
		return "claims", "$" + path[len("$.payload"):]
	}
	return "claims", path
}

// jwt is the matcher jwt: jsonPartial on an object of the token's header and
// payload.
func (m *matcher) jwt() *simulations.Value {
	text, ok := m.text()
	if !ok {
		return nil
	}
	doc := m.json(text)
	if doc == nil {
		return nil
	}
	if doc.Kind != simulations.Object {
		m.value.Refuse("the matcher jwt takes a JSON object")
		return nil
	}
	var out *simulations.Value
	header, payload := doc.Get("header"), doc.Get("payload")
	named := 0
	for _, v := range []*simulations.Value{header, payload} {
		if v != nil {
			named++
		}
	}
	if named > 0 && named == len(doc.Names) {
		parts := &simulations.Value{Kind: simulations.Object}
		if header != nil {
			parts.Set("header", convert.Object("$", partOf(header)))
		}
		if payload != nil {
			parts.Set("claims", convert.Object("$", partOf(payload)))
		}
		out = convert.Op("jwt", parts)
	} else {
		in := func(part string) *simulations.Value {
			return convert.Op("jwt", convert.Object(part, convert.Object("$", subset(doc, true))))
		}
		out = convert.Op("any", simulations.NewArray(in("header"), in("claims")))
	}
	if m.next == nil {
		return out
	}
	// What is handed on is the object of header and payload.
	if m.next.name != "jsonpath" {
		m.next.at.Refuse("after jwt only jsonPath is understood: write another matcher beside it")
		return nil
	}
	chained := *m.next
	chained.name = "jwtjsonpath"
	next := chained.extracting()
	if next == nil {
		return nil
	}
	return convert.All(out, next)
}

// partOf is what a part of a token must hold.
func partOf(v *simulations.Value) *simulations.Value {
	if v.Kind == simulations.Object || v.Kind == simulations.Array {
		return subset(v, false)
	}
	return convert.Op("json", v)
}
