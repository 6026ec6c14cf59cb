package template

import "errors"

// tableHelpers read the data tables of the simulation, and change them for the session.
var tableHelpers = naming(group("Tables", []*helper{
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
}))
