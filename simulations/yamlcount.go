package simulations

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxYAMLNodes bounds the nodes of a YAML text.
const maxYAMLNodes = 3_000_000

// commentNodes is how many nodes take as much memory as a comment.
const commentNodes = 2

// yamlCounter counts the nodes of a YAML text before anything is built of them:
// the library makes some 400 bytes of each, and reads a text as a whole or not at
// all. A node is a value or a name: `- ` begins one, `a: ` and an entry of `{…}`
// are two, and the pair in `[a: 1]` is three. A comment counts as commentNodes;
// the library joins the lines of one that stands alone. The counter passes over
// what is text, and is as lenient as the library: of a text that is not right it
// counts something.
type yamlCounter struct {
	data []byte
	// at is the offset of the next byte, lineAt where its line begins.
	at, line, lineAt int
	// flow is how many brackets are open, braces which of them are braces: the
	// innermost is the lowest bit. Deeper than it has bits, all count as braces,
	// whose entries are the larger ones.
	flow   int
	braces uint64
	// opened says that nothing has followed the innermost bracket yet.
	opened bool
	// indent is the column, from 0, of the innermost entry or name so far, whose
	// texts are indented more; key is where, in this line, a value of the block
	// style began that may turn out to be a name, -1 for nowhere.
	indent, key int
	// remarks is how many comments that stand alone on their line have followed one
	// another, remark the column of the last.
	remarks, remark int
	nodes           int
}

// exceeds reports whether there are more than most nodes; then it has stopped at
// the first that is too many.
func (c *yamlCounter) exceeds(most int) bool {
	c.indent, c.key, c.line = -1, -1, 1
	for c.at < len(c.data) && c.nodes <= most {
		c.token()
	}
	return c.nodes > most
}

// tooMany is the error of a text that has more than most nodes.
func (c *yamlCounter) tooMany(most int) error {
	return tooManyYAML("", c.line, utf8.RuneCount(c.data[c.lineAt:c.at]), most)
}

func tooManyYAML(pointer string, line, column, most int) error {
	return &Error{Code: CodeTooLarge, Detail: "the document is too large", Fields: []FieldError{{
		Pointer: pointer, Line: line, Column: column,
		Detail: fmt.Sprintf("has more than %d values and names up to here (a comment counts as two), the most that are read of YAML: split it, or write it as JSON, of which long lists are read piece by piece", most),
	}}}
}

// token passes what stands at the beginning of one.
func (c *yamlCounter) token() {
	b := c.data[c.at]
	if n := c.lineBreak(c.at); n > 0 {
		c.newLine(n)
		return
	}
	if b == ' ' || b == '\t' {
		c.at++
		return
	}
	if b == '#' {
		c.comment()
		return
	}
	opened := c.opened
	c.opened, c.remarks = false, 0
	column := c.at - c.lineAt
	switch {
	case (b == '-' || b == '?') && c.flow == 0 && c.blank(c.at+1):
		c.indent, c.key = column, -1
		if c.nodes++; b == '?' {
			c.nodes++ // a name, whose value need not be written
		}
		c.at++
	case c.document():
		c.indent = -1
		c.at += 3
	case b == ':' && c.flow == 0 && c.blank(c.at+1):
		c.name(column)
		c.at++
	case c.flow > 0 && (b == ':' || b == '?' && c.blank(c.at+1)):
		if c.entry() == 1 {
			c.nodes += 2 // a pair in a list: a map, a name and a value
		}
		c.at++
	case b == '[' || b == '{':
		c.begin(column)
		c.open(b == '{')
		c.at++
	case c.flow > 0 && b == ',':
		c.nodes += c.entry()
		c.at++
	case c.flow > 0 && (b == ']' || b == '}'):
		c.close(opened)
		c.at++
	case b == '"' || b == '\'':
		c.begin(column)
		c.quoted(b)
	case b == '!' || b == '&' || b == '*':
		c.begin(column)
		c.property()
	case c.flow == 0 && (b == '|' || b == '>'):
		c.block()
	default:
		c.begin(column)
		c.plain()
	}
}

// comment counts and passes a comment. One beside a value is another than those
// below it. Of those that follow one another alone the library makes two, the foot
// of what was before and the head of what comes, but for those of another column,
// each of which may be one.
func (c *yamlCounter) comment() {
	alone := len(bytes.Trim(c.data[c.lineAt:c.at], " \t")) == 0
	column := c.at - c.lineAt
	if !alone || c.remarks < 2 || column != c.remark {
		c.nodes += commentNodes
	}
	if alone {
		c.remarks++
		c.remark = column
	}
	c.restOfLine()
}

// open counts the first entry of a container of the flow style.
func (c *yamlCounter) open(brace bool) {
	c.flow++
	c.braces <<= 1
	if brace || c.flow > 64 {
		c.braces |= 1
	}
	c.opened = true
	c.nodes += c.entry()
}

// close ends a container of the flow style, one without entries if nothing has
// followed where it was opened.
func (c *yamlCounter) close(empty bool) {
	if empty {
		c.nodes -= c.entry()
	}
	c.flow--
	c.braces >>= 1
	if c.flow >= 64 {
		c.braces |= 1 << 63
	}
}

// entry is how many nodes an entry of the innermost bracket is: a name and its
// value, or a value.
func (c *yamlCounter) entry() int { return 1 + int(c.braces&1) }

// begin notes where a value of the block style begins.
func (c *yamlCounter) begin(column int) {
	if c.flow == 0 && c.key < 0 {
		c.key = column
	}
}

// name says that what was passed, up to the colon in that column, is the name of a
// value.
func (c *yamlCounter) name(column int) {
	if c.indent = c.key; c.key < 0 {
		c.indent = column
	}
	c.key = -1
	c.nodes += 2
}

// document reports whether a mark stands here between two documents.
func (c *yamlCounter) document() bool {
	rest := c.data[c.at:]
	return c.at == c.lineAt && (bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("..."))) && c.blank(c.at+3)
}

// lineBreak is how many bytes the line break has that begins at i, 0 for none.
func (c *yamlCounter) lineBreak(i int) int {
	switch b := c.data[i]; {
	case b == '\r' && i+1 < len(c.data) && c.data[i+1] == '\n':
		return 2
	case b == '\n' || b == '\r':
		return 1
	case b == 0xc2 && bytes.HasPrefix(c.data[i:], []byte("\u0085")):
		return 2
	case b == 0xe2 && (bytes.HasPrefix(c.data[i:], []byte("\u2028")) || bytes.HasPrefix(c.data[i:], []byte("\u2029"))):
		return 3
	}
	return 0
}

// blank reports whether white space or the end stands at i.
func (c *yamlCounter) blank(i int) bool {
	return i >= len(c.data) || c.data[i] == ' ' || c.data[i] == '\t' || c.lineBreak(i) > 0
}

// newLine passes a line break of n bytes.
func (c *yamlCounter) newLine(n int) {
	c.at += n
	c.line++
	c.lineAt, c.key = c.at, -1
}

// restOfLine passes all up to the line break.
func (c *yamlCounter) restOfLine() {
	for c.at < len(c.data) && c.lineBreak(c.at) == 0 {
		c.at++
	}
}

// step passes a byte of a text, or a line break.
func (c *yamlCounter) step() {
	if n := c.lineBreak(c.at); n > 0 {
		c.newLine(n)
		return
	}
	c.at++
}

// quoted passes a text in quotes. Two single ones within are two texts here.
func (c *yamlCounter) quoted(quote byte) {
	for c.at++; c.at < len(c.data) && c.data[c.at] != quote; c.step() {
		if quote == '"' && c.data[c.at] == '\\' && c.at+1 < len(c.data) {
			c.at++
		}
	}
	c.at = min(c.at+1, len(c.data))
}

// property passes a tag, an anchor or an alias.
func (c *yamlCounter) property() {
	for c.at++; !c.blank(c.at) && !c.endsHere(); c.at++ {
	}
}

func flowIndicator(b byte) bool {
	return b == ',' || b == '[' || b == ']' || b == '{' || b == '}'
}

// endsHere reports whether a bracket or comma of the flow style stands here, or a
// colon behind a name.
func (c *yamlCounter) endsHere() bool {
	b := c.data[c.at]
	return c.flow > 0 && flowIndicator(b) || b == ':' && (c.blank(c.at+1) || c.flow > 0 && flowIndicator(c.data[c.at+1]))
}

// plain passes a text without quotes, through all its lines.
func (c *yamlCounter) plain() {
	for c.at < len(c.data) {
		switch {
		case c.endsHere():
			return
		case !c.blank(c.at):
			c.at++
		case !c.goesOn():
			return
		}
	}
}

// goesOn passes white space in a plain text, and reports whether that goes on
// behind it.
func (c *yamlCounter) goesOn() bool {
	broken := false
	for c.at < len(c.data) && c.blank(c.at) {
		broken = broken || c.lineBreak(c.at) > 0
		c.step()
	}
	if c.at == len(c.data) || c.data[c.at] == '#' {
		return false
	}
	return !broken || !c.document() && (c.flow > 0 || c.at-c.lineAt > c.indent)
}

// block passes a text in the literal or folded style: its header and all lines
// that are indented.
func (c *yamlCounter) block() {
	header := c.at
	if c.restOfLine(); bytes.IndexByte(c.data[header:c.at], '#') >= 0 {
		c.nodes += commentNodes
	}
	for c.at < len(c.data) {
		c.newLine(c.lineBreak(c.at))
		for c.at < len(c.data) && c.data[c.at] == ' ' {
			c.at++
		}
		if c.at == len(c.data) || c.lineBreak(c.at) == 0 && (c.at-c.lineAt <= c.indent || c.document()) {
			return
		}
		c.restOfLine()
	}
}
