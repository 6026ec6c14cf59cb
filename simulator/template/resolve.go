package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What the parser knows about names.

// helper returns the helper that a path names, nil for none. Block parameters
// hide helpers, and this.x is never one.
func (p *parser) helper(pt *path) *helper {
	if pt.this || pt.data {
		return nil
	}
	h := p.helpers[strings.Join(pt.names, ".")]
	if h != nil && len(pt.names) == 1 && p.isParam(pt.names[0]) {
		return nil
	}
	return h
}

func (p *parser) isParam(name string) bool {
	return slices.ContainsFunc(p.scopes, func(s scope) bool { return slices.Contains(s.params, name) })
}

// inContext reports whether a block around has a context of its own.
func (p *parser) inContext() bool {
	return slices.ContainsFunc(p.scopes, func(s scope) bool { return s.opens })
}

// defined reports whether a name may have a value here.
func (p *parser) defined(name string) bool {
	return p.isParam(name) || p.assigned[name] || p.anyName || p.inContext() || slices.Contains(p.roots, name)
}

func (p *parser) unknownHelper(pt *path) error {
	return p.fail(pt.offset, fmt.Sprintf("there is no helper %s%s", pt.source, didYouMean(strings.Join(pt.names, "."), p.helperNames())))
}

func (p *parser) helperNames() []string {
	return slices.Sorted(maps.Keys(p.helpers))
}

// checkName refuses a path that cannot have a value.
func (p *parser) checkName(pt *path, isBlock bool) error {
	if pt.data {
		return p.checkData(pt)
	}
	if !p.strict || pt.this {
		return nil
	}
	name := pt.names[0]
	if !p.defined(name) {
		if isBlock {
			return p.unknownHelper(pt)
		}
		known := append(p.helperNames(), p.roots...)
		for n := range p.assigned {
			known = append(known, n)
		}
		return p.fail(pt.offset, fmt.Sprintf("%s is neither a helper nor a value%s", pt.source, didYouMean(name, known)))
	}
	if fields := fieldsOf[name]; fields != nil && len(pt.names) > 1 && !p.isParam(name) && !p.assigned[name] && !p.inContext() {
		if field := pt.names[1]; !slices.Contains(fields, field) {
			return p.fail(pt.offset, fmt.Sprintf("a %s has no %s%s", name, field, didYouMean(field, fields)))
		}
	}
	return nil
}

// fieldsOf are the members of what a name at the root stands for, where they are
// always the same.
var fieldsOf = map[string][]string{"request": requestFields, "response": responseFields}

var dataNames = []string{"index", "key", "first", "last", "root", "odd", "even", "value"}

func (p *parser) checkData(pt *path) error {
	if len(pt.names) == 0 {
		return p.fail(pt.offset, "a name is missing after @")
	}
	if !p.strict || slices.Contains(dataNames, pt.names[0]) {
		return nil
	}
	return p.fail(pt.offset, fmt.Sprintf("there is no @%s%s", pt.names[0], didYouMean(pt.names[0], dataNames)))
}

// checkCall refuses a helper that is used as it cannot be, and lets it prepare
// what its literal arguments allow.
func (p *parser) checkCall(c *call) error {
	h := c.helper
	refuse := func(detail string) error { return locate(p.src, c.offset, h.name, detail, nil) }
	p.usesTable(c)
	switch {
	case c.isBlock && h.block == noBlock:
		return refuse("it has no block form: write {{" + h.usage() + "}}")
	case !c.isBlock && h.block == onlyBlock:
		return refuse("it is a block: write {{#" + h.usage() + "}}…{{/" + h.name + "}}")
	}
	if p.strict || h.strict {
		n := len(c.args)
		if c.isBlock && (h.block == bodyIsArg || h.block == bodyIsLast) {
			n++
		}
		switch {
		case n < h.min:
			return refuse(fmt.Sprintf("an argument is missing: {{%s}}", h.usage()))
		case h.max >= 0 && n > h.max:
			return refuse(fmt.Sprintf("too many arguments: {{%s}}", h.usage()))
		}
		for _, a := range c.hash {
			if !h.anyHash && !slices.Contains(h.hash, a.name) {
				detail := fmt.Sprintf("it has no argument %s=%s", a.name, didYouMean(a.name, h.hash))
				if len(h.hash) > 0 {
					detail += "; it has " + strings.Join(h.hash, ", ")
				}
				return refuse(detail)
			}
		}
	}
	if h.prepare == nil {
		return nil
	}
	prepared, err := h.prepare(c)
	if err != nil {
		if p.errorText {
			return nil // it becomes text when rendered, as the dialect has it
		}
		return refuse(err.Error())
	}
	c.prepared = prepared
	return nil
}
