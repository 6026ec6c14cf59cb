package matchers

import (
	"cmp"
	"slices"
)

// lowest keeps the lowest of the values that are added, at most so many. Values
// that come in any order but a falling one cost little more than a comparison.
type lowest[T cmp.Ordered] struct {
	most int // at least 1
	// kept has up to twice as many; the first most of them are in order, where it
	// was cut.
	kept []T
	cut  bool
}

func (l *lowest[T]) add(v T) {
	if l.cut && v >= l.kept[l.most-1] {
		return
	}
	if len(l.kept) == 2*l.most {
		l.sorted()
	}
	l.kept = append(l.kept, v)
}

// sorted returns them in order, which ends the use of l.
func (l *lowest[T]) sorted() []T {
	slices.Sort(l.kept)
	if len(l.kept) > l.most {
		l.kept, l.cut = l.kept[:l.most], true
	}
	return l.kept
}
