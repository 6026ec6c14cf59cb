package matchers

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"understudy/matchers/internal/decimal"
	"understudy/matchers/jsonpath"
	"understudy/simulations"
)

// wanted is a JSON value that another is compared with; its placeholders are
// resolved.
type wanted struct {
	kind    wantedKind
	scalar  any // of wantScalar: string, bool, nil or json.Number in canonical form
	items   []*wanted
	members []wantedMember // by name
	re      *regexp.Regexp
	shown   *simulations.Value
	// bag is the value's text that does not depend on the order of arrays; ""
	// where a placeholder stands in it.
	bag string
}

type wantedMember struct {
	name string
	*wanted
}

type wantedKind uint8

const (
	wantScalar wantedKind = iota
	wantArray
	wantObject
	wantAnything
	wantOptional // anything, or nothing where it is a member
	wantString
	wantNumber
	wantBoolean
	wantRegex
	wantDigits // a number as it is written
)

const placeholder = "${json-unit."

var placeholders = map[string]wantedKind{
	"ignore}": wantAnything, "ignore-element}": wantOptional,
	"any-string}": wantString, "any-number}": wantNumber, "any-boolean}": wantBoolean,
}

// wanted compiles a JSON value.
func (c *compiler) wanted(v *simulations.Value, t *jsonTest) *wanted {
	w := &wanted{shown: v}
	if t.ignoreOrder && !t.sameDigits && !(t.placeholders && strings.Contains(v.String(), "{json-unit.")) {
		w.bag = string(appendBag(nil, v.Interface()))
	}
	switch v.Kind {
	case simulations.Array:
		w.kind, w.items = wantArray, make([]*wanted, len(v.Items))
		for i, item := range v.Items {
			c.in(strconv.Itoa(i), func() { w.items[i] = c.wanted(item, t) })
		}
	case simulations.Object:
		w.kind, w.members = wantObject, make([]wantedMember, len(v.Names))
		for i, name := range v.Names {
			c.in(name, func() { w.members[i] = wantedMember{name, c.wanted(v.Items[i], t)} })
		}
		slices.SortFunc(w.members, func(a, b wantedMember) int { return strings.Compare(a.name, b.name) })
	case simulations.Number:
		w.scalar = json.Number(decimal.Canonical(v.Text))
		if t.sameDigits {
			w.kind, w.scalar = wantDigits, json.Number(v.Text)
		}
	case simulations.String:
		w.scalar = v.Text
		if t.placeholders {
			c.placeholder(v, w)
		}
	default:
		w.scalar = v.Interface()
	}
	return w
}

func (c *compiler) placeholder(v *simulations.Value, w *wanted) {
	rest, ok := strings.CutPrefix(v.Text, placeholder)
	if !ok {
		if rest, ok = strings.CutPrefix(v.Text, "#{json-unit."); !ok {
			return
		}
	}
	if expr, ok := strings.CutPrefix(rest, "regex}"); ok {
		re, err := compileExpression(`\A(?:` + expr + `)\z`)
		if err != nil {
			c.fail(v, "%s", regexFault(err))
			return
		}
		w.kind, w.re = wantRegex, re
		return
	}
	kind, ok := placeholders[rest]
	if !ok {
		known := append(sortedKeys(placeholders), "regex}")
		c.fail(v, "%q is no placeholder: there are ${json-unit.%s", v.Text, strings.Join(known, ", ${json-unit."))
		return
	}
	w.kind = kind
}

// comparison compares with options, in bounded work.
type comparison struct {
	ignoreOrder, ignoreExtra, ignoreCount bool
	left                                  int
}

// within reports whether n, or a value in it, is equal.
func (c *comparison) within(w *wanted, n any) bool {
	if c.equal(w, n) {
		return true
	}
	switch n := n.(type) {
	case []any:
		for _, item := range n {
			if c.within(w, item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range n {
			if c.within(w, item) {
				return true
			}
		}
	}
	return false
}

func (c *comparison) equal(w *wanted, n any) bool {
	if c.left--; c.left <= 0 {
		return false
	}
	switch w.kind {
	case wantAnything, wantOptional:
		return true
	case wantString:
		_, ok := n.(string)
		return ok
	case wantNumber:
		_, ok := n.(json.Number)
		return ok
	case wantBoolean:
		_, ok := n.(bool)
		return ok
	case wantDigits:
		return n == w.scalar
	case wantRegex:
		s, ok := n.(string)
		return ok && w.re.MatchString(s)
	case wantArray:
		list, ok := n.([]any)
		return ok && c.equalArrays(w.items, list)
	case wantObject:
		m, ok := n.(map[string]any)
		return ok && c.equalObjects(w.members, m)
	}
	return equalScalar(w.scalar, n)
}

func equalScalar(want, n any) bool {
	switch want := want.(type) {
	case json.Number:
		n, ok := n.(json.Number)
		return ok && decimal.Canonical(string(n)) == string(want)
	case string:
		n, ok := n.(string)
		return ok && n == want
	case bool:
		n, ok := n.(bool)
		return ok && n == want
	}
	return n == nil
}

func (c *comparison) equalObjects(want []wantedMember, m map[string]any) bool {
	met := 0
	for i := range want {
		w := &want[i]
		v, ok := m[w.name]
		switch {
		case !ok && w.kind != wantOptional:
			return false
		case ok:
			met++
			if !c.equal(w.wanted, v) {
				return false
			}
		}
	}
	return c.ignoreExtra || met == len(m)
}

func (c *comparison) equalArrays(want []*wanted, list []any) bool {
	if c.ignoreCount {
		return c.equalSets(want, list)
	}
	if len(want) > len(list) || len(want) < len(list) && !c.ignoreExtra {
		return false
	}
	if !c.ignoreOrder {
		for i, w := range want {
			if !c.equal(w, list[i]) {
				return false
			}
		}
		return true
	}
	return c.equalBags(want, list)
}

// equalSets compares without regard to order and number: each item that is
// asked for stands somewhere and, unless further ones do not matter, each item
// is asked for.
func (c *comparison) equalSets(want []*wanted, list []any) bool {
	if len(want)*len(list) > maxPairs {
		c.left = 0
		return false
	}
	for _, w := range want {
		if !slices.ContainsFunc(list, func(n any) bool { return c.equal(w, n) }) {
			return false
		}
	}
	if c.ignoreExtra {
		return true
	}
	for _, n := range list {
		if !slices.ContainsFunc(want, func(w *wanted) bool { return c.equal(w, n) }) {
			return false
		}
	}
	return true
}

// equalBags compares without regard to order. Items that are equal to their
// like only are counted off first: scalars, and, where extra members do not
// matter, all that has no placeholder in it. What is left is assigned.
func (c *comparison) equalBags(want []*wanted, list []any) bool {
	counts := make(map[any]int, len(list))
	var others []any
	for _, n := range list {
		if k := c.bagKey(n); k != nil {
			counts[k]++
		} else {
			others = append(others, n)
		}
	}
	var rest []*wanted
	takesAnything := false
	for _, w := range want {
		k := c.wantedKey(w)
		if k == nil {
			rest = append(rest, w)
			takesAnything = takesAnything || w.kind > wantObject || !c.ignoreExtra
			continue
		}
		if counts[k]--; counts[k] < 0 {
			return false
		}
	}
	if takesAnything {
		for _, n := range list {
			if k := c.bagKey(n); k != nil && counts[k] > 0 {
				counts[k]--
				others = append(others, n)
			}
		}
	}
	if len(rest)*len(others) > maxPairs {
		c.left = 0
		return false
	}
	return assign(len(rest), len(others), func(i, j int) bool { return c.equal(rest[i], others[j]) })
}

// maxPairs bounds what is assigned: some 500 against 500.
const maxPairs = 250_000

// bagText is the text of an array or object that does not depend on the order
// of arrays.
type bagText string

// bagKey is equal for values that are equal; nil for a value that must be
// compared.
func (c *comparison) bagKey(n any) any {
	switch n := n.(type) {
	case json.Number:
		return json.Number(decimal.Canonical(string(n)))
	case string, bool:
		return n
	case nil:
		return bagText("null")
	}
	if c.ignoreExtra {
		return nil
	}
	return bagText(appendBag(nil, n))
}

func (c *comparison) wantedKey(w *wanted) any {
	switch {
	case w.kind == wantScalar:
		return c.bagKey(w.scalar)
	case w.bag == "" || c.ignoreExtra:
		return nil
	}
	return bagText(w.bag)
}

// appendBag appends the value's bagText.
func appendBag(b []byte, n any) []byte {
	switch n := n.(type) {
	case json.Number:
		return append(b, decimal.Canonical(string(n))...)
	case []any:
		texts := make([]string, len(n))
		for i, item := range n {
			texts[i] = string(appendBag(nil, item))
		}
		slices.Sort(texts)
		b = append(b, '[')
		for _, t := range texts {
			b = append(b, t...)
			b = append(b, ',')
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for _, name := range sortedKeys(n) {
			b = simulations.AppendJSONString(b, name)
			b = append(b, ':')
			b = append(appendBag(b, n[name]), ',')
		}
		return append(b, '}')
	}
	return appendJSON(b, n)
}

// difference finds the first place where the values differ: a normalized path
// below the root, and both values for a human.
func (c *comparison) difference(w *wanted, n any) (at, want, got string) {
	var where jsonpath.Location
	for {
		next, step, ok := c.descend(w, n)
		if !ok {
			break
		}
		where = append(where, step)
		if next.missing {
			return where.String(), showArgument(next.want.shown, true), "absent"
		}
		if next.want == nil {
			return where.String(), "absent", nodeOf(next.got).show()
		}
		w, n = next.want, next.got
	}
	if len(where) > 0 {
		at = where.String()
	}
	return at, showArgument(w.shown, true), nodeOf(n).show()
}

type differing struct {
	want    *wanted
	got     any
	missing bool
}

// descend finds the first child of two arrays, or two objects, that differs.
func (c *comparison) descend(w *wanted, n any) (differing, jsonpath.Step, bool) {
	switch m := n.(type) {
	case map[string]any:
		if w.kind != wantObject {
			break
		}
		for i := range w.members {
			x := &w.members[i]
			v, ok := m[x.name]
			if !ok && x.kind != wantOptional {
				return differing{want: x.wanted, missing: true}, jsonpath.Step{Name: x.name}, true
			}
			if ok && !c.equal(x.wanted, v) {
				return differing{want: x.wanted, got: v}, jsonpath.Step{Name: x.name}, true
			}
		}
		if c.ignoreExtra {
			break
		}
		if name, ok := w.surplus(m); ok {
			return differing{got: m[name]}, jsonpath.Step{Name: name}, true
		}
	case []any:
		if w.kind != wantArray || c.ignoreOrder || c.ignoreCount || len(w.items) != len(m) {
			break
		}
		for i, x := range w.items {
			if !c.equal(x, m[i]) {
				return differing{want: x, got: m[i]}, jsonpath.Step{Index: i, IsIndex: true}, true
			}
		}
	}
	return differing{}, jsonpath.Step{}, false
}

// surplus names the first member, by name, that is not asked for.
func (w *wanted) surplus(m map[string]any) (first string, found bool) {
	for name := range m {
		if found && name > first {
			continue
		}
		_, known := slices.BinarySearchFunc(w.members, name, func(m wantedMember, name string) int { return strings.Compare(m.name, name) })
		if !known {
			first, found = name, true
		}
	}
	return first, found
}
