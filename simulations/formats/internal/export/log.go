// Package export holds what the writers of other tools' files share: the
// gathering of what cannot be carried over, the order of precedence, predicates
// taken apart and said as regular expressions, answers unrolled into steps, and
// the writing of long lists piece by piece.
//
// What a writer does follows three rules. What the format can say is said so
// that its own reader gives back the same behaviour. What differs in a corner
// that traffic seldom meets, such as a parameter that stands twice, is said, with
// one warning for the whole document. A stub that would answer other requests
// than it is meant for, or with something else, is left out, with a warning.
package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

// maxWarnings bounds what is said of one document.
const maxWarnings = 1000

// Log gathers the warnings of one export.
type Log struct {
	warnings []simulations.Warning
	// more counts what was said beyond the bound.
	more int
	said map[string]bool
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{said: make(map[string]bool)} }

// Warnings returns what was said, that of stubs in their order; the last one
// counts what is beyond the bound.
func (l *Log) Warnings() []simulations.Warning {
	slices.SortStableFunc(l.warnings, func(a, b simulations.Warning) int { return cmp.Compare(stubOf(a.Pointer), stubOf(b.Pointer)) })
	if l.more == 0 {
		return l.warnings
	}
	return append(l.warnings, simulations.Warning{Detail: fmt.Sprintf("%d more warnings are left out", l.more)})
}

// stubOf is the index of the stub that a pointer leads to, -1 for none.
func stubOf(pointer string) int {
	rest, ok := strings.CutPrefix(pointer, "/stubs/")
	index, _, _ := strings.Cut(rest, "/")
	if i, err := strconv.Atoi(index); ok && err == nil {
		return i
	}
	return -1
}

// At is a place of the document that is no stub's.
func (l *Log) At(pointer string) Place { return Place{pointer: pointer, log: l, left: new(bool)} }

// Stub is the place of the stub of that index.
func (l *Log) Stub(i int) Place { return l.At("/stubs/" + strconv.Itoa(i)) }

// Place is a JSON pointer into understudy's document with the log that its
// warnings go to.
type Place struct {
	pointer string
	log     *Log
	// left is set once the stub that the place belongs to is left out.
	left *bool
}

// Pointer returns the JSON pointer.
func (p Place) Pointer() string { return p.pointer }

// Get is the place of a member.
func (p Place) Get(name string) Place {
	p.pointer += "/" + simulations.PointerToken(name)
	return p
}

// Item is the place of an item.
func (p Place) Item(i int) Place {
	p.pointer += "/" + strconv.Itoa(i)
	return p
}

// Warn says what of the place is lost, and the mend.
func (p Place) Warn(format string, args ...any) {
	l := p.log
	if len(l.warnings) >= maxWarnings {
		l.more++
		return
	}
	l.warnings = append(l.warnings, simulations.Warning{Pointer: p.pointer, Detail: fmt.Sprintf(format, args...)})
}

// Once is Warn for what holds for many places in the same way: the first is
// named only.
func (p Place) Once(detail string) {
	if !p.log.said[detail] {
		p.log.said[detail] = true
		p.Warn("%s (said once, here and wherever else it holds)", detail)
	}
}

// LeaveOut says why the stub cannot be written, and that it is left out.
func (p Place) LeaveOut(format string, args ...any) {
	p.Warn("%s: the stub was left out", fmt.Sprintf(format, args...))
	*p.left = true
}

// Left reports whether the stub is left out.
func (p Place) Left() bool { return *p.left }
