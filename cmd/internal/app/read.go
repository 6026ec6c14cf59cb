package app

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// ReadPath reads a file, or every document of a folder or of a zip archive, with
// the bodies that they name. Nothing outside the file's own folder, or outside the folder, is
// read, links included. The Paths of the result, and of the *FileErrors that
// are joined in the error, begin with path.
//
// What is one document, a file or a folder in WireMock's form, is called as name
// says, and by itself where that is "".
//
// progress is told of the bytes that are read, of those of an archive all at once.
func ReadPath(path, name, format string, progress Progress) (docs []simulations.Loaded, folder bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, false, &simulations.FileError{Path: path, Err: errors.New(cause(err))}
	}
	dir, file := path, ""
	if !info.IsDir() {
		dir, file = filepath.Split(path)
		if dir == "" {
			dir = "."
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, false, &simulations.FileError{Path: dir, Err: errors.New(cause(err))}
	}
	defer root.Close()
	if file == "" {
		docs, err = formats.Default().LoadAll(progress.folder(root.FS()), cmp.Or(name, folderName(path)), format)
		for i := range docs {
			docs[i].Path = pathWithin(path, docs[i].Path)
		}
		return docs, true, below(path, err)
	}
	if docs, is, err := readArchive(root, file, path, name, format); is {
		progress.tell(int(info.Size()))
		return docs, false, err
	}
	l, err := formats.Default().Load(progress.folder(root.FS()), file, name, format)
	if err != nil {
		return nil, false, below(dir, err)
	}
	l.Path = path
	return []simulations.Loaded{*l}, false, nil
}

// readArchive reads a zip archive; false for a file that is none.
func readArchive(root *os.Root, file, path, name, format string) (docs []simulations.Loaded, is bool, err error) {
	info, err := root.Stat(file)
	if err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return nil, false, nil
	}
	f, err := root.Open(file)
	if err != nil {
		return nil, false, nil // reading it as a file says why
	}
	defer f.Close()
	head := make([]byte, 4)
	if n, _ := f.ReadAt(head, 0); !formats.IsZip(head[:n]) { // a short file is none
		return nil, false, nil
	}
	own := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	docs, err = loadZip(f, info.Size(), path, cmp.Or(name, own), format)
	return docs, true, err
}

// loadZip reads the zip archive at path, a file or an address.
func loadZip(data io.ReaderAt, size int64, path, name, format string) ([]simulations.Loaded, error) {
	docs, err := formats.Default().LoadZip(data, size, name, format, simulations.MaxDocumentBytes)
	for i := range docs {
		docs[i].Path = pathWithin(path, docs[i].Path)
	}
	return docs, below(path, err)
}

// pathWithin is the path of what lies in a folder or an archive, which may have an
// address for its own.
func pathWithin(folder, name string) string {
	switch {
	case !strings.Contains(folder, "://"):
		return filepath.Join(folder, filepath.FromSlash(name))
	case name == ".":
		return folder
	}
	return folder + "/" + name
}

// folderName is what a folder is called, also one that is given as ".".
func folderName(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	return filepath.Base(path)
}

// below puts the folder before the paths of the *FileErrors in err.
func below(folder string, err error) error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range many.Unwrap() {
			out = append(out, below(folder, e))
		}
		return errors.Join(out...)
	}
	if f, ok := errors.AsType[*simulations.FileError](err); ok {
		return &simulations.FileError{Path: pathWithin(folder, f.Path), Err: f.Err}
	}
	return &simulations.FileError{Path: folder, Err: err}
}
