package simulations

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// ReadFiles turns the files that the document's responses, collections and tables
// name, paths below folder of fsys, into content: a response's into text where
// it is valid UTF-8, bytes otherwise; a table's is CSV where it ends in .csv,
// else JSON or YAML.
func (doc *Document) ReadFiles(fsys fs.FS, folder string) error {
	_, err := doc.readFiles(fsys, folder)
	return err
}

// readFiles is ReadFiles, and how many bytes were taken in.
func (doc *Document) readFiles(fsys fs.FS, folder string) (taken int64, err error) {
	b := bodyReader{fsys: fsys, folder: folder, left: MaxDocumentBytes, read: make(map[string][]byte)}
	for _, n := range slices.Sorted(maps.Keys(doc.Collections)) {
		b.items(doc.Collections[n], "/collections/"+PointerToken(n))
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Tables)) {
		b.table(doc.Tables[n], "/tables/"+PointerToken(n))
	}
	doc.eachResponse(b.inline)
	return MaxDocumentBytes - b.left, Invalid(doc.Locate(b.faults))
}

// eachResponse calls do with every response and its pointer.
func (doc *Document) eachResponse(do func(r *Response, pointer string)) {
	for i, s := range doc.Stubs {
		if s.Response != nil {
			do(s.Response, fmt.Sprintf("/stubs/%d/response", i))
		}
		for j, r := range s.Responses {
			do(r, fmt.Sprintf("/stubs/%d/responses/%d", i, j))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Collections)) {
		c, at := doc.Collections[n], "/collections/"+PointerToken(n)
		if c.Deleted != nil {
			do(c.Deleted, at+"/deleted")
		}
		for _, status := range slices.Sorted(maps.Keys(c.Errors)) {
			do(c.Errors[status], at+"/errors/"+PointerToken(status))
		}
		for _, name := range slices.Sorted(maps.Keys(c.Actions)) {
			if r := c.Actions[name].Response; r != nil {
				do(r, at+"/actions/"+PointerToken(name)+"/response")
			}
		}
	}
}

// bodyFiles lists the files that responses, collections and tables name.
func (doc *Document) bodyFiles(fsys fs.FS, folder string) []string {
	var names []string
	take := func(file string) {
		if file != "" {
			names = append(names, path.Join(folder, file))
		}
	}
	for _, c := range doc.Collections {
		take(c.File)
	}
	for _, t := range doc.Tables {
		take(t.File)
	}
	doc.eachResponse(func(r *Response, _ string) {
		take(r.File)
		take(r.Fallback)
		if r.NamesFiles() {
			names = append(names, namedBelow(fsys, folder, r.File)...)
		}
	})
	return names
}

// bodyFiles lists the files that the responses, collections and tables of a
// document name that is wrong otherwise.
func bodyFiles(fsys fs.FS, v *Value, folder string) []string {
	var names []string
	take := func(named *Value) {
		if f := named.Get("file"); f != nil && f.Kind == String {
			names = append(names, path.Join(folder, f.Text))
			if HasTemplate(f) {
				names = append(names, namedBelow(fsys, folder, f.Text)...)
			}
		}
		if f := named.Get("fallback"); f != nil && f.Kind == String {
			names = append(names, path.Join(folder, f.Text))
		}
	}
	if collections := v.Get("collections"); collections != nil {
		for _, c := range collections.Items {
			take(c)
			take(c.Get("deleted"))
			if several := c.Get("errors"); several != nil {
				for _, r := range several.Items {
					take(r)
				}
			}
			if several := c.Get("actions"); several != nil {
				for _, a := range several.Items {
					take(a.Get("response"))
				}
			}
		}
	}
	if tables := v.Get("tables"); tables != nil {
		for _, t := range tables.Items {
			take(t)
		}
	}
	if stubs := v.Get("stubs"); stubs != nil {
		for _, s := range stubs.Items {
			take(s.Get("response"))
			if several := s.Get("responses"); several != nil {
				for _, r := range several.Items {
					take(r)
				}
			}
		}
	}
	return names
}

// namedBelow lists the files that a template for a name may mean; none where that
// cannot be told, which reading them says.
func namedBelow(fsys fs.FS, folder, name string) []string {
	found, err := filesNamed(fsys, folder, name)
	if err != nil {
		return nil
	}
	for i := range found {
		found[i] = path.Join(folder, found[i])
	}
	return found
}

// bodyReader turns the files that responses name into content.
type bodyReader struct {
	fsys   fs.FS
	folder string
	// left is how many bytes the document may still take in.
	left   int64
	read   map[string][]byte
	faults []FieldError
}

// content reads a file that the document names at pointer.
func (b *bodyReader) content(file, pointer string) (data []byte, ok bool) {
	name := path.Join(b.folder, file)
	if data, ok = b.read[name]; !ok {
		var err error
		if data, err = readFile(b.fsys, name, b.left); err != nil {
			b.fail(pointer, fmt.Sprintf("%s: %s", file, err))
			return nil, false
		}
		b.read[name] = data
	}
	if b.left -= int64(len(data)); b.left < 0 {
		b.fail(pointer, fmt.Sprintf("the document's files are larger than %d bytes", MaxDocumentBytes))
		return nil, false
	}
	return data, true
}

func (b *bodyReader) fail(pointer, detail string) {
	b.faults = append(b.faults, FieldError{Pointer: pointer, Detail: detail})
}

// items reads a collection's file: a list of objects, in JSON or YAML.
func (b *bodyReader) items(c *Collection, pointer string) {
	if c.File == "" {
		return
	}
	data, ok := b.content(c.File, pointer+"/file")
	if !ok {
		return
	}
	list, err := Parse(data)
	switch {
	case err != nil:
		b.fail(pointer+"/file", fmt.Sprintf("%s: %s", c.File, err))
		return
	case list.Kind != Array:
		b.fail(pointer+"/file", fmt.Sprintf("%s: is %s, but must be a list of items", c.File, list.Kind))
		return
	}
	for i, item := range list.Items {
		if item.Kind != Object {
			b.fail(pointer+"/file", fmt.Sprintf("%s: line %d: number %d is %s, but an item is an object", c.File, item.Line, i, item.Kind))
			return
		}
	}
	c.Items, c.File = list.Items, ""
}

// table reads a table's file.
func (b *bodyReader) table(t *Table, pointer string) {
	if t.File == "" {
		return
	}
	data, ok := b.content(t.File, pointer+"/file")
	if !ok {
		return
	}
	content := NewString(string(data))
	if strings.ToLower(path.Ext(t.File)) != ".csv" {
		list, err := Parse(data)
		switch {
		case err != nil:
			b.fail(pointer+"/file", fmt.Sprintf("%s: %s", t.File, err))
			return
		case list.Kind != Array:
			b.fail(pointer+"/file", fmt.Sprintf("%s: is %s, but must be a list of rows; CSV is in a file that ends in .csv", t.File, list.Kind))
			return
		}
		content = list
	}
	rows, at, err := tableRows(content)
	switch {
	case err != nil && at.Line > 0:
		b.fail(pointer+"/file", fmt.Sprintf("%s: line %d: %s", t.File, at.Line, err))
	case err != nil:
		b.fail(pointer+"/file", fmt.Sprintf("%s: %s", t.File, err))
	default:
		t.Rows, t.File = rows, ""
	}
}

func (b *bodyReader) inline(r *Response, pointer string) {
	if r.File == "" {
		return
	}
	if r.NamesFiles() {
		b.inlineFiles(r, pointer)
		return
	}
	data, ok := b.content(r.File, pointer+"/file")
	if !ok {
		return
	}
	if utf8.Valid(data) {
		text := string(data)
		r.Text = &text
	} else if r.Template {
		b.fail(pointer+"/file", r.File+" is no UTF-8 text, which a template has to be")
		return
	} else {
		content := Bytes(data)
		r.Base64 = &content
	}
	r.File = ""
}
