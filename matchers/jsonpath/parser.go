package jsonpath

import (
	"encoding/json"
	"unicode/utf8"
)

// dialect is what a family of queries allows.
type dialect struct {
	name      string
	functions map[string]*function
	// lenient is set for [CompileLenient].
	lenient bool
}

var rfc9535 = &dialect{name: "RFC 9535", functions: functions}

const (
	maxQuery = 10_000 // bytes of a query
	maxDepth = 100    // filters, parentheses and calls within each other
)

type parser struct {
	lexer
	dialect *dialect
	depth   int
}

func compile(s string, d *dialect) (*Path, error) {
	p := &parser{lexer: lexer{s: s}, dialect: d}
	switch {
	case len(s) > maxQuery:
		return nil, p.fail("it is longer than %d bytes", maxQuery)
	case !utf8.ValidString(s):
		return nil, p.fail("it is not valid UTF-8")
	case !p.take("$"):
		return nil, p.fail("it begins with $, not with %s", p.next())
	}
	segments, err := p.segments()
	if err != nil {
		return nil, err
	}
	if p.pos < len(s) {
		return nil, p.fail("%s cannot stand here", p.next())
	}
	return &Path{source: s, segments: segments, singular: isSingular(segments), lenient: d.lenient}, nil
}

// segments reads *(S segment). Space that no segment follows is left unread.
func (p *parser) segments() ([]segment, error) {
	var out []segment
	for {
		before := p.pos
		p.space()
		var s segment
		var err error
		switch {
		case p.take(".."):
			s.descendant = true
			if p.peek() == '[' {
				s.selectors, err = p.bracketed()
			} else {
				s.selectors, err = p.shorthand()
			}
		case p.take("."):
			s.selectors, err = p.shorthand()
		case p.peek() == '[':
			s.selectors, err = p.bracketed()
		default:
			p.pos = before
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
}

// shorthand reads what may follow a dot: * or a name.
func (p *parser) shorthand() ([]selector, error) {
	if p.take("*") {
		return []selector{{kind: selectAll}}, nil
	}
	name, err := p.name()
	return []selector{{kind: selectName, name: name}}, err
}

func (p *parser) bracketed() ([]selector, error) {
	p.take("[")
	var out []selector
	for {
		p.space()
		s, err := p.selector()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		p.space()
		if p.take("]") {
			return out, nil
		}
		if !p.take(",") {
			return nil, p.fail("',' or ']' must follow, not %s", p.next())
		}
	}
}

func (p *parser) selector() (selector, error) {
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		name, err := p.str()
		return selector{kind: selectName, name: name}, err
	case p.take("*"):
		return selector{kind: selectAll}, nil
	case p.take("?"):
		p.space()
		f, err := p.or()
		return selector{kind: selectFilter, filter: f}, err
	case c == ':' || c == '-' || isDigit(c):
		return p.indexOrSlice()
	}
	return selector{}, p.fail("a selector must follow (a quoted name, an index, a slice, * or ?), not %s", p.next())
}

func (p *parser) indexOrSlice() (selector, error) {
	s := slice{step: 1}
	var err error
	if p.peek() != ':' {
		if s.start, err = p.integer(); err != nil {
			return selector{}, err
		}
		before := p.pos
		p.space()
		if p.peek() != ':' {
			p.pos = before
			return selector{kind: selectIndex, index: s.start}, nil
		}
		s.hasStart = true
	}
	p.take(":")
	p.space()
	if c := p.peek(); c == '-' || isDigit(c) {
		if s.end, err = p.integer(); err != nil {
			return selector{}, err
		}
		s.hasEnd = true
		p.space()
	}
	if p.take(":") {
		p.space()
		if c := p.peek(); c == '-' || isDigit(c) {
			if s.step, err = p.integer(); err != nil {
				return selector{}, err
			}
		}
	}
	return selector{kind: selectSlice, slice: s}, nil
}

// deeper guards the recursion.
func (p *parser) deeper() error {
	if p.depth++; p.depth > maxDepth {
		return p.fail("expressions are nested deeper than %d", maxDepth)
	}
	return nil
}

func (p *parser) or() (logical, error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	var out orExpr
	for {
		x, err := p.and()
		if err != nil {
			return nil, err
		}
		out = append(out, x)
		if !p.operator("||") {
			break
		}
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return out, nil
}

func (p *parser) and() (logical, error) {
	var out andExpr
	for {
		x, err := p.basic()
		if err != nil {
			return nil, err
		}
		out = append(out, x)
		if !p.operator("&&") {
			break
		}
	}
	if len(out) == 1 {
		return out[0], nil
	}
	return out, nil
}

// operator passes over S op S if that comes next.
func (p *parser) operator(op string) bool {
	before := p.pos
	p.space()
	if !p.take(op) {
		p.pos = before
		return false
	}
	p.space()
	return true
}

// basic reads a parenthesis, a test or a comparison.
func (p *parser) basic() (logical, error) {
	if p.peek() == '!' {
		p.pos++
		p.space()
		at := p.pos
		x, err := p.primary(true)
		if err != nil {
			return nil, err
		}
		switch x.(type) {
		case compare, related:
			return nil, p.failAt(at, "! stands before a test or a parenthesis, not before a comparison")
		}
		return notExpr{x}, nil
	}
	return p.primary(false)
}

// primary reads what ! may stand before, and a comparison.
func (p *parser) primary(negated bool) (logical, error) {
	if p.take("(") {
		p.space()
		x, err := p.or()
		if err != nil {
			return nil, err
		}
		p.space()
		if !p.take(")") {
			return nil, p.fail("')' must follow, not %s", p.next())
		}
		if negated {
			return orExpr{x}, nil // a comparison in parentheses may be negated
		}
		return x, nil
	}
	start := p.pos
	left, err := p.term()
	if err != nil {
		return nil, err
	}
	before := p.pos
	p.space()
	op, relation := p.comparison(), (*relation)(nil)
	if op == "" {
		relation = p.relation()
	}
	if op != "" || relation != nil {
		p.space()
		rightAt := p.pos
		right, err := p.term()
		if err != nil {
			return nil, err
		}
		l, err := p.comparable(left, start)
		if err != nil {
			return nil, err
		}
		r, err := p.comparable(right, rightAt)
		if relation != nil {
			return related{of: relation, left: l, right: r}, err
		}
		return compare{op: op, left: l, right: r}, err
	}
	p.pos = before
	switch t := left.(type) {
	case query:
		return existsExpr{t}, nil
	case call:
		if t.fn.result == valueType {
			return nil, p.failAt(start, "%s() gives a value, which must be compared with something", t.fn.name)
		}
		return callExpr{t}, nil
	}
	return nil, p.failAt(start, "a literal must be compared with something")
}

func (p *parser) comparison() string {
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if p.take(op) {
			return op
		}
	}
	return ""
}

// comparable makes a term one side of a comparison.
func (p *parser) comparable(term any, at int) (operand, error) {
	switch t := term.(type) {
	case literal:
		return t, nil
	case query:
		if isSingular(t.segments) {
			return singularRef{t}, nil
		}
		return nil, p.failAt(at, "a query that may find several nodes cannot be compared")
	case call:
		if t.fn.result == valueType {
			return t, nil
		}
		return nil, p.failAt(at, "%s() is true or false and cannot be compared", t.fn.name)
	}
	return nil, p.failAt(at, "cannot be compared")
}

// term reads a literal, a query or a function: a literal, query or call.
func (p *parser) term() (any, error) {
	switch c := p.peek(); {
	case c == '@' || c == '$':
		p.pos++
		if err := p.deeper(); err != nil {
			return nil, err
		}
		defer func() { p.depth-- }()
		segments, err := p.segments()
		return query{fromRoot: c == '$', segments: segments}, err
	case c == '\'' || c == '"':
		s, err := p.str()
		return literal{s}, err
	case c == '-' || isDigit(c):
		n, err := p.number()
		return literal{json.Number(n)}, err
	case 'a' <= c && c <= 'z':
		return p.word()
	case c == '[' && p.dialect.lenient:
		p.pos++
		return p.list()
	}
	return nil, p.fail("an expression must follow, not %s", p.next())
}

// word reads true, false, null or a function.
func (p *parser) word() (any, error) {
	start := p.pos
	for c := p.peek(); 'a' <= c && c <= 'z' || c == '_' || isDigit(c); c = p.peek() {
		p.pos++
	}
	name := p.s[start:p.pos]
	if !p.take("(") {
		switch name {
		case "true":
			return literal{true}, nil
		case "false":
			return literal{false}, nil
		case "null":
			return literal{nil}, nil
		}
		return nil, p.failAt(start, "%q is no literal: text is quoted, a field of the current node is @.%s", name, name)
	}
	fn := p.dialect.functions[name]
	if fn == nil {
		return nil, p.failAt(start, "%s has no function %s()", p.dialect.name, name)
	}
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.depth-- }()
	return p.arguments(fn, start)
}

func (p *parser) arguments(fn *function, start int) (any, error) {
	out := call{fn: fn}
	p.space()
	for !p.take(")") {
		if len(out.args) > 0 {
			if !p.take(",") {
				return nil, p.fail("',' or ')' must follow, not %s", p.next())
			}
			p.space()
		}
		if len(out.args) == len(fn.params) {
			return nil, p.failAt(start, "%s() takes %d arguments", fn.name, len(fn.params))
		}
		at := p.pos
		term, err := p.term()
		if err != nil {
			return nil, err
		}
		arg := argument{}
		if fn.params[len(out.args)] == nodesType {
			q, ok := term.(query)
			if !ok {
				return nil, p.failAt(at, "%s() takes a query here", fn.name)
			}
			arg.query = q
		} else if arg.value, err = p.comparable(term, at); err != nil {
			return nil, err
		}
		out.args = append(out.args, arg)
		p.space()
	}
	if len(out.args) < len(fn.params) {
		return nil, p.failAt(start, "%s() takes %d arguments", fn.name, len(fn.params))
	}
	if fn.regex {
		if l, ok := out.args[1].value.(literal); ok {
			if s, ok := l.of.(string); ok {
				out.re = compileIRegexp(s, fn.name == "match")
			}
		}
	}
	return out, nil
}
