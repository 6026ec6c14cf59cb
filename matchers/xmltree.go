package matchers

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// xmlNode is an element, a run of text, a comment, or, at the top, the
// document. Character data and CDATA that touch are one text.
type xmlNode struct {
	kind     xmlKind
	name     xml.Name // Space is the namespace
	prefix   string
	text     string
	attrs    []xmlAttr // without namespace declarations
	declares []xmlAttr // the namespace declarations, named as they are written
	parent   *xmlNode
	children []*xmlNode
	index    int // among the parent's children
	// unbound is set on a document that has prefixes which nothing declares.
	unbound bool
}

type xmlKind uint8

const (
	xmlDocument xmlKind = iota
	xmlElement
	xmlText
	xmlComment
)

type xmlAttr struct {
	name   xml.Name
	prefix string
	value  string
}

const (
	maxXMLDepth = 10_000
	maxXMLNodes = 2_000_000
)

var errXML = errors.New("not an XML document")

// ValidXML reports whether data is an XML document: well-formed, namespaces
// declared, one root element, no entity of its own.
func ValidXML(data []byte) bool {
	root, err := parseXML(data)
	return err == nil && !root.unbound
}

// parseXML reads an XML document. The encodings are UTF-8, US-ASCII and
// ISO-8859-1; entities of the document's own are refused, which leaves no room
// for bombs of them. A document with prefixes that nothing declares is none, but
// for the few who compare prefixes: its root says so.
func parseXML(data []byte) (*xmlNode, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.CharsetReader = charset
	p := &xmlParser{root: &xmlNode{kind: xmlDocument}}
	p.at = p.root
	for {
		tok, err := dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := p.token(tok); err != nil {
			return nil, err
		}
	}
	if p.at != p.root || !p.seen {
		return nil, errXML
	}
	return p.root, nil
}

type xmlParser struct {
	root, at *xmlNode
	scopes   []xmlScope
	nodes    int
	seen     bool // the root element
}

// xmlScope is the namespace declarations of one open element.
type xmlScope struct {
	tag      xml.Name // as written: prefix and local name
	declared map[string]string
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

func (p *xmlParser) token(tok xml.Token) error {
	switch t := tok.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		if len(p.scopes) == 0 || p.scopes[len(p.scopes)-1].tag != t.Name {
			return errXML
		}
		p.scopes = p.scopes[:len(p.scopes)-1]
		p.at = p.at.parent
	case xml.CharData:
		if p.at == p.root {
			if len(bytes.TrimSpace(t)) > 0 {
				return errXML
			}
			return nil
		}
		if n := len(p.at.children); n > 0 && p.at.children[n-1].kind == xmlText {
			p.at.children[n-1].text += string(t)
			return nil
		}
		return p.add(&xmlNode{kind: xmlText, text: string(t)})
	case xml.Comment:
		return p.add(&xmlNode{kind: xmlComment, text: string(t)})
	}
	return nil
}

func (p *xmlParser) add(n *xmlNode) error {
	if p.nodes++; p.nodes > maxXMLNodes {
		return errXML
	}
	n.parent, n.index = p.at, len(p.at.children)
	p.at.children = append(p.at.children, n)
	return nil
}

func (p *xmlParser) start(t xml.StartElement) error {
	if p.at == p.root && p.seen || len(p.scopes) >= maxXMLDepth {
		return errXML
	}
	p.seen = true
	scope := xmlScope{tag: t.Name}
	var declares []xmlAttr
	for _, a := range t.Attr {
		prefix, is := "", a.Name.Space == "" && a.Name.Local == "xmlns"
		if a.Name.Space == "xmlns" {
			prefix, is = a.Name.Local, true
		}
		if is {
			if scope.declared == nil {
				scope.declared = map[string]string{}
			}
			scope.declared[prefix] = a.Value
			declares = append(declares, xmlAttr{name: xml.Name{Local: a.Name.Local}, prefix: a.Name.Space, value: a.Value})
		}
	}
	p.scopes = append(p.scopes, scope)
	space, ok := p.resolve(t.Name.Space)
	p.root.unbound = p.root.unbound || !ok
	n := &xmlNode{kind: xmlElement, declares: declares, prefix: t.Name.Space, name: xml.Name{Space: space, Local: t.Name.Local}}
	seen := make(map[xml.Name]bool, len(t.Attr))
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		name := xml.Name{Local: a.Name.Local}
		if a.Name.Space != "" { // the default namespace is not for attributes
			if name.Space, ok = p.resolve(a.Name.Space); !ok {
				p.root.unbound = true
				name.Space = a.Name.Space + ":" // no two prefixes are one
			}
		}
		if seen[name] {
			return errXML
		}
		seen[name] = true
		n.attrs = append(n.attrs, xmlAttr{name: name, prefix: a.Name.Space, value: a.Value})
	}
	if err := p.add(n); err != nil {
		return err
	}
	p.at = n
	return nil
}

// resolve finds the namespace of a prefix; "" is the default namespace.
func (p *xmlParser) resolve(prefix string) (string, bool) {
	if prefix == "xml" {
		return xmlNamespace, true
	}
	for i := len(p.scopes) - 1; i >= 0; i-- {
		if ns, ok := p.scopes[i].declared[prefix]; ok {
			return ns, prefix == "" || ns != ""
		}
	}
	return "", prefix == ""
}

// content is the text below the node, comments left out.
func (n *xmlNode) content() string {
	if n.kind == xmlText || n.kind == xmlComment {
		return n.text
	}
	if len(n.children) == 1 && n.children[0].kind == xmlText {
		return n.children[0].text
	}
	var b strings.Builder
	n.appendText(&b)
	return b.String()
}

func (n *xmlNode) appendText(b *strings.Builder) {
	for _, c := range n.children {
		switch c.kind {
		case xmlText:
			b.WriteString(c.text)
		case xmlElement:
			c.appendText(b)
		}
	}
}

// charset reads the encodings that need no table.
func charset(name string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(name) {
	case "utf-8", "us-ascii", "ascii":
		return in, nil
	case "iso-8859-1", "latin1":
		data, err := io.ReadAll(in)
		if err != nil {
			return nil, err
		}
		runes := make([]rune, len(data))
		for i, c := range data {
			runes[i] = rune(c)
		}
		return strings.NewReader(string(runes)), nil
	}
	return nil, errXML
}

// element is the document's root element.
func (n *xmlNode) element() *xmlNode {
	for _, c := range n.children {
		if c.kind == xmlElement {
			return c
		}
	}
	return nil
}

// significant are the children that an equal document has: elements and texts
// that are not white space; texts with only a comment between them are one.
func (n *xmlNode) significant() []*xmlNode {
	var out []*xmlNode
	for _, c := range n.children {
		switch {
		case c.kind == xmlComment || c.kind == xmlText && strings.TrimSpace(c.text) == "":
		case c.kind == xmlText && len(out) > 0 && out[len(out)-1].kind == xmlText:
			out[len(out)-1] = &xmlNode{kind: xmlText, text: out[len(out)-1].text + c.text}
		default:
			out = append(out, c)
		}
	}
	return out
}

func (n *xmlNode) walk(do func(*xmlNode)) {
	do(n)
	for _, c := range n.children {
		c.walk(do)
	}
}

// ownTexts are a text's text, an element's attribute values.
func (n *xmlNode) ownTexts() []string {
	if n.kind == xmlText {
		return []string{strings.TrimSpace(n.text)}
	}
	var out []string
	for _, a := range n.attrs {
		out = append(out, a.value)
	}
	return out
}

// markup is the node as XML, with the prefixes that it is written with.
func (n *xmlNode) markup(b *strings.Builder) {
	if n.kind == xmlText {
		_ = xml.EscapeText(b, []byte(n.text)) // to a Builder, which does not fail
		return
	}
	if n.kind != xmlElement {
		return
	}
	name := func(prefix, local string) string {
		if prefix == "" {
			return local
		}
		return prefix + ":" + local
	}
	b.WriteString("<" + name(n.prefix, n.name.Local))
	for _, list := range [][]xmlAttr{n.declares, n.attrs} {
		for _, a := range list {
			b.WriteString(" " + name(a.prefix, a.name.Local) + `="`)
			_ = xml.EscapeText(b, []byte(a.value))
			b.WriteString(`"`)
		}
	}
	b.WriteString(">")
	for _, c := range n.children {
		c.markup(b)
	}
	b.WriteString("</" + name(n.prefix, n.name.Local) + ">")
}

// show is the node for a human, cut.
func (n *xmlNode) show() string {
	var b strings.Builder
	n.write(&b)
	return cut(b.String())
}

func (n *xmlNode) write(b *strings.Builder) {
	if b.Len() > maxShown {
		return
	}
	if n.kind == xmlText {
		_ = xml.EscapeText(b, []byte(head(n.text, maxShown-b.Len()))) // to a Builder, which does not fail
		return
	}
	name := n.name.Local
	if n.name.Space != "" {
		name = "{" + n.name.Space + "}" + name
	}
	b.WriteString("<" + name)
	for _, a := range n.attrs {
		if b.Len() > maxShown {
			return
		}
		b.WriteString(" " + a.name.Local + `="`)
		_ = xml.EscapeText(b, []byte(head(a.value, maxShown)))
		b.WriteString(`"`)
	}
	b.WriteString(">")
	for _, c := range n.significant() {
		c.write(b)
	}
	b.WriteString("</" + name + ">")
}
