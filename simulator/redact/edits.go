package redact

import (
	"slices"
	"strings"

	"understudy/simulations"
)

// edit replaces the bytes from start to end by text. A weak one, of a built-in
// rule, gives way to another for the same bytes.
type edit struct {
	start, end int
	text       string
	weak       bool
}

// edits are the changes to one text, gathered against the original in any
// order and applied at once. The zero value is none.
type edits struct {
	list []edit
	full bool
}

// add notes a change; one of nothing is none. With more than maxEdits the
// edits are full, and the text may not be used.
func (e *edits) add(start, end int, text string) { e.put(edit{start, end, text, false}) }

func (e *edits) put(it edit) {
	if it.start >= it.end {
		return
	}
	if len(e.list) >= maxEdits {
		e.full = true
		return
	}
	e.list = append(e.list, it)
}

func (e *edits) empty() bool { return len(e.list) == 0 }

// apply returns the changed text. Changes that overlap become one, of all the
// bytes of either and with the text of the one that begins first, then of the
// longer, then of the one that is not weak, then of the one added first.
func (e *edits) apply(s string) string {
	slices.SortStableFunc(e.list, func(a, b edit) int {
		if a.start != b.start {
			return a.start - b.start
		}
		if a.end != b.end {
			return b.end - a.end
		}
		switch {
		case a.weak == b.weak:
			return 0
		case a.weak:
			return 1
		}
		return -1
	})
	var b strings.Builder
	b.Grow(len(s))
	at := 0
	for i := 0; i < len(e.list); {
		cur := e.list[i]
		for i++; i < len(e.list) && e.list[i].start < cur.end; i++ {
			cur.end = max(cur.end, e.list[i].end)
		}
		b.WriteString(s[at:cur.start])
		b.WriteString(cur.text)
		at = cur.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// value is apply for a value that has no place to be withheld in: where there
// is too much to redact, all of it is masked.
func (e *edits) value(s string) (string, bool) {
	switch {
	case e.full:
		return simulations.Mask, true
	case e.empty():
		return s, false
	}
	return e.apply(s), true
}

// dropper takes items out of a list, with the separators that would be left
// over: the one before where an item stays before, else the one behind.
type dropper struct {
	edits *edits
	kept  bool
	// last is where the item before ended.
	last int
}

// item passes one item; next is where the following one begins, -1 for none.
func (d *dropper) item(start, end, next int, drop bool) {
	switch {
	case !drop:
		d.kept = true
	case d.kept:
		d.edits.add(d.last, end, "")
	case next >= 0:
		d.edits.add(start, next, "")
	default:
		d.edits.add(start, end, "")
	}
	d.last = end
}
