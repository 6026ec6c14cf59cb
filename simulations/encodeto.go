package simulations

import (
	"bytes"
	"io"
)

// EncodeTo is Encode, stub by stub: what is held beside the document is one
// stub's text. The error is the writer's, or that of a document that cannot be
// written; part of it may have been written by then.
func EncodeTo(w io.Writer, doc *Document, syntax Syntax) error {
	if len(doc.Stubs) == 0 {
		text, err := EncodeValue(doc.Value(), syntax)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
	before, after := *doc, Document{Collections: doc.Collections, Tables: doc.Tables}
	before.Stubs, before.Collections, before.Tables = nil, nil, nil
	e := &pieces{w: w, syntax: syntax}
	e.members((&before).Value())
	e.list("stubs", len(doc.Stubs), func(i int) *Value { return doc.Stubs[i].Value() })
	e.members((&after).Value())
	e.end()
	return e.err
}

// pieces writes an object member by member, in the form that EncodeValue gives
// the whole.
type pieces struct {
	w      io.Writer
	syntax Syntax
	begun  bool
	err    error
}

func (e *pieces) raw(text string) { e.write([]byte(text)) }

func (e *pieces) write(text []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(text)
	}
}

// text is a value as EncodeValue writes it, without the end of the last line.
func (e *pieces) text(v *Value) []byte {
	if e.err != nil {
		return nil
	}
	var text []byte
	text, e.err = EncodeValue(v, e.syntax)
	return bytes.TrimSuffix(text, []byte("\n"))
}

// indented writes a text whose lines, but for the first and empty ones, are
// indented. A line of JSON has no line end within a string, and in YAML what is
// written in several lines goes with its indentation.
func (e *pieces) indented(text []byte, indent string) {
	for first, rest := true, text; len(rest) > 0 && e.err == nil; first = false {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		if !first && rest[0] != '\n' {
			e.raw(indent)
		}
		e.write(rest[:end])
		rest = rest[end:]
	}
}

// separate begins a member.
func (e *pieces) separate() {
	switch {
	case e.syntax != JSON:
	case e.begun:
		e.raw(",\n  ")
	default:
		e.raw("{\n  ")
	}
	e.begun = true
}

func (e *pieces) members(v *Value) {
	for i, name := range v.Names {
		e.separate()
		one := &Value{Kind: Object, Names: []string{name}, Items: []*Value{v.Items[i]}}
		text := e.text(one)
		if e.syntax != JSON {
			e.indented(text, "")
			e.raw("\n")
			continue
		}
		// The text is that of an object, which others stand beside.
		text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("{\n  ")), []byte("\n}"))
		e.indented(text, "")
	}
}

func (e *pieces) list(name string, n int, item func(int) *Value) {
	e.separate()
	if e.syntax != JSON {
		e.raw(name + ":\n")
		for i := range n {
			e.raw("  ")
			e.indented(e.text(NewArray(item(i))), "  ")
			e.raw("\n")
		}
		return
	}
	e.raw(`"` + name + `": [`)
	for i := range n {
		if i > 0 {
			e.raw(",")
		}
		e.raw("\n    ")
		e.indented(e.text(item(i)), "    ")
	}
	e.raw("\n  ]")
}

func (e *pieces) end() {
	if e.syntax == JSON {
		e.raw("\n}\n")
	}
}
