package mockoon

import (
	"maps"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

func canonical(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }

func sortedNames(h simulations.Headers) []string { return slices.Sorted(maps.Keys(h)) }

// translator turns templates of Mockoon into understudy's own.
type translator struct {
	buckets map[string]convert.Place
	// parameters are the data buckets that the templates read.
	parameters map[string]*simulations.Value
	// variables are those that setVar has set.
	variables map[string]bool
	// blocks are the open blocks, by what closes them here.
	blocks []block
	// depth counts the calls within calls that are being read.
	depth int
	// unknown is the first thing that has no translation.
	unknown string
}

// maxCalls bounds calls within calls, and blocks within blocks.
const maxCalls = 50

type block struct{ name, end string }

func (t *translator) fail(what string) string {
	if t.unknown == "" {
		if len(what) > 100 {
			what = what[:100] + "…"
		}
		t.unknown = strconv.Quote(what)
	}
	return ""
}

var tags = regexp.MustCompile(`(?s)\{\{\{(.*?)\}\}\}|\{\{(.*?)\}\}`)

// text translates a whole text.
func (t *translator) text(text string) string {
	var b strings.Builder
	last := 0
	for _, m := range tags.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > 0 && text[m[0]-1] == '\\' {
			return t.fail(text[m[0]-1 : m[1]])
		}
		b.WriteString(text[last:m[0]])
		last = m[1]
		inner := m[2:4]
		if inner[0] < 0 {
			inner = m[4:6]
		}
		b.WriteString(t.tag(text[inner[0]:inner[1]]))
		if t.unknown != "" {
			return ""
		}
	}
	if strings.Contains(text[last:], "{{") || len(t.blocks) > 0 {
		return t.fail("an open tag")
	}
	return b.String() + text[last:]
}

// tag translates what stands within braces.
func (t *translator) tag(inner string) string {
	inner = strings.TrimSpace(inner)
	trimLeft, trimRight := "", ""
	if rest, ok := strings.CutPrefix(inner, "~"); ok {
		inner, trimLeft = strings.TrimSpace(rest), "~"
	}
	if rest, ok := strings.CutSuffix(inner, "~"); ok {
		inner, trimRight = strings.TrimSpace(rest), "~"
	}
	wrap := func(s string) string { return "{{" + trimLeft + s + trimRight + "}}" }
	switch {
	case inner == "":
		return t.fail("{{}}")
	case inner[0] == '!':
		return ""
	case inner == "else":
		return wrap("else")
	case inner[0] == '/':
		n := len(t.blocks) - 1
		if n < 0 || t.blocks[n].name != strings.TrimSpace(inner[1:]) {
			return t.fail("{{" + inner + "}}")
		}
		end := t.blocks[n].end
		t.blocks = t.blocks[:n]
		return end
	case inner[0] == '#':
		return t.open(inner[1:], wrap)
	case strings.ContainsAny(inner[:1], ">&^") || strings.Contains(inner, " as |"):
		return t.fail("{{" + inner + "}}")
	}
	words, ok := t.words(inner)
	if !ok {
		return t.fail("{{" + inner + "}}")
	}
	if words.name == "setVar" && len(words.args) == 2 {
		name, isText := unquoted(words.args[0])
		if !isText || !plainName.MatchString(name) {
			return t.fail("{{" + inner + "}}")
		}
		t.variables[name] = true
		return wrap("assign '" + name + "' " + words.args[1])
	}
	if words.name == "newline" && len(words.args) == 0 {
		return "\n"
	}
	return wrap(t.call(words, false))
}

// open translates the beginning of a block.
func (t *translator) open(inner string, wrap func(string) string) string {
	words, ok := t.words(strings.TrimSpace(inner))
	if !ok || len(t.blocks) == maxCalls {
		return t.fail("{{#" + inner + "}}")
	}
	switch words.name {
	case "if", "unless", "each", "with":
		if len(words.args) != 1 || len(words.hash) > 0 {
			return t.fail("{{#" + inner + "}}")
		}
		t.blocks = append(t.blocks, block{words.name, "{{/" + words.name + "}}"})
		return wrap("#" + words.name + " " + words.args[0])
	case "repeat":
		if len(words.args) != 1 || len(words.hash) > 1 {
			return t.fail("{{#" + inner + "}}")
		}
		end := "{{/each}}"
		if comma, set := words.hash["comma"]; !set || comma == "true" {
			end = "{{#unless @last}},{{/unless}}{{/each}}"
		} else if comma != "false" {
			return t.fail("{{#" + inner + "}}")
		}
		t.blocks = append(t.blocks, block{"repeat", end})
		return wrap("#each (range 1 " + words.args[0] + ")")
	}
	return t.fail("{{#" + words.name + "}}")
}

// words are a helper with its arguments, each already an expression of ours.
type words struct {
	name string
	args []string
	hash map[string]string
}

var word = regexp.MustCompile(`^(?:"[^"\\]*"|'[^'\\]*'|[-+]?[0-9]+(?:\.[0-9]+)?|@?[A-Za-z_][A-Za-z0-9_.\[\]-]*|\.\./[A-Za-z_][A-Za-z0-9_.]*|this|\.)(?:$|[\s)=])`)

var hashKey = regexp.MustCompile(`^([A-Za-z]+)=`)

// words reads a helper and its arguments, and calls within parentheses.
func (t *translator) words(s string) (out words, ok bool) {
	out.hash = make(map[string]string)
	for first := true; ; first = false {
		s = strings.TrimLeft(s, " \t\r\n")
		if s == "" {
			return out, !first
		}
		key := ""
		if m := hashKey.FindStringSubmatch(s); m != nil && !first {
			key, s = m[1], s[len(m[0]):]
		}
		expr, rest, ok := t.argument(s, first)
		if !ok {
			return out, false
		}
		s = rest
		switch {
		case first:
			out.name = expr
		case key != "":
			out.hash[key] = expr
		default:
			out.args = append(out.args, expr)
		}
	}
}

// argument reads one word: a text, a number, a name, or a call.
func (t *translator) argument(s string, first bool) (expr, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	if s[0] == '(' && !first {
		end := closing(s)
		if end < 0 || t.depth == maxCalls {
			return "", "", false
		}
		t.depth++
		inner, ok := t.words(s[1:end])
		t.depth--
		if !ok {
			return "", "", false
		}
		return t.call(inner, true), s[end+1:], true
	}
	m := word.FindString(s)
	if m == "" {
		return "", "", false
	}
	if last := m[len(m)-1]; strings.IndexByte(" \t\r\n)=", last) >= 0 {
		m = m[:len(m)-1]
	}
	rest = s[len(m):]
	switch {
	case first:
		return m, rest, true
	case m[0] == '"':
		text, fine := convert.TemplateString(m[1 : len(m)-1])
		return text, rest, fine
	}
	return t.value(m), rest, t.unknown == ""
}

// closing is where the parenthesis that the text begins with is closed.
func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

var (
	plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	numeral   = regexp.MustCompile(`^[-+]?[0-9]`)
)

// value translates a name that stands for a value: of a variable, of a block's
// item, or of a helper without arguments.
func (t *translator) value(name string) string {
	switch rest, at := strings.CutPrefix(name, "@"); {
	case at && t.variables[rest]:
		return rest
	case at && slices.Contains([]string{"index", "key", "first", "last"}, rest):
		return name
	case at:
		return t.fail(name)
	case name[0] == '\'', numeral.MatchString(name), name == "true", name == "false", name == "null", name == "this", strings.HasPrefix(name, "this."), name == ".":
		return name
	}
	if _, known := calls[name]; known {
		return t.call(words{name: name}, true)
	}
	if len(t.blocks) > 0 && !strings.HasPrefix(name, "..") {
		return name // a member of the item
	}
	return t.fail(name)
}

// call translates a helper with its arguments; sub puts it in parentheses.
func (t *translator) call(w words, sub bool) string {
	out := ""
	switch f, known := calls[w.name]; {
	case known:
		out = f(t, w)
	case len(w.args) == 0 && len(w.hash) == 0:
		return t.value(w.name)
	}
	switch {
	case out == "":
		return t.fail(w.name)
	case sub && strings.Contains(out, " "), sub && slices.Contains(bare, out):
		return "(" + out + ")"
	}
	return out
}

// bare are helpers that take no argument.
var bare = []string{"uuid", "randomBool"}

func unquoted(expr string) (string, bool) {
	if len(expr) < 2 || expr[0] != '\'' {
		return "", false
	}
	return strings.ReplaceAll(expr[1:len(expr)-1], `\'`, "'"), true
}
