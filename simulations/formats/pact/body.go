package pact

import (
	"encoding/base64"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// content is a body as the file has it: JSON, or text, or neither where there
// is nothing to compare with.
type content struct {
	at convert.Place
	// kind is the media type without parameters, in lower case; "" is unknown.
	kind string
	json *simulations.Value
	text string
	// empty: there is no body.
	empty bool
}

// contentOf reads the body of a request or a response, in the form of version 4
// or of those before.
func contentOf(p convert.Place) (c content, set bool) {
	c = content{at: p.Get("body"), kind: mediaName(headerOf(p.Get("headers"), "Content-Type"))}
	if !c.at.Is() {
		return c, false
	}
	v := c.at.Value()
	if inner := c.at.Get("content"); c.at.Kind() == simulations.Object && (inner.Is() && c.at.Get("contentType").Is() || inner.Is() && c.at.Get("encoded").Is()) {
		if kind := c.at.Get("contentType").Text(); kind != "" {
			c.kind = mediaName(kind)
		}
		encoded := c.at.Get("encoded")
		c.at, v = inner, inner.Value()
		if s := encoded.Value(); v.Kind == simulations.String && s != nil && (s.Text == "base64" || s.Text == "true") {
			raw, err := base64.StdEncoding.DecodeString(v.Text)
			if err != nil {
				c.at.Refuse("is no base64: %s", err)
			}
			v = simulations.NewString(string(raw))
		}
	}
	switch {
	case v.Kind == simulations.Null || v.Kind == simulations.String && v.Text == "":
		c.empty = true
	case v.Kind != simulations.String:
		c.json = v
	case isJSON(c.kind):
		c.json = v
		if parsed, err := simulations.ParseJSON([]byte(v.Text)); err == nil {
			c.json = parsed
		}
	default:
		c.text = v.Text
	}
	return c, true
}

func headerOf(p convert.Place, name string) string {
	if p.Kind() != simulations.Object {
		return ""
	}
	for key, v := range p.Members() {
		if strings.EqualFold(key, name) {
			if v.Kind() == simulations.Array {
				v = v.At(0)
			}
			return v.Text()
		}
	}
	return ""
}

func mediaName(s string) string {
	name, _, _ := strings.Cut(s, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

func isJSON(kind string) bool {
	return kind == "application/json" || strings.HasSuffix(kind, "+json") || kind == "application/json-rpc"
}

func isXML(kind, text string) bool {
	return kind == "application/xml" || kind == "text/xml" || strings.HasSuffix(kind, "+xml") || kind == "" && strings.HasPrefix(strings.TrimSpace(text), "<")
}

// body puts the condition on the body into the pattern: what is not there may
// be anything, null is none.
func (i *interaction) body(p convert.Place, list rules, out *simulations.Pattern) {
	c, set := contentOf(p)
	switch {
	case !set:
	case c.empty:
		out.Body = convert.Predicate(convert.Op("any", simulations.NewArray(convert.Absent(), convert.Op("json", &simulations.Value{Kind: simulations.Null, Text: "null"}))))
	case c.json != nil && len(list) == 0:
		out.Body = convert.Predicate(convert.Op("json", convert.Object("value", c.json)))
	case c.json != nil:
		b := newBuilder(i, list)
		if schema := b.node(c.json, nil); !i.lost {
			out.Body = convert.Predicate(convert.Op("jsonSchema", schema))
		}
	case c.kind == "application/x-www-form-urlencoded":
		out.Body = convert.Predicate(i.form(c, list))
	case i.ofContentType(list):
		out.Body = convert.Predicate(convert.Present())
	case isXML(c.kind, c.text):
		if len(list) > 0 {
			i.lose(p.Get("matchingRules"), "matching rules of XML are not understood: write its stub with the operator xpath")
			return
		}
		out.Body = convert.Predicate(convert.TextOp("xml", c.text))
	default:
		r, _ := list.at(nil)
		out.Body = convert.Predicate(i.text(c.text, r, func(s string) *simulations.Value { return convert.TextOp("text", s) }))
	}
}

// ofContentType reports whether the body is of a kind only, and need not be the
// example.
func (i *interaction) ofContentType(list rules) bool {
	r, _ := list.at(nil)
	return r != nil && len(r.matchers) == 1 && matcher(r.matchers[0]) == "contentType"
}

// form is the predicate on a form, which is compared as a query is.
func (i *interaction) form(c content, list rules) *simulations.Value {
	values, names := i.parameters(c.at.With(simulations.NewString(c.text)))
	form := &simulations.Value{Kind: simulations.Object}
	for _, name := range names {
		form.Set(name, i.inOrder(c.at, name, values[name], list))
	}
	return convert.Object("form", form, "formOnly", convert.Strings(form.Names))
}
