package template

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
)

// xmlDocument is a parsed XML text.
type xmlDocument struct{ root *xmlquery.Node }

// Bounds of XML.
const (
	maxXML      = 4 << 20
	maxXMLDepth = 200
	// maxMoves is how many steps in the document one XPath may take.
	maxMoves = 500_000
)

func compileXPath(s string) (e *xpath.Expr, err error) {
	if len(s) > maxPattern {
		return nil, errors.New("the XPath is too long")
	}
	defer func() {
		if p := recover(); p != nil { // the parser of the library gives up that way
			e, err = nil, fmt.Errorf("not an XPath: %.100s", fmt.Sprint(p))
		}
	}()
	if strings.Count(s, "(")+strings.Count(s, "[") > maxXMLDepth {
		return nil, errors.New("the XPath is nested too deep")
	}
	if e, err = xpath.Compile(s); err != nil {
		return nil, fmt.Errorf("not an XPath: %w", err)
	}
	return e, nil
}

func prepareXPath(i int) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		if v, ok := c.literalArg(i); ok {
			return compileXPath(fmt.Sprint(v))
		}
		return nil, nil
	}
}

// xpath evaluates the XPath that is argument i, behind a prefix, in the XML of
// the first: nodes, a text, a number or a truth value; nil for no node.
func (r *run) xpath(a args, i int, prefix string) (any, error) {
	e, ok := a.call.prepared.(*xpath.Expr)
	if !ok {
		s, err := a.text(r, i)
		if err != nil {
			return nil, err
		}
		if e, err = compileXPath(prefix + s); err != nil {
			return nil, err
		}
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	doc, err := r.xmlOf(s)
	if err != nil {
		if !isFatal(err) {
			err = unreadable{err}
		}
		return nil, err
	}
	return r.evaluate(e, doc)
}

func (r *run) xmlOf(s string) (*xmlDocument, error) {
	return cached(&r.store.xml, s, func() (*xmlDocument, error) { return r.parseXML(s) })
}

// parseXML reads XML. The depth is looked at first, since the tree is walked
// recursively.
func (r *run) parseXML(s string) (*xmlDocument, error) {
	if len(s) > maxXML {
		return nil, fmt.Errorf("the XML is longer than %d bytes", maxXML)
	}
	if err := r.make(8 * len(s)); err != nil {
		return nil, err
	}
	dec := xml.NewDecoder(strings.NewReader(s))
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	depth, elements := 0, 0
	for {
		t, err := dec.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not XML: %s", strings.TrimPrefix(err.Error(), "XML syntax error "))
		}
		switch t.(type) {
		case xml.StartElement:
			elements++
			if depth++; depth > maxXMLDepth {
				return nil, fmt.Errorf("the XML is nested deeper than %d", maxXMLDepth)
			}
		case xml.EndElement:
			depth--
		}
	}
	if elements == 0 {
		return nil, errors.New("not XML: there is no element")
	}
	root, err := xmlquery.Parse(strings.NewReader(s))
	if err != nil {
		return nil, fmt.Errorf("not XML: %w", err)
	}
	return &xmlDocument{root}, nil
}

// evaluate runs an expression with a bound on its steps.
func (r *run) evaluate(e *xpath.Expr, doc *xmlDocument) (v any, err error) {
	left := maxMoves
	nav := &boundedNavigator{xmlquery.CreateXPathNavigator(doc.root), &left, r}
	defer func() {
		if used := (maxMoves - left) / 16; err == nil {
			err = r.step(used)
		}
		switch p := recover().(type) {
		case nil:
		case fatal:
			err = p
		case error:
			err = fmt.Errorf("the XPath failed: %.100s", p.Error())
		default:
			err = fmt.Errorf("the XPath failed: %.100s", fmt.Sprint(p))
		}
	}()
	switch v := e.Evaluate(nav).(type) {
	case *xpath.NodeIterator:
		var out nodeList
		seen := map[xmlNode]bool{}
		for v.MoveNext() {
			n := nodeAt(v.Current().(*boundedNavigator).NodeNavigator.(*xmlquery.NodeNavigator))
			if !seen[n] {
				seen[n] = true
				out = append(out, n)
			}
		}
		if len(out) == 0 {
			return nil, nil
		}
		return out, nil
	case string:
		return v, nil
	case bool:
		return v, nil
	case float64:
		if v != v || v > 1e300 || v < -1e300 {
			return fmt.Sprint(v), nil
		}
		return float(v), nil
	}
	return nil, nil
}

// boundedNavigator counts the steps of an evaluation, which has no other bound:
// a predicate in a predicate is quadratic in the document.
type boundedNavigator struct {
	xpath.NodeNavigator
	left *int
	r    *run
}

func (n *boundedNavigator) move() {
	*n.left--
	if *n.left < 0 {
		panic(fatal{errors.New("the XPath visits more than 500000 nodes")})
	}
	if *n.left%4096 == 0 {
		if err := n.r.check(); err != nil {
			panic(err)
		}
	}
}

func (n *boundedNavigator) Copy() xpath.NodeNavigator {
	n.move()
	return &boundedNavigator{n.NodeNavigator.Copy(), n.left, n.r}
}

func (n *boundedNavigator) Value() string {
	n.move()
	s := n.NodeNavigator.Value()
	*n.left -= len(s) / bytesPerStep
	return s
}

func (n *boundedNavigator) MoveToParent() bool { n.move(); return n.NodeNavigator.MoveToParent() }
func (n *boundedNavigator) MoveToNextAttribute() bool {
	n.move()
	return n.NodeNavigator.MoveToNextAttribute()
}
func (n *boundedNavigator) MoveToChild() bool    { n.move(); return n.NodeNavigator.MoveToChild() }
func (n *boundedNavigator) MoveToFirst() bool    { n.move(); return n.NodeNavigator.MoveToFirst() }
func (n *boundedNavigator) MoveToNext() bool     { n.move(); return n.NodeNavigator.MoveToNext() }
func (n *boundedNavigator) MoveToPrevious() bool { n.move(); return n.NodeNavigator.MoveToPrevious() }

func (n *boundedNavigator) MoveTo(to xpath.NodeNavigator) bool {
	n.move()
	o, ok := to.(*boundedNavigator)
	return ok && n.NodeNavigator.MoveTo(o.NodeNavigator)
}

// NamespaceURL is asked for by the library where it is there.
func (n *boundedNavigator) NamespaceURL() string {
	if u, ok := n.NodeNavigator.(interface{ NamespaceURL() string }); ok {
		return u.NamespaceURL()
	}
	return ""
}

// xmlNode is one node that an XPath found.
type xmlNode struct {
	node *xmlquery.Node
	// attribute is the index of an attribute of node, -1 for the node itself.
	attribute int
}

func nodeAt(n *xmlquery.NodeNavigator) xmlNode {
	node := n.Current()
	if n.NodeType() != xpath.AttributeNode {
		return xmlNode{node, -1}
	}
	for i, a := range node.Attr {
		if a.Name.Local == n.LocalName() && a.Value == n.Value() {
			return xmlNode{node, i}
		}
	}
	return xmlNode{node, -1}
}

func (n xmlNode) inner() string {
	if n.attribute >= 0 {
		return n.node.Attr[n.attribute].Value
	}
	return n.node.InnerText()
}

// text is what a node prints as: its text, and in WireMock's dialect the XML of
// an element.
func (n xmlNode) text(r *run) (string, error) {
	s := n.inner()
	if r.t.dialect == WireMock && n.attribute < 0 && n.node.Type == xmlquery.ElementNode {
		s = n.node.OutputXML(true)
	}
	return s, r.make(len(s))
}

func (n xmlNode) memberNames() []string { return []string{"name", "text", "attributes", "xml"} }

func (n xmlNode) get(name string) (any, bool) {
	switch name {
	case "text":
		return n.inner(), true
	case "name":
		if n.attribute >= 0 {
			return n.node.Attr[n.attribute].Name.Local, true
		}
		return n.node.Data, true
	case "attributes":
		o := newObject(len(n.node.Attr))
		for _, a := range n.node.Attr {
			o.set(a.Name.Local, a.Value)
		}
		return o, true
	case "xml":
		if n.attribute >= 0 {
			return n.inner(), true
		}
		return n.node.OutputXML(true), true
	}
	return nil, false
}

// nodeList are nodes; it prints as the first.
type nodeList []xmlNode

func (l nodeList) len() int     { return len(l) }
func (l nodeList) at(i int) any { return l[i] }

func (l nodeList) text(r *run) (string, error) {
	if len(l) == 0 {
		return "", nil
	}
	return l[0].text(r)
}
