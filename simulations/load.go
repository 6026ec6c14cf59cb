package simulations

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
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
