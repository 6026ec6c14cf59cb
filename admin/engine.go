package admin

import (
	"context"
	"io"
	"iter"
	"time"

	"understudy/simulations"
)

// Engine is what the admin plane needs of the double. Every edit is durable
// and visible to the next data-plane request when it returns. Errors are
// *simulations.Error. All methods are safe for concurrent use.
type Engine interface {
	// Simulations lists, sorted by name.
	Simulations() []simulations.SimulationInfo
	// Export gives a simulation back as a document, with the collaborators it
	// declares or names. Stored bodies are read in; CodeTooLarge past 256 MiB.
	Export(ctx context.Context, name string) (*simulations.Document, uint64, error)
	// PutDocument replaces the simulation of that name whole, or changes nothing.
	// A document equal to what is there changes nothing and keeps its revision.
	PutDocument(ctx context.Context, name string, doc *simulations.Document, cond simulations.Condition) (*simulations.Accepted, error)
	// Receive lets read read a simulation piece by piece and compiles it, to be put
	// in the place of the one of that name. It blocks as read does; read gives what
	// it is called with every answer that it reads. The caller closes what it
	// returns; until that is put nothing of it is seen.
	Receive(ctx context.Context, name string, read func(simulations.Keep) (*simulations.Draft, error)) (simulations.Incoming, error)
	DeleteSimulation(ctx context.Context, name string, cond simulations.Condition) error

	// Stubs lists a simulation's stubs in order of id, after the given id.
	Stubs(ctx context.Context, simulation, afterID string, limit int) (stubs []*simulations.StoredStub, more bool, err error)
	// Stub gives one, with a stored body read in.
	Stub(ctx context.Context, simulation, id string) (*simulations.StoredStub, error)
	// PutStub puts one; its ID is made when absent. created is false when it replaced one.
	PutStub(ctx context.Context, simulation string, stub *simulations.Stub, cond simulations.Condition) (put *simulations.StoredStub, created bool, err error)
	DeleteStub(ctx context.Context, simulation, id string, cond simulations.Condition) error

	Collaborators() []simulations.CollaboratorInfo
	Collaborator(name string) (simulations.CollaboratorInfo, error)
	PutCollaborator(ctx context.Context, name string, c *simulations.Collaborator, cond simulations.Condition) (info simulations.CollaboratorInfo, created bool, err error)
	DeleteCollaborator(ctx context.Context, name string, cond simulations.Condition) error
	// SetMode switches. Each switch to record begins a take, and one to learn
	// from a mode that does not record.
	SetMode(ctx context.Context, name string, mode simulations.Mode) (simulations.CollaboratorInfo, error)

	// Journal pages through the exchanges that fit. The faults of the filter's
	// pattern have pointers that begin with /request.
	Journal(ctx context.Context, filter simulations.JournalFilter) (*simulations.JournalPage, error)
	JournalEntry(id uint64) (*simulations.Exchange, error)
	ClearJournal()
	// Follow yields exchanges that fit as they come, beginning after
	// filter.After, until ctx ends. Between them, every 15 s at least, it yields
	// nil so that the caller can show that it lives.
	Follow(ctx context.Context, filter simulations.JournalFilter) (iter.Seq2[*simulations.Exchange, uint64], error)
	// Verify counts. The faults of its patterns have pointers that begin with
	// /requests/<index>, those of a lone one also with /request.
	Verify(ctx context.Context, v *simulations.Verification) (*simulations.Verified, error)
	Explain(ctx context.Context, ask *simulations.Ask) (*simulations.Explanation, error)

	Takes(ctx context.Context) ([]simulations.Take, error)
	Take(ctx context.Context, id uint64) (*simulations.TakeInfo, error)
	// DropTake forgets a take; what older takes had for its requests counts again.
	DropTake(ctx context.Context, id uint64) error

	// Sessions gives a page of the sessions that fit, in order of their ids.
	Sessions(filter simulations.SessionFilter) simulations.SessionPage
	Session(id string) (*simulations.SessionInfo, error)
	DeleteSession(ctx context.Context, id string) error
	// ResetSession puts a session back to its beginning. It, SetScenario and
	// SetValue make one that is not there; a ttl of 0 is for ever.
	ResetSession(ctx context.Context, id string) error
	SetScenario(ctx context.Context, session, scenario, state string, ttl time.Duration) error
	SetValue(ctx context.Context, session, key, value string, ttl time.Duration) error
	RemoveValue(ctx context.Context, session, key string) error

	// Fixtures lists the fixtures by name.
	Fixtures(ctx context.Context) ([]simulations.FixtureInfo, error)
	Fixture(ctx context.Context, name string) (*simulations.Fixture, error)
	// PutFixture keeps one under a name; the warnings name what it speaks of and
	// nobody declares. created is false when it replaced one.
	PutFixture(ctx context.Context, name string, f *simulations.Fixture) (info simulations.FixtureInfo, warnings []simulations.Warning, created bool, err error)
	DeleteFixture(ctx context.Context, name string) error
	FreezeSession(ctx context.Context, session, name string) (info simulations.FixtureInfo, created bool, err error)
	// RestoreSession puts a session into what a fixture says. Where it is strict and
	// there would be warnings, it is CodeConflict instead.
	RestoreSession(ctx context.Context, session, name string, strict bool) (*simulations.Restored, error)

	Status() simulations.Status
	// Metrics writes the Prometheus text format, version 0.0.4.
	Metrics(w io.Writer) error
	// Backup writes everything stored; Restore reads it into an empty store
	// and is followed by publishing what it holds.
	Backup(ctx context.Context, w io.Writer) error
	Restore(ctx context.Context, r io.Reader) error
	// CACertificate returns the PEM of the interception CA's certificate.
	CACertificate() []byte
}
