package matchers

import (
	"bytes"
	"encoding/base64"
	"strings"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "jwt",
	Doc: "The value is a JSON Web Token (RFC 7519, compact form), with or without `Bearer ` before it, and for each path what it finds satisfies the predicate, as with jsonPath: " +
		"`claims` are paths into the claims, `header` into the header. An object of paths alone is about the claims. " +
		"The signature is not checked: a double has no keys, and must answer for tokens that are long expired.",
	Example: "{headers: {Authorization: {jwt: {claims: {$.sub: alice, $.aud: {hasItem: api}}, header: {$.alg: RS256}}}}}",
	Cost:    CostPath,
	Schema: `{"anyOf":[{"type":"object","minProperties":1,"additionalProperties":false,"properties":{"claims":{"$ref":"#/$defs/predicates"},"header":{"$ref":"#/$defs/predicates"}}},` +
		`{"type":"object","minProperties":1,"additionalProperties":false,"patternProperties":{"^\\$":{"$ref":"#/$defs/predicate"}}}]}`,
	compile: compileJWT,
})

func compileJWT(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	if !c.want(op, arg, simulations.Object) {
		return
	}
	paths := func(piece int, label string, v *simulations.Value) {
		c.predicates(v, anyContext, func(name string, v *simulations.Value, q *Predicate) {
			if path := c.jsonPath(v, name, false); path != nil {
				p.add(part{op: op, name: label + name, arg: v, value: &jwtTest{piece, pathTest{path, q, false}}})
			}
		})
	}
	if len(arg.Names) > 0 && strings.HasPrefix(arg.Names[0], "$") {
		paths(jwtClaims, "claims ", arg)
		return
	}
	c.members(op, arg, "claims", "header")
	for _, m := range []struct {
		name  string
		piece int
	}{{"header", jwtHeader}, {"claims", jwtClaims}} {
		if v := arg.Get(m.name); v != nil {
			c.in(m.name, func() {
				if c.want(op, v, simulations.Object) {
					paths(m.piece, m.name+" ", v)
				}
			})
		}
	}
	if len(arg.Names) == 0 {
		c.fail(arg, "jwt takes paths into the claims, such as {$.sub: alice}, or claims and header with such paths")
	}
}

// The pieces of a token.
const (
	jwtHeader = 0
	jwtClaims = 1
)

type jwtTest struct {
	piece int
	path  pathTest
}

// node decodes the piece that the test is about.
func (t *jwtTest) node(v value) (any, bool) {
	token := strings.TrimSpace(v.string())
	if len(token) > 7 && strings.EqualFold(token[:7], "bearer ") {
		token = strings.TrimSpace(token[7:])
	}
	pieces := strings.Split(token, ".")
	if len(pieces) != 3 {
		return nil, false
	}
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(pieces[t.piece], "="))
	if err != nil || !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return nil, false
	}
	return decodeJSON(data)
}

func (t *jwtTest) holds(v value, s *scope) bool {
	n, ok := t.node(v)
	return ok && t.path.p.holds(t.path.field(n), s)
}

func (t *jwtTest) explain(v value, s *scope, m *simulations.Mismatch) {
	n, ok := t.node(v)
	if !ok {
		m.Expected, m.Actual = "a JSON Web Token", v.show()
		return
	}
	t.path.p.explain(t.path.field(n), s, m)
}
