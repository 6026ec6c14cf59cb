package app

import (
	"io"
	"io/fs"
)

// Progress is told of bytes as they are dealt with; nil is nobody.
type Progress func(bytes int)

func (p Progress) tell(bytes int) {
	if p != nil {
		p(bytes)
	}
}

// reader tells of what is read of r.
func (p Progress) reader(r io.Reader) io.Reader {
	if p == nil {
		return r
	}
	return &toldReader{r, p}
}

type toldReader struct {
	io.Reader
	told Progress
}

func (r *toldReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.told(n)
	return n, err
}

// folder tells of what is read of the files below fsys.
func (p Progress) folder(fsys fs.FS) fs.FS {
	if p == nil {
		return fsys
	}
	return toldFolder{fsys, p}
}

// toldFolder passes on what else folders can: a file that is looked at must not be
// opened for it, since opening a pipe waits for its writer.
type toldFolder struct {
	fs.FS
	told Progress
}

func (f toldFolder) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, err
	}
	if _, is := file.(fs.ReadDirFile); is {
		if info, err := file.Stat(); err != nil || info.IsDir() {
			return file, nil // whoever reads it sees the error
		}
	}
	return toldFile{file, f.told}, nil
}

func (f toldFolder) Stat(name string) (fs.FileInfo, error) { return fs.Stat(f.FS, name) }

func (f toldFolder) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.FS, name) }

type toldFile struct {
	fs.File
	told Progress
}

func (f toldFile) Read(b []byte) (int, error) {
	n, err := f.File.Read(b)
	f.told(n)
	return n, err
}
