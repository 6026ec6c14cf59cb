package simulations

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
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
// million of YAML. The error is an *Error that names line and column.
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

// yamlLine finds the line that the YAML library names in its messages.
var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

func parseYAML(data []byte) (v *Value, err error) {
	// The library reports faults by panics of its own, which it recovers; this
	// guards against one that it does not.
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, Invalid([]FieldError{{Detail: "not valid YAML"}})
		}
	}()
	if len(data) > 2*maxYAMLValues { // which is what so many take at least
		if c := (yamlCounter{data: data}); c.exceeds(maxYAMLValues) {
			return nil, c.tooMany(maxYAMLValues)
		}
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var root yaml.Node
	if err := dec.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, Invalid([]FieldError{{Detail: "the document is empty: it begins with `understudy: v1`", Line: 1, Column: 1}})
		}
		return nil, yamlError(err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		return nil, Invalid([]FieldError{{Detail: "a second document begins here: a file holds one", Line: second.Line, Column: second.Column}})
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlError(err)
	}
	c := yamlConverter{}
	return c.value(root.Content[0], 0)
}

func yamlError(err error) error {
	f := FieldError{Detail: "not valid YAML: " + err.Error()}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		f.Detail = "not valid YAML: " + m[2]
		_, _ = fmt.Sscanf(m[1], "%d", &f.Line) // no line, no number
		if f.Line > 0 {
			f.Column = 1
		}
	}
	return Invalid([]FieldError{f})
}

// yamlConverter turns nodes into Values. Aliases are followed, and what they
// multiply to is counted.
type yamlConverter struct {
	inAlias int
	made    int
	// values counts those that are written, for what [yamlCounter] has passed over.
	values int
	path   trail
}

func (c *yamlConverter) fail(n *yaml.Node, format string, args ...any) error {
	return Invalid([]FieldError{{Pointer: c.path.pointer(), Detail: fmt.Sprintf(format, args...), Line: n.Line, Column: n.Column}})
}

func (c *yamlConverter) value(n *yaml.Node, depth int) (*Value, error) {
	if depth > MaxDepth {
		return nil, c.fail(n, "nested deeper than %d", MaxDepth)
	}
	if c.inAlias > 0 {
		if c.made++; c.made > maxAliasNodes {
			return nil, c.fail(n, "aliases multiply to more than %d values", maxAliasNodes)
		}
	} else if c.values++; c.values > maxYAMLValues {
		return nil, tooManyYAML(c.path.pointer(), n.Line, n.Column, maxYAMLValues)
	}
	v := &Value{Line: int32(n.Line), Column: int32(n.Column)}
	switch n.Kind {
	case yaml.AliasNode:
		c.inAlias++
		defer func() { c.inAlias-- }()
		return c.value(n.Alias, depth+1)
	case yaml.ScalarNode:
		return v, c.scalar(v, n)
	case yaml.SequenceNode:
		v.Kind = Array
		for i, item := range n.Content {
			c.path.push("", i)
			it, err := c.value(item, depth+1)
			if err != nil {
				return nil, err
			}
			c.path.pop()
			v.Items = append(v.Items, it)
		}
		return v, nil
	case yaml.MappingNode:
		v.Kind = Object
		return v, c.mapping(v, n, depth)
	}
	return nil, c.fail(n, "not a value")
}

func (c *yamlConverter) mapping(v *Value, n *yaml.Node, depth int) error {
	var merges []*Value
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, item := n.Content[i], n.Content[i+1]
		for key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return c.fail(key, "a name is a string, not a list or a map")
		}
		name := key.Value
		c.path.push(name, -1)
		it, err := c.value(item, depth+1)
		if err != nil {
			return err
		}
		if key.ShortTag() == "!!merge" {
			if it.Kind == Array {
				merges = append(merges, it.Items...)
			} else {
				merges = append(merges, it)
			}
			c.path.pop()
			continue
		}
		if seen[name] {
			return c.fail(key, "the name stands twice")
		}
		c.path.pop()
		seen[name] = true
		v.Names = append(v.Names, name)
		v.Items = append(v.Items, it)
	}
	for _, m := range merges {
		if m.Kind != Object {
			return Invalid([]FieldError{{Pointer: c.path.pointer() + "/<<", Detail: "only a map can be merged", Line: int(m.Line), Column: int(m.Column)}})
		}
		for i, name := range m.Names {
			if !seen[name] {
				seen[name] = true
				v.Names = append(v.Names, name)
				v.Items = append(v.Items, m.Items[i])
			}
		}
	}
	return nil
}

// jsonNumber is the grammar of RFC 8259 section 6.
var jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func (c *yamlConverter) scalar(v *Value, n *yaml.Node) error {
	plain := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
	if plain && jsonNumber.MatchString(n.Value) {
		// Before the library's own opinion: beyond float64 it calls a number a string.
		v.Kind, v.Text = Number, n.Value
		return nil
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp", "!!merge":
		v.Kind, v.Text = String, n.Value
	case "!!null":
		v.Kind = Null
	case "!!bool":
		v.Kind, v.Text = Bool, strings.ToLower(n.Value)
	case "!!int", "!!float":
		text, ok := yamlNumber(n.Value)
		if !ok {
			return c.fail(n, "%s is no number that JSON can hold: write it in digits, or quote it if it is text", n.Value)
		}
		v.Kind, v.Text = Number, text
	default:
		return c.fail(n, "the tag %s is not known here", n.Tag)
	}
	return nil
}

// yamlNumber gives the JSON text of the forms that YAML has beyond JSON's: +1,
// .5, 1., 0x1F, 0o17, 0b1, 1_000. A leading zero is ambiguous (octal in YAML
// 1.1) and refused, as are infinities.
func yamlNumber(s string) (string, bool) {
	plain := strings.TrimPrefix(strings.ReplaceAll(s, "_", ""), "+")
	if jsonNumber.MatchString(plain) {
		return plain, true
	}
	digits := strings.TrimPrefix(plain, "-")
	if len(digits) > 1 && digits[0] == '0' && strings.IndexByte("xXoObB", digits[1]) >= 0 {
		i, ok := new(big.Int).SetString(plain, 0)
		if !ok {
			return "", false
		}
		return i.String(), true
	}
	fixed := strings.Replace("0"+digits, ".e", ".0e", 1)
	if strings.HasSuffix(fixed, ".") {
		fixed += "0"
	}
	if len(digits) > 0 && digits[0] != '.' {
		fixed = fixed[1:]
	}
	if strings.HasPrefix(plain, "-") {
		fixed = "-" + fixed
	}
	return fixed, jsonNumber.MatchString(fixed)
}
