// Package export holds what the writers of other tools' files share: the
// gathering of what cannot be carried over, the order of precedence, predicates
// taken apart and said as regular expressions, answers unrolled into steps, and
// the writing of long lists piece by piece.
//
// What a writer does follows three rules. What the format can say is said so
// that its own reader gives back the same behaviour. What differs in a corner
// that traffic seldom meets, such as a parameter that stands twice, is said. A stub
// that would answer other requests than it is meant for, or with something else,
// is left out, which is said, too. What holds for many places alike is one warning.
package export

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"understudy/simulations"
)

// maxWarnings bounds what is said of one document, maxNamed the places that are
// named of each thing that is said.
const (
	maxWarnings = 1000
	maxNamed    = 4
)

// Log gathers the warnings of one export.
type Log struct {
	kinds []*kind
	// more counts what was said beyond the bound.
	more int
	said map[string]*kind
}

// kind is one thing that is said, of any number of places.
type kind struct {
	detail string
	// places are the first ones; last is the latest.
	places []string
	last   string
	// count is how many places there are, stubs in how many stubs.
	count, stubs int
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{said: make(map[string]*kind)} }

// Warnings returns what was said, each thing once, with the number of places and
// the first of them, that of stubs in their order; the last one counts what is
// beyond the bound.
func (l *Log) Warnings() []simulations.Warning {
	out := make([]simulations.Warning, 0, len(l.kinds)+1)
	for _, k := range l.kinds {
		out = append(out, k.warning())
	}
	slices.SortStableFunc(out, func(a, b simulations.Warning) int { return cmp.Compare(stubOf(a.Pointer), stubOf(b.Pointer)) })
	if l.more > 0 {
		out = append(out, simulations.Warning{Detail: fmt.Sprintf("%d more warnings are left out", l.more)})
	}
	return out
}

func (k *kind) warning() simulations.Warning {
	slices.SortStableFunc(k.places, func(a, b string) int { return cmp.Compare(stubOf(a), stubOf(b)) })
	w := simulations.Warning{Pointer: k.places[0], Detail: k.detail}
	if k.count == 1 {
		return w
	}
	others := strings.Join(k.places[1:], ", ")
	if more := k.count - len(k.places); more > 0 {
		others += fmt.Sprintf(" and %d more", more)
	}
	switch {
	case k.stubs == k.count:
		w.Detail += fmt.Sprintf(" (so in %d stubs, also %s)", k.stubs, others)
	case k.stubs > 1:
		w.Detail += fmt.Sprintf(" (so at %d places of %d stubs, also %s)", k.count, k.stubs, others)
	default:
		w.Detail += fmt.Sprintf(" (so at %d places, also %s)", k.count, others)
	}
	return w
}

// add counts a place, which may be told again at once. The places of a stub are
// told one after the other.
func (k *kind) add(pointer string) {
	if pointer == k.last {
		return
	}
	if i := stubOf(pointer); i >= 0 && i != stubOf(k.last) {
		k.stubs++
	}
	k.last = pointer
	if k.count++; k.count <= maxNamed {
		k.places = append(k.places, pointer)
	}
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
	l, detail := p.log, fmt.Sprintf(format, args...)
	k := l.said[detail]
	if k == nil {
		if len(l.kinds) >= maxWarnings {
			l.more++
			return
		}
		k = &kind{detail: detail}
		l.kinds, l.said[detail] = append(l.kinds, k), k
	}
	k.add(p.pointer)
}

// LeaveOut says why the stub cannot be written, and that it is left out.
func (p Place) LeaveOut(format string, args ...any) {
	p.Warn("%s: the stub was left out", fmt.Sprintf(format, args...))
	*p.left = true
}

// Left reports whether the stub is left out.
func (p Place) Left() bool { return *p.left }
