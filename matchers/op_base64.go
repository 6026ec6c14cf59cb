package matchers

import (
	"bytes"
	"encoding/base64"
	"strings"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "base64",
	Doc: "With a string: the value is exactly the bytes that the string stands for, in base64; for content that is no text. " +
		"With any other predicate: the value is base64, and what it stands for satisfies the predicate. " +
		"Both alphabets (RFC 4648 sections 4 and 5) are read, with and without padding.",
	Example: "{body: {base64: AAECAw==}, headers: {X-State: {base64: {jsonPath: {$.user: 7}}}}}",
	Cost:    CostDocument,
	Schema:  `{"$ref":"#/$defs/predicate"}`,
	compile: compileBase64,
})

func compileBase64(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	switch arg.Kind {
	case simulations.String:
		data, ok := decodeBase64(arg.Text)
		if !ok {
			c.fail(arg, "%q is not base64 (RFC 4648)", cut(arg.Text))
			return
		}
		p.add(part{op: op, arg: arg, value: sameBytes(data)})
	case simulations.Object, simulations.Array:
		c.within(anyContext, func() { p.add(part{op: op, arg: arg, value: &decoded{c.predicate(arg)}}) })
	default:
		c.fail(arg, "base64 takes a string in base64, or a predicate on what is decoded, not %s", arg.Kind)
	}
}

type sameBytes []byte

func (b sameBytes) holds(v value, _ *scope) bool {
	if v.kind == bodyValue {
		return bytes.Equal(v.body.data, b)
	}
	return v.string() == string(b)
}

func (b sameBytes) literal() literal {
	return literal{place: place{what: literalText}, hash: hashOf(hashText, string(b)), text: string(b)}
}

type decoded struct{ p *Predicate }

func (d *decoded) field(v value) (field, bool) {
	data, ok := decodeBase64(v.string())
	return one(contentOf(&body{data: data})), ok
}

func (d *decoded) holds(v value, s *scope) bool {
	f, ok := d.field(v)
	return ok && d.p.holds(f, s)
}

func (d *decoded) explain(v value, s *scope, m *simulations.Mismatch) {
	if f, ok := d.field(v); ok {
		d.p.explain(f, s, m)
	}
}

// decodeBase64 reads either alphabet; white space and padding do not matter.
func decodeBase64(s string) ([]byte, bool) {
	s = strings.TrimRight(strings.Join(strings.Fields(s), ""), "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	data, err := base64.RawStdEncoding.DecodeString(s)
	return data, err == nil
}
