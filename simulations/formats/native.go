package formats

import (
	"errors"
	"io"

	"understudy/simulations"
	"understudy/simulations/formats/internal/sniff"
)

// native is understudy's own document. Either of the two reads both syntaxes;
// they differ in what they write.
type native struct {
	name      string
	aliases   []string
	syntax    simulations.Syntax
	mediaType string
}

var (
	nativeYAML = &native{"understudy-yaml", []string{"understudy", "yaml"}, simulations.YAML, "application/yaml"}
	nativeJSON = &native{"understudy-json", []string{"json"}, simulations.JSON, "application/json"}
)

// Native reports whether the format is one of understudy's own, which carry all
// of a document.
func Native(f Encoder) bool {
	_, is := f.(*native)
	return is
}

func (n *native) Name() string      { return n.name }
func (n *native) Aliases() []string { return n.aliases }

func (n *native) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	doc, err := simulations.Decode(data)
	return doc, nil, err
}

func (n *native) MediaType() string { return n.mediaType }

func (n *native) Encode(w io.Writer, doc *simulations.Document) ([]simulations.Warning, error) {
	return nil, simulations.EncodeTo(w, doc, n.syntax)
}

func (n *native) Locate(data []byte, fields []simulations.FieldError) []simulations.FieldError {
	return simulations.Locate(data, fields)
}

// Sniff looks for the member `understudy` at the top, in a text that begins as
// the syntax does. It reads the text once at most and parses nothing, so that a
// document with a fault further down is still known for what it is.
func (n *native) Sniff(data []byte) bool {
	return sniff.Flow(data) == (n.syntax == simulations.JSON) && sniff.Has(data, mark)
}

// mark is the document's first field, which no other format has.
const mark = "understudy"

func asError(err error) (*simulations.Error, bool) {
	return errors.AsType[*simulations.Error](err)
}
