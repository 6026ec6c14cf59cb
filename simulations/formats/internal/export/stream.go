package export

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"understudy/simulations"
)

// List writes a JSON document that is long because of one list in it, item by
// item, indented by two spaces. The first error of the writer is kept.
type List struct {
	w     io.Writer
	depth int
	count int
	err   error
	text  []byte
	out   bytes.Buffer
}

// NewList begins a list within a document: opening is what stands before it, and
// depth how many levels its items are indented.
func NewList(w io.Writer, opening string, depth int) *List {
	l := &List{w: w, depth: depth}
	l.raw(opening)
	return l
}

func (l *List) raw(text string) {
	if l.err == nil {
		_, l.err = io.WriteString(l.w, text)
	}
}

// Err returns the first error of the writer: nothing more has to be made then.
func (l *List) Err() error { return l.err }

// Add writes an item.
func (l *List) Add(v *simulations.Value) {
	if l.err != nil {
		return
	}
	l.out.Reset()
	if l.count > 0 {
		l.out.WriteByte(',')
	}
	l.count++
	indent := bytes.Repeat([]byte("  "), l.depth)
	l.out.WriteByte('\n')
	l.out.Write(indent)
	l.text = v.AppendJSON(l.text[:0])
	if err := json.Indent(&l.out, l.text, string(indent), "  "); err != nil {
		l.err = fmt.Errorf("write JSON: %w", err)
		return
	}
	_, l.err = l.w.Write(l.out.Bytes())
}

// Close ends the list; closing is what stands after it.
func (l *List) Close(closing string) error {
	if l.count > 0 {
		l.raw("\n" + string(bytes.Repeat([]byte("  "), l.depth-1)))
	}
	l.raw(closing)
	return l.err
}

// Indented is a value as the text of a document, indented as List does it.
func Indented(v *simulations.Value, depth int) string {
	var out bytes.Buffer
	text := v.AppendJSON(nil)
	if err := json.Indent(&out, text, string(bytes.Repeat([]byte("  "), depth)), "  "); err != nil {
		return string(text)
	}
	return out.String()
}
