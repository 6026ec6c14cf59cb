package template

import (
	"errors"
	"slices"

	"understudy/matchers/jsonpath"
)

// jsonHelpers build, read and change JSON. An argument that is a text is taken
// for JSON; what they make keeps the order of members.
var jsonHelpers = group("JSON", []*helper{
	encoder("json", "The value as JSON. `pretty=true` indents it. In a structured body a string that is only `{{json …}}` becomes the value itself.", `{{json request.body.customer}}`, `{"name":"Ada"}`),
	encoder("toJson", "As `json`.", `{{toJson (array 1 'a' true)}}`, `[1,"a",true]`),
	{
		name: "parseJson", signature: "text [name]", min: 1, max: 2, block: bodyIsArg, assigns: assignsLast,
		doc:      "The value of a JSON text; with a name, that variable is set to it and nothing is printed. As a block, of its body.",
		examples: []example{{`{{lookup (parseJson '{"a": [1, 2]}') 'a.1'}}`, "2"}, {`{{#parseJson 'x'}}{"a": 1}{{/parseJson}}{{x.a}}`, "1"}},
		value: func(r *run, a args) (any, error) {
			v, err := r.tree(a.at(0))
			if err != nil || a.len() < 2 {
				return v, err
			}
			name, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			return nil, r.assign(name, v)
		},
	},
	{
		name: "object", signature: "name=value…", max: 0, anyHash: true,
		doc:      "An object.",
		examples: []example{{"{{json (object id=7 tags=request.body.tags)}}", `{"id":7,"tags":["new","hot"]}`}},
		value: func(_ *run, a args) (any, error) {
			o := newObject(len(a.hash))
			for i, h := range a.call.hash {
				o.set(h.name, a.hash[i])
			}
			return o, nil
		},
	},
	{
		name: "jsonMerge", signature: "base overlay", min: 2, max: 2, hash: []string{"removeNulls"}, block: bodyIsLast,
		doc:      "The base object with the overlay's members, nested ones merged too. `removeNulls=true` takes away what the overlay has as null (RFC 7396).",
		examples: []example{{`{{json (jsonMerge '{"a":1,"b":{"c":2}}' '{"b":{"d":3}}')}}`, `{"a":1,"b":{"c":2,"d":3}}`}},
		value: func(r *run, a args) (any, error) {
			base, err := r.treeObject(a.at(0))
			if err != nil {
				return nil, err
			}
			overlay, err := r.treeObject(a.at(1))
			if err != nil {
				return nil, err
			}
			return r.merge(base, overlay, a.namedBool("removeNulls", false), 0)
		},
	},
	{
		name: "jsonArrayAdd", signature: "list item", min: 2, max: 2, hash: []string{"jsonPath", "flatten", "maxItems"}, block: bodyIsLast,
		doc: "The list, or the one at `jsonPath=` inside the value, with an item at its end. `flatten=true` adds the items of a list, " +
			"`maxItems=` keeps the last so many. A text item is taken for JSON where it is JSON.",
		examples: []example{{`{{json (jsonArrayAdd '[1,2]' 3)}}`, "[1,2,3]"}, {`{{json (jsonArrayAdd '{"a":[1]}' '[2,3]' jsonPath='$.a' flatten=true)}}`, `{"a":[1,2,3]}`}},
		prepare:  preparePathHash("jsonPath"),
		value: func(r *run, a args) (any, error) {
			v, err := r.tree(a.at(0))
			if err != nil {
				return nil, err
			}
			item, err := r.treeOrText(a.at(1))
			if err != nil {
				return nil, err
			}
			keep, err := a.namedInt(r, "maxItems", -1)
			if err != nil {
				return nil, err
			}
			return r.arrayAdd(v, item, a, keep)
		},
	},
	{
		name: "jsonRemove", signature: "value jsonPath", min: 2, max: 2,
		doc:      "The value without what the JSONPath finds.",
		examples: []example{{`{{json (jsonRemove '{"a":1,"b":[1,2,3]}' '$.b[0]')}}`, `{"a":1,"b":[2,3]}`}},
		prepare:  preparePath(1),
		value: func(r *run, a args) (any, error) {
			v, err := r.tree(a.at(0))
			if err != nil {
				return nil, err
			}
			p, err := r.jsonPath(a, 1)
			if err != nil {
				return nil, err
			}
			return r.removeAt(v, p)
		},
	},
	{
		name: "jsonSet", signature: "value jsonPath new", min: 3, max: 3,
		doc:      "The value with what the JSONPath finds replaced; `jsonMerge` adds what is absent.",
		examples: []example{{`{{json (jsonSet '{"a":{"b":1}}' '$.a.b' 2)}}`, `{"a":{"b":2}}`}, {`{{json (jsonSet request.body.customer '$.name' 'Bob')}}`, `{"name":"Bob"}`}},
		prepare:  preparePath(1),
		value: func(r *run, a args) (any, error) {
			v, err := r.tree(a.at(0))
			if err != nil {
				return nil, err
			}
			p, err := r.jsonPath(a, 1)
			if err != nil {
				return nil, err
			}
			return r.setAt(v, p, a.at(2))
		},
	},
	{
		name: "pick", signature: "object|list name…", min: 2, max: -1,
		doc:      "The object, or each object of the list, with only the members named.",
		examples: []example{{`{{json (pick request.body.items 'sku')}}`, `[{"sku":"A-1"},{"sku":"B-2"}]`}},
		value: func(r *run, a args) (any, error) {
			names := make([]string, 0, a.len()-1)
			for i := 1; i < a.len(); i++ {
				n, err := a.text(r, i)
				if err != nil {
					return nil, err
				}
				names = append(names, n)
			}
			items, ok, err := r.items(a.at(0))
			if err != nil {
				return nil, err
			}
			if !ok {
				return r.pick(a.at(0), names)
			}
			out := make([]any, len(items))
			for i, v := range items {
				if out[i], err = r.pick(v, names); err != nil {
					return nil, err
				}
			}
			return out, nil
		},
	},
	{
		name: "keys", signature: "object", min: 1, max: 1,
		doc: "The names of the members.", examples: []example{{"{{json (keys (object b=1 a=2))}}", `["b","a"]`}},
		value: func(r *run, a args) (any, error) {
			names, _ := memberNames(a.at(0))
			out := make([]any, len(names))
			for i, n := range names {
				out[i] = n
			}
			return out, r.step(len(out))
		},
	},
})

func encoder(name, doc, source, result string) *helper {
	return &helper{
		name: name, signature: "value", min: 1, max: 1, hash: []string{"pretty"}, doc: doc, examples: []example{{source, result}},
		value: func(r *run, a args) (any, error) {
			how := compact
			if a.namedBool("pretty", false) {
				how = pretty
			}
			b, err := r.encode(nil, a.at(0), how, 0)
			if err != nil {
				return nil, err
			}
			return rawJSON{a.at(0), string(b)}, r.make(len(b))
		},
	}
}

// assignsLast is for helpers whose last of several arguments names a variable.
func assignsLast(c *call) (names []string, all bool) {
	n := len(c.args)
	if !c.isBlock {
		n--
	}
	if n <= 0 {
		return nil, true
	}
	v, ok := c.literalArg(len(c.args) - 1)
	if s, isText := v.(string); ok && isText {
		return []string{s}, true
	}
	return nil, false
}

func (r *run) treeObject(v any) (*object, error) {
	t, err := r.tree(v)
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case *object:
		return t, nil
	case map[string]any, viewer:
		return r.copyObject(t)
	}
	return nil, errors.New("an object is wanted here")
}

// copyObject makes an object that may be changed.
func (r *run) copyObject(v any) (*object, error) {
	names, _ := memberNames(v)
	if err := r.step(len(names)); err != nil {
		return nil, err
	}
	if o, ok := v.(*object); ok {
		return o.clone(), nil
	}
	out := newObject(len(names))
	for _, n := range names {
		m, _ := r.member(v, n)
		out.set(n, m)
	}
	return out, nil
}

// treeOrText is tree, or the text itself where it is no JSON.
func (r *run) treeOrText(v any) (any, error) {
	t, err := r.tree(v)
	if err != nil {
		if isFatal(err) {
			return nil, err
		}
		return v, nil
	}
	return t, nil
}

func isObject(v any) bool {
	switch v.(type) {
	case *object, map[string]any:
		return true
	}
	return false
}

func (r *run) merge(base any, overlay any, removeNulls bool, depth int) (any, error) {
	if depth > maxNesting {
		return nil, fatal{ErrDepth}
	}
	out, err := r.copyObject(base)
	if err != nil {
		return nil, err
	}
	names, _ := memberNames(overlay)
	for _, n := range names {
		if err := r.step(1); err != nil {
			return nil, err
		}
		v, _ := r.member(overlay, n)
		old, _ := out.get(n)
		switch {
		case v == nil && removeNulls:
			out.remove(n)
			continue
		case isObject(v) && isObject(old):
			if v, err = r.merge(old, v, removeNulls, depth+1); err != nil {
				return nil, err
			}
		case isObject(v) && removeNulls:
			if v, err = r.merge(newObject(0), v, true, depth+1); err != nil {
				return nil, err
			}
		}
		out.set(n, v)
	}
	return out, nil
}

func (r *run) arrayAdd(v, item any, a args, keep int) (any, error) {
	add := func(target any) (any, error) {
		items, ok, err := r.items(target)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errors.New("the target is no list")
		}
		out := slices.Clone(items)
		if more, ok, err := r.items(item); err != nil {
			return nil, err
		} else if ok && a.namedBool("flatten", false) {
			out = append(out, more...)
		} else {
			out = append(out, item)
		}
		if keep >= 0 && len(out) > keep {
			out = out[len(out)-keep:]
		}
		return out, r.step(len(out))
	}
	if _, ok := a.given("jsonPath"); !ok {
		return add(v)
	}
	p, err := r.jsonPathHash(a, "jsonPath")
	if err != nil {
		return nil, err
	}
	at, err := r.locations(v, p)
	if err != nil {
		return nil, err
	}
	if len(at) == 0 {
		return nil, errors.New("the target is no list")
	}
	for _, l := range at {
		if v, err = r.replaceAt(v, l, add); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (r *run) pick(v any, names []string) (any, error) {
	out := newObject(len(names))
	for _, n := range names {
		if m, ok := r.member(v, n); ok {
			out.set(n, m)
		}
	}
	return out, r.step(len(names))
}

// locations finds where a path leads in a value.
func (r *run) locations(v any, p *jsonpath.Path) ([]jsonpath.Location, error) {
	root, err := r.plain(v)
	if err != nil {
		return nil, err
	}
	if err := r.chargePath(p); err != nil {
		return nil, err
	}
	return p.Locate(root), nil
}

// chargePath takes the steps of a query. One that may visit many nodes costs
// many; what it visits is bounded by the engine.
func (r *run) chargePath(p *jsonpath.Path) error {
	if p.Singular() {
		return r.step(1)
	}
	if err := r.check(); err != nil {
		return err
	}
	return r.step(1000)
}

// replaceAt copies what leads to a location, and puts what f makes of the value there.
func (r *run) replaceAt(v any, at jsonpath.Location, f func(any) (any, error)) (any, error) {
	if len(at) == 0 {
		return f(v)
	}
	s := at[0]
	if s.IsIndex {
		items, ok, err := r.items(v)
		if err != nil || !ok || s.Index >= len(items) {
			return v, err
		}
		out := slices.Clone(items)
		if err := r.step(len(out) / 16); err != nil {
			return nil, err
		}
		out[s.Index], err = r.replaceAt(items[s.Index], at[1:], f)
		return out, err
	}
	out, err := r.copyObject(v)
	if err != nil {
		return nil, err
	}
	old, _ := out.get(s.Name)
	m, err := r.replaceAt(old, at[1:], f)
	if err != nil {
		return nil, err
	}
	out.set(s.Name, m)
	return out, nil
}

func (r *run) removeAt(v any, p *jsonpath.Path) (any, error) {
	at, err := r.locations(v, p)
	if err != nil {
		return nil, err
	}
	// The last first, so that the positions of those before stay right.
	for _, l := range slices.Backward(at) {
		if len(l) == 0 {
			return nil, nil
		}
		last := l[len(l)-1]
		v, err = r.replaceAt(v, l[:len(l)-1], func(parent any) (any, error) {
			if last.IsIndex {
				items, ok, err := r.items(parent)
				if err != nil || !ok || last.Index >= len(items) {
					return parent, err
				}
				return slices.Delete(slices.Clone(items), last.Index, last.Index+1), r.step(len(items) / 16)
			}
			o, err := r.copyObject(parent)
			if err == nil {
				o.remove(last.Name)
			}
			return o, err
		})
		if err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (r *run) setAt(v any, p *jsonpath.Path, to any) (any, error) {
	at, err := r.locations(v, p)
	if err != nil {
		return nil, err
	}
	for _, l := range at {
		if v, err = r.replaceAt(v, l, func(any) (any, error) { return to, nil }); err != nil {
			return nil, err
		}
	}
	return v, nil
}
