package simulations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Bounds of what Parse accepts, besides the caller's bound on the input's size.
const (
	// MaxDepth is how deep values may nest.
	MaxDepth = 512
	// maxAliasNodes bounds what YAML aliases may multiply to.
	maxAliasNodes = 100_000
	// maxValues bounds the values of a JSON text that is read as a whole: one takes
	// 90 bytes of memory and more for the two that it may be written in.
	maxValues = 4_000_000
)

// byteOrderMark is what some editors put before a text.
var byteOrderMark = []byte("\ufeff")

// Parse reads one YAML or JSON value. Text that begins with '{' or '[' is JSON
// and read as such, strictly; YAML's flow style, which begins alike, is not
// taken at the top. Duplicate names, invalid UTF-8 and a second document are
// refused, and so are, with CodeTooLarge, more than 4 million values of JSON or 3
// million values and names of YAML. The error is an *Error that names line and column.
func Parse(data []byte) (*Value, error) {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if i := invalidUTF8(data); i >= 0 {
		return nil, syntaxError(data, i, "", "invalid UTF-8: save the file as UTF-8")
	}
	if beginsJSON(data) {
		return parseJSON(data)
	}
	return parseYAML(data)
}

// beginsJSON reports whether a text is taken for JSON.
func beginsJSON(data []byte) bool {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	return len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[')
}

// ParseJSON is Parse for text that has to be JSON.
func ParseJSON(data []byte) (*Value, error) {
	if i := invalidUTF8(data); i >= 0 {
		return nil, syntaxError(data, i, "", "invalid UTF-8")
	}
	return parseJSON(data)
}

// ParseCanonicalJSON is ParseJSON and [Value.Canonical] in one, without the copies
// between them. Of a small text the parts share memory.
func ParseCanonicalJSON(data []byte) (*Value, error) {
	if utf8.Valid(data) {
		s := canonicalScanners.Get().(*jsonScanner)
		s.data, s.shelf = data, newShelf(data)
		v := s.whole()
		canonicalScanners.Put(s.again())
		if v != nil {
			return v, nil
		}
	}
	v, err := ParseJSON(data)
	if err != nil {
		return nil, err
	}
	return v.Canonical(), nil
}

var canonicalScanners = sync.Pool{New: func() any { return new(jsonScanner).again() }}

// again is the scanner before it read anything, with what it needs for containers
// that are not complete, where that is little.
func (s *jsonScanner) again() *jsonScanner {
	values, names := s.values[:0], s.names[:0]
	if cap(values) > maxShelf || cap(names) > maxShelf {
		values, names = nil, nil
	}
	clear(values[:cap(values)]) // what it has read is not its own any more
	clear(names[:cap(names)])
	*s = jsonScanner{line: 1, most: maxValues, canonical: true, values: values, names: names}
	return s
}

func invalidUTF8(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

func syntaxError(data []byte, offset int, pointer, detail string) error {
	offset = min(max(offset, 0), len(data))
	head := data[:offset]
	line := bytes.Count(head, []byte("\n")) + 1
	col := utf8.RuneCount(head[bytes.LastIndexByte(head, '\n')+1:]) + 1
	return Invalid([]FieldError{{Pointer: pointer, Detail: detail, Line: line, Column: col}})
}

// trail is where a parser is; its pointer is put together only for an error.
type trail []pathStep

type pathStep struct {
	name  string
	index int // -1 where name counts
}

func (p *trail) push(name string, index int) { *p = append(*p, pathStep{name, index}) }
func (p *trail) pop()                        { *p = (*p)[:len(*p)-1] }

func (p trail) pointer() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteByte('/')
		if s.index >= 0 {
			b.WriteString(strconv.Itoa(s.index))
		} else {
			b.WriteString(PointerToken(s.name))
		}
	}
	return b.String()
}

func parseJSON(data []byte) (*Value, error) { return scanJSON(data, maxValues) }

// Check is Parse for a text of which only is asked what is wrong with it. Of JSON
// nothing is built, so that there may be any number of values.
func Check(data []byte) error {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if i := invalidUTF8(data); i >= 0 || !beginsJSON(data) {
		_, err := Parse(data)
		return err
	}
	s := &jsonScanner{data: data, line: 1, most: maxValues, passing: true}
	if s.whole() != nil {
		return nil
	}
	if s.full {
		return s.tooMany("")
	}
	_, err := explainJSON(data, false)
	return err
}

// scanJSON reads a text of at most most values.
func scanJSON(data []byte, most int) (*Value, error) {
	s := &jsonScanner{data: data, line: 1, most: most}
	if v := s.whole(); v != nil {
		return v, nil
	}
	if s.full {
		return nil, s.tooMany("")
	}
	if _, err := explainJSON(data, false); err != nil {
		return nil, err
	}
	return explainJSON(data, true)
}

// jsonParser walks the tokens of encoding/json and notes where each began. It
// is slow, and knows what to say of what is wrong.
type jsonParser struct {
	data []byte
	dec  *json.Decoder
	// keep says that containers keep what is in them. Without, the parser holds the
	// names of the objects that are not complete, and says what is wrong as well.
	keep bool
	// line and column belong to offset pos; they only move forward.
	pos, line, column int
	path              trail
}

func newJSONParser(data []byte, keep bool) *jsonParser {
	p := &jsonParser{data: data, dec: json.NewDecoder(bytes.NewReader(data)), keep: keep, line: 1, column: 1}
	p.dec.UseNumber()
	return p
}

// explainJSON is parseJSON for input that is not right. Where it is, the value is
// whole only with keep.
func explainJSON(data []byte, keep bool) (*Value, error) {
	p := newJSONParser(data, keep)
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	end := int(p.dec.InputOffset())
	if rest := bytes.TrimLeft(data[end:], " \t\r\n"); len(rest) > 0 {
		return nil, syntaxError(data, len(data)-len(rest), "", "text after the end of the value: a file holds one document")
	}
	return v, nil
}

// mark returns where the next token begins. It looks at every byte once.
func (p *jsonParser) mark() (line, col int32) {
	off := int(p.dec.InputOffset())
	for off < len(p.data) && strings.IndexByte(" \t\r\n,:", p.data[off]) >= 0 {
		off++
	}
	passed := p.data[p.pos:off]
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		p.line += bytes.Count(passed, []byte("\n"))
		p.column = 1
		passed = passed[i+1:]
	}
	p.column += utf8.RuneCount(passed)
	p.pos = off
	return int32(p.line), int32(p.column)
}

func (p *jsonParser) fail(err error) error {
	off := int(p.dec.InputOffset())
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		off = max(int(se.Offset)-1, 0)
	}
	detail := "not valid JSON: " + strings.TrimPrefix(err.Error(), "json: ")
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		off, detail = len(p.data), "the text ends in the middle of a value"
	}
	return syntaxError(p.data, off, p.path.pointer(), detail)
}

func (p *jsonParser) value(depth int) (*Value, error) {
	line, col := p.mark()
	tok, err := p.dec.Token()
	if err != nil {
		return nil, p.fail(err)
	}
	v := &Value{Line: line, Column: col}
	switch t := tok.(type) {
	case nil:
		v.Kind = Null
	case bool:
		v.Kind, v.Text = Bool, NewBool(t).Text
	case json.Number:
		v.Kind, v.Text = Number, t.String()
	case string:
		v.Kind, v.Text = String, t
	case json.Delim:
		if depth >= MaxDepth {
			return nil, Invalid([]FieldError{{Pointer: p.path.pointer(), Detail: fmt.Sprintf("nested deeper than %d", MaxDepth), Line: int(line), Column: int(col)}})
		}
		if t == '[' {
			v.Kind = Array
			return v, p.array(v, depth)
		}
		v.Kind = Object
		return v, p.object(v, depth)
	}
	return v, nil
}

func (p *jsonParser) array(v *Value, depth int) error {
	for i := 0; p.dec.More(); i++ {
		p.path.push("", i)
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		p.path.pop()
		if p.keep {
			v.Items = append(v.Items, item)
		}
	}
	return p.close()
}

func (p *jsonParser) object(v *Value, depth int) error {
	var seen map[string]bool
	for p.dec.More() {
		line, col := p.mark()
		tok, err := p.dec.Token()
		if err != nil {
			return p.fail(err)
		}
		name := tok.(string) // the decoder hands out nothing else before a ':'
		p.path.push(name, -1)
		if len(v.Names) == 16 {
			seen = make(map[string]bool, 64)
			for _, n := range v.Names {
				seen[n] = true
			}
		}
		if seen[name] || seen == nil && slices.Contains(v.Names, name) {
			return Invalid([]FieldError{{Pointer: p.path.pointer(), Detail: "the name stands twice", Line: int(line), Column: int(col)}})
		}
		if seen != nil {
			seen[name] = true
		}
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		p.path.pop()
		v.Names = append(v.Names, name)
		if p.keep {
			v.Items = append(v.Items, item)
		}
	}
	return p.close()
}

func (p *jsonParser) close() error {
	if _, err := p.dec.Token(); err != nil {
		return p.fail(err)
	}
	return nil
}

// jsonNumber is the grammar of RFC 8259 section 6.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
