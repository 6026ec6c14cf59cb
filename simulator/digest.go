package simulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"slices"

	"understudy/simulations"
)

// digestOf tells apart what documents make of a simulation: all but its
// collaborators, which others may change. stubs are packed, in order of age.
func digestOf(collaborator string, declares []string, declared simulations.Declared, stubs iter.Seq[string]) string {
	h := sha256.New()
	var room []byte // a hash takes no strings
	add := func(text string) {
		room = binary.AppendUvarint(room[:0], uint64(len(text)))
		room = append(room, text...)
		h.Write(room) // it takes everything
	}
	add(collaborator)
	h.Write(binary.AppendUvarint(nil, uint64(len(declares))))
	for _, name := range declares {
		add(name)
	}
	form, _ := simulations.AppendDeclared(nil, &declared) // fails for none, which has no form
	add(string(form))
	for packed := range stubs {
		add(packed)
	}
	return string(h.Sum(nil))
}

// packedOf yields the packed forms of a document's stubs.
func packedOf(stubs []simulations.PackedStub) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, s := range stubs {
			if !yield(s.Packed) {
				return
			}
		}
	}
}

// content yields the packed forms of all stubs in order of age.
func (v view) content() iter.Seq[string] {
	all := make([]simulations.PackedStub, 0, v.index.Len()+len(v.recent))
	for id, n := range v.index.After("") {
		if _, edited := v.recent[id]; !edited {
			all = append(all, v.index.Packed(n))
		}
	}
	for _, st := range v.recent {
		if st != nil {
			all = append(all, st.Packed())
		}
	}
	slices.SortFunc(all, func(a, b simulations.PackedStub) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), cmp.Compare(a.Position, b.Position))
	})
	return func(yield func(string) bool) {
		for _, p := range all {
			if !yield(p.Packed) {
				return
			}
		}
	}
}
