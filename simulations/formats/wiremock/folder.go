package wiremock

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
)

// Folders reports whether a folder is a root of WireMock's: it has mappings.
func Folders(fsys fs.FS) bool {
	info, err := fs.Stat(fsys, "mappings")
	return err == nil && info.IsDir()
}

// maxFiles bounds the files of mappings in a folder.
const maxFiles = 50_000

// LoadFolder reads a root of WireMock's as one document: every file of mappings
// below mappings/, in the order of their names, each newer than the one before,
// with the bodies that stand below __files/. The error joins a
// *simulations.FileError for each file that is wrong.
func LoadFolder(fsys fs.FS) (*simulations.Document, []simulations.Warning, error) {
	files, err := mappingFiles(fsys)
	if err != nil {
		return nil, nil, err
	}
	r := &reader{scenarios: newNames(), files: "__files"}
	doc := &simulations.Document{Understudy: simulations.Version}
	var warnings []simulations.Warning
	var faults []error
	for _, name := range files {
		one, said, err := r.file(fsys, name)
		if err != nil {
			faults = append(faults, &simulations.FileError{Path: name, Err: err})
			if simulations.CodeOf(err) == simulations.CodeTooLarge {
				break // so are the others
			}
			continue
		}
		for _, w := range said {
			warnings = append(warnings, simulations.Warning{Pointer: w.Pointer, Detail: name + ": " + w.Detail})
		}
		doc.Stubs = append(doc.Stubs, one.Stubs...)
	}
	if len(faults) > 0 {
		return nil, nil, errors.Join(faults...)
	}
	return doc, warnings, nil
}

// file reads one file of a folder; its bodies lie beside mappings/.
func (r *reader) file(fsys fs.FS, name string) (*simulations.Document, []simulations.Warning, error) {
	data, err := simulations.ReadFile(fsys, name)
	if err != nil {
		return nil, nil, err
	}
	if err := r.costs.Add(data); err != nil {
		return nil, nil, err
	}
	v, err := simulations.Parse(uncommented(data))
	if err != nil {
		return nil, nil, err
	}
	r.stubs, r.origins = nil, nil
	doc, warnings, err := r.read(convert.Root(v))
	if err != nil {
		return nil, nil, err
	}
	return doc, warnings, doc.ReadFiles(fsys, ".")
}

func mappingFiles(fsys fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(fsys, "mappings", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return &simulations.FileError{Path: name, Err: err}
		case strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir() && slices.Contains([]string{".json", ".yaml", ".yml"}, strings.ToLower(path.Ext(name))):
			if names = append(names, name); len(names) > maxFiles {
				return simulations.Errorf(simulations.CodeTooLarge, "the folder has more than %d files of mappings", maxFiles)
			}
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}
