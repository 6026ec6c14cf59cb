package app

import (
	"bytes"
	"errors"
	"io"

	"understudy/simulations"
	"understudy/simulations/formats"
)

// ReadStream reads a document, or every document of a zip archive, that lies in
// no folder, such as what a URL gives: of at most simulations.MaxDocumentBytes,
// compressed and not. A document without a name is called as name says. The Paths
// of the result, and of the *FileErrors in the error, begin with path. It blocks
// as r does.
func ReadStream(r io.Reader, path, name, format string) ([]simulations.Loaded, error) {
	data, err := io.ReadAll(io.LimitReader(r, simulations.MaxDocumentBytes+1))
	switch {
	case err != nil:
		return nil, below(path, err)
	case len(data) > simulations.MaxDocumentBytes:
		return nil, below(path, simulations.TooLarge("larger", simulations.MaxDocumentBytes))
	case formats.IsZip(data):
		return loadZip(bytes.NewReader(data), int64(len(data)), path, name, format)
	}
	if data, err = formats.Decompress(data, simulations.MaxDocumentBytes); err != nil {
		return nil, below(path, err)
	}
	doc, warnings, _, err := formats.Default().Decode(data, format)
	if err != nil {
		return nil, below(path, err)
	}
	if doc.Name == "" {
		if doc.Name = name; !simulations.ValidName(name) {
			return nil, below(path, errors.New("the document has no name, and where it comes from gives none: give one with --name, or write the field `name`"))
		}
	}
	return []simulations.Loaded{{Path: path, Document: doc, Warnings: warnings}}, nil
}
