package simulations

import (
	"cmp"
	"reflect"
	"strconv"
)

// stubsPath is where the list of a document is that is read piece by piece.
var stubsPath = []string{"stubs"}

// decodeApart is DecodeValue without the values of all stubs in memory: they are
// read and decoded piece by piece, on all processors.
func decodeApart(apart *Apart) (*Document, error) {
	if err := marked(apart.Root); err != nil {
		return nil, cmp.Or(apart.Wrong(), err)
	}
	d := &decoder{apart: apart}
	doc := new(Document)
	d.decode(apart.Root, reflectValueOf(doc), planOf(reflect.TypeFor[Document]()))
	if err := apart.Wrong(); err != nil {
		return nil, err
	}
	if err := d.err(); err != nil {
		apart.Locate(d.faults) // what the document's own rules say of stubs
		return nil, err
	}
	doc.text, doc.list = apart.list.data, stubsPath
	return doc, nil
}

// decodedPiece is what became of a piece of a list of stubs.
type decodedPiece struct {
	stubs []*Stub
	// faults have pointers that begin at the stub, of has its number in the piece.
	faults []FieldError
	of     []int
	err    error
}

// decodeApart decodes the list that is read piece by piece, up to where it is
// wrong or the decoder is full.
func (d *decoder) decodeApart(to *[]*Stub) {
	above := d.path.pointer() + "/"
	eachPiece(d.apart, d.apart.list.decodeStubs, func(p *decodedPiece) (more bool, err error) {
		for i, f := range p.faults {
			if !d.full() {
				f.Pointer = above + strconv.Itoa(len(*to)+p.of[i]) + f.Pointer
				d.faults = append(d.faults, f)
			}
		}
		*to = append(*to, p.stubs...)
		return !d.full(), p.err
	})
}

// decodeStubs decodes the stubs of a piece.
func (l *listText) decodeStubs(piece int) *decodedPiece {
	items, err := l.read(piece)
	p := &decodedPiece{stubs: make([]*Stub, 0, min(len(items), maxAhead)), err: err}
	var d decoder
	plan := planOf(reflect.TypeFor[Stub]())
	for i, item := range items {
		before := len(d.faults)
		s := new(Stub)
		d.decode(item, reflectValueOf(s), plan)
		for range d.faults[before:] {
			p.of = append(p.of, i)
		}
		if d.full() {
			break
		}
		p.stubs = append(p.stubs, s)
	}
	p.faults = d.faults
	return p
}
