package template

import "fmt"

// blockHelpers are the blocks that every dialect has.
var blockHelpers = group("Blocks", []*helper{
	{
		name: "if", signature: "value", min: 1, max: 1, strict: true, hash: []string{"includeZero"}, block: onlyBlock,
		doc:      "Renders its body where the value is true, else the part behind `{{else}}`. False, null, 0, an empty text and an empty list are not true; `includeZero=true` takes 0 for true. Chains: `{{else if other}}`.",
		examples: []example{{"{{#if request.query.page}}page {{request.query.page}}{{else}}all{{/if}}", "page 2"}, {"{{#if request.query.none}}a{{else if request.query.page}}b{{else}}c{{/if}}", "b"}},
		enter: func(r *run, a args, b *block) error {
			if truth(a.at(0)) || isNumber(a.at(0)) && a.namedBool("includeZero", false) {
				return r.nodes(b.body)
			}
			return r.nodes(b.orElse)
		},
	},
	{
		name: "unless", signature: "value", min: 1, max: 1, strict: true, block: onlyBlock,
		doc:      "The opposite of `if`.",
		examples: []example{{"{{#unless request.query.none}}absent{{/unless}}", "absent"}},
		enter: func(r *run, a args, b *block) error {
			if !truth(a.at(0)) {
				return r.nodes(b.body)
			}
			return r.nodes(b.orElse)
		},
	},
	{
		name: "each", signature: "list|object", min: 1, max: 1, strict: true, block: onlyBlock, opens: true,
		doc: "Renders its body for each item of a list, or each member of an object; the part behind `{{else}}` where there is none. " +
			"Inside, `this` is the item, and there are `@index`, `@key`, `@first`, `@last`, `@odd` and `@even`; `as |item index|` names the item and its number or key.",
		examples: []example{
			{"{{#each request.body.items}}{{@index}}:{{sku}}{{#unless @last}}, {{/unless}}{{/each}}", "0:A-1, 1:B-2"},
			{"{{#each request.body.tags as |tag i|}}{{i}}={{tag}};{{else}}none{{/each}}", "0=new;1=hot;"},
			{"{{#each (object a=1 b=2)}}{{@key}}={{this}} {{/each}}", "a=1 b=2 "},
		},
		enter: func(r *run, a args, b *block) error { return r.each(a.at(0), b.params, b.body, b.orElse) },
	},
	{
		name: "with", signature: "value", min: 1, max: 1, strict: true, block: onlyBlock, opens: true,
		doc:      "Renders its body with the value as `this`; the part behind `{{else}}` where the value is not true. `as |name|` names it.",
		examples: []example{{"{{#with request.body.customer}}{{name}}{{/with}}", "Ada"}, {"{{#with request.body.customer as |c|}}{{c.name}}{{/with}}", "Ada"}},
		enter: func(r *run, a args, b *block) error {
			if !truth(a.at(0)) {
				return r.nodes(b.orElse)
			}
			return r.with(a.at(0), b.params, b.body)
		},
	},
	{
		name: "lookup", signature: "value name", min: 2, max: 2, strict: true,
		doc:      "The member or item of a value whose name or number is itself a value. A name that is none is tried as a path.",
		examples: []example{{"{{lookup request.body.tags 1}}", "hot"}, {"{{lookup request.query 'page'}}", "2"}},
		value: func(r *run, a args) (any, error) {
			name, err := a.text(r, 1)
			if err != nil {
				return nil, err
			}
			return r.lookup(a.at(0), name), nil
		},
	},
	{
		name: "assign", signature: "name value", min: 2, max: 2, strict: true, block: bodyIsLast, assigns: assignsFirst,
		doc:      "Sets a variable for the rest of the template. As a block, to the text of its body.",
		examples: []example{{"{{assign 'total' (add 1 2)}}{{total}}", "3"}, {"{{#assign 'who'}}{{request.body.customer.name}}!{{/assign}}{{who}}", "Ada!"}},
		value: func(r *run, a args) (any, error) {
			name, err := a.text(r, 0)
			if err != nil {
				return nil, err
			}
			return nil, r.assign(name, a.at(1))
		},
	},
	{
		name: "let", signature: "name=value…", max: 0, anyHash: true, strict: true, block: ownBlock, locals: true,
		assigns: func(c *call) (names []string, all bool) {
			if !c.isBlock {
				for _, h := range c.hash {
					names = append(names, h.name)
				}
			}
			return names, true
		},
		doc:      "Names values: as a block for its body, else for the rest of the template.",
		examples: []example{{"{{#let n=(size request.body.tags)}}{{n}} tags{{/let}}", "2 tags"}, {"{{let a=1 b=2}}{{add a b}}", "3"}},
		value: func(r *run, a args) (any, error) {
			for i, h := range a.call.hash {
				if err := r.assign(h.name, a.hash[i]); err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
		enter: func(r *run, a args, b *block) error {
			f := frame{parent: r.frame, this: keepContext, values: a.hash}
			for _, h := range a.call.hash {
				f.params = append(f.params, h.name)
			}
			return r.in(&f, b.body)
		},
	},
})

// assignsFirst is for helpers whose first argument names a variable.
func assignsFirst(c *call) (names []string, all bool) {
	v, ok := c.literalArg(0)
	if s, isText := v.(string); ok && isText {
		return []string{s}, true
	}
	return nil, false
}

// maxVars bounds the variables of one rendering.
const maxVars = 1000

func (r *run) assign(name string, v any) error {
	if _, ok := r.vars[name]; !ok && len(r.vars) >= maxVars {
		return fmt.Errorf("more than %d variables", maxVars)
	}
	if r.vars == nil {
		r.vars = make(map[string]any)
	}
	r.vars[name] = v
	return nil
}

// lookup finds a member by a name that may be a path.
func (r *run) lookup(v any, name string) any {
	if m, ok := r.member(v, name); ok {
		return m
	}
	for i := len(name) - 1; i > 0; i-- {
		if name[i] != '.' {
			continue
		}
		if m, ok := r.member(v, name[:i]); ok {
			return r.lookup(m, name[i+1:])
		}
	}
	return nil
}

// group sets the group of helpers.
func group(name string, list []*helper) []*helper {
	for _, h := range list {
		h.group = name
	}
	return list
}
