package matchers

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strings"

	"understudy/matchers/internal/decimal"
	"understudy/simulations"
)

var _ = register(Operator{
	Name: "xml",
	Doc: "The value is an XML document and equals the argument: the same elements in the same order with the same namespaces (prefixes do not matter), " +
		"attributes in any order, text but for white space around it. Comments, processing instructions, and white space between elements do not matter. " +
		"The argument is a document, or an object of `value` and options: `ignoreOrder: true` lets the children of an element come in any order; `ignoreAttributes: true` and `ignoreNamespaces: true` compare without them; `placeholders: true` gives meaning to the texts and attribute values " +
		"`${xmlunit.ignore}`, `${xmlunit.isNumber}`, `${xmlunit.isDateTime}` and `${xmlunit.matchesRegex(…)}`, an RE2 expression that the whole fits. " +
		"Documents have no entities of their own and are UTF-8, US-ASCII or ISO-8859-1.",
	Example: "{body: {xml: \"<order><id>7</id></order>\"}}",
	Cost:    CostDocument,
	Schema: `{"anyOf":[{"type":"string"},{"type":"object","required":["value"],"additionalProperties":false,` +
		`"properties":{"value":{"type":"string"},"placeholders":{"type":"boolean"},"ignoreOrder":{"type":"boolean"},"ignoreAttributes":{"type":"boolean"},"ignoreNamespaces":{"type":"boolean"}}}]}`,
	compile: compileXML,
})

func compileXML(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	t := &xmlTest{}
	text := arg
	if arg.Kind == simulations.Object {
		c.members(op, arg, "value", "placeholders", "ignoreOrder", "ignoreAttributes", "ignoreNamespaces")
		t.ignoreAttributes = c.option(op, arg, "ignoreAttributes")
		t.ignoreNamespaces = c.option(op, arg, "ignoreNamespaces")
		t.ignoreOrder = c.option(op, arg, "ignoreOrder")
		t.placeholders = c.option(op, arg, "placeholders")
		text = arg.Get("value")
	}
	if !c.want(op, text, simulations.String) {
		return
	}
	root, err := parseXML([]byte(text.Text))
	if err != nil {
		c.fail(text, "not an XML document: it has one root element, declares its namespaces and closes what it opens")
		return
	}
	t.want = root.element()
	if t.placeholders {
		t.texts = map[string]func(string) bool{}
		t.want.walk(func(n *xmlNode) {
			for _, s := range n.ownTexts() {
				c.xmlPlaceholder(text, s, t.texts)
			}
		})
	}
	p.add(part{op: op, arg: arg, value: t})
}

func (c *compiler) xmlPlaceholder(at *simulations.Value, s string, into map[string]func(string) bool) {
	name, ok := strings.CutPrefix(s, "${xmlunit.")
	if !ok || !strings.HasSuffix(name, "}") {
		return
	}
	name = strings.TrimSuffix(name, "}")
	switch name {
	case "ignore":
		into[s] = func(string) bool { return true }
	case "isNumber":
		into[s] = decimal.Valid
	case "isDateTime":
		into[s] = func(v string) bool { _, ok := parseDate(v); return ok }
	default:
		expr, ok := strings.CutPrefix(name, "matchesRegex(")
		if !ok || !strings.HasSuffix(expr, ")") {
			c.fail(at, "%q is no placeholder: there are ${xmlunit.ignore}, ${xmlunit.isNumber}, ${xmlunit.isDateTime} and ${xmlunit.matchesRegex(…)}", s)
			return
		}
		re, err := regexp.Compile(`\A(?:` + strings.TrimSuffix(expr, ")") + `)\z`)
		if err != nil {
			c.fail(at, "%s", regexFault(err))
			return
		}
		into[s] = re.MatchString
	}
}

type xmlTest struct {
	want                               *xmlNode
	placeholders, ignoreOrder          bool
	ignoreAttributes, ignoreNamespaces bool
	// texts are the placeholders by their text.
	texts map[string]func(string) bool
}

func (t *xmlTest) holds(v value, s *scope) bool {
	root := v.document().asXML(s)
	return root != nil && t.equal(t.want, root.element())
}

func (t *xmlTest) equal(want, got *xmlNode) bool {
	if want.kind != got.kind {
		return false
	}
	if want.kind == xmlText {
		return t.equalText(strings.TrimSpace(want.text), strings.TrimSpace(got.text))
	}
	if !t.sameName(want.name, got.name) || !t.ignoreAttributes && !t.equalAttributes(want, got) {
		return false
	}
	a, b := want.significant(), got.significant()
	if len(a) == 1 && len(b) == 0 && a[0].kind == xmlText {
		return t.texts[strings.TrimSpace(a[0].text)] != nil && t.equalText(strings.TrimSpace(a[0].text), "")
	}
	if len(a) == 1 && a[0].kind == xmlText && strings.TrimSpace(a[0].text) == "${xmlunit.ignore}" && t.placeholders {
		return true // whatever is in the element
	}
	if len(a) != len(b) {
		return false
	}
	if t.ignoreOrder {
		return len(a)*len(b) <= maxPairs && assign(len(a), len(b), func(i, j int) bool { return t.equal(a[i], b[j]) })
	}
	for i := range a {
		if !t.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (t *xmlTest) sameName(a, b xml.Name) bool {
	return a.Local == b.Local && (a.Space == b.Space || t.ignoreNamespaces)
}

func (t *xmlTest) equalAttributes(want, got *xmlNode) bool {
	if len(want.attrs) != len(got.attrs) {
		return false
	}
	for _, a := range want.attrs {
		if !slices.ContainsFunc(got.attrs, func(b xmlAttr) bool { return t.sameName(a.name, b.name) && t.equalText(a.value, b.value) }) {
			return false
		}
	}
	return true
}

func (t *xmlTest) equalText(want, got string) bool {
	if f := t.texts[want]; f != nil {
		return f(got)
	}
	return want == got
}

func (t *xmlTest) explain(v value, s *scope, m *simulations.Mismatch) {
	root := v.document().asXML(s)
	if root == nil {
		m.Expected, m.Actual = "XML", v.show()
		return
	}
	want, got := t.want, root.element()
	where := ""
next:
	for {
		where += "/" + want.name.Local
		a, b := want.significant(), got.significant()
		if !t.sameName(want.name, got.name) || len(a) != len(b) {
			break
		}
		for i := range a {
			if !t.equal(a[i], b[i]) {
				if a[i].kind != b[i].kind || a[i].kind == xmlText {
					break next
				}
				want, got = a[i], b[i]
				continue next
			}
		}
		break
	}
	m.Field += " " + where
	m.Expected, m.Actual = want.show(), got.show()
}
