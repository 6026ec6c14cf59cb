package formats

import (
	"io/fs"

	"understudy/simulations"
	"understudy/simulations/formats/wiremock"
)

// reader reads files in the format of that name, also compressed with gzip; ""
// recognises each.
func (r *Registry) reader(format string) simulations.Reader {
	return func(data []byte) (*simulations.Document, []simulations.Warning, error) {
		data, err := Decompress(data, simulations.MaxDocumentBytes)
		if err != nil {
			return nil, nil, err
		}
		doc, warnings, _, err := r.Decode(data, format)
		return doc, warnings, err
	}
}

// Load reads a file of fsys, in the format of that name or, where it is "", in
// the one that recognises it. The document is called as name says; where that is
// "", one without a name gets the file's. Bodies in files below its folder are
// read in. The error is a *simulations.FileError.
func (r *Registry) Load(fsys fs.FS, file, name, format string) (*simulations.Loaded, error) {
	read := r.reader(format)
	if name == "" {
		return simulations.Load(fsys, file, read)
	}
	return simulations.Load(fsys, file, func(data []byte) (*simulations.Document, []simulations.Warning, error) {
		doc, warnings, err := read(data)
		if err == nil {
			doc.Name = name
		}
		return doc, warnings, err
	})
}

// LoadAll reads a folder whole, as [simulations.LoadAll] does, in any format. A
// folder in WireMock's form, with mappings/ and __files/, is one document, which
// is called as name says.
func (r *Registry) LoadAll(fsys fs.FS, name, format string) ([]simulations.Loaded, error) {
	return r.loadAll(fsys, name, format, r.reader(format))
}

func (r *Registry) loadAll(fsys fs.FS, name, format string, read simulations.Reader) ([]simulations.Loaded, error) {
	if f, ok := r.folderFormat(fsys, format); ok {
		doc, warnings, err := f(fsys)
		if err != nil {
			return nil, err
		}
		if doc.Name = name; !simulations.ValidName(name) {
			return nil, &simulations.FileError{Path: ".", Err: simulations.Errorf(simulations.CodeInvalid,
				"the folder's name, %q, cannot name the simulation: a name has letters, digits, '.', '_', '~' or '-': rename the folder, or import it with --name", name)}
		}
		return []simulations.Loaded{{Path: ".", Document: doc, Warnings: warnings}}, nil
	}
	return simulations.LoadAll(fsys, read)
}

type folderReader func(fs.FS) (*simulations.Document, []simulations.Warning, error)

// folderFormat finds the format whose folders are read as one document.
func (r *Registry) folderFormat(fsys fs.FS, format string) (folderReader, bool) {
	if wm := (wiremock.Format{}); (format == "" || format == wm.Name()) && wiremock.Folders(fsys) {
		return wiremock.LoadFolder, true
	}
	return nil, false
}
