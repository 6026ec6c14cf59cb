package instance

import "understudy/simulations"

// list makes a list: as many items as there must be, one where none must.
func (m *maker) list(r *rules, at place) (*simulations.Value, bool) {
	want := max(r.minItems, m.prefixed(r))
	contains := m.contained(r)
	least := max(r.minItems, contains)
	want = max(want, contains)
	if want == 0 && at.depth < m.rich {
		want = 1
	}
	if r.maxItems >= 0 {
		want = min(want, r.maxItems)
	}
	if want > maxItems || least > want {
		return nil, false
	}
	out := simulations.NewArray()
	for i := range want {
		item, ok := m.item(r, out.Items, i, i < contains, place{at.depth + 1, i < least})
		if !ok {
			if i < least {
				return nil, false
			}
			break
		}
		out.Items = append(out.Items, item)
	}
	return out, true
}

// item makes the item of that index, one that is not there yet where they must
// differ.
func (m *maker) item(r *rules, before []*simulations.Value, index int, contained bool, at place) (*simulations.Value, bool) {
	var schemas []*simulations.Value
	for _, list := range r.lists {
		prefix := list.Get("prefixItems")
		switch items := list.Get("items"); {
		case prefix != nil && index < len(prefix.Items):
			schemas = append(schemas, prefix.Items[index])
		case items != nil:
			schemas = append(schemas, items)
		}
		if contains := list.Get("contains"); contained && contains != nil {
			schemas = append(schemas, contains)
		}
	}
	turn := m.turn
	defer func() { m.turn = turn }()
	if r.unique {
		m.turn += index
	}
	for range maxUnique {
		v, ok := m.value(schemas, at)
		if !ok {
			return nil, false
		}
		if !r.unique || !hasTwins(append(before[:len(before):len(before)], v)) {
			return v, true
		}
		m.turn++
	}
	return nil, false
}

// maxUnique is how often an item is made anew until it differs from the others.
const maxUnique = 30

// prefixed is how many items have a schema of their own.
func (m *maker) prefixed(r *rules) int {
	n := 0
	for _, list := range r.lists {
		if prefix := list.Get("prefixItems"); prefix != nil {
			n = max(n, len(prefix.Items))
		}
	}
	return n
}

// contained is how many items must fit contains.
func (m *maker) contained(r *rules) int {
	n := 0
	for _, list := range r.lists {
		if list.Get("contains") == nil {
			continue
		}
		least := 1
		if c, ok := count(list.Get("minContains")); ok {
			least = c
		}
		n = max(n, least)
	}
	return n
}
