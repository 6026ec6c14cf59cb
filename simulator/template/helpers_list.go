package template

import (
	"errors"
	"fmt"
	"slices"
)

// listHelpers work on lists.
var listHelpers = group("Lists", []*helper{
	{
		name: "array", signature: "value…", max: -1,
		doc: "A list of the values.", examples: []example{{"{{array 1 'two' true}}", `[1,"two",true]`}},
		value: func(r *run, a args) (any, error) { return slices.Clone(a.list), r.make(16 * a.len()) },
	},
	{
		name: "range", signature: "from to [step=1]", min: 2, max: 3,
		doc:      "The whole numbers from one to another, both included.",
		examples: []example{{"{{range 3 6}}", "[3,4,5,6]"}, {"{{#each (range 1 3)}}{{this}};{{/each}}", "1;2;3;"}},
		value: func(r *run, a args) (any, error) {
			from, err := a.int(r, 0)
			if err != nil {
				return nil, err
			}
			to, err := a.int(r, 1)
			if err != nil {
				return nil, err
			}
			by := 1
			if a.len() > 2 {
				if by, err = a.int(r, 2); err != nil {
					return nil, err
				}
			}
			return r.numbers(from, to, by)
		},
	},
	ofList("first", "The first item.", "{{first request.body.tags}}", "new", func(_ *run, l []any) (any, error) {
		if len(l) == 0 {
			return nil, nil
		}
		return l[0], nil
	}),
	ofList("last", "The last item.", "{{last request.body.tags}}", "hot", func(_ *run, l []any) (any, error) {
		if len(l) == 0 {
			return nil, nil
		}
		return l[len(l)-1], nil
	}),
	ofList("reverse", "The items in the opposite order.", "{{reverse (array 1 2 3)}}", "[3,2,1]", func(_ *run, l []any) (any, error) {
		out := slices.Clone(l)
		slices.Reverse(out)
		return out, nil
	}),
	ofList("unique", "Without the items that equal an earlier one.", "{{unique (array 1 2 1 '2')}}", `[1,2,"2"]`, unique),
	{
		name: "sort", signature: "list [member]", min: 1, max: 2, hash: []string{"order"},
		doc:      "The items in order, numbers by their value; by a member of objects where one is named; `order='desc'` from the greatest.",
		examples: []example{{"{{sort (array 10 9 100)}}", "[9,10,100]"}, {"{{#each (sort request.body.items 'qty' order='desc')}}{{sku}} {{/each}}", "B-2 A-1 "}},
		value:    sortItems,
	},
	{
		name: "slice", signature: "list from [to]", min: 2, max: 3,
		doc:      "The items from a position up to, and without, another; negative positions count from the end.",
		examples: []example{{"{{slice (array 1 2 3 4) 1 3}}", "[2,3]"}, {"{{slice (array 1 2 3 4) -1}}", "[4]"}},
		value: func(r *run, a args) (any, error) {
			items, err := a.items(r)
			if err != nil {
				return nil, err
			}
			from, err := a.int(r, 1)
			if err != nil {
				return nil, err
			}
			to := len(items)
			if a.len() > 2 {
				if to, err = a.int(r, 2); err != nil {
					return nil, err
				}
			}
			from, to = within(from, len(items)), within(to, len(items))
			return slices.Clone(items[min(from, to):to]), nil
		},
	},
	{
		name: "append", signature: "list value…", min: 2, max: -1,
		doc: "The list with the values at its end.", examples: []example{{"{{append request.body.tags 'x'}}", `["new","hot","x"]`}},
		value: func(r *run, a args) (any, error) {
			items, err := a.items(r)
			if err != nil {
				return nil, err
			}
			return append(slices.Clone(items), a.list[1:]...), r.make(16 * len(items))
		},
	},
	{
		name: "pluck", signature: "list member", min: 2, max: 2,
		doc: "The member of that name, or path, of each item.", examples: []example{{"{{pluck request.body.items 'sku'}}", `["A-1","B-2"]`}},
		value: func(r *run, a args) (any, error) {
			items, err := a.items(r)
			if err != nil {
				return nil, err
			}
			name, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			out := make([]any, len(items))
			for i, v := range items {
				out[i] = r.lookup(v, name)
			}
			return out, r.step(len(out))
		},
	},
	{
		name: "where", signature: "list member value", min: 3, max: 3,
		doc: "The items whose member equals a value.", examples: []example{{"{{#each (where request.body.items 'qty' 3)}}{{sku}}{{/each}}", "B-2"}},
		value: func(r *run, a args) (any, error) {
			items, err := a.items(r)
			if err != nil {
				return nil, err
			}
			name, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			out := []any{}
			for _, v := range items {
				same, err := r.equal(r.lookup(v, name), a.at(2), 0)
				if err != nil {
					return nil, err
				}
				if same {
					out = append(out, v)
				}
			}
			return out, nil
		},
	},
})

func ofList(name, doc, source, result string, f func(r *run, items []any) (any, error)) *helper {
	return &helper{
		name: name, signature: "list", min: 1, max: 1, doc: doc, examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			items, err := a.items(r)
			if err != nil {
				return nil, err
			}
			return f(r, items)
		},
	}
}

var errNoList = errors.New("a list is wanted here")

// items returns the first argument as a list; one that is absent is empty.
func (a args) items(r *run) ([]any, error) {
	items, ok, err := r.items(a.at(0))
	if err != nil {
		return nil, err
	}
	if !ok {
		if a.at(0) == nil {
			return nil, nil
		}
		return nil, errNoList
	}
	return items, r.step(len(items) / 16)
}

func (r *run) numbers(from, to, by int) (any, error) {
	if by == 0 {
		return nil, errors.New("the step is 0")
	}
	if by > 0 && from > to || by < 0 && from < to {
		return []any{}, nil
	}
	n := (to-from)/by + 1
	if n > maxItems {
		return nil, fmt.Errorf("more than %d items", maxItems)
	}
	if err := r.make(32 * n); err != nil {
		return nil, err
	}
	out := make([]any, n)
	for i := range out {
		out[i] = integer(from + i*by)
	}
	return out, nil
}

// unique keeps the first of items that print alike as JSON.
func unique(r *run, items []any) (any, error) {
	seen := make(map[string]bool, len(items))
	out := []any{}
	for _, v := range items {
		key, err := r.encode(nil, v, compact, 0)
		if err != nil {
			return nil, err
		}
		if err := r.make(len(key)); err != nil {
			return nil, err
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, v)
		}
	}
	return out, nil
}

func sortItems(r *run, a args) (any, error) {
	items, err := a.items(r)
	if err != nil {
		return nil, err
	}
	order, err := a.namedText(r, "order", "asc")
	if err != nil {
		return nil, err
	}
	sign := 1
	switch order {
	case "asc":
	case "desc":
		sign = -1
	default:
		return nil, errors.New("order is asc or desc")
	}
	member, err := a.text(r, 1)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(items)
	key := func(v any) any {
		if a.len() > 1 {
			return r.lookup(v, member)
		}
		return v
	}
	var failed error
	slices.SortStableFunc(out, func(x, y any) int {
		if failed != nil {
			return 0
		}
		c, err := r.compare(key(x), key(y))
		if err == nil {
			err = r.step(1)
		}
		failed = err
		return c * sign
	})
	if failed != nil {
		return nil, failed
	}
	return out, nil
}
