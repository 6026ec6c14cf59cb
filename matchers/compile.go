package matchers

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"understudy/simulations"
)

// compiler turns predicates into tests and gathers every fault it meets.
type compiler struct {
	base   string
	trail  []string
	faults []simulations.FieldError
	where  context
	depth  int
	// dear is set by what costs much to compile.
	dear bool
}

// compilers are used again: where there are many stubs, nearly every request
// compiles one.
var compilers = sync.Pool{New: func() any { return new(compiler) }}

func (c *compiler) free() {
	*c = compiler{trail: c.trail[:0]}
	compilers.Put(c)
}

// context is what kind of field the predicate being compiled is about.
type context uint8

const (
	// anyContext is a JSON value or a body.
	anyContext context = iota
	// textContext is a field whose values are always text.
	textContext
	// pathContext is the request's path: literals take the match form, globs
	// stop at '/'.
	pathContext
)

const (
	// maxFaults bounds how many faults one stub is told of.
	maxFaults = 100
	// maxPredicateDepth bounds predicates within predicates.
	maxPredicateDepth = 100
)

// CompilePredicate compiles one predicate on text. The pointers of the faults
// begin with pointer.
func CompilePredicate(p simulations.Predicate, pointer string) (*Predicate, []simulations.FieldError) {
	c := &compiler{base: pointer, where: textContext}
	out := c.predicate(p.Value)
	return out, c.faults
}

// in compiles something one member or item deeper.
func (c *compiler) in(token string, do func()) {
	c.trail = append(c.trail, token)
	do()
	c.trail = c.trail[:len(c.trail)-1]
}

// within compiles something in another context.
func (c *compiler) within(where context, do func()) {
	before := c.where
	c.where = where
	do()
	c.where = before
}

func (c *compiler) fail(v *simulations.Value, format string, args ...any) {
	if len(c.faults) >= maxFaults {
		return
	}
	var b strings.Builder
	b.WriteString(c.base)
	for _, t := range c.trail {
		b.WriteByte('/')
		b.WriteString(simulations.PointerToken(t))
	}
	f := simulations.FieldError{Pointer: b.String(), Detail: fmt.Sprintf(format, args...)}
	if v != nil {
		f.Line, f.Column = int(v.Line), int(v.Column)
	}
	c.faults = append(c.faults, f)
}

// predicate compiles v; the result is never nil.
func (c *compiler) predicate(v *simulations.Value) *Predicate {
	p := &Predicate{}
	if v == nil {
		return p
	}
	if c.depth++; c.depth > maxPredicateDepth {
		c.fail(v, "predicates are nested deeper than %d", maxPredicateDepth)
		c.depth--
		return p
	}
	defer func() { c.depth-- }()
	switch v.Kind {
	case simulations.Object:
		for i, name := range v.Names {
			c.in(name, func() { c.operator(name, v.Items[i], p) })
		}
	case simulations.Array:
		for i, item := range v.Items {
			c.in(strconv.Itoa(i), func() {
				if q := c.predicate(item); !q.empty() {
					p.list = append(p.list, q)
				}
			})
		}
	default:
		compileEquals(c, equalsOperator, v, p)
	}
	p.order()
	return p
}

func (c *compiler) operator(name string, arg *simulations.Value, p *Predicate) {
	op := registry[name]
	if op == nil {
		c.fail(arg, "%q is no operator%s", name, simulations.Suggest(name, operatorNames()))
		return
	}
	op.compile(c, op, arg, p)
}

// want reports whether arg is of kind k, and the fault if it is not.
func (c *compiler) want(op *Operator, arg *simulations.Value, k simulations.Kind) bool {
	if arg != nil && arg.Kind == k {
		return true
	}
	c.fail(arg, "%s takes %s, not %s", op.Name, k, kindOf(arg))
	return false
}

func kindOf(v *simulations.Value) string {
	if v == nil {
		return "nothing"
	}
	return v.Kind.String()
}

// text returns the argument of an operator on text. A number or a boolean is
// taken as it was written.
func (c *compiler) text(op *Operator, arg *simulations.Value) (string, bool) {
	switch {
	case arg == nil:
	case arg.Kind == simulations.String, arg.Kind == simulations.Number, arg.Kind == simulations.Bool:
		if c.where == pathContext {
			return matchForm(arg.Text), true
		}
		return arg.Text, true
	}
	c.fail(arg, "%s takes a string, not %s", op.Name, kindOf(arg))
	return "", false
}

// predicates compiles an object of predicates, such as that of jsonPath, and
// hands each to take.
func (c *compiler) predicates(arg *simulations.Value, where context, take func(name string, v *simulations.Value, q *Predicate)) {
	for i, name := range arg.Names {
		c.in(name, func() {
			c.within(where, func() { take(name, arg.Items[i], c.predicate(arg.Items[i])) })
		})
	}
}

// members reports the members of an argument that the operator does not have.
func (c *compiler) members(op *Operator, arg *simulations.Value, known ...string) {
next:
	for i, name := range arg.Names {
		for _, k := range known {
			if k == name {
				continue next
			}
		}
		c.in(name, func() {
			c.fail(arg.Items[i], "%s has no member %q%s", op.Name, name, simulations.Suggest(name, known))
		})
	}
}
