package resource

import (
	"cmp"
	"slices"
	"strings"

	"understudy/matchers"
	"understudy/simulations"
	"understudy/simulator/patch"
)

// compareValues orders two values of items: what is not there first, then by
// kind, numbers by value and texts by their bytes.
func compareValues(a, b *simulations.Value) int {
	switch {
	case a == nil || b == nil:
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	case a.Kind != b.Kind:
		return cmp.Compare(a.Kind, b.Kind)
	case a.Kind == simulations.Number:
		n, _ := matchers.CompareNumbers(a.Text, b.Text) // JSON numbers both
		return n
	}
	return strings.Compare(scalar(a), scalar(b))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sort brings items into the order that the request asks for. It is stable, so
// that equal ones stay in the order of age.
func (c *Collection) sort(q *Request, items []*item) {
	s := c.list.config.Sorting
	if s == nil {
		return
	}
	by := s.By
	if by == "" {
		by = "sort"
	}
	asked := value(q.Query, by)
	if asked == "" {
		asked = s.Default
	}
	if asked == "" {
		return
	}
	descending := s.Order != "" && strings.EqualFold(value(q.Query, s.Order), "desc")
	keys := strings.Split(asked, ",")
	keys = keys[:min(len(keys), maxSortKeys)]
	type key struct {
		field patch.Pointer
		sign  int
	}
	order := make([]key, len(keys))
	for i, name := range keys {
		k := key{sign: 1}
		name, minus := strings.CutPrefix(strings.TrimSpace(name), "-")
		k.field = strings.Split(strings.TrimPrefix(name, "+"), ".")
		if minus != descending {
			k.sign = -1
		}
		order[i] = k
	}
	type row struct {
		it   *item
		keys []*simulations.Value
	}
	rows := make([]row, len(items))
	for i, it := range items {
		rows[i] = row{it, make([]*simulations.Value, len(order))}
		shown := c.shown(it.value)
		for j, k := range order {
			rows[i].keys[j] = k.field.Get(shown)
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		for j, k := range order {
			if n := compareValues(a.keys[j], b.keys[j]); n != 0 {
				return n * k.sign
			}
		}
		return 0
	})
	for i := range rows {
		items[i] = rows[i].it
	}
}

// maxSortKeys bounds the names that a request can sort by.
const maxSortKeys = 8
