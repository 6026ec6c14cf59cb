package template

// node is a piece of a template that can be rendered.
type node interface {
	render(r *run) error
}

// text is what stands in the template.
type text string

// output is {{x}}: the value of an expression.
type output struct {
	of expr
	// escape is whether HTML is escaped.
	escape bool
}

// block is {{#x}} … {{else}} … {{/x}}.
type block struct {
	call   *call
	body   []node
	orElse []node
	// params are the names of "as |a b|".
	params []string
}

// section is {{#path}} … {{/path}}, a block without a helper: a list renders
// its body for each item, an object with the object, anything else if it is true.
type section struct {
	of           *path
	body, orElse []node
	params       []string
}

// expr is something that has a value.
type expr interface {
	eval(r *run) (any, error)
}

type literal struct{ value any }

// path names a value.
type path struct {
	// data is @x; up counts ../; this is a path that begins at the context.
	data bool
	up   int
	this bool
	// names are the segments.
	names  []string
	source string
	offset int
}

// call is a helper with its arguments.
type call struct {
	helper *helper
	args   []expr
	hash   []hashArg
	offset int
	// isBlock is {{#helper}}.
	isBlock bool
	// prepared is what the helper made of its literal arguments when the
	// template was compiled.
	prepared any
	// caught is set on a call whose failure becomes text.
	caught bool
}

type hashArg struct {
	name  string
	value expr
}

// literalArg returns the argument at i where the template holds it literally.
func (c *call) literalArg(i int) (any, bool) {
	if i < len(c.args) {
		if l, ok := c.args[i].(literal); ok {
			return l.value, true
		}
	}
	return nil, false
}

// literalHash is literalArg for a named argument.
func (c *call) literalHash(name string) (any, bool) {
	for _, h := range c.hash {
		if h.name == name {
			if l, ok := h.value.(literal); ok {
				return l.value, true
			}
		}
	}
	return nil, false
}
