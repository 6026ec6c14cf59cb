package simulations

import "io"

// BodyWriter streams content of any length into a store with bounded memory.
// It is not safe for concurrent use.
type BodyWriter interface {
	io.Writer
	// Commit makes the content durable and names it.
	Commit() (BodyRef, error)
	// Close abandons what was not committed. It has to be called in any case,
	// best once something durable refers to the content, or it is clear that
	// nothing will: the store does not collect what an open writer has committed,
	// and soon collects what nothing refers to.
	Close() error
}
