// Package openapi reads API descriptions: OpenAPI 3.0 and 3.1, and Swagger 2.
//
// Every operation answers: requests that keep to the contract with the lowest
// status of success that it declares, those that break it with the 400 or 422
// that it declares, if any. What is answered is an example of the document or,
// without one, a value that is made of the schema and is the same with every
// reading. Examples of the same name in a request and a response belong
// together, and `Prefer: code=404, example=name` asks for others.
package openapi

import (
	"strings"

	"understudy/simulations"
	"understudy/simulations/formats/internal/convert"
	"understudy/simulations/formats/internal/sniff"
)

// Format reads descriptions.
type Format struct{}

// Name is what users call the format.
func (Format) Name() string { return "openapi" }

// Aliases are further names.
func (Format) Aliases() []string { return []string{"swagger"} }

// Sniff recognises the version, under its name in OpenAPI or in Swagger.
func (Format) Sniff(data []byte) bool { return sniff.HasAny(data, "openapi", "swagger") }

// Decode reads a description.
func (Format) Decode(data []byte) (*simulations.Document, []simulations.Warning, error) {
	v, err := simulations.Parse(data)
	if err != nil {
		return nil, nil, err
	}
	root := convert.Root(v)
	r := newReader(root)
	if r.version() {
		r.document()
	}
	stubs, origins := r.out.finish()
	return convert.Done(root, "OpenAPI document", &simulations.Document{Stubs: stubs}, origins)
}

// edition is a version of the specification, as far as it makes a difference.
type edition int

const (
	swagger2 edition = iota
	openapi30
	openapi31
)

// version tells the edition; it reports false for one that is not read.
func (r *reader) version() bool {
	at := r.root.First("openapi", "swagger")
	text := at.Text()
	switch {
	case text == "2.0" || text == "2":
		r.edition = swagger2
	case text == "3.0" || strings.HasPrefix(text, "3.0."):
		r.edition = openapi30
	case text == "3.1" || strings.HasPrefix(text, "3.1."):
		r.edition = openapi31
	case strings.HasPrefix(text, "3."):
		r.edition = openapi31
		at.Warn("version %s is read as 3.1: what is new in it is passed over", text)
	default:
		at.Refuse("version %q is not read: there are Swagger 2.0 and OpenAPI 3.0 and 3.1; convert the document", text)
		return false
	}
	return true
}
