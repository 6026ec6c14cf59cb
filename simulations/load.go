package simulations

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read from files.
const (
	// MaxDocumentBytes bounds a document's file, and what the bodies that it
	// names by `file:` add up to.
	MaxDocumentBytes = 256 << 20
	// MaxStreamBytes bounds one that is read piece by piece, decompressed.
	MaxStreamBytes = 4 << 30
	// MaxFolderFiles bounds the documents of a folder, MaxFolderBytes what they
	// and their bodies add up to: several may name one file.
	MaxFolderFiles = 10_000
	MaxFolderBytes = 4 * MaxDocumentBytes
)

// FileError says which file an error belongs to.
type FileError struct {
	// Path is the file as the reader was asked for it, with slashes.
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }

func (e *FileError) Unwrap() error { return e.Err }

// Loaded is a document and the file it stands in.
type Loaded struct {
	// Path is the file below the folder, with slashes.
	Path     string
	Document *Document
	// Warnings are those of reading; acceptance may add to them.
	Warnings []Warning
}

// Reader turns the text of a file into a document; [ReadNative] reads
// understudy's own.
type Reader func(data []byte) (*Document, []Warning, error)

// ReadNative is the Reader of understudy's own documents.
func ReadNative(data []byte) (*Document, []Warning, error) {
	doc, err := Decode(data)
	return doc, nil, err
}

// Load reads the document in the file name of fsys. Where the document has no
// name it gets the file's, without the extension; a response's `file:`, a path
// below the document's folder, becomes its content: text where it is valid
// UTF-8, bytes otherwise. Everything is read through fsys, so an [os.Root]
// keeps links from leading out of the folder. The error is a *FileError.
func Load(fsys fs.FS, name string, read Reader) (*Loaded, error) {
	left := int64(MaxFolderBytes)
	l, _, err := load(fsys, name, read, &left)
	if err != nil {
		return nil, &FileError{Path: name, Err: err}
	}
	return l, nil
}

// LoadAll reads every document of a folder and of the folders below it, sorted
// by path: files that end as [DocumentEndings] says, or in that and .gz, but for
// those that a document names as a body. What begins with a dot is passed over, and so are
// linked folders. Two documents of one name are refused. The error joins a
// *FileError for each file that is wrong.
func LoadAll(fsys fs.FS, read Reader) ([]Loaded, error) {
	return loadAll(fsys, read, MaxFolderBytes)
}

func loadAll(fsys fs.FS, read Reader, most int64) ([]Loaded, error) {
	names, err := documentFiles(fsys)
	if err != nil {
		return nil, err
	}
	var all []Loaded
	failed := make(map[string]error)
	bodies := make(map[string]bool)
	left := most
	for _, name := range names {
		l, used, err := load(fsys, name, read, &left)
		for _, b := range used {
			bodies[b] = true
		}
		if left < 0 {
			return nil, &FileError{Path: name, Err: Errorf(CodeTooLarge, "up to here the documents of the folder and the files that they name add up to more than %d bytes: import it in parts", most)}
		}
		if err != nil {
			failed[name] = err
			continue
		}
		all = append(all, *l)
	}
	var faults []error
	first := make(map[string]string)
	all = slices.DeleteFunc(all, func(l Loaded) bool { return bodies[l.Path] })
	for _, l := range all {
		if other, ok := first[l.Document.Name]; ok {
			failed[l.Path] = Errorf(CodeConflict, "the simulation %q stands in %s too: give one of them another `name:`", l.Document.Name, other)
			continue
		}
		first[l.Document.Name] = l.Path
	}
	for _, name := range names {
		if err, ok := failed[name]; ok && !bodies[name] {
			faults = append(faults, &FileError{Path: name, Err: err})
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return all, nil
}

// documentFiles lists, sorted, the files below the folder that may be documents.
func documentFiles(fsys fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return &FileError{Path: name, Err: err}
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || !documentName(name):
			return nil
		}
		// A link counts by what it leads to: mounted configuration is made of
		// links.
		if info, err := fs.Stat(fsys, name); err != nil {
			return &FileError{Path: name, Err: err}
		} else if !info.Mode().IsRegular() {
			return nil
		}
		if names = append(names, name); len(names) > MaxFolderFiles {
			return Errorf(CodeTooLarge, "the folder has more than %d documents", MaxFolderFiles)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// uncompressed is the name of a file without what gzip adds to it.
func uncompressed(name string) string { return strings.TrimSuffix(name, ".gz") }

// DocumentEndings is what the documents of a folder end in, in words.
const DocumentEndings = ".yaml, .yml, .json or .har"

func documentName(name string) bool {
	switch strings.ToLower(path.Ext(uncompressed(name))) {
	case ".yaml", ".yml", ".json", ".har":
		return true
	}
	return false
}

// load is Load, and tells which files the document takes bodies from, also
// where it is wrong otherwise. What it reads is taken from left.
func load(fsys fs.FS, name string, read Reader, left *int64) (*Loaded, []string, error) {
	data, err := readFile(fsys, name, MaxDocumentBytes)
	if CodeOf(err) == CodeTooLarge {
		err = TooLarge("larger", MaxDocumentBytes)
	}
	if err != nil {
		return nil, nil, err
	}
	*left -= int64(len(data))
	doc, warnings, err := read(data)
	if err != nil {
		var used []string
		if v, fault := Parse(data); fault == nil {
			used = bodyFiles(fsys, v, path.Dir(name))
		}
		return nil, used, err
	}
	used := doc.bodyFiles(fsys, path.Dir(name))
	if doc.Name == "" {
		plain := uncompressed(path.Base(name))
		doc.Name = strings.TrimSuffix(plain, path.Ext(plain))
		if !ValidName(doc.Name) {
			return nil, used, Invalid([]FieldError{{
				Pointer: "/name", Line: 1, Column: 1,
				Detail: fmt.Sprintf("the file's name, %q, cannot name the simulation: %s: write the field `name`, rename the file, or import it with --name", doc.Name, nameRule),
			}})
		}
	}
	taken, err := doc.readFiles(fsys, path.Dir(name))
	*left -= taken
	if err != nil {
		return nil, used, err
	}
	return &Loaded{Path: name, Document: doc, Warnings: warnings}, used, nil
}

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

// TooLarge is the error of documents that are larger, as what says, than the bytes
// that may be read whole. It says who reads more.
func TooLarge(what string, limit int64) error {
	return Errorf(CodeTooLarge, "%s than the %d bytes that may be read: of HTTP archives (HAR) `understudy import FILE` reads up to %d GiB", what, limit, MaxStreamBytes>>30)
}

// ReadFile reads a regular file of at most [MaxDocumentBytes].
func ReadFile(fsys fs.FS, name string) ([]byte, error) {
	return readFile(fsys, name, MaxDocumentBytes)
}

// readFile reads a regular file of at most limit bytes.
func readFile(fsys fs.FS, name string, limit int64) ([]byte, error) {
	// Before it is opened: opening a pipe would wait for its writer.
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fileCause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, Errorf(CodeInvalid, "not a file")
	}
	tooLarge := Errorf(CodeTooLarge, "larger than the %d bytes that may be read", limit)
	if info.Size() > limit {
		return nil, tooLarge
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fileCause(err)
	}
	defer f.Close()
	var b bytes.Buffer
	b.Grow(int(info.Size()) + bytes.MinRead) // so that it need not grow while it is filled
	if _, err := b.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, fileCause(err)
	}
	if int64(b.Len()) > limit {
		return nil, tooLarge // it has grown meanwhile
	}
	return b.Bytes(), nil
}

// fileCause says what went wrong with a file, without the name that the caller
// puts before it.
func fileCause(err error) error {
	cause := err
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		cause = p.Err
	}
	code := CodeInvalid
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Code: CodeNotFound, Detail: "there is no such file", Err: err}
	case errors.Is(err, fs.ErrPermission):
		code = CodeUnavailable
	}
	return &Error{Code: code, Detail: cause.Error(), Err: err}
}
