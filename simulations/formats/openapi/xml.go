package openapi

import (
	"encoding/xml"
	"io"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/instance"
)

// xml writes a value as OpenAPI's XML objects say it (OpenAPI 3.1, section
// 4.8.26): members are elements of their names unless `xml` says otherwise.
func (r *reader) xml(m *media, value *simulations.Value) string {
	schema := r.responses.read(m.schema)
	name := instance.RefName(schema)
	w := &xmlWriter{schemas: r.responses}
	w.b.WriteString(strings.TrimSpace(xml.Header))
	if !validXMLName(name) {
		name = "root"
	}
	if value.Kind == simulations.Array { // a document has one element outermost
		w.b.WriteString("<" + name + ">")
		w.element("item", schema, value)
		w.b.WriteString("</" + name + ">")
		return w.b.String()
	}
	w.element(name, schema, value)
	return w.b.String()
}

type xmlWriter struct {
	schemas *schemas
	b       strings.Builder
}

// element writes a value as an element, a list as one for each item.
func (w *xmlWriter) element(name string, schema, value *simulations.Value) {
	schema = w.schemas.flat(schema)
	hints := schema.Get("xml")
	own := text(hints.Get("name"), name)
	if value.Kind == simulations.Array {
		items := items(schema)
		inner := text(w.schemas.flat(items).Get("xml").Get("name"), own)
		if wrapped := hints.Get("wrapped"); wrapped == nil || wrapped.Text != "true" {
			for _, item := range value.Items {
				w.element(inner, items, item)
			}
			return
		}
		w.open(own, hints, nil, nil)
		for _, item := range value.Items {
			w.element(inner, items, item)
		}
		w.close(own, hints)
		return
	}
	w.open(own, hints, schema, value)
	if value.Kind == simulations.Object {
		for i, member := range value.Names {
			if sub := w.member(schema, member); !isAttribute(w.schemas.flat(sub)) {
				w.element(member, sub, value.Items[i])
			}
		}
	} else {
		w.escape(value.Text)
	}
	w.close(own, hints)
}

// open writes a start tag with the members that are attributes.
func (w *xmlWriter) open(name string, hints, schema, value *simulations.Value) {
	w.b.WriteString("<" + prefixed(name, hints))
	if ns := hints.Get("namespace"); ns != nil {
		w.b.WriteString(" xmlns")
		if prefix := text(hints.Get("prefix"), ""); validXMLName(prefix) {
			w.b.WriteString(":" + prefix)
		}
		w.attribute(ns.Text)
	}
	if value != nil && value.Kind == simulations.Object {
		for i, member := range value.Names {
			if sub := w.schemas.flat(w.member(schema, member)); isAttribute(sub) {
				w.b.WriteString(" " + elementName(text(sub.Get("xml").Get("name"), member)))
				w.attribute(value.Items[i].Text)
			}
		}
	}
	w.b.WriteString(">")
}

func (w *xmlWriter) close(name string, hints *simulations.Value) {
	w.b.WriteString("</" + prefixed(name, hints) + ">")
}

func (w *xmlWriter) attribute(value string) {
	w.b.WriteString(`="`)
	w.escape(value)
	w.b.WriteString(`"`)
}

func (w *xmlWriter) escape(s string) {
	_ = xml.EscapeText(&w.b, []byte(s)) // a builder takes everything
}

// member is the schema of a member, as far as it is declared.
func (w *xmlWriter) member(schema *simulations.Value, name string) *simulations.Value {
	if sub := schema.Get("properties").Get(name); sub != nil {
		return sub
	}
	if all := schema.Get("allOf"); all != nil {
		for _, part := range all.Items {
			if sub := w.schemas.flat(part).Get("properties").Get(name); sub != nil {
				return sub
			}
		}
	}
	return truth()
}

func items(schema *simulations.Value) *simulations.Value {
	if sub := schema.Get("items"); sub != nil {
		return sub
	}
	return truth()
}

func isAttribute(schema *simulations.Value) bool {
	flag := schema.Get("xml").Get("attribute")
	return flag != nil && flag.Text == "true"
}

// text is a string of the schema, or another where it has none.
func text(v *simulations.Value, otherwise string) string {
	if v == nil || v.Kind != simulations.String || v.Text == "" {
		return otherwise
	}
	return v.Text
}

func prefixed(name string, hints *simulations.Value) string {
	name = elementName(name)
	if prefix := text(hints.Get("prefix"), ""); validXMLName(prefix) {
		return prefix + ":" + name
	}
	return name
}

// elementName is a name that an element may have.
func elementName(name string) string {
	if validXMLName(name) {
		return name
	}
	return "_" + notInName.ReplaceAllString(name, "_")
}

func validXMLName(s string) bool {
	for i, c := range s {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '-' || c == '.')) {
			return false
		}
	}
	return s != ""
}

// wellFormed reports whether a text is an XML document.
func wellFormed(s string) bool {
	d := xml.NewDecoder(strings.NewReader(s))
	elements := 0
	for {
		t, err := d.Token()
		if err != nil {
			return elements > 0 && err == io.EOF
		}
		switch t.(type) {
		case xml.StartElement:
			elements++
		case xml.Directive:
			return false
		}
	}
}
