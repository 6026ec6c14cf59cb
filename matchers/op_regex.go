package matchers

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

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
		t.required = requiredLiteral(tree, asWritten)
		t.prefix, t.end = anchoredPieces(tree, asWritten)
		if within := requiredLiteral(tree, asFoldedText); len(within) > len(t.required) {
			t.folded.within = within
			t.folded.begin, t.folded.end = anchoredPieces(tree, asFoldedText)
		}
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
	// folded are the same of a value that is folded, where that is more.
	folded foldedPieces
}

// foldedPieces are texts that a value begins with, ends in and contains once it is
// folded.
type foldedPieces struct{ begin, end, within string }

// literals are the folded pieces; literalPieces are the others.
func (t *regexTest) literals(do func(literal)) {
	f := t.folded
	for _, k := range []literal{
		{place: place{what: literalBegin, as: asFolded}, text: f.begin},
		{place: place{what: literalEnd, as: asFolded}, text: f.end},
		{place: place{what: literalWithin, as: asFolded}, text: f.within},
	} {
		if k.text != "" {
			do(k)
		}
	}
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

// asWritten is the text of a literal whose case counts, asFoldedText of any literal
// what it folds to. U+FFFD, as an expression has it, is any byte that is no UTF-8: no
// text.
func asWritten(re *syntax.Regexp) (string, bool) {
	text := string(re.Rune)
	return text, re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0 && !strings.ContainsRune(text, utf8.RuneError)
}

func asFoldedText(re *syntax.Regexp) (string, bool) {
	return wholeFold(string(re.Rune)), re.Op == syntax.OpLiteral
}

// anchoredPieces are the literal texts that follow a \A or ^ at the beginning,
// and that come before a \z or $ at the end.
func anchoredPieces(re *syntax.Regexp, literal func(*syntax.Regexp) (string, bool)) (prefix, end string) {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	if re.Op != syntax.OpConcat {
		return "", ""
	}
	if first := re.Sub[0]; first.Op == syntax.OpBeginText {
		for _, sub := range re.Sub[1:] {
			text, is := literal(sub)
			if !is {
				break
			}
			prefix += text
		}
	}
	if last := re.Sub[len(re.Sub)-1]; last.Op == syntax.OpEndText {
		for i := len(re.Sub) - 2; i >= 0; i-- {
			text, is := literal(re.Sub[i])
			if !is {
				break
			}
			end = text + end
		}
	}
	return prefix, end
}

// requiredLiteral is the longest literal that every match contains.
func requiredLiteral(re *syntax.Regexp, literal func(*syntax.Regexp) (string, bool)) string {
	switch re.Op {
	case syntax.OpLiteral:
		if text, is := literal(re); is {
			return text
		}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredLiteral(re.Sub[0], literal)
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredLiteral(re.Sub[0], literal)
		}
	case syntax.OpConcat:
		best := ""
		for _, sub := range re.Sub {
			if s := requiredLiteral(sub, literal); len(s) > len(best) {
				best = s
			}
		}
		return best
	}
	return ""
}
