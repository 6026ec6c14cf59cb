package template

import (
	"errors"
	"strconv"
)

// stateHelpers reach what lives longer than one answer.
var stateHelpers = group("Session and tables", []*helper{
	{
		name: "counter", signature: "name", min: 1, max: 1, hash: []string{"step"},
		doc:      "Adds 1, or `step=`, to a counter of the session, and is its new value.",
		examples: []example{{"{{counter 'orders'}} {{counter 'orders'}} {{counter 'orders' step=10}}", "1 2 12"}},
		value: func(r *run, a args) (any, error) {
			name, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			by, err := a.namedInt(r, "step", 1)
			if err != nil {
				return nil, err
			}
			if r.data.State == nil {
				return nil, errNoState
			}
			n, err := r.data.State.Add(name, int64(by))
			if err != nil {
				return nil, err
			}
			return number(strconv.FormatInt(n, 10)), nil
		},
	},
	{
		name: "state.get", signature: "key", min: 1, max: 1, hash: []string{"default"},
		doc:      "A value of the session; `{{state.key}}` is the short form.",
		examples: []example{{"{{state.get 'cart'}} {{state.cart}} {{state.get 'none' default='-'}}", "c-9 c-9 -"}},
		value: func(r *run, a args) (any, error) {
			key, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			if v, ok := (stateView{r.data.State}).get(key); ok {
				return v, nil
			}
			return a.named("default"), nil
		},
	},
	{
		name: "state.set", signature: "key value", min: 2, max: 2, block: bodyIsLast,
		doc:      "Keeps a value in the session, lists and objects as JSON, and prints nothing.",
		examples: []example{{"{{state.set 'seen' request.body.tags}}{{state.seen}}", `["new","hot"]`}},
		value: func(r *run, a args) (any, error) {
			key, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			v, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			if r.data.State == nil {
				return nil, errNoState
			}
			return nil, r.data.State.Set(key, v)
		},
	},
	{
		name: "table", signature: "name [column value]", min: 1, max: 3,
		doc:      "The rows of a data table as objects: all of them, or those whose column has a value.",
		examples: []example{{"{{#each (table 'pets')}}{{name}} {{/each}}", "Rex Tom "}, {"{{lookup (table 'pets' 'id' 2) '0.name'}}", "Tom"}},
		value: func(r *run, a args) (any, error) {
			name, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			var column, value string
			if a.len() > 1 {
				if _, column, value, err = a.text3(r); err != nil {
					return nil, err
				}
			}
			t, err := r.table(name)
			if err != nil {
				return nil, err
			}
			return t.where(r, func(row *object) bool {
				got, ok := row.get(column)
				return a.len() == 1 || ok && got == value
			})
		},
	},
	{
		name: "tableAdd", signature: "name column=value…", min: 1, max: 1, anyHash: true,
		doc:      "Adds a row to a data table of the session, and prints nothing.",
		examples: []example{{"{{tableAdd 'pets' id=3 name='Kit'}}{{size (table 'pets')}}", "3"}},
		value: func(r *run, a args) (any, error) {
			name, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			t, err := r.table(name)
			if err != nil {
				return nil, err
			}
			row := make([]string, len(t.columns()))
			for i, h := range a.call.hash {
				at := t.column(h.name)
				if at < 0 {
					return nil, errors.New("the table " + show(name) + " has no column " + show(h.name))
				}
				if row[at], err = r.text(a.hash[i]); err != nil {
					return nil, err
				}
			}
			return nil, t.add(r, row)
		},
	},
	{
		name: "tableRemove", signature: "name column value", min: 3, max: 3,
		doc:      "Removes the rows whose column has a value from a data table of the session, and is their number.",
		examples: []example{{"{{tableRemove 'pets' 'name' 'Rex'}}", "1"}},
		value: func(r *run, a args) (any, error) {
			name, column, value, err := a.text3(r)
			if err != nil {
				return nil, err
			}
			t, err := r.table(name)
			if err != nil {
				return nil, err
			}
			at := t.column(column)
			n, err := t.remove(r, func(row []string) bool { return at >= 0 && at < len(row) && row[at] == value })
			return integer(n), err
		},
	},
})

var errNoState = errors.New("there is no session state here")
