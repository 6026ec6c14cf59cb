package template

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Error is a template that does not compile, or that failed while rendering.
type Error struct {
	// Helper is the helper that failed, "" where it was the template itself.
	Helper string
	// Offset is the byte in the template, from 0. Line and Column count from 1,
	// the column in characters.
	Offset, Line, Column int
	// Detail says what is wrong and, where that can be guessed, the mend.
	Detail string
	// Err is the cause: the context's error, or one of the bounds below.
	Err error
}

func (e *Error) Error() string {
	if e.Helper != "" {
		return fmt.Sprintf("template, line %d, column %d: helper %s: %s", e.Line, e.Column, e.Helper, e.Detail)
	}
	return fmt.Sprintf("template, line %d, column %d: %s", e.Line, e.Column, e.Detail)
}

func (e *Error) Unwrap() error { return e.Err }

// The bounds of one rendering. Reaching one is an error in every dialect.
var (
	// ErrSteps is more work than MaxSteps.
	ErrSteps = fmt.Errorf("the template needs more than %d steps", MaxSteps)
	// ErrOutput is more output than MaxOutput.
	ErrOutput = fmt.Errorf("the template writes more than %d bytes", MaxOutput)
	// ErrMade is more than MaxMade bytes made on the way.
	ErrMade = fmt.Errorf("the template makes values of more than %d bytes", MaxMade)
	// ErrTime is more time than MaxTime.
	ErrTime = fmt.Errorf("the template takes longer than %s", MaxTime)
	// ErrDepth is a value nested deeper than maxNesting.
	ErrDepth = fmt.Errorf("a value is nested deeper than %d", maxNesting)
)

// fatal marks an error that no dialect turns into text: the rendering is over.
type fatal struct{ error }

func (f fatal) Unwrap() error { return f.error }

func isFatal(err error) bool {
	_, ok := errors.AsType[fatal](err)
	return ok
}

// unreadable is a text that a helper was to look into and that is of another kind.
type unreadable struct{ error }

// locate makes an Error for a place in the source.
func locate(src string, offset int, helper, detail string, cause error) *Error {
	offset = min(max(offset, 0), len(src))
	before := src[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return &Error{
		Helper: helper, Offset: offset,
		Line: strings.Count(before, "\n") + 1, Column: len([]rune(before[start:])) + 1,
		Detail: detail, Err: cause,
	}
}

// nearest returns the candidate that name is probably a misspelling of, or "".
func nearest(name string, candidates []string) string {
	best, distance := "", 3
	if len(name) > 100 {
		return ""
	}
	for _, c := range candidates {
		if strings.EqualFold(c, name) {
			return c
		}
		limit := min(2, max(len(name), len(c))/2-1)
		if d := editDistance(name, c, limit); d <= limit && (d < distance || d == distance && c < best) {
			best, distance = c, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements that make b
// out of a, or anything above limit where they are more than that.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func didYouMean(name string, candidates []string) string {
	if n := nearest(name, candidates); n != "" && n != name {
		return "; did you mean " + n + "?"
	}
	return ""
}

// quote shows the begin of s.
func quote(s string, n int) string {
	if len(s) > n {
		for n > 0 && n < len(s) && s[n]&0xC0 == 0x80 {
			n++
		}
		s = s[:n]
	}
	return strconv.Quote(s)
}
