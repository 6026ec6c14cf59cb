package template

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// words reads the words of one tag.
type words struct {
	p     *parser
	list  []word
	next  int
	end   int
	depth int
}

func (w *words) peek() word {
	if w.next < len(w.list) {
		return w.list[w.next]
	}
	return word{kind: endWord, offset: w.end}
}

func (w *words) at(kind wordKind) bool { return w.peek().kind == kind }

func (w *words) done() error {
	if x := w.peek(); x.kind != endWord {
		return w.p.fail(x.offset, "unexpected "+quote(x.text, 20))
	}
	return nil
}

// expression reads a helper with its arguments, or a single value.
func (w *words) expression(isBlock bool) (expr, error) {
	first := w.peek()
	if first.kind != idWord && first.kind != atWord && first.kind != upWord && first.kind != thisWord && first.kind != dotWord {
		if isBlock {
			return nil, w.p.fail(first.offset, "a block begins with a helper or a path")
		}
		return w.value()
	}
	if e, ok := w.keyword(); ok {
		return e, nil
	}
	pt, err := w.path()
	if err != nil {
		return nil, err
	}
	h := w.p.helper(pt)
	bare := w.at(endWord) || w.at(closeParen) || isBlock && w.asParams()
	if h != nil && bare && w.p.strict && len(pt.names) == 1 && w.p.assigned[pt.names[0]] {
		h = nil // a variable hides a helper that would get no arguments
	}
	if h == nil {
		if !bare {
			return nil, w.p.unknownHelper(pt)
		}
		return pt, w.p.checkName(pt, isBlock)
	}
	c := &call{helper: h, offset: pt.offset, isBlock: isBlock, caught: w.p.errorText}
	if err := w.arguments(c, isBlock); err != nil {
		return nil, err
	}
	return c, w.p.checkCall(c)
}

func (w *words) arguments(c *call, isBlock bool) error {
	for !w.at(endWord) && !w.at(closeParen) && !(isBlock && w.asParams()) {
		name := w.peek()
		if name.kind == idWord && w.next+1 < len(w.list) && w.list[w.next+1].kind == equalsWord {
			w.next += 2
			v, err := w.value()
			if err != nil {
				return err
			}
			if slices.ContainsFunc(c.hash, func(h hashArg) bool { return h.name == name.text }) {
				return w.p.fail(name.offset, name.text+" is given twice")
			}
			c.hash = append(c.hash, hashArg{name.text, v})
			continue
		}
		if len(c.hash) > 0 {
			return w.p.fail(name.offset, "an argument without a name stands before those with one")
		}
		v, err := w.value()
		if err != nil {
			return err
		}
		c.args = append(c.args, v)
	}
	return nil
}

// value reads one argument.
func (w *words) value() (expr, error) {
	x := w.peek()
	switch x.kind {
	case stringWord:
		w.next++
		return literal{x.text}, nil
	case numberWord:
		w.next++
		return literal{number(x.text)}, nil
	case openParen:
		if w.depth++; w.depth > MaxDepth {
			return nil, w.p.fail(x.offset, "expressions are nested deeper than "+strconv.Itoa(MaxDepth))
		}
		defer func() { w.depth-- }()
		w.next++
		e, err := w.expression(false)
		if err != nil {
			return nil, err
		}
		if !w.at(closeParen) {
			return nil, w.p.fail(x.offset, "the parenthesis is not closed")
		}
		w.next++
		return e, nil
	case idWord, atWord, upWord, thisWord, dotWord:
		if e, ok := w.keyword(); ok {
			return e, nil
		}
		pt, err := w.path()
		if err != nil {
			return nil, err
		}
		// A name alone as an argument is a value; a helper without arguments is
		// called in parentheses.
		if w.p.strict && len(pt.names) == 1 && !pt.this && !pt.data && !w.p.defined(pt.names[0]) && w.p.helper(pt) != nil {
			return nil, w.p.fail(pt.offset, pt.source+" is a helper: call it in parentheses, ("+pt.source+")")
		}
		return pt, w.p.checkName(pt, false)
	}
	if x.kind == endWord {
		return nil, w.p.fail(x.offset, "a value is missing")
	}
	return nil, w.p.fail(x.offset, "unexpected "+quote(x.text, 20))
}

// keyword reads true, false, null and undefined.
func (w *words) keyword() (expr, bool) {
	x := w.peek()
	if x.kind != idWord || x.quoted || w.next+1 < len(w.list) && w.list[w.next+1].kind == dotWord {
		return nil, false
	}
	var v any
	switch x.text {
	case "true":
		v = true
	case "false":
		v = false
	case "null", "undefined":
	default:
		return nil, false
	}
	w.next++
	return literal{v}, true
}

// usualNames is for how many names of a path memory is taken at once.
const usualNames = 6

func (w *words) path() (*path, error) {
	first := w.peek()
	pt := &path{offset: first.offset}
	from := w.next
	if rest := len(w.list) - from; rest > 1 {
		pt.names = make([]string, 0, min((rest+1)/2, usualNames)) // a dot stands between two
	}
	if first.kind == atWord {
		pt.data = true
		w.next++
	}
	glued := true // whether a segment may follow without a dot
	switch x := w.peek(); x.kind {
	case thisWord:
		w.next++
		pt.this, pt.source = true, "."
		return pt, nil
	case dotWord:
		if x.text == "/" {
			return nil, w.p.fail(x.offset, "unexpected /")
		}
		w.next++
		pt.this = true
		if y := w.peek(); y.kind == dotWord && y.text == "/" && !y.spaced { // ./x
			w.next++
		}
	}
	for {
		x := w.peek()
		if x.spaced && w.next > from {
			break
		}
		if x.kind == dotWord && !x.spaced {
			if glued {
				return nil, w.p.fail(x.offset, "a segment of the path is missing")
			}
			glued = true
			w.next++
			continue
		}
		if x.kind == upWord && len(pt.names) > 0 {
			return nil, w.p.fail(x.offset, "a segment of the path is missing")
		}
		if x.kind == upWord && glued {
			pt.up++
			pt.this = true
			glued = false
			w.next++
			continue
		}
		if x.kind != idWord || !glued && !x.quoted {
			break
		}
		w.next++
		glued = false
		if x.text == "this" && !x.quoted && len(pt.names) == 0 {
			pt.this = true
			continue
		}
		pt.names = append(pt.names, x.text)
	}
	pt.source = w.p.pathText(w.list[from:w.next])
	if glued && w.next > from+1 && w.list[w.next-1].kind == dotWord && !(pt.this && len(pt.names) == 0) {
		return nil, w.p.fail(w.list[w.next-1].offset, "a segment of the path is missing")
	}
	if len(pt.names) == 0 && !pt.this {
		return nil, w.p.fail(first.offset, "a name is missing")
	}
	if len(pt.names) > MaxDepth {
		return nil, w.p.fail(first.offset, "the path has more than "+strconv.Itoa(MaxDepth)+" segments")
	}
	return pt, nil
}

// asParams reports whether "as |" comes next.
func (w *words) asParams() bool {
	return w.at(idWord) && w.peek().text == "as" && w.next+1 < len(w.list) && w.list[w.next+1].kind == pipeWord
}

func (w *words) blockParams() ([]string, error) {
	if !w.asParams() {
		return nil, nil
	}
	at := w.peek().offset
	w.next += 2
	var out []string
	for w.at(idWord) {
		out = append(out, w.peek().text)
		w.next++
	}
	if !w.at(pipeWord) || len(out) == 0 {
		return nil, w.p.fail(at, "block parameters are written: as |item index|")
	}
	w.next++
	return out, nil
}

// pathText is the path that words begin with, as it was written.
func (p *parser) pathText(list []word) string {
	end := 0
	for i, x := range list {
		if i > 0 && x.spaced || x.kind != idWord && x.kind != numberWord && x.kind != dotWord && x.kind != upWord && x.kind != thisWord && x.kind != atWord {
			break
		}
		end = x.offset + len(x.text)
		if x.quoted {
			end += len("[]")
		}
	}
	if end == 0 {
		return ""
	}
	return p.src[list[0].offset:end]
}

// number makes a number of digits as they stand in a template: JSON has no
// leading zeros.
func number(digits string) json.Number {
	neg := strings.HasPrefix(digits, "-")
	d := strings.TrimPrefix(digits, "-")
	for len(d) > 1 && d[0] == '0' && d[1] != '.' {
		d = d[1:]
	}
	if neg {
		d = "-" + d
	}
	return json.Number(d)
}
