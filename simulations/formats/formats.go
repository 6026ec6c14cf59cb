// Package formats reads and writes simulations in the formats of files: the
// native document, and those of other tools. A format is one file, or one
// folder, with its Sniff, Decode and Encode, and one line in [builtin].
package formats

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/govcr"
	"understudy/simulations/formats/har"
	"understudy/simulations/formats/hoverfly"
	"understudy/simulations/formats/mockoon"
	"understudy/simulations/formats/mountebank"
	"understudy/simulations/formats/openapi"
	"understudy/simulations/formats/pact"
	"understudy/simulations/formats/postman"
	"understudy/simulations/formats/smocker"
	"understudy/simulations/formats/wiremock"
)

// Format reads and writes one kind of file. Its methods are pure: safe for
// concurrent use, bounded by the input's size, and they never panic.
type Format interface {
	// Name is what users call the format, in lower case.
	Name() string
	// Aliases are further names.
	Aliases() []string
	// Sniff reports whether data is of this format, by a mark that other formats
	// do not have. It need not be free of faults: those are for Decode to name.
	Sniff(data []byte) bool
	// Decode reads a document strictly. Warnings name what was taken but is
	// probably not meant, or could not be carried over. The error is a
	// *simulations.Error whose pointers refer to data.
	Decode(data []byte) (*simulations.Document, []simulations.Warning, error)
}

// Streamer is a Format that reads a document piece by piece, however long it is.
// What it makes of a document is what Decode makes of it.
type Streamer interface {
	Format
	// Begins reports whether a document that begins with head, and goes on, can be
	// read so.
	Begins(head []byte) bool
	// Stream reads a document from r, to its end, and blocks as r and keep do. It
	// holds a piece of it at a time, and what the stubs need that keep leaves; a
	// piece is bounded. keep is given every answer as it was read; nil takes
	// nothing. Where r is a [simulations.Admitter] it is asked before a piece is
	// made. Errors are as those of Decode, or those of r and keep.
	Stream(r io.Reader, keep simulations.Keep) (*simulations.Draft, []simulations.Warning, error)
}

// Encoder is a format that is written. Its methods are pure and safe for
// concurrent use.
type Encoder interface {
	Name() string
	Aliases() []string
	// MediaType is that of what Encode writes.
	MediaType() string
	// Encode writes a document, whose bodies are all in it, piece by piece.
	// Warnings name, by a JSON pointer into the document, what the format cannot
	// carry, and what to do; what would answer other requests than it is meant for
	// is left out with a warning. The error is the writer's, or one of CodeInvalid
	// where nothing was written.
	Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error)
}

// FolderEncoder is an Encoder that can write a folder, too.
type FolderEncoder interface {
	Encoder
	// EncodeFolder is Encode with bodies in files of their own. name is what the
	// simulation's files are called; create writes a file of that path below the
	// folder, with slashes, whole.
	EncodeFolder(doc *simulations.Document, name string, create func(path string, fill func(io.Writer) error) error) ([]simulations.Warning, error)
}

// Locator is a Format that can say where, in the text it has read, a JSON
// pointer of the document stands. Formats whose documents are converted have
// no such place.
type Locator interface {
	// Locate fills in the lines and columns that fields lack, and returns fields.
	Locate(data []byte, fields []simulations.FieldError) []simulations.FieldError
}

// builtin lists the formats in the order in which they are asked.
var builtin = []Format{
	nativeYAML, nativeJSON,
	hoverfly.Strongest, hoverfly.First, hoverfly.Webserver,
	wiremock.Format{},
	govcr.Hosts, govcr.AnyHost, govcr.Bodies,
	har.Hosts, har.AnyHost,
	mountebank.Format{},
	postman.Format{},
	smocker.Format{},
	pact.Format{},
	openapi.Format{},
	openapi.Artifact{},
	mockoon.Format{},
}

// Registry is a set of formats. It does not change once made.
type Registry struct {
	formats []Format
	byName  map[string]Format
}

// Default returns the registry of all formats that understudy has.
func Default() *Registry {
	r, err := NewRegistry(builtin...)
	if err != nil {
		panic(err) // a defect of the list above, seen by any test
	}
	return r
}

// NewRegistry makes a registry that asks the formats in the order given. A name
// or an alias that two formats share is an error.
func NewRegistry(list ...Format) (*Registry, error) {
	r := &Registry{formats: slices.Clone(list), byName: make(map[string]Format)}
	for _, f := range list {
		for _, name := range append([]string{f.Name()}, f.Aliases()...) {
			if other, taken := r.byName[name]; taken {
				return nil, fmt.Errorf("the formats %s and %s are both called %q", other.Name(), f.Name(), name)
			}
			r.byName[name] = f
		}
	}
	return r, nil
}

// Names lists every name and alias, sorted.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.byName))
	for name := range r.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Lookup returns the format of that name or alias. The error is of CodeInvalid
// and lists the names that are known.
func (r *Registry) Lookup(name string) (Format, error) {
	if f, ok := r.byName[strings.ToLower(name)]; ok {
		return f, nil
	}
	return nil, simulations.Errorf(simulations.CodeInvalid, "there is no format %q: known are %s%s",
		name, strings.Join(r.Names(), ", "), simulations.Suggest(name, r.Names()))
}

// Written lists the names and aliases of the formats that are written, sorted.
func (r *Registry) Written() []string {
	var names []string
	for name, f := range r.byName {
		if _, ok := f.(Encoder); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Encoder returns the format of that name or alias that is written. The error is
// of CodeInvalid and lists the names of those that are.
func (r *Registry) Encoder(name string) (Encoder, error) {
	f, err := r.Lookup(name)
	if err != nil {
		return nil, err
	}
	if e, ok := f.(Encoder); ok {
		return e, nil
	}
	return nil, simulations.Errorf(simulations.CodeInvalid, "the format %s is read, not written: written are %s", f.Name(), strings.Join(r.Written(), ", "))
}

// Recognise returns the first format that knows data as its own. The error is
// of CodeInvalid: it says that nothing does and, where the text cannot even be
// read as YAML or JSON, where that goes wrong.
func (r *Registry) Recognise(data []byte) (Format, error) {
	for _, f := range r.formats {
		if f.Sniff(data) {
			return f, nil
		}
	}
	names := make([]string, len(r.formats))
	for i, f := range r.formats {
		names[i] = f.Name()
	}
	e := simulations.Errorf(simulations.CodeInvalid,
		"the file is of no known format (%s): a document of understudy's own says `understudy: v1`", strings.Join(names, ", "))
	if err := simulations.Check(data); err != nil {
		if syntax, ok := asError(err); ok {
			e.Fields = syntax.Fields
		}
	}
	return nil, e
}

// HeadBytes is how much of a document has to be there to tell whether it is read
// piece by piece. What is no longer than that is read whole.
const HeadBytes = 1 << 20

// Streamer returns the format in which a document is read piece by piece that
// begins with head and is longer: that of the name, or, where name is "", the one
// that recognises it. It is nil for documents that have to be read whole.
func (r *Registry) Streamer(head []byte, name string) Streamer {
	for _, f := range r.formats {
		s, pieces := f.(Streamer)
		pieces = pieces && s.Begins(head)
		switch {
		case name != "" && r.byName[strings.ToLower(name)] != f:
		case pieces:
			return s
		case name != "" || f.Sniff(head):
			return nil
		}
	}
	return nil
}

// Decode reads data in the format of that name, or, where name is "", in the
// one that recognises it. It returns the format that it took.
func (r *Registry) Decode(data []byte, name string) (*simulations.Document, []simulations.Warning, Format, error) {
	var f Format
	var err error
	if name != "" {
		f, err = r.Lookup(name)
	} else {
		f, err = r.Recognise(data)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	doc, warnings, err := f.Decode(data)
	return doc, warnings, f, err
}
