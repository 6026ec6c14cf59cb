// Package sniff looks at a file's outermost names without parsing it: enough to
// tell formats apart, also where the file has a fault further down.
package sniff

import "bytes"

var bom = []byte("\ufeff")

// Flow reports whether the text begins as a JSON object does.
func Flow(data []byte) bool {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(data, bom), " \t\r\n")
	return len(trimmed) > 0 && trimmed[0] == '{'
}

// Has reports whether the outermost object of a JSON text, or the outermost
// mapping of a YAML text, has a member of that name. It reads the text once at
// most.
func Has(data []byte, name string) bool {
	mark := []byte(name)
	data = bytes.TrimPrefix(data, bom)
	if !bytes.Contains(data, mark) {
		return false
	}
	if Flow(data) {
		return topMember(bytes.TrimLeft(data, " \t\r\n"), mark)
	}
	return topLine(data, mark)
}

// HasLate is Has for a member that usually stands near the end: the end is looked at
// first.
func HasLate(data []byte, name string) bool {
	return Flow(data) && lastMember(data, []byte(name)) || Has(data, name)
}

// lastMember reports whether the last string of that name is one of the outermost
// object's members: a single bracket is left to be closed behind it, at the very
// end.
func lastMember(text, name []byte) bool {
	quote := append(append([]byte{'"'}, name...), '"')
	i := bytes.LastIndex(text, quote)
	if i < 1 || text[i-1] == '\\' || !colonFollows(text[i+len(quote):]) {
		return false
	}
	depth := 1
	for i += len(quote); i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return len(bytes.TrimLeft(text[i+1:], " \t\r\n")) == 0
			}
		case '"':
			i = quoted(text, i)
		}
	}
	return false
}

// HasAll reports whether all the names are there.
func HasAll(data []byte, names ...string) bool {
	for _, name := range names {
		if !Has(data, name) {
			return false
		}
	}
	return true
}

// HasAny reports whether one of the names is there.
func HasAny(data []byte, names ...string) bool {
	for _, name := range names {
		if Has(data, name) {
			return true
		}
	}
	return false
}

// ItemHas reports whether the first item of the outermost list is an object, or a
// mapping, with a member of that name.
func ItemHas(data []byte, name string) bool {
	item := firstItem(bytes.TrimPrefix(data, bom))
	return item != nil && Has(item, name)
}

// firstItem is the text from the first item of a JSON list on, or that of the
// first item of a YAML list, nil where the text begins as no list does.
func firstItem(data []byte) []byte {
	if trimmed := bytes.TrimLeft(data, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '[' {
		return trimmed[1:]
	}
	var item []byte
	indent := -1
	for line := range bytes.Lines(data) {
		content := bytes.TrimLeft(line, " ")
		at := len(line) - len(content)
		switch dash := bytes.HasPrefix(content, []byte("- ")); {
		case !meaningful(content):
		case indent < 0 && !dash:
			return nil
		case indent < 0:
			indent = at
			item = append(bytes.Clone(line[:at]), ' ')
			item = append(item, line[at+1:]...)
		case at <= indent:
			return item
		default:
			item = append(item, line...)
		}
	}
	return item
}

// meaningful reports whether a line of YAML, its indentation gone, says
// anything of the document's content.
func meaningful(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] != '#' && line[0] != '%' && !bytes.HasPrefix(line, []byte("---"))
}

// topMember reports whether the JSON object that text begins with has the
// member.
func topMember(text, mark []byte) bool {
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
	for end := i + 1; end < len(text); end++ {
		n := bytes.IndexByte(text[end:], '"')
		if n < 0 {
			break
		}
		end += n
		escapes := end
		for text[escapes-1] == '\\' { // ends at the first quote
			escapes--
		}
		if (end-escapes)%2 == 0 {
			return end
		}
	}
	return len(text)
}

func colonFollows(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// topLine reports whether a line of the YAML mapping's outermost level begins
// with the name and a colon. The first line with content sets how far that level is
// indented.
func topLine(data, mark []byte) bool {
	indent := -1
	for line := range bytes.Lines(data) {
		content := bytes.TrimLeft(line, " ")
		if !meaningful(content) {
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
