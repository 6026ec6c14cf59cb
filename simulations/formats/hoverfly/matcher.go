package hoverfly

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// matcher is one comparison with a value.
type matcher struct {
	name   string // in lower case
	value  convert.Place
	config convert.Place
	next   *matcher // doMatch
	at     convert.Place
}

// readMatcher reads a matcher of v5.
func readMatcher(p convert.Place) matcher {
	p.Only("matcher", "value", "config", "doMatch")
	m := matcher{name: strings.ToLower(p.Get("matcher").Text()), value: p.Get("value"), config: p.Get("config"), at: p}
	if m.name == "" {
		m.name = "exact"
	}
	if m.config.Set() && len(m.config.Value().Names) > 0 && m.name != "array" {
		m.config.Refuse("config goes with the matcher array only")
	}
	if next := p.Get("doMatch"); next.Set() {
		n := readMatcher(next)
		m.next = &n
	}
	return m
}

// score is what the matcher counts towards the strongest match.
func (m *matcher) score() int {
	if m.name == "exact" || m.name == "array" && (!m.config.Set() || len(m.config.Value().Names) == 0) {
		return 2
	}
	return 1
}

// fits compares a method.
func (m *matcher) fits(method string) bool {
	text := m.value.Text()
	switch m.name {
	case "exact":
		return method == text
	case "negate":
		return method != text
	case "glob":
		return regexp.MustCompile(convert.Wildcards(text)).MatchString(method)
	case "regex":
		re, err := regexp.Compile(text)
		if err != nil {
			m.refuseRegex(err)
			return false
		}
		return re.MatchString(method)
	}
	m.at.Refuse("methods are compared by exact, glob, regex or negate here, not by %s", m.name)
	return false
}

func (m *matcher) refuseRegex(err error) {
	m.value.Refuse("%s: Hoverfly accepts it and then never matches; mend it or leave the matcher out", err)
}

// predicates joins a field's matchers, which must all hold; nil for none.
func predicates(list []matcher, path bool) *simulations.Value {
	var out []*simulations.Value
	for i := range list {
		if v := list[i].predicate(path); v != nil {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return convert.All(out...)
}

// present is predicates for a header or a parameter, which must be there;
// without matchers that is all.
func present(list []matcher) *simulations.Value {
	v := predicates(list, false)
	switch {
	case v == nil:
		return convert.Present()
	case slices.ContainsFunc(list, func(m matcher) bool { return m.name == "negate" }):
		return convert.All(convert.Present(), v)
	}
	return v
}

// bodyPredicate is predicates for a body: an empty one is the empty text to
// Hoverfly, and absent here. A matcher form leaves the others without effect.
func bodyPredicate(list []matcher) *simulations.Value {
	if i := slices.IndexFunc(list, func(m matcher) bool { return m.name == "form" }); i >= 0 {
		for j := range list {
			if list[j].name != "form" {
				list[j].at.Warn("has no effect in Hoverfly beside a matcher form, and was left out")
			}
		}
		return list[i].form()
	}
	var out []*simulations.Value
	for i := range list {
		v := list[i].predicate(false)
		if v == nil {
			continue
		}
		if list[i].fitsEmpty() {
			v = convert.Op("any", simulations.NewArray(convert.Absent(), v))
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil
	}
	return convert.All(out...)
}

// fitsEmpty reports whether the matcher, a pattern, fits the empty text.
func (m *matcher) fitsEmpty() bool {
	if m.next != nil && m.name != "glob" && m.name != "regex" {
		return false
	}
	switch m.name {
	case "glob":
		return strings.Trim(m.value.Text(), "*") == "" && m.next == nil
	case "regex":
		re, err := regexp.Compile(m.value.Text())
		return err == nil && re.MatchString("") && m.next == nil
	}
	return false
}

// text returns the matcher's value where it must be a text.
func (m *matcher) text() (string, bool) {
	if m.value.Kind() != simulations.String {
		m.value.Refuse("the matcher %s takes a string", m.name)
		return "", false
	}
	return m.value.Value().Text, true
}

// predicate says the matcher, with what it hands on, in operators; nil where it
// was refused.
func (m *matcher) predicate(path bool) *simulations.Value {
	switch m.name {
	case "jsonpath", "xpath", "jwt", "jwtjsonpath":
		return m.extracting()
	}
	v := m.alone(path)
	if v == nil || m.next == nil {
		return v
	}
	next := m.next.predicate(path)
	if next == nil {
		return nil
	}
	return convert.All(v, next)
}

// alone is the predicate of a matcher that hands its input on.
func (m *matcher) alone(path bool) *simulations.Value {
	switch m.name {
	case "array":
		return m.array()
	case "negate":
		return m.negate()
	case "form":
		m.at.Refuse("the matcher form goes with the body only, and stands first")
		return nil
	}
	text, ok := m.text()
	if !ok {
		return nil
	}
	var out *simulations.Value
	switch m.name {
	case "exact":
		out = simulations.NewString(text)
		if path && !strings.HasPrefix(text, "/") || path && strings.ContainsAny(text, "?#") {
			out = convert.Op("equals", out)
		}
	case "glob":
		out = globPredicate(text, path)
	case "regex":
		if _, err := regexp.Compile(text); err != nil {
			m.refuseRegex(err)
			return nil
		}
		out = convert.TextOp("regex", text)
	case "json":
		doc := m.json(text)
		if doc == nil {
			return nil
		}
		out = convert.Op("json", convert.Object("value", doc, "sameDigits", convert.Flag()))
	case "jsonpartial":
		doc := m.json(text)
		if doc == nil {
			return nil
		}
		if out = m.partial(doc); out == nil {
			return nil
		}
	case "xml":
		out = convert.Op("xml", convert.Object("value", simulations.NewString(text)))
	case "xmltemplated":
		out = convert.Op("xml", convert.Object("value", simulations.NewString(xmlTemplate(text)), "placeholders", convert.Flag(),
			"ignoreOrder", convert.Flag(), "ignoreAttributes", convert.Flag(), "namespaces", simulations.NewString("ignore")))
	default:
		m.at.Get("matcher").Refuse("there is no matcher %q%s", m.name, simulations.Suggest(m.name, matcherNames))
		return nil
	}
	out.Line, out.Column = m.value.Value().Line, m.value.Value().Column
	return out
}

var matcherNames = []string{
	"exact", "glob", "regex", "json", "jsonPartial", "jsonPath", "xml", "xmlTemplated", "xpath", "array", "form", "jwt", "jwtJsonPath", "negate",
}

// globPredicate says Hoverfly's glob, whose only wildcard is `*`, which passes
// over anything.
func globPredicate(glob string, path bool) *simulations.Value {
	var b strings.Builder
	for _, r := range glob {
		switch {
		case r == '*' && path:
			b.WriteString("**")
		case strings.ContainsRune(`\?[]`, r):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return convert.TextOp("glob", b.String())
}

// json parses the matcher's text.
func (m *matcher) json(text string) *simulations.Value {
	doc, err := simulations.ParseJSON([]byte(text))
	if err != nil {
		m.value.Refuse("the value is not JSON, so that Hoverfly never matches: %s", err)
		return nil
	}
	return doc
}

// partial is jsonPartial: some object or list in the document has what doc has.
func (m *matcher) partial(doc *simulations.Value) *simulations.Value {
	if doc.Kind != simulations.Object && doc.Kind != simulations.Array {
		m.value.Refuse("jsonPartial looks for an object or a list; Hoverfly never finds anything else")
		return nil
	}
	return subset(doc, true)
}

func subset(doc *simulations.Value, anywhere bool) *simulations.Value {
	arg := convert.Object("value", doc, "ignoreExtra", convert.Flag(), "ignoreCount", convert.Flag())
	if anywhere {
		arg.Set("anywhere", convert.Flag())
	}
	return convert.Op("json", arg)
}

// array is the matcher array: the value split at semicolons.
func (m *matcher) array() *simulations.Value {
	if m.value.Kind() != simulations.Array {
		m.value.Refuse("the matcher array takes a list of strings")
		return nil
	}
	items := &simulations.Value{Kind: simulations.Array}
	for item := range m.value.Items() {
		items.Items = append(items.Items, simulations.NewString(item.Text()))
	}
	arg := convert.Object("items", items, "separator", simulations.NewString(";"))
	for name, v := range m.config.Members() {
		option := map[string]string{"ignoreunknown": "ignoreExtra", "ignoreorder": "ignoreOrder", "ignoreoccurrences": "ignoreCount"}[strings.ToLower(name)]
		switch {
		case option == "":
			v.Warn("is no option of the matcher array and was passed over")
		case v.Bool():
			arg.Set(option, convert.Flag())
		}
	}
	return convert.Op("list", arg)
}

// negate is inequality with a text; anything is unequal to what is none.
func (m *matcher) negate() *simulations.Value {
	if m.value.Kind() != simulations.String {
		return convert.Present()
	}
	return convert.Op("not", simulations.NewString(m.value.Value().Text))
}

// form is the matcher form: the first value of each field.
func (m *matcher) form() *simulations.Value {
	if m.value.Kind() != simulations.Object {
		m.value.Refuse("the matcher form takes an object of fields and their matchers")
		return nil
	}
	fields := &simulations.Value{Kind: simulations.Object}
	for name, v := range m.value.Members() {
		fields.Set(name, convert.Op("first", present(matchersOf(v, "exact"))))
	}
	return convert.Op("form", fields)
}

var (
	xmlIgnore = regexp.MustCompile(`>\s*\{\{\s*ignore\s*\}\}\s*<`)
	xmlRegex  = regexp.MustCompile(`>\s*\{\{\s*regex:([^<]*?)\}\}\s*<`)
)

// xmlTemplate says the placeholders of xmlTemplated in those of the operator
// xml; a regex is searched there, and fits the whole here.
func xmlTemplate(text string) string {
	text = xmlIgnore.ReplaceAllLiteralString(text, ">${xmlunit.ignore}<")
	return xmlRegex.ReplaceAllString(text, ">$${xmlunit.matchesRegex((?s:.*)(?:$1)(?s:.*))}<")
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
