package matchers

import (
	"encoding/json"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "xpath",
	Doc: "The value is an XML document, and for each path (XPath 1.0) what it finds satisfies the predicate: the texts of the nodes, some one of them; a number, a boolean or a string where the path gives that. " +
		"The member `namespaces` is no path but an object of prefixes and namespaces for the paths beside it (an element of that name is `./namespaces`). " +
		"So are `localNames: true`, with which a name without prefix fits elements whatever their prefix, and prefixes need not be declared, and `asXML: true`, with which elements are found as their XML instead of their text. " +
		"A name without prefix fits elements that are written without one, whatever their namespace. " +
		"A path alone, as a string, demands that it finds a node, or gives true, a number but 0, or a text that is not empty. " +
		"What is not XML satisfies no path. An evaluation that takes more than two million steps finds nothing.",
	Example: "{body: {xpath: {namespaces: {o: \"urn:order\"}, /o:order/o:id: 7, \"count(//o:item)\": {number: {gt: 1}}}}}",
	Cost:    CostTree,
	Schema: `{"anyOf":[{"type":"string"},{"type":"object","properties":{"namespaces":{"type":"object","additionalProperties":{"type":"string"}},"localNames":{"type":"boolean"},"asXML":{"type":"boolean"}},` +
		`"additionalProperties":{"$ref":"#/$defs/predicate"}}]}`,
	compile: compileXPath,
})

func compileXPath(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	c.dear = true
	switch arg.Kind {
	case simulations.String:
		if e := c.xpath(arg, &xpathExpr{source: arg.Text}); e != nil {
			p.add(part{op: op, name: arg.Text, arg: exists, value: &xpathTest{expr: e}})
		}
	case simulations.Object:
		namespaces, declares := map[string]string{}, arg.Get("namespaces")
		if declares != nil && declares.Kind == simulations.Object {
			c.in("namespaces", func() {
				for i, prefix := range declares.Names {
					c.in(prefix, func() {
						if c.want(op, declares.Items[i], simulations.String) {
							namespaces[prefix] = declares.Items[i].Text
						}
					})
				}
			})
		} else if declares != nil {
			c.in("namespaces", func() {
				c.fail(declares, "namespaces takes an object of prefixes and namespaces; for an element of that name write ./namespaces")
			})
		}
		localNames, asXML := c.option(op, arg, "localNames"), c.option(op, arg, "asXML")
		for i, name := range arg.Names {
			if name == "namespaces" || name == "localNames" || name == "asXML" {
				continue
			}
			v := arg.Items[i]
			c.in(name, func() {
				c.within(anyContext, func() {
					q := c.predicate(v)
					if e := c.xpath(v, &xpathExpr{source: name, namespaces: namespaces, localNames: localNames, asXML: asXML}); e != nil {
						p.add(part{op: op, name: name, arg: v, value: &xpathTest{expr: e, p: q}})
					}
				})
			})
		}
	default:
		c.fail(arg, "xpath takes an object of paths and predicates, or a path, not %s", arg.Kind)
	}
}

func (c *compiler) xpath(v *simulations.Value, e *xpathExpr) *xpathExpr {
	first, err := e.compile()
	if err != nil {
		c.fail(v, "not an XPath: %s", err)
		return nil
	}
	e.idle.Put(first)
	// Some faults show only when an expression runs.
	if _, ok := e.evaluate(emptyXML); !ok {
		c.fail(v, "not an XPath that can be evaluated: are its functions those of XPath 1.0?")
		return nil
	}
	return e
}

var emptyXML = func() *xmlNode {
	n, _ := parseXML([]byte("<empty/>")) // a constant, and well-formed
	return n
}()

type xpathTest struct {
	expr *xpathExpr
	p    *Predicate // nil: it finds something
}

// literal is what one of the texts that are found must be, where that is asked for.
func (t *xpathTest) literal() literal {
	if t.p == nil {
		return literal{}
	}
	for i := range t.p.each {
		if k := t.p.each[i].literal(); k.place.what == literalText && (t.p.each[i].op == equalsOperator || k.place.as != asScalar) {
			out := literal{place: place{what: literalXPath, name: t.expr.key(), as: k.place.as}, hash: k.hash}
			if e, is := t.p.each[i].value.(*equals); is && e.kind == simulations.Bool {
				out.or(hashOf(hashText, e.text)) // of a node, where the other is a function's
			}
			return out
		}
	}
	return literal{}
}

func (t *xpathTest) holds(v value, s *scope) bool {
	root := t.expr.document(v, s)
	if root == nil {
		return false
	}
	f, ok := t.expr.evaluate(root)
	if !ok {
		return false
	}
	if t.p != nil {
		return t.p.holds(f, s)
	}
	return found(f)
}

// found is XPath's boolean() of a result.
func found(f field) bool {
	if f.kind != singleField {
		return f.len() > 0
	}
	switch n := f.single.node.(type) {
	case bool:
		return n
	case json.Number:
		return n != "0"
	}
	return f.single.text != ""
}

func (t *xpathTest) explain(v value, s *scope, m *simulations.Mismatch) {
	root := t.expr.document(v, s)
	if root == nil {
		m.Expected, m.Actual = "XML", v.show()
		return
	}
	f, ok := t.expr.evaluate(root)
	switch {
	case !ok:
		m.Actual = "an evaluation that takes too long"
	case t.p != nil:
		t.p.explain(f, s, m)
	default:
		m.Actual = f.show()
	}
}
