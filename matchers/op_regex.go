package matchers

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "regex",
	Doc: "A regular expression of RE2 syntax (Go's), searched in the value: anchor it with `^` and `$` where it must fit the whole. " +
		"`.` stops at line ends unless the expression begins with `(?s)`. On the path it sees the match form.",
	Example: "{path: {regex: \"^/v[0-9]+/users$\"}}",
	Cost:    CostPattern,
	Schema:  `{"type":"string","format":"regex"}`,
	compile: compileRegex,
})

func compileRegex(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	if !c.want(op, arg, simulations.String) {
		return
	}
	re, err := compileExpression(arg.Text)
	if err != nil {
		c.fail(arg, "%s", regexFault(err))
		return
	}
	c.dear = true
	t := &regexTest{re: re}
	if tree, err := syntax.Parse(arg.Text, syntax.Perl); err == nil {
		t.required = requiredLiteral(tree)
		t.prefix, t.end = anchoredPieces(tree)
	}
	p.add(part{op: op, arg: arg, value: t})
}

// maxProgram bounds an expression, in instructions of its program: the time of a
// match is in proportion to it and to the value's length.
const maxProgram = 5000

var errLargeExpression = fmt.Errorf("the expression is too large: it has more than %d steps; say it with several stubs, or with `any`", maxProgram)

// compileExpression is regexp.Compile with that bound.
func compileExpression(text string) (*regexp.Regexp, error) {
	if len(text) > 4*maxProgram {
		return nil, errLargeExpression
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxProgram {
		return nil, errLargeExpression
	}
	return regexp.Compile(text)
}

// regexTest is a regular expression, and two texts that tell most values
// quickly that it does not fit.
type regexTest struct {
	re *regexp.Regexp
	// required stands in every value that fits, prefix at its beginning, end at
	// its end.
	required, prefix, end string
}

func (t *regexTest) holds(v value, s *scope) bool {
	if v.kind == bodyValue {
		if !bytes.Contains(v.body.data, []byte(t.required)) {
			return false
		}
		s.work.Regexes++
		return t.re.Match(v.body.data)
	}
	text := v.string()
	if !strings.Contains(text, t.required) {
		return false
	}
	s.work.Regexes++
	return t.re.MatchString(text)
}

func (t *regexTest) literalPieces() (prefix, end, within string) {
	return t.prefix, t.end, t.required
}

// anchoredPieces are the literal texts that follow a \A or ^ at the beginning,
// and that come before a \z or $ at the end.
func anchoredPieces(re *syntax.Regexp) (prefix, end string) {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	if re.Op != syntax.OpConcat {
		return "", ""
	}
	if first := re.Sub[0]; first.Op == syntax.OpBeginText {
		for _, sub := range re.Sub[1:] {
			if !isLiteral(sub) {
				break
			}
			prefix += string(sub.Rune)
		}
	}
	if last := re.Sub[len(re.Sub)-1]; last.Op == syntax.OpEndText {
		for i := len(re.Sub) - 2; i >= 0 && isLiteral(re.Sub[i]); i-- {
			end = string(re.Sub[i].Rune) + end
		}
	}
	return prefix, end
}

func isLiteral(re *syntax.Regexp) bool {
	return re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0
}

// requiredLiteral is the longest literal that every match contains.
func requiredLiteral(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if isLiteral(re) {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiteral(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiteral(re.Sub[0])
		}
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if s := requiredLiteral(sub); len(s) > len(best) {
				best = s
			}
		}
		return best
	}
	return ""
}
