package simulations

// Contents is everything that a catalog holds.
type Contents struct {
	// Revision is the catalog's, that of its last change.
	Revision      uint64
	Simulations   map[string]*StoredSimulation
	Collaborators map[string]*StoredCollaborator
}

// StoredSimulation is a simulation as the store yields it.
type StoredSimulation struct {
	Name string
	// Revision, Collaborator and Declares are those of [Simulation].
	Revision     uint64
	Collaborator string
	Declares     []string
	// Declared are the collections and tables that the document declared.
	Declared
	// Stubs are in order of their ids.
	Stubs []PackedStub
}

// PackedStub is a stub as the store yields and the catalog keeps it: with its
// age, and in a form that takes one piece of memory until somebody reads it.
type PackedStub struct {
	// Packed is what AppendPacked wrote.
	Packed string
	// Revision and Position are those of [StoredStub].
	Revision uint64
	Position uint32
}

// Unpack reads the stub, whose texts are parts of s.Packed.
func (s PackedStub) Unpack() (*StoredStub, error) {
	made, err := unpack(s.Packed)
	if err != nil {
		return nil, err
	}
	made.stored = StoredStub{Stub: &made.stub, Revision: s.Revision, Position: s.Position, Packed: s.Packed}
	return &made.stored, nil
}

// StoredCollaborator is a collaborator with the revision of its last change.
type StoredCollaborator struct {
	*Collaborator
	Revision uint64
}

// Change is one edit of the catalog; all of it happens or nothing. The catalog
// gives it a revision and sets that in everything it writes.
type Change struct {
	PutCollaborators  map[string]*Collaborator
	DropCollaborators []string

	// Replace puts a simulation whole, DropSimulation removes one.
	Replace        *Simulation
	DropSimulation string

	// Simulation is the one that PutStubs and DropStubs edit; it is made when
	// there is none.
	Simulation string
	PutStubs   []*StoredStub
	DropStubs  []string
}

// StateEntry is one small value that survives a restart.
type StateEntry struct {
	Key   string
	Value []byte
}
