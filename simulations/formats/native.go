package formats

import (
	"bytes"
	"errors"

	"understudy/simulations"
)

// native is understudy's own document. Either of the two reads both syntaxes;
// they differ in what they write.
type native struct {
	name      string
	aliases   []string
	syntax    simulations.Syntax
	mediaType string
}

var (
	nativeYAML = &native{"understudy-yaml", []string{"understudy", "yaml"}, simulations.YAML, "application/yaml"}
	nativeJSON = &native{"understudy-json", []string{"json"}, simulations.JSON, "application/json"}
)

func (n *native) Name() string      { return n.name }
func (n *native) Aliases() []string { return n.aliases }

func (n *native) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	doc, err := simulations.Decode(data)
	return doc, nil, err
}

func (n *native) Encode(doc *simulations.Document) ([]byte, string, error) {
	data, err := simulations.Encode(doc, n.syntax)
	return data, n.mediaType, err
}

func (n *native) Locate(data []byte, fields []simulations.FieldError) []simulations.FieldError {
	v, err := simulations.Parse(data)
	if err != nil {
		return fields
	}
	return v.Locate(fields)
}

// Sniff looks for the member `understudy` at the top, in a text that begins as
// the syntax does. It reads the text once at most and parses nothing, so that a
// document with a fault further down is still known for what it is.
func (n *native) Sniff(data []byte) bool {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !bytes.Contains(data, mark) {
		return false
	}
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	flow := len(trimmed) > 0 && trimmed[0] == '{'
	if n.syntax == simulations.JSON {
		return flow && topMember(trimmed)
	}
	return !flow && topLine(data)
}

// mark is the document's first field, which no other format has.
var mark = []byte("understudy")

// topMember reports whether the JSON object that text begins with has a member
// `understudy`.
func topMember(text []byte) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return false
			}
		case '"':
			end := quoted(text, i)
			if depth == 1 && end < len(text) && bytes.Equal(text[i+1:end], mark) && colonFollows(text[end+1:]) {
				return true
			}
			i = end
		}
	}
	return false
}

// quoted returns where the string that begins at text[i] ends, or len(text).
func quoted(text []byte, i int) int {
	for i++; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}

func colonFollows(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// topLine reports whether a line of the YAML mapping's outermost level begins
// with `understudy:`. The first line with content sets how far that level is
// indented.
func topLine(data []byte) bool {
	indent := -1
	for line := range bytes.Lines(data) {
		content := bytes.TrimLeft(line, " ")
		if rest := bytes.TrimSpace(content); len(rest) == 0 || rest[0] == '#' || rest[0] == '%' || bytes.HasPrefix(rest, []byte("---")) {
			continue
		}
		if at := len(line) - len(content); indent < 0 {
			indent = at
		} else if at != indent {
			continue
		}
		if q := content[0]; (q == '"' || q == '\'') && len(content) > len(mark)+1 && content[len(mark)+1] == q {
			content = append(bytes.Clone(content[1:len(mark)+1]), content[len(mark)+2:]...)
		}
		if bytes.HasPrefix(content, mark) && colonFollows(content[len(mark):]) {
			return true
		}
	}
	return false
}

func asError(err error) (*simulations.Error, bool) {
	return errors.AsType[*simulations.Error](err)
}
