package resource

import (
	"fmt"
	"strconv"
)

// seed are the items that every session begins with.
type seed struct {
	scopes map[string]*seedScope
	// highest is the highest whole number that is an id.
	highest uint64
}

// seedScope are those of one scope.
type seedScope struct {
	items []*item
	at    map[string]int
	// unique finds, for each unique place, an item by its value there.
	unique []map[string]string
}

// lastInteger is the highest integer that is counted on from: every client can
// read it exactly, and there is always a next.
const lastInteger = 1 << 53

// seed reads a collection's items.
func (c *compiler) seed(of *Collection) {
	of.seed = &seed{scopes: make(map[string]*seedScope)}
	for i, v := range of.Config.Items {
		at := fmt.Sprintf("/items/%d", i)
		id, ok := idText(of.id.Get(v))
		if !ok {
			c.fail(at, "has no id at %s: a text or a number of 1 to %d bytes", of.id, maxIDBytes)
			continue
		}
		values := make([]string, len(of.scope))
		for j, name := range of.scope {
			if of.scopeFields[j] == nil {
				c.fail("/scope", "says nothing of the parameter {%s}: name the place of an item where it stands", name)
				return
			}
			if values[j], ok = idText(of.scopeFields[j].Get(v)); !ok {
				c.fail(at, "has no text or number at %s, which stands for the parameter {%s}", of.scopeFields[j], name)
			}
		}
		key := scopeKey(values)
		scope := of.seed.scopes[key]
		if scope == nil {
			scope = &seedScope{at: make(map[string]int), unique: make([]map[string]string, len(of.unique))}
			for j := range scope.unique {
				scope.unique[j] = make(map[string]string)
			}
			of.seed.scopes[key] = scope
		}
		if j, twice := scope.at[id]; twice {
			c.fail(at, "has the id %q, like %s", id, scope.items[j].value.String())
			continue
		}
		for j, p := range of.unique {
			k := uniqueKey(v, p)
			if other, taken := scope.unique[j][k]; taken && k != "" {
				c.fail(at, "has the same %s as the item %q", p, other)
			}
			scope.unique[j][k] = id
		}
		for _, f := range of.validateItem(v.AppendJSON(nil)) {
			c.fail(at, "is not valid: %s", f.Detail)
		}
		scope.at[id] = len(scope.items)
		scope.items = append(scope.items, &item{id: id, value: v})
		if n, err := strconv.ParseUint(id, 10, 64); err == nil && n < lastInteger {
			of.seed.highest = max(of.seed.highest, n)
		}
	}
}

// index finds the place of an item. A nil seedScope is empty.
func (s *seedScope) index(id string) (i int, ok bool) {
	if s == nil {
		return 0, false
	}
	i, ok = s.at[id]
	return i, ok
}

// lookup finds an item, nil for none.
func (s *seedScope) lookup(id string) *item {
	if i, ok := s.index(id); ok {
		return s.items[i]
	}
	return nil
}

// first is the number before the first that is counted.
func (c *Collection) first() uint64 {
	n := c.seed.highest
	if id := c.Config.ID; id != nil && id.From > 0 {
		n = max(n, uint64(id.From)-1)
	}
	return n
}
