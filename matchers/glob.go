package matchers

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// glob is a compiled glob. Simple shapes, which nearly all globs have, are
// compared piece by piece; the others become a regular expression, whose time
// is linear whatever the pattern.
type glob struct {
	// pieces are the literals between the stars.
	pieces []string
	// within says that the stars stop at '/'.
	within bool
	re     *regexp.Regexp
	prefix string
}

// parseGlob reads a glob. On a path `*` and `?` stop at '/', `**` does not, and
// there are classes; on other text `*` is any run and `?` any character. `\`
// takes the next character literally in both.
func parseGlob(s string, path bool) (*glob, error) {
	p := &globParser{path: path}
	if err := p.parse(s); err != nil {
		return nil, err
	}
	p.flush()
	g := &glob{pieces: append(p.pieces, p.piece.String()), prefix: p.prefix}
	if !p.special {
		g.prefix = g.pieces[len(g.pieces)-1]
	}
	switch {
	case p.complex, p.single > 0 && p.double > 0, p.single > 1:
		re, err := compileExpression(`\A(?s:` + p.expr.String() + `)\z`)
		if err != nil {
			return nil, err
		}
		g.re = re
	default:
		g.within = p.single == 1
	}
	return g, nil
}

type globParser struct {
	path    bool
	literal strings.Builder // in progress, as written
	piece   strings.Builder
	pieces  []string
	expr    strings.Builder // the whole as a regular expression
	prefix  string
	special bool // something that is no literal was seen
	complex bool // `?` or a class was seen
	single  int  // stars that stop at '/'
	double  int  // stars that do not
}

// flush ends a run of literal text, which on a path takes the match form.
func (p *globParser) flush() {
	text := p.literal.String()
	p.literal.Reset()
	if p.path {
		text = matchForm(text)
	}
	p.piece.WriteString(text)
	p.expr.WriteString(regexp.QuoteMeta(text))
}

func (p *globParser) wild(expr string) {
	p.flush()
	if !p.special {
		p.special, p.prefix = true, p.piece.String()
	}
	p.expr.WriteString(expr)
}

func (p *globParser) parse(s string) error {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
			if i == len(s) {
				return fmt.Errorf("it ends in a backslash: write \\\\ for one")
			}
			p.literal.WriteByte(s[i])
		case c == '*':
			n := len(s[i:]) - len(strings.TrimLeft(s[i:], "*"))
			i += n - 1
			switch {
			case !p.path:
				p.double++
				p.wild(`.*`)
			case n == 1:
				p.single++
				p.wild(`[^/]*`)
			case n == 2:
				p.double++
				p.wild(`.*`)
			default:
				return fmt.Errorf("%d stars in a row: * stops at '/', ** does not", n)
			}
			p.pieces = append(p.pieces, p.piece.String())
			p.piece.Reset()
		case c == '?':
			p.complex = true
			if p.path {
				p.wild(`[^/]`)
			} else {
				p.wild(`.`)
			}
		case c == '[' && p.path:
			n, expr, err := parseClass(s[i:])
			if err != nil {
				return err
			}
			p.complex = true
			p.wild(expr)
			i += n - 1
		default:
			p.literal.WriteByte(c)
		}
	}
	return nil
}

// parseClass reads "[a-z]", "[!a-z]" or "[^a-z]" and returns its length and the
// regular expression, which never takes '/'.
func parseClass(s string) (int, string, error) {
	i, negated := 1, false
	if i < len(s) && (s[i] == '!' || s[i] == '^') {
		negated = true
		i++
	}
	next := func() (rune, bool) {
		if i < len(s) && s[i] == '\\' {
			i++
		}
		if i >= len(s) {
			return 0, false
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		return r, true
	}
	var b strings.Builder
	add := func(lo, hi rune) {
		if lo <= hi {
			fmt.Fprintf(&b, `\x{%x}-\x{%x}`, lo, hi)
		}
	}
	for first := true; i < len(s) && (first || s[i] != ']'); first = false {
		lo, ok := next()
		hi := lo
		if i+1 < len(s) && s[i] == '-' && s[i+1] != ']' {
			i++
			hi, ok = next()
		}
		switch {
		case !ok:
		case lo > hi:
			return 0, "", fmt.Errorf("the range %c-%c of a class is upside down", lo, hi)
		case negated || hi < '/' || lo > '/':
			add(lo, hi)
		default:
			add(lo, '/'-1)
			add('/'+1, hi)
		}
	}
	if i >= len(s) {
		return 0, "", fmt.Errorf("a class has no ']': write \\[ for a literal bracket")
	}
	i++
	switch {
	case negated:
		return i, "[^/" + b.String() + "]", nil
	case b.Len() == 0:
		return 0, "", fmt.Errorf("a class takes no character but '/', which no class does")
	}
	return i, "[" + b.String() + "]", nil
}

func (g *glob) match(v string, s *scope) bool {
	if g.re != nil {
		if !strings.HasPrefix(v, g.prefix) {
			return false
		}
		s.work.Regexes++
		return g.re.MatchString(v)
	}
	first, last := g.pieces[0], g.pieces[len(g.pieces)-1]
	if len(g.pieces) == 1 {
		return v == first
	}
	if len(v) < len(first)+len(last) || !strings.HasPrefix(v, first) || !strings.HasSuffix(v, last) {
		return false
	}
	v = v[len(first) : len(v)-len(last)]
	if g.within {
		return !strings.Contains(v, "/")
	}
	for _, piece := range g.pieces[1 : len(g.pieces)-1] {
		_, after, ok := strings.Cut(v, piece)
		if !ok {
			return false
		}
		v = after
	}
	return true
}
