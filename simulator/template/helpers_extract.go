package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"understudy/matchers/jsonpath"
)

// extractHelpers take something out of a text or a value.
var extractHelpers = group("Extraction", []*helper{
	{
		name: "jsonPath", signature: "value path", min: 2, max: 2, hash: []string{"default"}, prepare: preparePath(1),
		doc: "What a JSONPath (RFC 9535) finds in a value or a JSON text: the value where the path names one place, else the list of all. `default=` is for nothing, and for what is no JSON.",
		examples: []example{
			{"{{jsonPath request.body '$.customer.name'}}", "Ada"},
			{"{{jsonPath request.body '$.items[*].sku'}}", `["A-1","B-2"]`},
			{"{{jsonPath request.body '$.none' default='-'}}", "-"},
			{"{{jsonPath request.path '$.id' default='-'}}", "-"},
		},
		value: func(r *run, a args) (any, error) {
			v, found, err := r.findPath(a)
			if err != nil {
				return a.orDefault(err)
			}
			if !found {
				return a.named("default"), nil
			}
			return v, nil
		},
	},
	{
		name: "xPath", signature: "xml path", min: 2, max: 2, hash: []string{"default"}, prepare: prepareXPath(1),
		doc: "What an XPath 1.0 finds in an XML text. Nodes print as the text of the first; `each` takes all of them, each with `name`, `text`, `attributes` and `xml`. `default=` is for nothing, and for what is no XML.",
		examples: []example{
			{"{{xPath '<a><b id=\"1\">x</b><b>y</b></a>' '/a/b'}}", "x"},
			{"{{xPath '<a><b id=\"1\"/></a>' '/a/b/@id'}}", "1"},
			{"{{xPath request.body '/a' default='-'}}", "-"},
			{"{{xPath '<a><b/><b/></a>' 'count(//b)'}}", "2"},
			{"{{#each (xPath '<a><b>x</b><b>y</b></a>' '//b')}}{{text}};{{/each}}", "x;y;"},
		},
		value: func(r *run, a args) (any, error) {
			v, err := r.xpath(a, 1, "")
			if err != nil {
				return a.orDefault(err)
			}
			if v == nil {
				return a.named("default"), nil
			}
			return v, nil
		},
	},
	{
		name: "regexExtract", signature: "text regex", min: 2, max: 2, hash: []string{"group", "default", "all"}, prepare: prepareRegex(1),
		doc:      "What a regular expression (RE2) finds first: the whole match, or a `group=` by its number or name. `all=true` makes a list of all matches.",
		examples: []example{{`{{regexExtract request.path '[0-9]+$'}}`, "42"}, {`{{regexExtract 'id=7;x=8' '(\w+)=(?P<v>\d)' group='v'}}`, "7"}, {`{{regexExtract 'a1b2' '\d' all=true}}`, `["1","2"]`}},
		value:    regexExtract,
	},
	{
		name: "regexReplace", signature: "text regex new", min: 3, max: 3, prepare: prepareRegex(1),
		doc:      "With every match of a regular expression replaced; `$1` or `${name}` is a group.",
		examples: []example{{`{{regexReplace '2024-05-06' '(\d+)-(\d+)-(\d+)' '$3.$2.$1'}}`, "06.05.2024"}},
		value: func(r *run, a args) (any, error) {
			re, err := r.regex(a, 1)
			if err != nil {
				return nil, err
			}
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			with, err := a.text(r, 2)
			if err != nil {
				return nil, err
			}
			if err := r.match(len(s)); err != nil {
				return nil, err
			}
			var out []byte
			last := 0
			for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
				out = append(out, s[last:m[0]]...)
				n := len(out)
				out = re.ExpandString(out, with, s, m)
				last = m[1]
				if err := r.make(len(out) - n); err != nil {
					return nil, err
				}
			}
			return string(append(out, s[last:]...)), nil
		},
	},
	{
		name: "matches", signature: "text regex", min: 2, max: 2, block: condition, prepare: prepareRegex(1),
		doc:      "Whether a regular expression (RE2, unanchored) matches.",
		examples: []example{{`{{matches request.path '^/v1/'}}`, "true"}},
		value: func(r *run, a args) (any, error) {
			re, err := r.regex(a, 1)
			if err != nil {
				return nil, err
			}
			s, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			if err := r.match(len(s)); err != nil {
				return nil, err
			}
			return re.MatchString(s), nil
		},
	},
})

// maxCached bounds each of the caches of one rendering.
const maxCached = 32

// store is what helpers keep for one rendering.
type store struct {
	json    map[string]any
	xml     map[string]*xmlDocument
	paths   map[string]*jsonpath.Path
	regexes map[string]*regexp.Regexp
	// values and lists are what Hoverfly's putValue and addToArray keep.
	values map[string]string
	lists  map[string][]any
}

// cached returns m[key], made if need be.
func cached[T any](m *map[string]T, key string, build func() (T, error)) (T, error) {
	if v, ok := (*m)[key]; ok {
		return v, nil
	}
	v, err := build()
	if err != nil {
		return v, err
	}
	if *m == nil || len(*m) >= maxCached {
		*m = make(map[string]T)
	}
	(*m)[key] = v
	return v, nil
}

// maxPattern bounds a regular expression, a JSONPath or an XPath in bytes.
const maxPattern = 1000

func compilePath(s string) (*jsonpath.Path, error) {
	if len(s) > maxPattern {
		return nil, errors.New("the JSONPath is too long")
	}
	return jsonpath.Compile(s)
}

func preparePath(i int) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		if v, ok := c.literalArg(i); ok {
			return compilePath(fmt.Sprint(v))
		}
		return nil, nil
	}
}

func preparePathHash(name string) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		if v, ok := c.literalHash(name); ok {
			return compilePath(fmt.Sprint(v))
		}
		return nil, nil
	}
}

func (r *run) jsonPath(a args, i int) (*jsonpath.Path, error) {
	if p, ok := a.call.prepared.(*jsonpath.Path); ok {
		return p, nil
	}
	s, err := a.text(r, i)
	if err != nil {
		return nil, err
	}
	return r.pathOf(s)
}

func (r *run) jsonPathHash(a args, name string) (*jsonpath.Path, error) {
	if p, ok := a.call.prepared.(*jsonpath.Path); ok {
		return p, nil
	}
	s, err := a.namedText(r, name, "")
	if err != nil {
		return nil, err
	}
	return r.pathOf(s)
}

func (r *run) pathOf(s string) (*jsonpath.Path, error) {
	return cached(&r.store.paths, s, func() (*jsonpath.Path, error) { return compilePath(s) })
}

// findPath evaluates the JSONPath that is the second argument in the first.
func (r *run) findPath(a args) (v any, found bool, err error) {
	p, err := r.jsonPath(a, 1)
	if err != nil {
		return nil, false, err
	}
	root, err := r.queried(a.at(0))
	if err != nil {
		if !isFatal(err) {
			err = unreadable{err}
		}
		return nil, false, err
	}
	return r.lookupPath(p, root)
}

// lookupPath is the value at a singular path, or the list of what another finds.
func (r *run) lookupPath(p *jsonpath.Path, root any) (v any, found bool, err error) {
	if err := r.chargePath(p); err != nil {
		return nil, false, err
	}
	if p.Singular() {
		v, ok := p.Get(root)
		return v, ok, nil
	}
	values := p.Values(root)
	if err := r.make(16 * len(values)); err != nil {
		return nil, false, err
	}
	if values == nil {
		return []any{}, false, nil
	}
	return values, true, nil
}

// queried is a value as the JSONPath engine takes it: a text is parsed, once.
func (r *run) queried(v any) (any, error) {
	switch v := v.(type) {
	case bodyView:
		if j, ok := r.bodyJSON(); ok {
			return j, nil
		}
		return nil, errors.New("the body is no JSON")
	case texts:
		if len(v) > 0 {
			return r.parsedOnce(v[0])
		}
		return nil, nil
	case string:
		return r.parsedOnce(v)
	}
	return r.plain(v)
}

func (r *run) parsedOnce(s string) (any, error) {
	if s != "" && s == r.views.bodyText {
		if j, ok := r.bodyJSON(); ok {
			return j, nil
		}
	}
	return cached(&r.store.json, s, func() (any, error) {
		v, err := r.parse(s)
		if err != nil {
			return nil, err
		}
		return r.plain(v)
	})
}

func compileRegex(s string) (*regexp.Regexp, error) {
	if len(s) > maxPattern {
		return nil, errors.New("the regular expression is too long")
	}
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("not a regular expression of RE2: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

func prepareRegex(i int) func(c *call) (any, error) {
	return func(c *call) (any, error) {
		if v, ok := c.literalArg(i); ok {
			return compileRegex(fmt.Sprint(v))
		}
		return nil, nil
	}
}

func (r *run) regex(a args, i int) (*regexp.Regexp, error) {
	if re, ok := a.call.prepared.(*regexp.Regexp); ok {
		return re, nil
	}
	s, err := a.text(r, i)
	if err != nil {
		return nil, err
	}
	return r.regexOf(s)
}

func (r *run) regexOf(s string) (*regexp.Regexp, error) {
	return cached(&r.store.regexes, s, func() (*regexp.Regexp, error) {
		if err := r.step(100); err != nil {
			return nil, err
		}
		return compileRegex(s)
	})
}

func regexExtract(r *run, a args) (any, error) {
	re, err := r.regex(a, 1)
	if err != nil {
		return nil, err
	}
	s, err := a.text(r, 0)
	if err != nil {
		return nil, err
	}
	if err := r.match(len(s)); err != nil {
		return nil, err
	}
	group := 0
	if g, ok := a.given("group"); ok {
		name, err := r.text(g)
		if err != nil {
			return nil, err
		}
		if n, err := strconv.Atoi(name); err == nil {
			group = n
		} else {
			group = re.SubexpIndex(name)
		}
		if group < 0 || group > re.NumSubexp() {
			return nil, fmt.Errorf("the regular expression has no group %s", show(name))
		}
	}
	if !a.namedBool("all", false) {
		m := re.FindStringSubmatchIndex(s)
		if m == nil || m[2*group] < 0 {
			return a.named("default"), nil
		}
		return s[m[2*group]:m[2*group+1]], nil
	}
	found := re.FindAllStringSubmatchIndex(s, maxItems)
	if err := r.make(16 * len(found)); err != nil {
		return nil, err
	}
	out := make([]any, 0, len(found))
	for _, m := range found {
		if m[2*group] >= 0 {
			out = append(out, s[m[2*group]:m[2*group+1]])
		}
	}
	return out, nil
}
