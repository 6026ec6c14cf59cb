package formats

import (
	"io/fs"

	"understudy/simulations"
)

// reader reads files in the format of that name; "" recognises each.
func (r *Registry) reader(format string) simulations.Reader {
	return func(data []byte) (*simulations.Document, []simulations.Warning, error) {
		doc, warnings, _, err := r.Decode(data, format)
		return doc, warnings, err
	}
}

// Load reads a file of fsys, in the format of that name or, where it is "", in
// the one that recognises it. A document without a name gets the file's; bodies
// in files below its folder are read in. The error is a *simulations.FileError.
func (r *Registry) Load(fsys fs.FS, name, format string) (*simulations.Loaded, error) {
	return simulations.Load(fsys, name, r.reader(format))
}

// LoadAll reads a folder whole, as [simulations.LoadAll] does, in any format.
func (r *Registry) LoadAll(fsys fs.FS, format string) ([]simulations.Loaded, error) {
	return simulations.LoadAll(fsys, r.reader(format))
}
