package redact

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"understudy/matchers/jsonpath"
	"understudy/simulations"
)

// node is a JSON value and where it stands.
type node struct {
	start, end int
	// kind is the value's first byte, '0' for a number.
	kind byte
	// members are an object's or an array's.
	members []member
	// twice says that the object has a name twice.
	twice bool
}

// member is a member of an object, or, with no name, an element of an array.
type member struct {
	name string
	// start is where the name, or the element, begins.
	start int
	value *node
}

var (
	errNotJSON = errors.New("it is not valid JSON")
	errTooMuch = errors.New("it is JSON of too many values or too deep")
)

// jsonText is JSON as it was read: one value, or several in a row (JSON lines,
// RFC 7464 sequences).
type jsonText struct {
	text   string
	values []*node
	// scalars are the strings, numbers and literals, and names, in order.
	scalars []scalar
}

type scalar struct {
	start, end int
	kind       byte
}

// parseJSON reads a text, strictly by RFC 8259, but for bytes that are no UTF-8.
func parseJSON(s string) (*jsonText, error) {
	p := jsonParser{s: s}
	p.at = len(s) - len(strings.TrimPrefix(s, "\ufeff"))
	var out jsonText
	for {
		end := p.at
		if p.skip("\x1e \t\r\n"); p.at == len(s) {
			break
		}
		// Scalars in a row are two only with something between them.
		if n := len(out.values); n > 0 && p.at == end && out.values[n-1].members == nil {
			return nil, errNotJSON
		}
		v, err := p.value(0)
		if err != nil {
			return nil, err
		}
		out.values = append(out.values, v)
	}
	if len(out.values) == 0 {
		return nil, errNotJSON
	}
	out.text, out.scalars = s, p.scalars
	return &out, nil
}

type jsonParser struct {
	s       string
	at      int
	nodes   int
	scalars []scalar
	// slab is where nodes are taken from, many to one allocation.
	slab []node
}

func (p *jsonParser) node(at int) *node {
	if len(p.slab) == cap(p.slab) {
		p.slab = make([]node, 0, min(16+p.nodes, 1024))
	}
	p.slab = append(p.slab, node{start: at, kind: p.s[at]})
	return &p.slab[len(p.slab)-1]
}

func (p *jsonParser) skip(set string) {
	for p.at < len(p.s) && strings.IndexByte(set, p.s[p.at]) >= 0 {
		p.at++
	}
}

func (p *jsonParser) space() { p.skip(" \t\r\n") }

// take passes one byte if it is the next after white space.
func (p *jsonParser) take(c byte) bool {
	p.space()
	if p.at < len(p.s) && p.s[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *jsonParser) value(depth int) (*node, error) {
	if p.nodes++; p.nodes > maxNodes || depth > maxDepth {
		return nil, errTooMuch
	}
	p.space()
	if p.at == len(p.s) {
		return nil, errNotJSON
	}
	n := p.node(p.at)
	var err error
	switch n.kind {
	case '{', '[':
		err = p.members(n, depth)
	case '"':
		err = p.string()
	case 't':
		err = p.literal("true")
	case 'f':
		err = p.literal("false")
	case 'n':
		err = p.literal("null")
	default:
		n.kind = '0'
		err = p.number()
	}
	n.end = p.at
	if err == nil && n.kind != '{' && n.kind != '[' {
		p.scalars = append(p.scalars, scalar{n.start, n.end, n.kind})
	}
	return n, err
}

func (p *jsonParser) members(n *node, depth int) error {
	closing := n.kind + 2 // '}' and ']' are two behind their opening
	p.at++
	if p.take(closing) {
		return nil
	}
	var names map[string]bool
	for {
		p.space()
		m := member{start: p.at}
		if n.kind == '{' {
			if err := p.string(); err != nil {
				return err
			}
			p.scalars = append(p.scalars, scalar{m.start, p.at, '"'})
			m.name = jsonString(p.s, m.start, p.at).text
			if !n.twice {
				n.twice = seen(n.members, &names, m.name)
			}
			if !p.take(':') {
				return errNotJSON
			}
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		m.value = v
		n.members = append(n.members, m)
		if p.take(closing) {
			return nil
		}
		if !p.take(',') {
			return errNotJSON
		}
	}
}

// seen reports whether one of the members has the name; of many it keeps a set.
func seen(members []member, names *map[string]bool, name string) bool {
	const few = 16
	if len(members) < few {
		return slices.ContainsFunc(members, func(m member) bool { return m.name == name })
	}
	if *names == nil {
		*names = make(map[string]bool, 2*few)
		for i := range members {
			(*names)[members[i].name] = true
		}
	}
	if (*names)[name] {
		return true
	}
	(*names)[name] = true
	return false
}

func (p *jsonParser) literal(s string) error {
	if !strings.HasPrefix(p.s[p.at:], s) {
		return errNotJSON
	}
	p.at += len(s)
	return nil
}

func (p *jsonParser) string() error {
	s := p.s
	if p.at == len(s) || s[p.at] != '"' {
		return errNotJSON
	}
	for i := p.at + 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			p.at = i + 1
			return nil
		case c < 0x20:
			return errNotJSON
		case c == '\\':
			i++
			switch {
			case i < len(s) && strings.IndexByte(`"\/bfnrt`, s[i]) >= 0:
			case i+4 < len(s) && s[i] == 'u' && unhex(s[i+1])|unhex(s[i+2])|unhex(s[i+3])|unhex(s[i+4]) < 16:
				i += 4
			default:
				return errNotJSON
			}
		}
	}
	return errNotJSON
}

func (p *jsonParser) number() error {
	digits := func() bool {
		from := p.at
		for p.at < len(p.s) && '0' <= p.s[p.at] && p.s[p.at] <= '9' {
			p.at++
		}
		return p.at > from
	}
	is := func(set string) bool {
		if p.at < len(p.s) && strings.IndexByte(set, p.s[p.at]) >= 0 {
			p.at++
			return true
		}
		return false
	}
	is("-")
	if !is("0") && !digits() {
		return errNotJSON
	}
	if is(".") && !digits() {
		return errNotJSON
	}
	if is("eE") {
		is("+-")
		if !digits() {
			return errNotJSON
		}
	}
	return nil
}

// tree is the value as package jsonpath works on it; of a name that stands
// twice the last counts.
func (t *jsonText) tree(n *node) any {
	switch n.kind {
	case '{':
		out := make(map[string]any, len(n.members))
		for i := range n.members {
			out[n.members[i].name] = t.tree(n.members[i].value)
		}
		return out
	case '[':
		out := make([]any, len(n.members))
		for i := range n.members {
			out[i] = t.tree(n.members[i].value)
		}
		return out
	case '"':
		return strings.ToValidUTF8(jsonString(t.text, n.start, n.end).text, "\uFFFD")
	case '0':
		return json.Number(t.text[n.start:n.end])
	case 'n':
		return nil
	}
	return n.kind == 't'
}

// nodes redacts the nodes that the jsonPath rules select. Of members with one
// name all but the last are taken out first: no path leads to them.
func (x *Rules) nodes(e *edits, t *jsonText) {
	wanted := map[*node]simulations.RedactAs{}
	for _, root := range t.values {
		tree := t.tree(root)
		for i := range x.paths {
			for _, l := range x.paths[i].path.Locate(tree) {
				n := resolve(root, l)
				if _, ok := wanted[n]; !ok {
					wanted[n] = x.paths[i].as
				}
			}
		}
		if as, ok := wanted[root]; ok {
			x.node(e, t, root, as)
		} else {
			x.below(e, t, root, wanted)
		}
	}
}

// resolve goes the way of a location; it exists.
func resolve(n *node, l jsonpath.Location) *node {
	for _, step := range l {
		if step.IsIndex {
			n = n.members[step.Index].value
			continue
		}
		for i := len(n.members) - 1; i >= 0; i-- {
			if n.members[i].name == step.Name {
				n = n.members[i].value
				break
			}
		}
	}
	return n
}

// below redacts what is wanted below a node that is not wanted itself.
func (x *Rules) below(e *edits, t *jsonText, n *node, wanted map[*node]simulations.RedactAs) {
	var last map[string]int
	if n.twice {
		last = make(map[string]int, len(n.members))
		for i := range n.members {
			last[n.members[i].name] = i
		}
	}
	items := dropper{edits: e}
	for i := range n.members {
		m := &n.members[i]
		as, ok := wanted[m.value]
		drop := ok && as == simulations.RedactDrop || n.twice && last[m.name] != i
		next := -1
		if i+1 < len(n.members) {
			next = n.members[i+1].start
		}
		items.item(m.start, m.value.end, next, drop)
		switch {
		case drop:
		case ok:
			x.node(e, t, m.value, as)
		default:
			x.below(e, t, m.value, wanted)
		}
	}
}

// node redacts a whole node. A string stays one; so that a value has one token
// whether it stands in JSON, in a header or in a query, a string's token is
// that of its content, a number's that of its shortest form. Of an object or
// an array it is that of the text.
func (x *Rules) node(e *edits, t *jsonText, n *node, as simulations.RedactAs) {
	text := t.text[n.start:n.end]
	switch n.kind {
	case 'n':
		if as != simulations.RedactDrop {
			return
		}
	case '"':
		if n.end-n.start == 2 && as != simulations.RedactDrop {
			return
		}
		text = jsonString(t.text, n.start, n.end).text
	case '0':
		text = simulations.CanonicalNumber(text)
	}
	to := x.replacement(as, text)
	if as != simulations.RedactDrop {
		to = `"` + to + `"`
	}
	e.add(n.start, n.end, to)
}

// searchJSON searches JSON with the regex rules: each string and name by its
// content, each number and literal, which become strings then, and the text as
// a whole for what reaches beyond one of them.
func (x *Rules) searchJSON(e *edits, t *jsonText) {
	for _, s := range t.scalars {
		if s.kind == '"' {
			x.searchEncoded(e, jsonString(t.text, s.start, s.end))
			continue
		}
		var found edits
		x.search(&found, plain(t.text, s.start, s.end), nil)
		if found.empty() {
			continue
		}
		e.full = e.full || found.full
		for i := range found.list {
			found.list[i].start -= s.start
			found.list[i].end -= s.start
		}
		e.add(s.start, s.end, `"`+found.apply(t.text[s.start:s.end])+`"`)
	}
	x.search(e, plain(t.text, 0, len(t.text)), func(start, end int) bool {
		i, _ := slices.BinarySearchFunc(t.scalars, start, func(s scalar, at int) int {
			if s.end <= at {
				return -1
			}
			return 1
		})
		if i == len(t.scalars) {
			return true
		}
		s := t.scalars[i]
		if s.kind == '"' { // a match that holds a quote reaches beyond the content
			s.start, s.end = s.start+1, s.end-1
		}
		return start < s.start || end > s.end
	})
}
