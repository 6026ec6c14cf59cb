package template

// logicHelpers compare and combine. Each is a value and a block.
var logicHelpers = group("Logic", []*helper{
	comparison("eq", "equal: lists and objects by their contents, a number and a text that is one by their value", "{{eq request.query.page 2}}", "true", func(r *run, x, y any) (bool, error) { return r.equal(x, y, 0) }),
	comparison("ne", "not equal", "{{#ne request.method 'GET'}}writes{{/ne}}", "writes", func(r *run, x, y any) (bool, error) {
		same, err := r.equal(x, y, 0)
		return !same, err
	}),
	comparison("gt", "more than: numbers by their value, dates by their time, texts by their characters", "{{gt 10 9}}", "true", ordering(func(c int) bool { return c > 0 })),
	comparison("gte", "at least", "{{gte 10 10}}", "true", ordering(func(c int) bool { return c >= 0 })),
	comparison("lt", "less than", "{{lt 9.5 10}}", "true", ordering(func(c int) bool { return c < 0 })),
	comparison("lte", "at most", "{{#if (lte (size request.body.tags) 2)}}few{{/if}}", "few", ordering(func(c int) bool { return c <= 0 })),
	{
		name: "and", signature: "value…", min: 1, max: -1, block: condition,
		doc:      "Whether all values are true.",
		examples: []example{{"{{and true request.query.page}}", "true"}},
		value: func(_ *run, a args) (any, error) {
			for _, v := range a.list {
				if !truth(v) {
					return false, nil
				}
			}
			return true, nil
		},
	},
	{
		name: "or", signature: "value…", min: 1, max: -1, block: condition,
		doc:      "Whether one of the values is true.",
		examples: []example{{"{{or request.query.none false}}", "false"}},
		value: func(_ *run, a args) (any, error) {
			for _, v := range a.list {
				if truth(v) {
					return true, nil
				}
			}
			return false, nil
		},
	},
	{
		name: "not", signature: "value", min: 1, max: 1, block: condition,
		doc:      "Whether the value is not true.",
		examples: []example{{"{{not request.query.none}}", "true"}},
		value:    func(_ *run, a args) (any, error) { return !truth(a.at(0)), nil },
	},
	{
		name: "default", signature: "value…", min: 2, max: -1,
		doc:      "The first value that is neither absent nor an empty text.",
		examples: []example{{"{{default request.query.none 'none'}}", "none"}},
		value: func(r *run, a args) (any, error) {
			for _, v := range a.list {
				if !isNothing(v) && v != "" {
					return v, nil
				}
			}
			return a.list[len(a.list)-1], nil
		},
	},
	{
		name: "choose", signature: "condition then else", min: 2, max: 3,
		doc:      "The second value where the first is true, else the third.",
		examples: []example{{"{{choose (gt (size request.body.tags) 1) 'many' 'one'}}", "many"}},
		value: func(_ *run, a args) (any, error) {
			if truth(a.at(0)) {
				return a.at(1), nil
			}
			return a.at(2), nil
		},
	},
})

func comparison(name, doc, source, result string, test func(r *run, x, y any) (bool, error)) *helper {
	return &helper{
		name: name, signature: "a b", min: 2, max: 2, block: condition,
		doc: "Whether a is " + doc + ".", examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) { return test(r, a.at(0), a.at(1)) },
	}
}

func ordering(holds func(c int) bool) func(r *run, x, y any) (bool, error) {
	return func(r *run, x, y any) (bool, error) {
		c, err := r.compare(x, y)
		return holds(c), err
	}
}
