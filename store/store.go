package store

import (
	"context"
	"io"
	"iter"
	"time"

	"understudy/simulations"
)

// Catalog keeps definitions: simulations with their stubs, and collaborators.
// Edits are few, and each gets a revision, one more than the edit before.
type Catalog interface {
	// Load yields everything, as it stands after some edit. What it returns is
	// the caller's.
	Load(ctx context.Context) (*simulations.Contents, error)
	// Apply makes a change durable, all or nothing, and returns its revision. It
	// sets the Revision of c.Replace and the Revision and Position of every stub
	// that it writes: the position is the stub's place in c.Replace.Stubs or
	// c.PutStubs. Conditions are the caller's to check. The drops of a change
	// come before its puts; dropping what is not there is no error. A change may
	// not edit the stubs of a simulation that it replaces or drops.
	Apply(ctx context.Context, c *simulations.Change) (uint64, error)
}

// Log keeps recorded exchanges, append only, in takes, and bodies.
type Log interface {
	// Append makes rec durable, together with the edit that follows from it (nil
	// for none), in one transaction; it sets rec.Seq and, as Apply does, what
	// belongs to the edit. It blocks until then. A ctx that ends while the
	// record waits for its turn takes it back; after that the outcome is
	// awaited, so an error always means that nothing was kept.
	//
	// A relaxed append returns when a kill of the process cannot lose the record
	// any more; a failure of the machine can, within [RelaxedWindow].
	//
	// CodeNotFound: rec.Take, or a body that rec or the edit refers to, is not there.
	Append(ctx context.Context, rec *simulations.Recorded, edit *simulations.Change, relaxed bool) error
	// Exchanges yields the exchanges of some takes (none named: of all) in order
	// of Seq, those after a sequence number, as they stood when the loop began. It
	// goes once through what was recorded while those takes went on. An error is
	// the last thing it yields. Exchange.ID is set to Seq.
	Exchanges(ctx context.Context, after uint64, takes ...uint64) iter.Seq2[*simulations.Recorded, error]
	// Takes lists the takes, oldest first, with exact counts.
	Takes(ctx context.Context) ([]simulations.Take, error)
	// BeginTake makes a new take, durably, and marks it as the collaborator's
	// current one; the former is not current any more.
	BeginTake(ctx context.Context, collaborator, simulation string, started time.Time) (simulations.Take, error)
	// DropTake forgets a take and its exchanges, together with an edit (nil for
	// none). When it returns the take is neither listed nor read again; the
	// space is given back in the background. CodeNotFound: there is no such take.
	DropTake(ctx context.Context, id uint64, edit *simulations.Change) error

	// NewBody takes content of at most [MaxBody] bytes. ctx bounds the waiting
	// of its writes. Equal content is stored once.
	NewBody(ctx context.Context) BodyWriter
	// OpenBody streams content back; CodeNotFound where there is none of that name.
	OpenBody(ctx context.Context, ref simulations.BodyRef) (io.ReadCloser, error)
}

// State keeps small values, such as the scenario states of sessions. It is not
// synced at each write: a kill of the process loses nothing that was
// acknowledged, a failure of the machine at most [RelaxedWindow].
type State interface {
	// PutState writes entries, all or nothing, after everything that was
	// acknowledged before. An entry with a nil Value deletes. A key has at most
	// 1 KiB, a value 64 KiB, and one call about 1 MiB: CodeTooLarge.
	PutState(ctx context.Context, entries []simulations.StateEntry) error
	// RangeState yields the entries whose key begins with prefix, in order of
	// key, as they stood when the loop began. Values are the caller's.
	RangeState(ctx context.Context, prefix string) iter.Seq2[simulations.StateEntry, error]
	// DeleteState removes the entries whose key begins with prefix. A crash in
	// between may leave some.
	DeleteState(ctx context.Context, prefix string) error
}

// Store is all of it. Its methods are safe for concurrent use; what a call
// reads of its arguments must not change until it returns. Errors are, or wrap,
// *simulations.Error: CodeUnavailable where the store is closed, the disk full
// or broken.
type Store interface {
	Catalog
	Log
	State
	// Health returns why the store cannot write, nil when it can. It does not block.
	Health(ctx context.Context) error
	// Stats says how the store stands. It does not block.
	Stats() Stats
	// Backup writes everything as it stands at one moment, in a form that any
	// engine restores. Writing goes on meanwhile.
	Backup(ctx context.Context, w io.Writer) error
	// Restore reads what Backup wrote. CodeConflict: the store is not empty;
	// CodeInvalid: the backup is damaged or of a newer understudy. After an
	// error, or a crash, the store is empty as before. Writers wait meanwhile.
	Restore(ctx context.Context, r io.Reader) error
	// Close refuses new calls, waits for those under way, and makes everything
	// durable. Where ctx ends before, the rest is left to the next open, which
	// loses nothing that was acknowledged as durable.
	Close(ctx context.Context) error
}

// BodyWriter streams content into the store with bounded memory.
type BodyWriter = simulations.BodyWriter

// Stats is how a store stands.
type Stats struct {
	// Kind is the engine's name, Path its folder, "" in memory.
	Kind, Path string
	// Recorded counts exchanges appended since the start, Failed those that could not be.
	Recorded, Failed uint64
	// Transactions counts what was written since the start, Waiting the callers
	// that wait for their turn now.
	Transactions uint64
	Waiting      int
	// Bytes is the space that the engine takes, about.
	Bytes int64
}

const (
	// RelaxedWindow bounds the time until what was written without a sync is on
	// disk, as long as the disk keeps up.
	RelaxedWindow = 200 * time.Millisecond
	// MaxBody is the length of the longest body, 4 GiB.
	MaxBody = maxChunks * chunkSize
)

const (
	// chunkSize is what a body is cut into.
	chunkSize = 256 << 10
	// maxChunks keeps the list of a body's chunks within half a MiB.
	maxChunks = 16 << 10
	// inlineMax is the largest value that stands in its record itself.
	inlineMax = 256 << 10
	// maxName bounds names and ids, which stand in keys.
	maxName = 1 << 10
	// maxState bounds a value of State.
	maxState = 64 << 10
)
