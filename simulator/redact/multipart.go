package redact

import (
	"bufio"
	"errors"
	"mime"
	"net/textproto"
	"strings"

	"understudy/simulations"
)

var errNotMultipart = errors.New("its parts cannot be told apart")

// parts redacts the parts of a multipart/form-data body that a form rule names:
// their content, or with drop all of them.
func (x *Rules) parts(e *edits, s, contentType string) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil || params["boundary"] == "" {
		return errNotMultipart
	}
	delimiter := "--" + params["boundary"]
	at, body, last := nextDelimiter(s, 0, delimiter)
	if at < 0 {
		return errNotMultipart
	}
	for n := 0; !last; n++ {
		if n == maxEdits {
			e.full = true
			return nil
		}
		next, nextBody, nextLast := nextDelimiter(s, body, delimiter)
		content, end := next, next
		if next < 0 { // an end that is missing
			next, nextLast, end = len(s), true, len(s)
		} else { // the line break before a delimiter belongs to it (RFC 2046 section 5.1.1)
			end = max(body, len(strings.TrimSuffix(strings.TrimSuffix(s[:next], "\n"), "\r")))
		}
		names, headerLen, err := partNames(s[body:end])
		if err != nil {
			return err
		}
		content = body + headerLen
		for _, name := range names {
			as, ok := find(x.forms, name)
			if !ok {
				continue
			}
			if as == simulations.RedactDrop {
				e.add(at, next, "")
			} else {
				e.add(content, end, x.replacement(as, s[content:end]))
			}
			break
		}
		at, body, last = next, nextBody, nextLast
	}
	return nil
}

// nextDelimiter finds the next delimiter line: where it begins, where the line
// after it does, and whether it is the closing one.
func nextDelimiter(s string, from int, delimiter string) (at, after int, last bool) {
	for {
		i := strings.Index(s[from:], delimiter)
		if i < 0 {
			return -1, 0, false
		}
		at = from + i
		from = at + len(delimiter)
		if at > 0 && s[at-1] != '\n' {
			continue
		}
		line, _, ok := strings.Cut(s[from:], "\n")
		after = from + len(line)
		if ok {
			after++
		}
		rest, closing := strings.CutPrefix(line, "--")
		if closing || strings.Trim(rest, " \t\r") == "" {
			return at, after, closing
		}
	}
}

// partNames reads a part's header and returns its names and the header's length.
func partNames(part string) (names []string, headerLen int, err error) {
	raw := strings.NewReader(part)
	buffered := bufio.NewReader(raw)
	h, err := textproto.NewReader(buffered).ReadMIMEHeader()
	if err != nil {
		return nil, 0, errNotMultipart
	}
	for _, d := range h["Content-Disposition"] {
		_, params, err := mime.ParseMediaType(d)
		if err != nil {
			return nil, 0, errNotMultipart
		}
		names = append(names, params["name"])
	}
	return names, len(part) - raw.Len() - buffered.Buffered(), nil
}
