package jsonpath

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

type paramType uint8

const (
	valueType paramType = iota
	nodesType
	logicalType
)

// function is one of section 2.4.
type function struct {
	name   string
	params []paramType
	result paramType
	// regex marks functions whose second argument is a regular expression.
	regex bool
	// value is set for functions that give a value, truth for logical ones.
	value func(e *evaluator, c call, at Node) (any, bool)
	truth func(e *evaluator, c call, at Node) bool
}

var functions = map[string]*function{}

func init() {
	for _, f := range []*function{
		{name: "length", params: []paramType{valueType}, value: length},
		{name: "count", params: []paramType{nodesType}, value: count},
		{name: "value", params: []paramType{nodesType}, value: valueOf},
		{name: "match", params: []paramType{valueType, valueType}, result: logicalType, regex: true, truth: matchRegex},
		{name: "search", params: []paramType{valueType, valueType}, result: logicalType, regex: true, truth: matchRegex},
	} {
		functions[f.name] = f
	}
}

func (c call) value(e *evaluator, at Node) (any, bool) { return c.fn.value(e, c, at) }

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// length is section 2.4.4: characters of a string, items, members.
func length(e *evaluator, c call, at Node) (any, bool) {
	v, _ := c.args[0].value.value(e, at)
	switch v := v.(type) {
	case string:
		return number(utf8.RuneCountInString(v)), true
	case []any:
		return number(len(v)), true
	case map[string]any:
		return number(len(v)), true
	}
	return nil, false
}

// count is section 2.4.5.
func count(e *evaluator, c call, at Node) (any, bool) {
	return number(len(e.nodes(c.args[0].query, at))), true
}

// valueOf is section 2.4.8: the value of the only node.
func valueOf(e *evaluator, c call, at Node) (any, bool) {
	nodes := e.nodes(c.args[0].query, at)
	if len(nodes) != 1 {
		return nil, false
	}
	return nodes[0].Value, true
}

// matchRegex is sections 2.4.6 and 2.4.7. An expression that is none gives
// false, as does a value that is no string.
func matchRegex(e *evaluator, c call, at Node) bool {
	v, _ := c.args[0].value.value(e, at)
	s, ok := v.(string)
	if n, isNumber := v.(json.Number); isNumber && e.lenient {
		s, ok = string(n), true
	}
	if !ok {
		return false
	}
	re := c.re
	if re == nil {
		v, _ := c.args[1].value.value(e, at)
		pattern, ok := v.(string)
		if !ok || len(pattern) > maxPattern {
			return false
		}
		if re = e.regex(pattern, c.fn.name == "match"); re == nil {
			return false
		}
	}
	return re.MatchString(s)
}

const (
	maxPattern  = 1000 // bytes of a regular expression that comes from a document
	maxPatterns = 100  // such expressions in one evaluation
)

// compileIRegexp turns an I-Regexp (RFC 9485) into one of Go: the dot stands
// for anything but a line feed and a carriage return. It is nil for what Go
// does not take.
func compileIRegexp(s string, whole bool) *regexp.Regexp {
	var b strings.Builder
	class := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			b.WriteByte(c)
			i++
			b.WriteByte(s[i])
		case c == '[':
			class = true
			b.WriteByte(c)
		case c == ']':
			class = false
			b.WriteByte(c)
		case c == '.' && !class:
			b.WriteString(`[^\n\r]`)
		default:
			b.WriteByte(c)
		}
	}
	pattern := b.String()
	if whole {
		pattern = `\A(?:` + pattern + `)\z`
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil
	}
	return re
}
