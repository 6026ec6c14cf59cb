package simulations

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

func reflectValueOf[T any](p *T) reflect.Value { return reflect.ValueOf(p).Elem() }

// Syntax is how a document is written.
type Syntax string

// The syntaxes.
const (
	YAML Syntax = "yaml"
	JSON Syntax = "json"
)

// Decode reads a document, YAML or JSON, strictly: unknown fields, wrong types
// and broken rules are refused with their JSON pointer, line and column, all
// of them at once. Predicates are taken as they stand; package matchers
// compiles them. The document keeps data, for the places of faults that are found
// later: do not change it. The error is an *Error.
func Decode(data []byte) (*Document, error) {
	apart, err := parseApart(data, pieceBytes, stubsPath)
	if err != nil {
		return nil, err
	}
	switch {
	case apart == nil:
	case apart.List == nil:
		return DecodeValue(apart.Root)
	default:
		return decodeApart(apart)
	}
	v, err := Parse(data)
	if err != nil {
		return nil, err
	}
	return DecodeValue(v)
}

// DecodeValue is Decode for a value that was parsed already.
func DecodeValue(v *Value) (*Document, error) {
	if err := marked(v); err != nil {
		return nil, err
	}
	doc, err := decodeInto[Document](v, false)
	if err != nil {
		return nil, err
	}
	doc.source = v
	return doc, nil
}

// marked holds a value to having the mark of a document.
func marked(v *Value) error {
	if v.Kind != Object || v.Get("understudy") != nil {
		return nil
	}
	return Invalid([]FieldError{{
		Detail: "not an understudy document: the field `understudy: v1` is missing",
		Line:   int(v.Line), Column: int(v.Column),
	}})
}

// DecodeCollaborator reads what stands under a collaborator's name.
func DecodeCollaborator(data []byte) (*Collaborator, error) {
	return parseInto[Collaborator](data, false)
}

// DecodeStub reads one stub.
func DecodeStub(data []byte) (*Stub, error) { return parseInto[Stub](data, false) }

// DecodePattern reads one request pattern, as journal search and verify take it.
func DecodePattern(v *Value) (*Pattern, error) { return decodeInto[Pattern](v, false) }

// ParseCollaborator reads what AppendCollaborator wrote.
func ParseCollaborator(data []byte) (*Collaborator, error) {
	return parseInto[Collaborator](data, true)
}

// ParseStub reads what AppendStub wrote, as stores of before hold it.
func ParseStub(data []byte) (*Stub, error) { return parseInto[Stub](data, true) }

func parseInto[T any](data []byte, internal bool) (*T, error) {
	v, err := Parse(data)
	if err != nil {
		return nil, err
	}
	return decodeInto[T](v, internal)
}

func decodeInto[T any](v *Value, internal bool) (*T, error) {
	d := &decoder{internal: internal}
	out := new(T)
	d.decode(v, reflectValueOf(out), planOf(reflect.TypeFor[T]()))
	if err := d.err(); err != nil {
		return nil, err
	}
	return out, nil
}

// AppendStub appends the stub as canonical JSON with everything in it: like the
// document's, with Stored beside it.
func AppendStub(b []byte, s *Stub) ([]byte, error) { return appendModel(b, s) }

// AppendCollaborator appends the collaborator as canonical JSON.
func AppendCollaborator(b []byte, c *Collaborator) ([]byte, error) { return appendModel(b, c) }

func appendModel[T any](b []byte, m *T) ([]byte, error) {
	v := encodeModel(m, true)
	if v == nil {
		return b, fmt.Errorf("nothing to write")
	}
	return v.AppendJSON(b), nil
}

func encodeModel[T any](m *T, internal bool) *Value {
	return encode(reflect.ValueOf(m), planOf(reflect.TypeFor[*T]()), internal)
}

// Value returns the document in its canonical written form: fields in the
// model's order, defaults left out, map members sorted.
func (doc *Document) Value() *Value { return encodeModel(doc, false) }

// AppendJSON appends the document in its canonical written form, as compact JSON:
// Value's, of which one stub is made at a time.
func (doc *Document) AppendJSON(b []byte) []byte {
	head := *doc
	head.Stubs = doc.Stubs[:min(1, len(doc.Stubs))] // for their place among the members
	v := head.Value()
	b = append(b, '{')
	for i, name := range v.Names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(AppendJSONString(b, name), ':')
		if name != "stubs" {
			b = v.Items[i].AppendJSON(b)
			continue
		}
		b = append(b, '[')
		for j, s := range doc.Stubs {
			if j > 0 {
				b = append(b, ',')
			}
			b = s.Value().AppendJSON(b)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// Value returns the stub in its canonical written form.
func (s *Stub) Value() *Value { return encodeModel(s, false) }

// Value returns the collaborator in its canonical written form.
func (c *Collaborator) Value() *Value { return encodeModel(c, false) }

// Value returns the pattern in its canonical written form.
func (p *Pattern) Value() *Value { return encodeModel(p, false) }

// Encode writes a document in its canonical form. Decode gives back an equal one.
func Encode(doc *Document, syntax Syntax) ([]byte, error) {
	return EncodeValue(doc.Value(), syntax)
}

// EncodeValue writes any value, indented by two spaces.
func EncodeValue(v *Value, syntax Syntax) ([]byte, error) {
	if syntax == JSON {
		var out bytes.Buffer
		if err := json.Indent(&out, v.AppendJSON(nil), "", "  "); err != nil {
			return nil, fmt.Errorf("write JSON: %w", err)
		}
		out.WriteByte('\n')
		return out.Bytes(), nil
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(yamlNode(v)); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("write YAML: %w", err)
	}
	return out.Bytes(), nil
}

func yamlNode(v *Value) *yaml.Node {
	switch v.Kind {
	case Bool, Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.Text}
	case String:
		return yamlString(v.Text)
	case Array:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if len(v.Items) == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, item := range v.Items {
			n.Content = append(n.Content, yamlNode(item))
		}
		return n
	case Object:
		n := &yaml.Node{Kind: yaml.MappingNode}
		if len(v.Items) == 0 {
			n.Style = yaml.FlowStyle
		}
		for i, item := range v.Items {
			n.Content = append(n.Content, yamlString(v.Names[i]), yamlNode(item))
		}
		return n
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// yamlString chooses a style that reads back exactly. The library quotes what
// would resolve to another type; it does not know that numbers beyond float64
// are numbers here, and its block style loses some white space.
func yamlString(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case jsonNumber.MatchString(s), s == "<<":
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(s, "\n") && blockSafe(s):
		n.Style = yaml.LiteralStyle
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || !unicode.IsPrint(r) }):
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// blockSafe reports whether s survives YAML's literal block style.
func blockSafe(s string) bool {
	if strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") || strings.HasSuffix(s, "\n\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.HasSuffix(line, " ") {
			return false
		}
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}
