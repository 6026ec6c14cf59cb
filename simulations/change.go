package simulations

// Contents is everything that a catalog holds.
type Contents struct {
	// Revision is the catalog's, that of its last change.
	Revision      uint64
	Simulations   map[string]*Simulation
	Collaborators map[string]*StoredCollaborator
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
