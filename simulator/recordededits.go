package simulator

import (
	"slices"

	"understudy/matchers"
	"understudy/simulations"
)

// putRecorded makes a recorded stub, which is given packed too, durable by the
// function that appends its exchange, and serves it. It does not wait for other
// edits.
func (c *catalog) putRecorded(in string, stub *simulations.Stub, packed string, durable func(*simulations.Change) error) error {
	var st *matchers.Stub
	var stored *simulations.StoredStub
	if certain(stub) {
		stored = &simulations.StoredStub{Stub: stub, Packed: packed}
	} else {
		var err error
		if st, err = acceptRecorded(in, stub); err != nil {
			return err
		}
		stored = st.Model()
	}
	if err := durable(&simulations.Change{Simulation: in, PutStubs: []*simulations.StoredStub{stored}}); err != nil {
		return err
	}
	if st == nil {
		st = matchers.Shelve(in, stored, openStub) // now it has its revision
	}
	c.edit(in, stored.Revision, []*matchers.Stub{st}, nil)
	return nil
}

// certain reports whether a stub that recording made needs not be compiled to
// know that it compiles.
func certain(s *simulations.Stub) bool {
	for _, r := range append(slices.Clip(s.Responses), s.Response) {
		if r != nil && (r.Template || r.File != "") { // nothing else of an answer can be at fault
			return false
		}
	}
	return matchers.Certain(s)
}

// editRecorded puts and drops recorded stubs with a change of the log. Who calls it
// is past the simulation's gate.
func (c *catalog) editRecorded(name string, put []*simulations.Stub, gone []string, durable func(*simulations.Change) error) error {
	change := &simulations.Change{Simulation: name}
	c.state.RLock()
	s := c.simulations[name]
	for _, id := range gone {
		if s != nil && s.has(id) {
			change.DropStubs = append(change.DropStubs, id)
		}
	}
	c.state.RUnlock()
	var ready []*matchers.Stub
	for _, stub := range put {
		st, err := acceptRecorded(name, stub)
		if err != nil {
			return err
		}
		change.PutStubs = append(change.PutStubs, st.Model())
		ready = append(ready, st)
	}
	if len(change.PutStubs)+len(change.DropStubs) == 0 {
		return durable(nil)
	}
	if err := durable(change); err != nil {
		return err
	}
	c.state.RLock()
	revision := c.revision + 1 // drops have no revision of their own
	c.state.RUnlock()
	for _, st := range ready {
		revision = max(revision, st.Model().Revision)
	}
	c.edit(name, revision, ready, change.DropStubs)
	return nil
}
