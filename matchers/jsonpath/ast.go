package jsonpath

import "regexp"

// segment applies its selectors to each node, or to each of its descendants.
type segment struct {
	descendant bool
	selectors  []selector
}

type selectorKind uint8

const (
	selectName selectorKind = iota
	selectIndex
	selectSlice
	selectAll
	selectFilter
)

type selector struct {
	kind   selectorKind
	name   string
	index  int
	slice  slice
	filter logical
}

// slice is start:end:step; the flags say which were written.
type slice struct {
	start, end, step int
	hasStart, hasEnd bool
}

// logical is an expression that is true or false.
type logical interface {
	truth(e *evaluator, at Node) bool
}

type (
	orExpr  []logical
	andExpr []logical
	notExpr struct{ of logical }
	// existsExpr is a query as a test.
	existsExpr struct{ query query }
	// callExpr is a function as a test.
	callExpr struct{ call call }
	compare  struct {
		op          string
		left, right operand
	}
)

// query is a query within a filter, from the root or from the current node.
type query struct {
	fromRoot bool
	segments []segment
}

// operand is something that has one value, or none.
type operand interface {
	value(e *evaluator, at Node) (any, bool)
}

type (
	literal     struct{ of any }
	singularRef struct{ query query }
)

// call is a function with its arguments.
type call struct {
	fn   *function
	args []argument
	// re is the regular expression where that is a literal.
	re *regexp.Regexp
}

// argument is a value or, for parameters of the nodes type, a query.
type argument struct {
	value operand
	query query
}

func isSingular(segments []segment) bool {
	for _, s := range segments {
		if s.descendant || len(s.selectors) != 1 || s.selectors[0].kind > selectIndex {
			return false
		}
	}
	return true
}
