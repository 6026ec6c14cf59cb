package simulations

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxYAMLValues bounds the values of a YAML text.
const maxYAMLValues = 3_000_000

// yamlCounter counts the values of a YAML text before anything is built of them:
// the library makes some 400 bytes of each, and reads a text as a whole or not at
// all. A value is one that follows `-`, a name, or a bracket or comma of the flow
// style, much as JSON's are counted; in the flow style `[a: 1]` counts once. The counter passes over what is text, and is as
// lenient as the library: of a text that is not right it counts something.
type yamlCounter struct {
	data []byte
	// at is the offset of the next byte, lineAt where its line begins.
	at, line, lineAt int
	// flow is how many brackets are open.
	flow int
	// indent is the column, from 0, of the innermost entry or name so far, whose
	// texts are indented more; key is where, in this line, a value of the block
	// style began that may turn out to be a name, -1 for nowhere.
	indent, key int
	values      int
}

// exceeds reports whether there are more than most values; then it has stopped at
// the first that is too many.
func (c *yamlCounter) exceeds(most int) bool {
	c.indent, c.key, c.line = -1, -1, 1
	for c.at < len(c.data) && c.values <= most {
		c.token()
	}
	return c.values > most
}

// tooMany is the error of a text that has more than most values.
func (c *yamlCounter) tooMany(most int) error {
	return tooManyYAML("", c.line, utf8.RuneCount(c.data[c.lineAt:c.at]), most)
}

func tooManyYAML(pointer string, line, column, most int) error {
	return &Error{Code: CodeTooLarge, Detail: "the document is too large", Fields: []FieldError{{
		Pointer: pointer, Line: line, Column: column,
		Detail: fmt.Sprintf("has more than %d values up to here, the most that are read of YAML: split it, or write it as JSON, of which long lists are read piece by piece", most),
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
	column := c.at - c.lineAt
	switch {
	case b == '#':
		c.restOfLine()
	case (b == '-' || b == '?') && c.flow == 0 && c.blank(c.at+1):
		c.indent, c.key = column, -1
		c.values++
		c.at++
	case c.document():
		c.indent = -1
		c.at += 3
	case b == ':' && (c.flow > 0 || c.blank(c.at+1)):
		if c.flow == 0 {
			c.name(column)
		}
		c.at++
	case b == '[' || b == '{':
		c.begin(column)
		c.flow++
		c.values++
		c.at++
	case c.flow > 0 && b == ',':
		c.values++
		c.at++
	case c.flow > 0 && (b == ']' || b == '}'):
		c.flow--
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
	c.values++
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
	c.restOfLine()
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
