package simulations

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

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
	if len(data) > maxYAMLNodes { // which is what so many take at least
		if c := (yamlCounter{data: data}); c.exceeds(maxYAMLNodes) {
			return nil, c.tooMany(maxYAMLNodes)
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
	// values counts those that are written, without names and comments, for what
	// [yamlCounter] has passed over.
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
	} else if c.values++; c.values > maxYAMLNodes {
		return nil, tooManyYAML(c.path.pointer(), n.Line, n.Column, maxYAMLNodes)
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
