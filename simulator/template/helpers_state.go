package template

import (
	"errors"
	"strconv"
)

// stateHelpers reach what lives as long as the session.
var stateHelpers = group("Session", []*helper{
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
})

var errNoState = errors.New("there is no session state here")
