package matchers

import (
	"slices"
	"strings"

	"understudy/matchers/internal/decimal"
	"understudy/simulations"
)

var _ = register(Operator{
	Name: "xml",
	Doc: "The value is an XML document and equals the argument: the same elements in the same order with the same namespaces (prefixes do not matter), " +
		"attributes in any order, text but for white space around it. Comments, processing instructions, and white space between elements do not matter. " +
		"The argument is a document, or an object of `value` and options: `ignoreOrder: true` lets the children of an element come in any order, `ignoreOrderOfNames: true` those of different names, while those of one name keep theirs; " +
		"`ignoreAttributes: true` compares without attributes; `namespaces: ignore` compares local names, `namespaces: prefixes` names with the prefixes as they are written, and declarations like other attributes, " +
		"`namespaces: default` elements by local name and by the default namespace of those without prefix, attributes with their prefix; with these prefixes need not be declared; `placeholders: true` gives meaning to the texts and attribute values " +
		"`${xmlunit.ignore}`, `${xmlunit.isNumber}`, `${xmlunit.isDateTime}` and `${xmlunit.matchesRegex(…)}`, an RE2 expression that the whole fits. " +
		"Documents have no entities of their own and are UTF-8, US-ASCII or ISO-8859-1.",
	Example: "{body: {xml: \"<order><id>7</id></order>\"}}",
	Cost:    CostDocument,
	Schema: `{"anyOf":[{"type":"string"},{"type":"object","required":["value"],"additionalProperties":false,` +
		`"properties":{"value":{"type":"string"},"placeholders":{"type":"boolean"},"ignoreOrder":{"type":"boolean"},"ignoreOrderOfNames":{"type":"boolean"},"ignoreAttributes":{"type":"boolean"},"namespaces":{"enum":["ignore","prefixes","default"]}}}]}`,
	compile: compileXML,
})

// xmlNamespaces are the ways of comparing names beside that by namespace.
var xmlNamespaces = []string{"ignore", "prefixes", "default"}

func compileXML(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	c.dear = true
	t := &xmlTest{}
	text := arg
	if arg.Kind == simulations.Object {
		c.members(op, arg, "value", "placeholders", "ignoreOrder", "ignoreOrderOfNames", "ignoreAttributes", "namespaces")
		t.ignoreAttributes = c.option(op, arg, "ignoreAttributes")
		t.ignoreOrderOfNames = c.option(op, arg, "ignoreOrderOfNames")
		if n := arg.Get("namespaces"); n != nil {
			c.in("namespaces", func() {
				if c.want(op, n, simulations.String) && !slices.Contains(xmlNamespaces, n.Text) {
					c.fail(n, "%q is none of %s%s", n.Text, strings.Join(xmlNamespaces, ", "), simulations.Suggest(n.Text, xmlNamespaces))
				}
			})
			t.namespaces = n.Text
		}
		t.ignoreOrder = c.option(op, arg, "ignoreOrder")
		t.placeholders = c.option(op, arg, "placeholders")
		text = arg.Get("value")
	}
	if !c.want(op, text, simulations.String) {
		return
	}
	root, err := parseXML([]byte(text.Text))
	if err != nil || root.unbound && t.namespaces == "" {
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
		re, err := compileExpression(`\A(?:` + strings.TrimSuffix(expr, ")") + `)\z`)
		if err != nil {
			c.fail(at, "%s", regexFault(err))
			return
		}
		into[s] = re.MatchString
	}
}

type xmlTest struct {
	want                      *xmlNode
	placeholders, ignoreOrder bool
	ignoreAttributes          bool
	ignoreOrderOfNames        bool
	// namespaces is one of xmlNamespaces, or "".
	namespaces string
	// texts are the placeholders by their text.
	texts map[string]func(string) bool
}

// literal is that of the texts, which are the same in documents that are equal, in
// whatever order; a placeholder is none.
func (t *xmlTest) literal() literal {
	if len(t.texts) > 0 {
		return literal{}
	}
	return literal{place: place{what: literalXML}, hash: hashXML(t.want)}
}

// hashXML is the sum of the hashes of all texts, without white space.
func hashXML(root *xmlNode) (sum uint64) {
	root.walk(func(n *xmlNode) {
		if n.kind != xmlElement {
			return
		}
		for _, c := range n.significant() {
			if c.kind == xmlText {
				sum += hashOf(hashText, strings.Join(strings.Fields(c.text), ""))
			}
		}
	})
	return sum
}

func (t *xmlTest) holds(v value, s *scope) bool {
	root := t.document(v, s)
	return root != nil && t.equal(t.want, root.element())
}

func (t *xmlTest) document(v value, s *scope) *xmlNode {
	if t.namespaces != "" {
		return v.document().asLooseXML(s)
	}
	return v.document().asXML(s)
}

func (t *xmlTest) equal(want, got *xmlNode) bool {
	if want.kind != got.kind {
		return false
	}
	if want.kind == xmlText {
		return t.equalText(strings.TrimSpace(want.text), strings.TrimSpace(got.text))
	}
	if !t.sameElement(want, got) || !t.ignoreAttributes && !t.equalAttributes(want, got) {
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
	if t.ignoreOrderOfNames {
		var ok bool
		if b, ok = t.byName(a, b); !ok {
			return false
		}
	}
	for i := range a {
		if !t.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func (t *xmlTest) sameElement(a, b *xmlNode) bool {
	if a.name.Local != b.name.Local {
		return false
	}
	switch t.namespaces {
	case "ignore":
		return true
	case "prefixes":
		return a.prefix == b.prefix
	case "default":
		return a.prefix != "" || b.prefix != "" || a.name.Space == b.name.Space
	}
	return a.name.Space == b.name.Space
}

func (t *xmlTest) sameAttribute(a, b *xmlAttr) bool {
	if a.name.Local != b.name.Local {
		return false
	}
	switch t.namespaces {
	case "ignore":
		return true
	case "prefixes", "default":
		return a.prefix == b.prefix
	}
	return a.name.Space == b.name.Space
}

func (t *xmlTest) attributes(n *xmlNode) []xmlAttr {
	if t.namespaces == "prefixes" && len(n.declares) > 0 {
		return slices.Concat(n.declares, n.attrs)
	}
	return n.attrs
}

func (t *xmlTest) equalAttributes(want, got *xmlNode) bool {
	a, b := t.attributes(want), t.attributes(got)
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !slices.ContainsFunc(b, func(x xmlAttr) bool { return t.sameAttribute(&a[i], &x) && t.equalText(a[i].value, x.value) }) {
			return false
		}
	}
	return true
}

// byName brings the children of one list into the order of the other's names;
// false where the names are others.
func (t *xmlTest) byName(want, got []*xmlNode) ([]*xmlNode, bool) {
	if len(want)*len(got) > maxPairs {
		return nil, false
	}
	left := slices.Clone(got)
	out := make([]*xmlNode, len(want))
	for i, w := range want {
		j := slices.IndexFunc(left, func(n *xmlNode) bool {
			return n != nil && n.kind == w.kind && (w.kind == xmlText || t.sameElement(w, n))
		})
		if j < 0 {
			return nil, false
		}
		out[i], left[j] = left[j], nil
	}
	return out, true
}

func (t *xmlTest) equalText(want, got string) bool {
	if f := t.texts[want]; f != nil {
		return f(got)
	}
	return want == got
}

func (t *xmlTest) explain(v value, s *scope, m *simulations.Mismatch) {
	root := t.document(v, s)
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
		if !t.sameElement(want, got) || len(a) != len(b) {
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
