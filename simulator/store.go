package simulator

import (
	"context"
	"io"
	"iter"
	"time"

	"understudy/simulations"
)

// Store is what the double needs of a store; its owner fits one to it. All
// methods are safe for concurrent use, and those with a context end with it.
type Store interface {
	// Load yields all definitions.
	Load(ctx context.Context) (*simulations.Contents, error)
	// Apply makes a change durable, all or nothing, and returns its revision.
	Apply(ctx context.Context, c *simulations.Change) (uint64, error)

	// Append makes a recorded exchange durable together with the edit that
	// follows from it (nil for none) and sets rec.Seq. relaxed returns before
	// the disk has it; what is lost by a kill is bounded by the store.
	Append(ctx context.Context, rec *simulations.Recorded, edit *simulations.Change, relaxed bool) error
	// Exchanges yields those of a take (0: of all) in order, after a sequence number.
	Exchanges(ctx context.Context, after uint64, takes ...uint64) iter.Seq2[*simulations.Recorded, error]
	Takes(ctx context.Context) ([]simulations.Take, error)
	BeginTake(ctx context.Context, collaborator, simulation string, started time.Time) (simulations.Take, error)
	DropTake(ctx context.Context, id uint64, edit *simulations.Change) error

	// NewBody takes content that is too large to hold.
	NewBody(ctx context.Context) BodyWriter
	// OpenBody streams it back.
	OpenBody(ctx context.Context, ref simulations.BodyRef) (io.ReadCloser, error)

	// PutState writes small values behind; a nil Value deletes.
	PutState(ctx context.Context, entries []StateEntry) error
	RangeState(ctx context.Context, prefix string) iter.Seq2[StateEntry, error]
	DeleteState(ctx context.Context, prefix string) error

	// Health returns why the store cannot write, nil when it can.
	Health(ctx context.Context) error
	Backup(ctx context.Context, w io.Writer) error
	Restore(ctx context.Context, r io.Reader) error
}

// BodyWriter takes a body's content piece by piece.
type BodyWriter = simulations.BodyWriter

// StateEntry is one small value that survives a restart.
type StateEntry = simulations.StateEntry
