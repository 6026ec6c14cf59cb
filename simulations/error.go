package simulations

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an Error is. Statuses and exit codes are
// mapped from it once, at the edge.
type Code string

// The codes.
const (
	// CodeInvalid is bad input; Fields say where.
	CodeInvalid Code = "invalid"
	// CodeNotFound is a name that nothing has.
	CodeNotFound Code = "not-found"
	// CodeConflict is an edit that does not fit the present state.
	CodeConflict Code = "conflict"
	// CodeStale is a condition (If-Match) that does not hold any more.
	CodeStale Code = "stale"
	// CodeTooLarge is input over a bound.
	CodeTooLarge Code = "too-large"
	// CodeUnavailable is a store or an upstream that cannot serve now.
	CodeUnavailable Code = "unavailable"
	// CodeInternal is a defect of understudy.
	CodeInternal Code = "internal"
)

// Error is a failure that a user is told: what, where, and the mend.
type Error struct {
	Code   Code
	Detail string
	// Fields name the places in the input, in document order.
	Fields []FieldError
	// Err is the cause, for errors.Is and for logs; users are not shown it.
	Err error
}

// FieldError is one fault at one place of a document.
type FieldError struct {
	// Pointer is the place as a JSON pointer (RFC 6901), "" for the whole.
	Pointer string `json:"pointer"`
	// Detail says what is wrong and how to mend it.
	Detail string `json:"detail"`
	// Line and Column count from 1; 0 where the input had no text.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
}

func (f FieldError) String() string {
	where := f.Pointer
	if where == "" {
		where = "document"
	}
	if f.Line > 0 {
		return fmt.Sprintf("%s (line %d, column %d): %s", where, f.Line, f.Column, f.Detail)
	}
	return where + ": " + f.Detail
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Detail)
	for i, f := range e.Fields {
		if i == 0 && e.Detail != "" {
			b.WriteString(": ")
		} else if i > 0 {
			b.WriteString("; ")
		}
		if i == 10 {
			fmt.Fprintf(&b, "and %d more", len(e.Fields)-i)
			break
		}
		b.WriteString(f.String())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without fields. A %w operand becomes its cause.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Detail: err.Error(), Err: errors.Unwrap(err)}
}

// CodeOf returns the code of the first Error in err's chain, CodeInternal
// where there is none.
func CodeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeInternal
}

// Invalid makes a CodeInvalid error out of fields; nil where there are none.
func Invalid(fields []FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Code: CodeInvalid, Detail: "the document is not valid", Fields: fields}
}

// Warning is something accepted that is probably not meant.
type Warning struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

// PointerToken escapes one reference token of a JSON pointer (RFC 6901 section 3).
func PointerToken(s string) string {
	if !strings.ContainsAny(s, "~/") {
		return s
	}
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(s)
}
