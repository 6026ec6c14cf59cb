package matchers

import (
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

var _ = register(Operator{
	Name: "list",
	Doc: "The value is split at commas, spaces around an item go, and the items are those of the argument, in that order. " +
		"The argument is a list of strings, or an object of `items` and options: `separator` splits at that text instead, and keeps spaces; `ignoreOrder` takes the items in any order; " +
		"`ignoreExtra` lets other items stand among them; `ignoreCount` lets an item stand any number of times, with ignoreOrder none at all too.",
	Example: "{headers: {Accept: {list: [text/html, application/json]}, X-Tags: {list: {items: [a, b], separator: \";\", ignoreExtra: true}}}}",
	Cost:    CostPattern,
	Schema: `{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"object","required":["items"],"additionalProperties":false,"properties":{` +
		`"items":{"type":"array","items":{"type":"string"}},"separator":{"type":"string","minLength":1},` +
		`"ignoreOrder":{"type":"boolean"},"ignoreExtra":{"type":"boolean"},"ignoreCount":{"type":"boolean"}}}]}`,
	compile: compileList,
})

func compileList(c *compiler, op *Operator, arg *simulations.Value, p *Predicate) {
	t := &listTest{separator: ",", trim: true}
	items := arg
	if arg.Kind == simulations.Object {
		c.members(op, arg, "items", "separator", "ignoreOrder", "ignoreExtra", "ignoreCount")
		if sep := arg.Get("separator"); sep != nil {
			c.in("separator", func() {
				if c.want(op, sep, simulations.String) && sep.Text == "" {
					c.fail(sep, "a separator is one character or more")
				}
			})
			t.separator, t.trim = sep.Text, false
		}
		t.ignoreOrder = c.option(op, arg, "ignoreOrder")
		t.ignoreExtra = c.option(op, arg, "ignoreExtra")
		t.ignoreCount = c.option(op, arg, "ignoreCount")
		items = arg.Get("items")
	}
	if !c.want(op, items, simulations.Array) {
		return
	}
	t.counts = make(map[string]int, len(items.Items))
	for i, item := range items.Items {
		c.in(strconv.Itoa(i), func() {
			if s, ok := c.text(op, item); ok {
				t.items = append(t.items, s)
				t.counts[s]++
			}
		})
	}
	p.add(part{op: op, arg: arg, value: t})
}

// listTest compares in three steps, each of which an option leaves out: no
// others, as many, in that order.
type listTest struct {
	items     []string
	counts    map[string]int
	separator string
	trim      bool

	ignoreOrder, ignoreExtra, ignoreCount bool
}

// literals are the items, where each of them must be there.
func (t *listTest) literals(do func(literal)) {
	for _, item := range t.items {
		if !t.ignoreCount {
			do(literal{place: place{what: literalItem, name: listName(t.separator)}, hash: hashOf(hashText, strings.TrimSpace(item))})
		}
	}
}

func (t *listTest) holds(v value, _ *scope) bool {
	items := strings.Split(v.string(), t.separator)
	counts := make(map[string]int, len(t.items))
	next := 0
	for _, item := range items {
		if t.trim {
			item = strings.TrimSpace(item)
		}
		counts[item]++
		if t.counts[item] == 0 && !t.ignoreExtra {
			return false
		}
		if next < len(t.items) && item == t.items[next] {
			next++
		}
	}
	if !t.ignoreCount && slices.ContainsFunc(t.items, func(s string) bool { return counts[s] != t.counts[s] }) {
		return false
	}
	return t.ignoreOrder || next == len(t.items)
}
