package template

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textHelpers work on texts. Lengths and positions count characters, from 0; a
// negative position counts from the end.
var textHelpers = group("Text", []*helper{
	textual("upper", "In capital letters.", "{{upper 'abc'}}", "ABC", strings.ToUpper),
	textual("lower", "In small letters.", "{{lower request.method}}", "post", strings.ToLower),
	textual("trim", "Without white space at both ends.", "{{trim '  a b '}}", "a b", strings.TrimSpace),
	textual("capitalize", "With the first letter a capital.", "{{capitalize 'ada lovelace'}}", "Ada lovelace", capitalize),
	textual("titleCase", "With the first letter of each word a capital.", "{{titleCase 'ada lovelace'}}", "Ada Lovelace", titleCase),
	textual("reverseText", "With its characters in the opposite order.", "{{reverseText 'abc'}}", "cba", reverse),
	{
		name: "replace", signature: "text old new", min: 3, max: 3,
		doc:      "With every old replaced by new.",
		examples: []example{{"{{replace 'a-b-c' '-' '+'}}", "a+b+c"}},
		value: func(r *run, a args) (any, error) {
			s, old, with, err := a.text3(r)
			if err != nil {
				return nil, err
			}
			return r.replaceAll(s, old, with)
		},
	},
	{
		name: "substring", signature: "text from [to]", min: 2, max: 3,
		doc:      "The characters from a position up to, and without, another. Positions outside of the text are its ends.",
		examples: []example{{"{{substring 'abcdef' 1 3}}", "bc"}, {"{{substring 'abcdef' -2}}", "ef"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			runes := []rune(s)
			from, err := a.int(r, 1)
			if err != nil {
				return nil, err
			}
			to := len(runes)
			if a.len() > 2 {
				if to, err = a.int(r, 2); err != nil {
					return nil, err
				}
			}
			from, to = within(from, len(runes)), within(to, len(runes))
			if from >= to {
				return "", nil
			}
			return string(runes[from:to]), nil
		},
	},
	{
		name: "split", signature: "text separator", min: 2, max: 2,
		doc:      "The list of the pieces between separators; with an empty separator, of the characters.",
		examples: []example{{"{{split 'a,b' ','}}", `["a","b"]`}, {"{{lookup (split request.path '/') 2}}", "orders"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			sep, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			return r.split(s, sep)
		},
	},
	{
		name: "join", signature: "list separator", min: 1, max: 2,
		doc:      "The items as one text with the separator, ',' where none is given, between them.",
		examples: []example{{"{{join request.body.tags ' + '}}", "new + hot"}},
		value: func(r *run, a args) (any, error) {
			sep := ","
			if a.len() > 1 {
				var err error
				if sep, err = a.text(r, 1); err != nil {
					return nil, err
				}
			}
			items, ok, err := r.items(a.at(0))
			if err != nil {
				return nil, err
			}
			if !ok {
				return r.text(a.at(0))
			}
			return r.join(items, sep)
		},
	},
	{
		name: "concat", signature: "value…", min: 1, max: -1,
		doc:      "The values as one text.",
		examples: []example{{"{{concat request.method '-' 7}}", "POST-7"}},
		value:    func(r *run, a args) (any, error) { return r.join(a.list, "") },
	},
	{
		name: "contains", signature: "text|list|object value", min: 2, max: 2, block: condition,
		doc:      "Whether a text contains another, a list an equal item, an object a member of that name.",
		examples: []example{{"{{contains request.body.tags 'hot'}}", "true"}, {"{{#contains request.path 'orders'}}orders{{/contains}}", "orders"}},
		value:    func(r *run, a args) (any, error) { return r.contains(a.at(0), a.at(1)) },
	},
	affix("startsWith", "begins", "{{startsWith request.path '/v1/'}}", strings.HasPrefix),
	affix("endsWith", "ends", "{{endsWith request.path '/42'}}", strings.HasSuffix),
	padding("padLeft", "before", "{{padLeft 7 3 '0'}}", "007", func(s, fill string) string { return fill + s }),
	padding("padRight", "behind", "{{padRight 'ab' 4}}|", "ab  |", func(s, fill string) string { return s + fill }),
	{
		name: "repeat", signature: "text count", min: 2, max: 2,
		doc:      "The text several times.",
		examples: []example{{"{{repeat 'ab' 3}}", "ababab"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			n, err := a.int(r, 1)
			if err != nil {
				return nil, err
			}
			return r.repeat(s, n)
		},
	},
	{
		name: "size", signature: "text|list|object", min: 1, max: 1,
		doc:      "The number of characters, items or members. `length` is another name for it.",
		examples: []example{{"{{size request.body.tags}}", "2"}, {"{{size 'héllo'}}", "5"}},
		value:    sizeOf,
	},
	{
		name: "length", signature: "text|list|object", min: 1, max: 1,
		doc: "As `size`.", examples: []example{{"{{length 'abc'}}", "3"}},
		value: sizeOf,
	},
	{
		name: "indexOf", signature: "text|list value", min: 2, max: 2,
		doc:      "The position at which a text contains another, or a list an equal item; -1 for none.",
		examples: []example{{"{{indexOf 'abc' 'c'}}", "2"}, {"{{indexOf request.body.tags 'x'}}", "-1"}},
		value:    indexOf,
	},
})

func textual(name, doc, source, result string, f func(string) string) *helper {
	return &helper{
		name: name, signature: "text", min: 1, max: 1, block: bodyIsArg, doc: doc, examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			return f(s), nil
		},
	}
}

func affix(name, verb, source string, test func(s, affix string) bool) *helper {
	return &helper{
		name: name, signature: "text affix", min: 2, max: 2, block: condition,
		doc: "Whether a text " + verb + " with another.", examples: []example{{source, "true"}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			x, err := a.text(r, 1)
			return test(s, x), err
		},
	}
}

func padding(name, where, source, result string, put func(s, fill string) string) *helper {
	return &helper{
		name: name, signature: "text length [fill=' ']", min: 2, max: 3,
		doc: "With fill characters " + where + " it, up to a length.", examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			n, err := a.int(r, 1)
			if err != nil {
				return nil, err
			}
			fill := " "
			if a.len() > 2 {
				if fill, err = a.text(r, 2); err != nil {
					return nil, err
				}
			}
			missing := n - utf8.RuneCountInString(s)
			if missing <= 0 || fill == "" {
				return s, nil
			}
			width := utf8.RuneCountInString(fill)
			more, err := r.repeat(fill, (missing+width-1)/width)
			if err != nil {
				return nil, err
			}
			return put(s, firstRunes(more, missing)), nil
		},
	}
}

// text3 returns three arguments as texts.
func (a args) text3(r *run) (x, y, z string, err error) {
	if x, err = a.text(r, 0); err != nil {
		return
	}
	if y, err = a.text(r, 1); err != nil {
		return
	}
	z, err = a.text(r, 2)
	return
}

func capitalize(s string) string {
	c, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToTitle(c)) + s[n:]
}

func titleCase(s string) string {
	start := true
	return strings.Map(func(c rune) rune {
		first := start
		start = unicode.IsSpace(c)
		if first {
			return unicode.ToTitle(c)
		}
		return c
	}, s)
}

func reverse(s string) string {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}

// within is a position in a text or list of n, counted from the end where it is
// negative.
func within(i, n int) int {
	if i < 0 {
		i += n
	}
	return min(max(i, 0), n)
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func (r *run) repeat(s string, n int) (string, error) {
	if n <= 0 || s == "" {
		return "", nil
	}
	if n > MaxMade/len(s) {
		return "", fatal{ErrMade}
	}
	if err := r.make(n * len(s)); err != nil {
		return "", err
	}
	return strings.Repeat(s, n), nil
}

func (r *run) replaceAll(s, old, with string) (string, error) {
	if err := r.read(len(s)); err != nil {
		return "", err
	}
	if more := len(with) - len(old); more > 0 {
		if n := strings.Count(s, old); n > MaxMade/more {
			return "", fatal{ErrMade}
		} else if err := r.make(n * more); err != nil {
			return "", err
		}
	}
	return strings.ReplaceAll(s, old, with), nil
}

// maxItems bounds the lists that helpers make.
const maxItems = 500_000

func (r *run) split(s, sep string) (any, error) {
	n := strings.Count(s, sep) + 1
	if n > maxItems {
		return nil, fmt.Errorf("more than %d pieces", maxItems)
	}
	if err := r.step(n); err != nil {
		return nil, err
	}
	parts := strings.Split(s, sep)
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out, nil
}

func (r *run) join(items []any, sep string) (string, error) {
	var b []byte
	for i, v := range items {
		if i > 0 {
			b = append(b, sep...)
		}
		s, err := r.text(v)
		if err != nil {
			return "", err
		}
		if len(b)+len(s) > MaxMade {
			return "", fatal{ErrMade}
		}
		if err := r.step(1 + len(s)/bytesPerStep); err != nil {
			return "", err
		}
		b = append(b, s...)
	}
	return string(b), nil
}

func (r *run) contains(in, what any) (bool, error) {
	if !isPlainText(in) {
		if l, ok := r.list(in); ok {
			for i := range l.len() {
				if same, err := r.equal(l.at(i), what, 0); same || err != nil {
					return same, err
				}
			}
			return false, nil
		}
		if _, ok := memberNames(in); ok {
			name, err := r.text(what)
			if err != nil {
				return false, err
			}
			_, found := r.member(in, name)
			return found, nil
		}
	}
	if isNothing(what) {
		return false, nil
	}
	s, err := r.text(in)
	if err != nil {
		return false, err
	}
	x, err := r.text(what)
	if err != nil {
		return false, err
	}
	return strings.Contains(s, x), r.read(len(s))
}

// isPlainText reports whether a value counts as one text although it has items
// or members: a path, a body, a parameter with one value.
func isPlainText(v any) bool {
	switch v := v.(type) {
	case string:
		return true
	case texts:
		return len(v) == 1
	case texter:
		return true
	}
	return false
}

func sizeOf(r *run, a args) (any, error) {
	v := a.at(0)
	if b, ok := v.(bodyView); ok {
		if j, ok := r.bodyJSON(); ok {
			v = j
		} else {
			v = b.r.body()
		}
	}
	if l, ok := r.list(v); ok {
		return integer(l.len()), nil
	}
	if names, ok := memberNames(v); ok {
		return integer(len(names)), nil
	}
	s, err := r.text(v)
	if err != nil {
		return nil, err
	}
	return integer(utf8.RuneCountInString(s)), r.read(len(s))
}

func indexOf(r *run, a args) (any, error) {
	if !isPlainText(a.at(0)) {
		if l, ok := r.list(a.at(0)); ok {
			for i := range l.len() {
				if same, err := r.equal(l.at(i), a.at(1), 0); err != nil {
					return nil, err
				} else if same {
					return integer(i), nil
				}
			}
			return integer(-1), nil
		}
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	x, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	i := strings.Index(s, x)
	if i > 0 {
		i = utf8.RuneCountInString(s[:i])
	}
	return integer(i), r.read(len(s))
}
